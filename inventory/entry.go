package inventory

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"aixmend/inventory/strictyaml"
)

// addEntry makes the hosts of one entry under hosts. It returns false when the
// inventory is full.
func (b *builder) addEntry(src source, entry strictyaml.Entry[hostDoc]) bool {
	doc, at := entry.Value, entry.KeyPos
	layers := []layer{src.defaults}
	groups := b.groupsOf(doc.Groups)
	for _, name := range groups {
		layers = append(layers, b.groups[name].layer)
	}
	host := b.resolve(append(layers, b.layer(src.folder, doc.settings)))
	host.Groups, host.Pos = groups, at

	names, err := parsePattern(entry.Key)
	if err != nil {
		b.problems.Add(at, "", "host name %s: %v", quote(entry.Key), err)
		return true
	}
	if b.expanded += names.count(); b.expanded > MaxHosts {
		b.problems.Add(at, "", "with host %s there are more than %d hosts", quote(entry.Key), MaxHosts)
		return false
	}
	for i := range names.count() {
		if err := checkName(names.at(i)); err != nil {
			b.problems.Add(at, "", "host name %s %v", quote(names.at(i)), err)
			return true
		}
	}
	addresses, ok := b.addresses(entry, names)
	b.addAll(host, names, addresses, ok)
	return true
}

// groupsOf checks the groups that a host lists.
func (b *builder) groupsOf(listed groupNames) []string {
	var names []string
	seen := make(map[string]bool, len(listed))
	for _, name := range listed {
		switch {
		case b.groups[name.V] == nil:
			b.problems.Add(name.Pos, b.groupHint(name.V), "group %s is not defined", quote(name.V))
		case seen[name.V]:
			b.problems.Add(name.Pos, "", "group %q is listed twice", name.V)
		default:
			names = append(names, name.V)
		}
		seen[name.V] = true
	}
	return names
}

// groupHint says what to do about a group that is not defined. Past a number
// of problems nobody reads, it does not search: each search looks at all groups.
func (b *builder) groupHint(name string) string {
	if len(b.problems) < strictyaml.MaxShown {
		if hint := strictyaml.DidYouMean(name, slices.Sorted(maps.Keys(b.groups))); hint != "" {
			return hint
		}
	}
	return "add it under groups"
}

// addresses returns the addresses of an entry, one for each name; false when
// they could not be had.
func (b *builder) addresses(entry strictyaml.Entry[hostDoc], names pattern) (pattern, bool) {
	given := entry.Value.Address
	if !given.Set() {
		if err := checkEach(names); err != nil {
			b.problems.Add(entry.KeyPos, "give it an address", "host %s has no address, and its name cannot stand for one: it %v", quote(entry.Key), err)
			return pattern{}, false
		}
		return names, true
	}
	addresses, err := parsePattern(given.V)
	if err != nil {
		hint := ""
		if strings.Contains(given.V, ":") {
			hint = "write an IPv6 address without brackets"
		}
		b.problems.Add(given.Pos, hint, "address %s: %v", quote(given.V), err)
		return pattern{}, false
	}
	if hint, err := inStep(addresses, names); err != nil {
		b.problems.Add(given.Pos, hint, "address %s %v %s", quote(given.V), err, quote(entry.Key))
		return pattern{}, false
	}
	if err := checkEach(addresses); err != nil {
		b.problems.Add(given.Pos, "", "address %s %v", quote(given.V), err)
		return pattern{}, false
	}
	return addresses, true
}

// checkEach checks all addresses that p stands for, and returns what is wrong
// with the first that is.
func checkEach(p pattern) error {
	for i := range p.count() {
		if err := checkAddress(p.at(i)); err != nil {
			if len(p.ranges) > 0 {
				return fmt.Errorf("%w: %s", err, clip(p.at(i)))
			}
			return err
		}
	}
	return nil
}

// inStep tells whether an address counts as its name does; if not it returns
// what to do and what is wrong, to be read before the name.
func inStep(address, name pattern) (hint string, err error) {
	has, wants := len(address.ranges), len(name.ranges)
	switch {
	case has == 0 && wants > 0:
		return "give it as many ranges as the name, such as 10.1.2.[4-22], or leave it out",
			fmt.Errorf("is the same for all %d hosts of", name.count())
	case wants == 0 && has > 0:
		return "the address may hold as many ranges as the name", errors.New("has ranges, but there is none in the name of host")
	case has != wants:
		return "ranges of the address count in step with those of the name",
			fmt.Errorf("has %d ranges, not the %d of host", has, wants)
	}
	for i := range address.ranges {
		if has, wants := address.ranges[i].count(), name.ranges[i].count(); has != wants {
			return "ranges of the address count in step with those of the name",
				fmt.Errorf("has %d numbers in range %d, not the %d of host", has, i+1, wants)
		}
	}
	return "", nil
}

// addAll adds the hosts of one entry: host under each of the names, with the
// address that goes with it when withAddress is true. Those that clash with
// other hosts are reported, once for each entry they clash with.
func (b *builder) addAll(host Host, names, addresses pattern, withAddress bool) {
	sameName, sameAddress := clashes{}, clashes{}
	for i := range names.count() {
		h := host
		h.Name = names.at(i)
		if other := b.byName[strings.ToLower(h.Name)]; other != nil {
			if other.Pos == h.Pos {
				b.problems.Add(h.Pos, "", "host %q is given twice by the ranges of its entry", h.Name)
				return
			}
			sameName.add(other.Pos, fmt.Sprintf("host %q", h.Name))
			continue
		}
		if g := b.groups[h.Name]; g != nil {
			b.problems.Add(h.Pos, "", "host %q has the name of the group at %s", h.Name, g.Pos)
		}
		b.byName[strings.ToLower(h.Name)] = &h
		if withAddress {
			h.Address = addresses.at(i)
			key := endpoint{normalAddress(h.Address), cmp.Or(h.SSH.Port, sshPort), way(h.SSH.Jump)}
			if other := b.byEndpoint[key]; other != nil {
				sameAddress.add(other.Pos, fmt.Sprintf("host %q has address %s and port %d of host %q", h.Name, h.Address, key.port, other.Name))
			} else {
				b.byEndpoint[key] = &h
			}
		}
		b.hosts = append(b.hosts, h)
	}
	sameName.report(b, host.Pos, "is already given")
	sameAddress.report(b, host.Pos, "given")
}

// clashes are what hosts of one entry have in common with those of others, by
// the position of the other: the first in words, and how many there are.
type clashes map[strictyaml.Pos]*struct {
	first string
	count int
}

func (c clashes) add(other strictyaml.Pos, what string) {
	if c[other] == nil {
		c[other] = &struct {
			first string
			count int
		}{first: what}
	}
	c[other].count++
}

// report adds one problem for each other entry: "FIRST VERB at OTHER".
func (c clashes) report(b *builder, at strictyaml.Pos, verb string) {
	for _, other := range slices.SortedFunc(maps.Keys(c), strictyaml.Pos.Compare) {
		clash, more := c[other], ""
		if clash.count > 1 {
			more = fmt.Sprintf(" (and %d more)", clash.count-1)
		}
		b.problems.Add(at, "", "%s %s at %s%s", clash.first, verb, other, more)
	}
}
