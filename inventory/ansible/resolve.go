package ansible

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// The result of an Ansible inventory for each host. Ansible's precedence, the
// weakest first: all, parents, children, those of one level by priority and
// then by name; after all groups of the inventory those of group_vars, in the
// same order; the host's own; host_vars.

// maxSteps bounds how many groups are looked at for all kinds of hosts.
const maxSteps = 20_000_000

// Host is a host of an Ansible inventory.
type Host struct {
	Name    string
	Pos     strictyaml.Pos
	Address settings.Text   // not set: the name stands for it
	Groups  []string        // in the order of their weight, the strongest last
	Layer   *settings.Layer // hosts may share it
	Faults  strictyaml.Problems
	Through *Bastion // nil: its bastions are known by their names alone
	// Misnamed says that the name can't be one of ours: that is among the faults.
	Misnamed bool
}

// Hosts calls add with each host that is reached over SSH. groupLayer returns the
// settings that native files give a group: nil where only Ansible has the group, and
// false where nobody has.
func (r *Reader) Hosts(groupLayer func(name string) (*settings.Layer, bool), add func(Host)) {
	a := newResolver(r, groupLayer)
	for _, name := range sortedKeys(a.groups) {
		g := a.groups[name]
		a.prioritize(g)
		a.compare("group", name, g.vars)
	}
	for _, h := range a.order {
		a.compare("host", h.name, h.vars)
		k := a.kind(h)
		if k == nil {
			return
		}
		if f, reached := a.resolve(h, k); reached {
			add(f)
		}
	}
}

// compare sees to it that files which say something of the same group or host
// say the same. In one file the last one holds, as with Ansible.
func (a *resolver) compare(what, name string, maps []strictyaml.Tree) {
	if len(maps) < 2 {
		return
	}
	var seen values
	for _, vars := range maps {
		for _, one := range a.scan(vars) {
			before := seen[one.variable].value
			seen[one.variable] = one.given
			at, other := one.value.Pos(), before.Pos()
			if !before.Given() || at.File == other.File || before.Kind() != strictyaml.Scalar || before.Text() == one.value.Text() {
				continue
			}
			shown := fmt.Sprintf("is %s here and %s", settings.Quote(one.value.Text()), settings.Quote(before.Text()))
			if one.variable == passwordVar || one.variable == becomePasswordVar || one.variable == passphraseVar {
				shown = "differs from the one"
			}
			a.Conflicts.Add(at, other, fmt.Sprintf("%s %q: %s %s", what, name, one.name, shown))
		}
	}
}

// resolve returns how a host is reached; false when it is not reached over SSH.
func (a *resolver) resolve(h *member, k *kind) (Host, bool) {
	v := k.values
	if h.port.Set() {
		v[portVar] = given{}
	}
	own := v.lay(a, slices.Concat(h.vars, h.files)) || h.port.Set()
	r := &reading{a: a, host: h, kind: k, values: &v}
	r.prefer()
	how := k.whole
	if own {
		how = nil
		if len(h.vars) == 1 && h.vars[0] == k.own && len(h.files) == 0 && h.port == k.ownPort {
			how = k.reached
		}
	}
	if how == nil || how.varies {
		how = r.read()
		switch {
		case !own && k.whole == nil:
			k.whole = how
		case len(h.vars) == 1 && len(h.files) == 0:
			k.own, k.ownPort, k.reached = h.vars[0], h.port, how
		}
	}
	if how.leftOut {
		connection, _ := r.plugin()
		a.LeftOut[connection]++
		return Host{}, false
	}
	r.faults, r.where = slices.Concat(h.misnamed, k.faults, h.faults, how.faults), slices.Clip(how.where)
	address := r.address()
	return Host{Name: h.name, Pos: h.pos, Address: address, Groups: k.names, Layer: how.layer, Faults: r.faults, Misnamed: len(h.misnamed) > 0, Through: how.behind}, true
}

// prioritize reads ansible_group_priority, which is good in the inventory only.
func (a *resolver) prioritize(g *Group) {
	for _, vars := range g.vars {
		value := vars.Get("ansible_group_priority")
		if value.Kind() == strictyaml.Null {
			continue
		}
		n, err := strconv.Atoi(value.Text())
		if err != nil {
			a.warn("ansible_group_priority", value.Pos(), "", "ansible_group_priority must be a whole number, and is ignored")
			continue
		}
		g.priority = n
	}
}

// kind returns the kind of a host; nil when there are too many groups to look at.
func (a *resolver) kind(h *member) *kind {
	slices.SortFunc(h.groups, func(x, y *Group) int { return cmp.Compare(x.number, y.number) })
	h.groups = slices.Compact(h.groups)
	var key strings.Builder
	fmt.Fprintf(&key, "%p ", h.base)
	for _, g := range h.groups {
		key.WriteString(strconv.Itoa(g.number))
		key.WriteByte(' ')
	}
	if k := a.kinds[key.String()]; k != nil {
		return k
	}
	k := &kind{under: *h.base, groups: a.above(h)}
	if a.steps += len(k.groups); a.steps > maxSteps {
		a.problem(h.pos, "", "the groups are nested in too many ways")
		return nil
	}
	for _, g := range k.groups {
		if l, known := a.groupLayer(g.Name); known && g.Name != everything && g.Name != ungrouped {
			k.names = append(k.names, g.Name)
			if l != nil {
				k.under.Over(l)
			}
		}
		k.values.lay(a, g.vars)
		k.faults = append(k.faults, g.faults...)
	}
	for _, g := range k.groups {
		k.values.lay(a, g.files)
	}
	a.kinds[key.String()] = k
	return k
}

// above returns the groups of a host with all parents, the weakest first.
func (a *resolver) above(h *member) []*Group {
	all := map[*Group]bool{a.groups[everything]: true}
	var climb func(g *Group)
	climb = func(g *Group) {
		if all[g] {
			return
		}
		all[g] = true
		for _, parent := range g.parents {
			climb(parent)
		}
	}
	grouped := false
	for _, g := range h.groups {
		if g.Name != ungrouped && g.Name != everything {
			climb(g)
			grouped = true
		}
	}
	if g := a.groups[ungrouped]; g != nil && !grouped {
		climb(g)
	}
	return slices.SortedFunc(maps.Keys(all), func(x, y *Group) int {
		return cmp.Or(cmp.Compare(x.depth, y.depth), cmp.Compare(x.priority, y.priority), strings.Compare(x.Name, y.Name))
	})
}

// AllLeftOut says how many hosts were left out, by their ansible_connection.
func (a *Reader) AllLeftOut() string {
	n := 0
	names := slices.SortedFunc(maps.Keys(a.LeftOut), func(x, y string) int {
		return cmp.Or(cmp.Compare(a.LeftOut[y], a.LeftOut[x]), strings.Compare(x, y))
	})
	var list []string
	for i, name := range names {
		n += a.LeftOut[name]
		if i < maxConnections {
			list = append(list, fmt.Sprintf("%s (%d)", settings.Quote(name), a.LeftOut[name]))
		}
	}
	if more := len(names) - len(list); more > 0 {
		list = append(list, fmt.Sprintf("%d more", more))
	}
	if n == 1 {
		return "the only host is left out, it is not reached over SSH: ansible_connection " + settings.Quote(names[0])
	}
	return fmt.Sprintf("all %d hosts are left out, none is reached over SSH: ansible_connection %s", n, strings.Join(list, ", "))
}

// maxConnections is how many kinds of connections AllLeftOut names.
const maxConnections = 5
