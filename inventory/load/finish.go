package load

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/ansible"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// finish makes the hosts and returns the inventory; with all problems, where there are
// some, only its warnings.
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
	if len(b.hosts) == 0 && len(b.Problems) == 0 && !b.unknown {
		b.noHost()
	}
	inv := &inventory.Inventory{Files: b.names, Bastions: b.settledBastions(), Warnings: b.Warnings.List()}
	if err := b.Problems.Err(); err != nil {
		return &inventory.Inventory{Warnings: inv.Warnings}, err
	}
	inv.Hosts = slices.Grow(inv.Hosts, len(b.hosts))
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
	return inv, nil
}

// noHost says why there is no host.
func (b *builder) noHost() {
	at := strictyaml.Pos{File: b.names[0], Line: 1, Column: 1}
	if b.ansible != nil && len(b.ansible.LeftOut) > 0 {
		b.Problems.Add(at, "an inventory needs a host that is reached over SSH: for a host of AIX take its ansible_connection out, or write ssh", "%s", b.ansible.AllLeftOut())
		return
	}
	b.Problems.Add(at, "name them under hosts", "names no host")
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
	if at := h.Through; at != nil && b.bastions[at.Name] == nil {
		b.bastions[at.Name] = &bastion{
			Bastion: inventory.Bastion{Name: at.Name, Pos: at.Pos}, file: foreignFile, layer: at.Layer, address: settings.Text{V: at.Address, Pos: at.Pos},
		}
	}
	b.add(&found{
		Host: inventory.Host{Name: h.Name, Address: h.Address.V, Groups: h.Groups, Pos: h.Pos},
		file: foreignFile, layer: h.Layer, address: h.Address, foreign: true, faults: h.Faults, misnamed: h.Misnamed,
	})
}

// addHosts makes the hosts of all files, up to MaxHosts.
func (b *builder) addHosts() {
	for i, src := range b.files {
		for k, entry := range src.hosts {
			if !b.addEntry(i, entry) {
				return
			}
			src.hosts[k].Value = settings.HostDoc{} // it is large, and there may be many
		}
	}
	if b.ansible != nil {
		b.ansible.Hosts(b.groupLayer, b.addForeign)
	}
	b.addMachines()
}

// settle gives each host the settings of all files together.
func (b *builder) settle() {
	b.settleGroups()
	first := map[*settings.Layer]*found{} // which share their settings with others
	byInstance := map[string]*found{}
	byEndpoint := make(map[reachedAt]*found, len(b.hosts))
	for _, f := range b.hosts {
		if same := first[f.layer]; same != nil {
			f.SSH, f.RMCNIC, f.Cloud, f.Waivers, f.Accepts = same.SSH, same.RMCNIC, same.Cloud, same.Waivers, same.Accepts
		} else {
			resolved := b.Resolve(f.layer)
			f.SSH, f.RMCNIC, f.Cloud, f.Waivers, f.Accepts = resolved.SSH, resolved.RMCNIC, resolved.Cloud, resolved.Waivers, resolved.Accepts
			first[f.layer] = f
		}
		b.oneVM(f, byInstance)
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
	if f.misnamed {
		return false
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
