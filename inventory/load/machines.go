package load

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/powervs"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// listed is a machine of Power Virtual Server while the inventory is put together.
type listed struct {
	powervs.Machine
	at       strictyaml.Pos // of its source
	defaults settings.Layer // of the file with its source
}

// askPowervs lists the machines of a source. Nobody is asked where something is wrong
// already.
func (b *builder) askPowervs(src source, doc settings.PowervsDoc) {
	b.Powervs(src.folder, &doc)
	if len(b.Problems) > 0 {
		return
	}
	if b.list == nil {
		b.Problems.Add(doc.Pos, "", "Power Virtual Server is not asked here")
		return
	}
	query := powervs.Source{
		Query:   powervs.Query{OS: strings.ToLower(doc.OS.V), Network: doc.Network.V},
		Account: powervs.Account{Region: doc.Region.V, Endpoint: doc.Endpoint.V, Key: doc.KeySource(), Metadata: doc.Metadata.V, Profile: doc.Profile.V},
	}
	if query.OS == "" {
		query.OS = "aix"
	}
	for _, w := range doc.Workspaces {
		query.Workspaces = append(query.Workspaces, w.V)
	}
	for _, tag := range doc.Tags {
		query.Tags = append(query.Tags, tag.V)
	}
	listing, err := b.list(query)
	switch {
	case errors.Is(err, errNotRun):
		b.unknown = true
		b.Warnings.Add(doc.Pos.String(), doc.Pos, "--run-sources asks it", "Power Virtual Server not asked: its hosts are not checked")
	case err != nil:
		b.Problems = append(b.Problems, strictyaml.Problem{Pos: doc.Pos, Message: fmt.Sprintf("the source could not be read: %v", err), Hint: powervs.Remedy(err), Err: err})
		return // half a fleet looks like a fleet
	}
	for _, m := range listing.Machines {
		b.machines = append(b.machines, listed{m, doc.Pos, src.defaults})
	}
}

// addMachines adds the machines of all sources of Power Virtual Server. Two sources may
// list the same one. A machine that an entry under hosts names by its id is that host,
// whatever its own name is.
func (b *builder) addMachines() {
	named := map[string]string{}
	for _, f := range b.hosts {
		if is := f.layer.CloudInstance(); is.Set() {
			named[is.V] = f.Name
		}
	}
	byName := map[string][]listed{}
	var names []string
	for _, m := range b.machines {
		key := strings.ToLower(cmp.Or(named[m.ID], m.Name))
		same := func(other listed) bool { return other.ID == m.ID && other.Workspace.ID == m.Workspace.ID }
		switch others := byName[key]; {
		case slices.ContainsFunc(others, same):
		case others == nil:
			names = append(names, key)
			fallthrough
		default:
			byName[key] = append(others, m)
		}
	}
	for _, name := range names {
		if !b.room(byName[name][0].at, byName[name][0].Name, 1) {
			return
		}
		b.addMachine(b.byName[name], byName[name])
	}
}

// addMachine adds the machine of a name, or adds to the entry under hosts of that name;
// there are several where workspaces have machines of one name. Those are one host that
// can't be selected, unless its entry says which one it is.
func (b *builder) addMachine(entry *found, machines []listed) {
	m := machines[0]
	if entry != nil && entry.layer.CloudInstance().Set() {
		is := entry.layer.CloudInstance()
		at := slices.IndexFunc(machines, func(m listed) bool { return m.ID == is.V })
		if at < 0 {
			b.Problems.Add(is.Pos, "take the id from ibmcloud pi instance list, or leave cloud out", "host %q: cloud.instance %s is not the VM of that name, which is %s", entry.Name, settings.Quote(is.V), whereAre(machines))
			return
		}
		m, machines = machines[at], machines[at:at+1]
	}
	f := &found{Host: inventory.Host{Name: m.Name, Pos: m.at}, file: cloudFile, foreign: true}
	if entry != nil {
		f = entry
	} else {
		layer := m.defaults
		f.layer = &layer
	}
	b.intoGroup(f, m)
	layer := *f.layer // hosts may share it
	if entry == nil {
		layer = *b.over(m.defaults, f.Groups)
	}
	layer.FillCloud(m.at, inventory.Cloud{Instance: m.ID, Workspace: m.Workspace.CRN})
	f.layer = &layer
	if !f.address.Set() && m.Address != "" {
		f.address, f.Address = settings.Text{V: m.Address, Pos: m.at}, m.Address
	}
	b.sayMachine(f, m)
	if len(machines) > 1 {
		f.fault(m.at, fmt.Sprintf("say which one it is under hosts: %s: {cloud: {instance: ID}}, name one workspace in the source, or give one of them another name", m.Name), "%d VMs have its name: %s", len(machines), whereAre(machines))
	}
	if entry != nil {
		return
	}
	if err := settings.CheckName(m.Name); err != nil {
		f.misnamed = true
		f.fault(m.at, "give the VM such a name", "its name %v", err)
	}
	b.byName[strings.ToLower(m.Name)] = f
	b.hosts = append(b.hosts, f)
}

// intoGroup adds a host to the group of its workspace.
func (b *builder) intoGroup(f *found, m listed) {
	name := m.Workspace.Name
	if settings.CheckGroup(name) != nil || slices.Contains(f.Groups, name) {
		return
	}
	if b.groups[name] == nil {
		b.groups[name] = &group{Group: inventory.Group{Name: name, Pos: m.at}, file: cloudFile, foreign: true}
	}
	f.Groups = append(slices.Clone(f.Groups), name)
}

// sayMachine warns of a machine that can't be reached as it is.
func (b *builder) sayMachine(f *found, m listed) {
	if m.Status != "ACTIVE" {
		b.Warnings.Add("status of "+m.ID, m.at, "leave the host out with --limit, or start the VM", "VM %s of workspace %s is %s", settings.Quote(m.Name), settings.Quote(m.Workspace.Name), m.Status)
	}
	if !f.address.Set() {
		b.Warnings.Add("address of "+m.ID, m.at, "write the address under hosts: NAME: {address: ADDRESS}", "VM %s of workspace %s %s; it is reached by its name", settings.Quote(m.Name), settings.Quote(m.Workspace.Name), m.Missing)
	}
}

// whereAre lists machines of one name for a message.
func whereAre(machines []listed) string {
	var list []string
	for _, m := range machines {
		list = append(list, fmt.Sprintf("%s in workspace %s", m.ID, settings.Quote(m.Workspace.Name)))
	}
	return strings.Join(list, ", ")
}

// oneVM checks that a virtual machine is one host.
func (b *builder) oneVM(f *found, byInstance map[string]*found) {
	if f.Cloud.Instance == "" {
		return
	}
	other := byInstance[f.Cloud.Instance]
	if other == nil {
		byInstance[f.Cloud.Instance] = f
		return
	}
	b.Problems.Add(f.layer.CloudInstance().Pos, "a VM is one host: name it at that host, not for a group or a range", "host %q has cloud.instance %s of host %q", f.Name, settings.Quote(f.Cloud.Instance), other.Name)
}
