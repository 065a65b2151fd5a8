package load

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/ansible"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// A builder makes one inventory of the files it is given: read checks what can
// be checked in one file and gathers the groups, finish makes the hosts once all
// groups are known.
type builder struct {
	*settings.Checker
	run      Runner
	names    []string // of the files
	files    []source
	groups   map[string]*group
	bastions map[string]*bastion
	ansible  *ansible.Reader // nil: there is no Ansible inventory
	hosts    []*found
	expanded int // how many hosts the entries stand for, right or wrong
	// byName finds a host by its name in lower case: names become file names,
	// and some file systems ignore case.
	byName map[string]*found
}

// foreignFile stands for all Ansible inventories where the files of ours have a
// number.
const foreignFile = -1

// source is one file, its hosts still to be made.
type source struct {
	folder   string
	defaults settings.Layer
	hosts    strictyaml.Map[settings.HostDoc]
}

// found is a host while the inventory is put together.
type found struct {
	inventory.Host
	file    int             // the file that named it first
	layer   *settings.Layer // what the files say of it; hosts may share it
	address settings.Text   // not set: the name stands for it
	foreign bool            // of an Ansible inventory
	faults  strictyaml.Problems
}

// group is a group and its settings.
type group struct {
	inventory.Group
	file    int // the file that defined it first
	layer   settings.Layer
	bound   settings.Number // concurrency, where it is given
	foreign bool            // of an Ansible inventory alone
}

// sshPort is where SSH servers are when nobody says where.
const sshPort = 22

// reachedAt is where a host is reached. Behind different jump hosts one address
// may be two machines: private networks overlap.
type reachedAt struct {
	address string
	port    int
	jump    string
}

// way is the jump of a reachedAt.
func way(jump string) string {
	if jump == "none" {
		return ""
	}
	return jump
}

func newBuilder(o Options) *builder {
	b := &builder{
		Checker: &settings.Checker{Home: o.Home, KnownFindings: o.KnownFindings, KnownChecks: o.KnownChecks, Conflicts: settings.Clashes{}}, run: o.Run,
		groups: map[string]*group{}, bastions: map[string]*bastion{}, byName: map[string]*found{},
	}
	if b.Home == "" {
		// Without a home folder only a path with ~ is a problem, and says so.
		b.Home, _ = os.UserHomeDir()
	}
	return b
}

// addFile checks one document, all but its hosts.
func (b *builder) addFile(name string, doc settings.Document) {
	if v := doc.APIVersion; v.Set() && v.V != inventory.APIVersion {
		b.Problems.Add(v.Pos, "", "apiVersion %s is not known, this program reads %s", settings.Quote(v.V), inventory.APIVersion)
	}
	b.names = append(b.names, name)
	src := source{folder: filepath.Dir(name), hosts: doc.Hosts}
	src.defaults = b.Layer(src.folder, doc.Defaults)
	for _, entry := range doc.Groups.Map {
		b.addGroup(src.folder, entry)
	}
	for _, entry := range doc.Bastions {
		b.addBastion(src.folder, entry)
	}
	b.files = append(b.files, src)
	b.runSource(src, doc.Source)
}

func (b *builder) addGroup(folder string, entry strictyaml.Entry[settings.GroupDoc]) {
	l := b.Layer(folder, entry.Value.Doc)
	settings.Check(b.Checker, "concurrency", &entry.Value.Concurrency, func(n int) error {
		if n < 1 {
			return errors.New("must be 1 or more")
		}
		return nil
	})
	if err := settings.CheckName(entry.Key); err != nil {
		b.Problems.Add(entry.KeyPos, "", "group name %s %v", settings.Quote(entry.Key), err)
		return
	}
	g, defined := b.groups[entry.Key]
	switch {
	case !defined:
		g = &group{Group: inventory.Group{Name: entry.Key, Pos: entry.KeyPos}, file: len(b.files)}
		b.groups[entry.Key] = g
	case g.file == len(b.files) && !g.foreign:
		b.Problems.Add(entry.KeyPos, "", "group %q is already defined at %s", entry.Key, g.Pos)
		return
	}
	g.foreign = false
	whose := fmt.Sprintf("group %q", entry.Key)
	b.Conflicts.Agree(whose, "concurrency", &g.bound, &entry.Value.Concurrency)
	b.Conflicts.AgreeLayers(whose, &g.layer, l)
	g.Concurrency = g.bound.V
}

// finish makes the hosts and returns the inventory, or all problems.
func (b *builder) finish() (*inventory.Inventory, error) {
	if b.ansible != nil {
		b.ansible.ReadFolders()
		for _, g := range b.ansible.Groups() {
			if b.groups[g.Name] == nil {
				b.groups[g.Name] = &group{Group: inventory.Group{Name: g.Name, Pos: g.Pos}, file: foreignFile, foreign: true}
			}
		}
	}
	b.addHosts()
	b.settle()
	b.Conflicts.Report(&b.Problems)
	if len(b.hosts) == 0 && len(b.Problems) == 0 {
		b.Problems.Add(strictyaml.Pos{File: b.names[0], Line: 1, Column: 1}, "name them under hosts", "names no host")
	}
	inv := &inventory.Inventory{Files: b.names, Bastions: b.settledBastions()}
	if err := b.Problems.Err(); err != nil {
		return nil, err
	}
	for _, f := range b.hosts {
		inv.Hosts = append(inv.Hosts, f.Host)
		if len(f.faults) > 0 {
			if inv.Faults == nil {
				inv.Faults = map[string]strictyaml.Problems{}
			}
			inv.Faults[f.Name] = f.faults
		}
	}
	slices.SortFunc(inv.Hosts, func(x, y inventory.Host) int { return strings.Compare(x.Name, y.Name) })
	for _, h := range inv.Hosts {
		for _, name := range h.Groups {
			b.groups[name].Hosts = append(b.groups[name].Hosts, h.Name)
		}
	}
	for _, g := range b.groups {
		inv.Groups = append(inv.Groups, g.Group)
	}
	slices.SortFunc(inv.Groups, func(x, y inventory.Group) int { return strings.Compare(x.Name, y.Name) })
	inv.Warnings = b.Warnings.List()
	return inv, nil
}

// addHosts makes the hosts of all files, up to MaxHosts.
func (b *builder) addHosts() {
	for i, src := range b.files {
		for _, entry := range src.hosts {
			if !b.addEntry(i, entry) {
				return
			}
		}
	}
	if b.ansible != nil {
		b.ansible.Hosts(b.groupLayer, b.addForeign)
	}
}

// groupLayer returns the settings that files of ours give a group; nil where only
// Ansible has it, and false where nobody has.
func (b *builder) groupLayer(name string) (*settings.Layer, bool) {
	g := b.groups[name]
	switch {
	case g == nil:
		return nil, false
	case g.foreign:
		return nil, true
	}
	return &g.layer, true
}

// addForeign adds a host of an Ansible inventory.
func (b *builder) addForeign(h ansible.Host) {
	b.add(&found{
		Host: inventory.Host{Name: h.Name, Address: h.Address.V, Groups: h.Groups, Pos: h.Pos},
		file: foreignFile, layer: h.Layer, address: h.Address, foreign: true, faults: h.Faults,
	})
}

// room tells whether there is room for n more hosts.
func (b *builder) room(at strictyaml.Pos, name string, n int) bool {
	if b.expanded += n; b.expanded > inventory.MaxHosts {
		b.Problems.Add(at, "", "with host %s there are more than %d hosts", settings.Quote(name), inventory.MaxHosts)
		return false
	}
	return true
}

// settle makes each host what all files together say.
func (b *builder) settle() {
	b.settleGroups()
	var last *found
	byEndpoint := make(map[reachedAt]*found, len(b.hosts))
	for _, f := range b.hosts {
		if last == nil || last.layer != f.layer {
			resolved := b.Resolve([]settings.Layer{*f.layer})
			f.SSH, f.RMCNIC, f.Waivers, f.Accepts = resolved.SSH, resolved.RMCNIC, resolved.Waivers, resolved.Accepts
		} else {
			f.SSH, f.RMCNIC, f.Waivers, f.Accepts = last.SSH, last.RMCNIC, last.Waivers, last.Accepts
		}
		last = f
		if !b.settleAddress(f) || len(f.faults) > 0 {
			continue
		}
		key := reachedAt{settings.NormalAddress(f.Address), cmp.Or(f.SSH.Port, sshPort), way(f.SSH.Jump)}
		other := byEndpoint[key]
		if other == nil {
			byEndpoint[key] = f
			continue
		}
		what := fmt.Sprintf("has address %s and port %d of host %q given", f.Address, key.port, other.Name)
		if f.foreign {
			f.fault(f.Pos, "one machine is one host: leave one of the names out with --limit", "%s at %s", what, other.Pos)
			continue
		}
		b.Conflicts.Add(f.Pos, other.Pos, fmt.Sprintf("host %q %s", f.Name, what))
	}
}

// settleAddress gives a host without an address its name for one, and tells
// whether it is good.
func (b *builder) settleAddress(f *found) bool {
	if f.address.Set() {
		return f.Address != "" // else there is a problem for it
	}
	f.Address = f.Name
	err := settings.CheckAddress(f.Name)
	if err == nil {
		return true
	}
	f.Address = ""
	const message = "has no address, and its name cannot stand for one: it %v"
	if f.foreign {
		f.fault(f.Pos, "give it ansible_host", message, err)
	} else {
		b.Problems.Add(f.Pos, "give it an address", "host %s "+message, settings.Quote(f.Name), err)
	}
	return false
}

// settleGroups takes out the groups of Ansible that have the name of a host:
// there both may be.
func (b *builder) settleGroups() {
	out := map[string]bool{}
	for _, f := range b.hosts {
		g := b.groups[f.Name]
		switch {
		case g == nil:
		case g.foreign:
			b.Warnings.Add("group "+f.Name, g.Pos, "--limit finds the host", "the group %s has the name of a host, and is left out", settings.Quote(f.Name))
			out[f.Name] = true
		default:
			b.Problems.Add(f.Pos, "", "host %q has the name of the group at %s", f.Name, g.Pos)
		}
	}
	if len(out) == 0 {
		return
	}
	maps.DeleteFunc(b.groups, func(name string, _ *group) bool { return out[name] })
	for _, f := range b.hosts {
		var kept []string
		for _, name := range f.Groups {
			if !out[name] {
				kept = append(kept, name)
			}
		}
		f.Groups = kept
	}
}

// fault notes why a host can't be selected.
func (f *found) fault(at strictyaml.Pos, hint, format string, args ...any) {
	f.faults = slices.Clip(f.faults)
	f.faults.Add(at, hint, format, args...)
}
