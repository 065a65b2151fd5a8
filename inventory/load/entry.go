package load

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/ranges"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
)

// addEntry makes the hosts of one entry under hosts. It returns false when the
// inventory is full.
func (b *builder) addEntry(file int, entry strictyaml.Entry[settings.HostDoc]) bool {
	src, doc, at := b.files[file], entry.Value, entry.KeyPos
	groups := b.groupsOf(doc.Groups)
	given := b.inGroups(file, groups)
	if doc.Doc != nil {
		own := b.Layer(src.folder, doc.Doc)
		own.Under(given)
		given = own
	}
	host := found{Host: inventory.Host{Groups: groups, Pos: at}, file: file, layer: given}

	names, err := ranges.Parse(entry.Key)
	if err != nil {
		b.Problems.Add(at, "", "host name %s: %v", settings.Quote(entry.Key), err)
		return true
	}
	if !b.room(at, entry.Key, names.Count()) {
		return false
	}
	for i := range names.Count() {
		if err := settings.CheckName(names.At(i)); err != nil {
			b.Problems.Add(at, "", "host name %s %v", settings.Quote(names.At(i)), err)
			return true
		}
	}
	addresses := b.addresses(entry, names)
	for i := range names.Count() {
		h := host
		h.Name = names.At(i)
		if doc.Address.Set() {
			h.address = doc.Address
			if addresses != nil {
				h.Address = addresses.At(i)
			}
		}
		if !b.add(&h) {
			return true
		}
	}
	return true
}

// inGroups are the settings that the defaults of a file and some groups give a
// host. Hosts of the same groups share them.
func (b *builder) inGroups(file int, groups []string) *settings.Layer {
	key := listing{file, strings.Join(groups, "\n")} // no name holds one
	given := b.shared[key]
	if given == nil {
		given = b.over(b.files[file].defaults, groups)
		b.shared[key] = given
	}
	return given
}

// over are defaults and the settings of some groups over them.
func (b *builder) over(defaults settings.Layer, groups []string) *settings.Layer {
	for _, name := range groups {
		defaults.Over(&b.groups[name].layer)
	}
	return &defaults
}

// add adds a host, or merges it into the one of that name. It returns false when the
// entry gives it twice.
func (b *builder) add(f *found) bool {
	other := b.byName[strings.ToLower(f.Name)]
	switch {
	case other == nil:
		b.byName[strings.ToLower(f.Name)] = f
		b.hosts = append(b.hosts, f)
	case f.foreign && other.Name != f.Name:
		f.fault(f.Pos, "give one of them another name", "its name differs from that of host %q at %s in capital letters only", other.Name, other.Pos)
		b.hosts = append(b.hosts, f)
	case other.Pos == f.Pos:
		b.Problems.Add(f.Pos, "", "host %q is given twice by the ranges of its entry", f.Name)
		return false
	case other.file == f.file || other.Name != f.Name:
		b.Conflicts.Add(f.Pos, other.Pos, fmt.Sprintf("host %q is already given", f.Name))
	default:
		b.merge(other, f)
	}
	return true
}

// groupsOf checks the groups that a host lists.
func (b *builder) groupsOf(listed settings.GroupNames) []string {
	var names []string
	seen := make(map[string]bool, len(listed))
	for _, name := range listed {
		if b.unknown && b.groups[name.V] == nil { // the source may define it
			b.groups[name.V] = &group{Group: inventory.Group{Name: name.V, Pos: name.Pos}, file: foreignFile, foreign: true}
		}
		switch {
		case b.groups[name.V] == nil:
			b.Problems.Add(name.Pos, b.groupHint(name.V), "group %s is not defined", settings.Quote(name.V))
		case seen[name.V]:
			b.Problems.Add(name.Pos, "", "group %q is listed twice", name.V)
		default:
			names = append(names, name.V)
		}
		seen[name.V] = true
	}
	return names
}

// groupHint returns the hint on a group that is not defined. It stops to search for
// similar names past the number of problems that are shown: each search looks at all
// groups.
func (b *builder) groupHint(name string) string {
	if len(b.Problems) < strictyaml.MaxShown {
		if hint := strictyaml.DidYouMean(name, slices.Sorted(maps.Keys(b.groups))); hint != "" {
			return hint
		}
	}
	return "add it under groups"
}

// addresses returns the addresses that an entry gives, one for each name; nil
// when it gives none that are right.
func (b *builder) addresses(entry strictyaml.Entry[settings.HostDoc], names ranges.Pattern) *ranges.Pattern {
	given := entry.Value.Address
	if !given.Set() {
		return nil
	}
	addresses, err := ranges.Parse(given.V)
	if err != nil {
		hint := ""
		if strings.Contains(given.V, ":") {
			hint = "write an IPv6 address without brackets"
		}
		b.Problems.Add(given.Pos, hint, "address %s: %v", settings.Quote(given.V), err)
		return nil
	}
	if hint, err := inStep(addresses, names); err != nil {
		b.Problems.Add(given.Pos, hint, "address %s %v %s", settings.Quote(given.V), err, settings.Quote(entry.Key))
		return nil
	}
	if err := checkEach(addresses); err != nil {
		b.Problems.Add(given.Pos, "", "address %s %v", settings.Quote(given.V), err)
		return nil
	}
	return &addresses
}

// checkEach checks all addresses that p stands for, and returns the first fault.
func checkEach(p ranges.Pattern) error {
	for i := range p.Count() {
		if err := settings.CheckAddress(p.At(i)); err != nil {
			if len(p.Ranges) > 0 {
				return fmt.Errorf("%w: %s", err, ranges.Clip(p.At(i)))
			}
			return err
		}
	}
	return nil
}

// inStep checks that the ranges of an address have as many numbers as those of the
// name. Its error is read before the name, and comes with a hint.
func inStep(address, name ranges.Pattern) (hint string, err error) {
	has, wants := len(address.Ranges), len(name.Ranges)
	switch {
	case has == 0 && wants > 0:
		return "give it as many ranges as the name, such as 10.1.2.[4-22], or leave the address out",
			fmt.Errorf("is the same for all %d hosts of", name.Count())
	case wants == 0 && has > 0:
		return "the address may hold as many ranges as the name", errors.New("has ranges, but there is none in the name of host")
	case has != wants:
		return "ranges of the address count in step with those of the name",
			fmt.Errorf("has %d ranges, not the %d of host", has, wants)
	}
	for i := range address.Ranges {
		if has, wants := address.Ranges[i].Count(), name.Ranges[i].Count(); has != wants {
			return "ranges of the address count in step with those of the name",
				fmt.Errorf("has %d numbers in range %d, not the %d of host", has, i+1, wants)
		}
	}
	return "", nil
}

// merge adds the settings of one more file to a host.
func (b *builder) merge(into, from *found) {
	whose := fmt.Sprintf("host %q", into.Name)
	both := *into.layer // hosts may share it
	b.Conflicts.AgreeLayers(whose, &both, *from.layer)
	into.layer = &both
	switch {
	case !from.address.Set():
	case !into.address.Set():
		into.address, into.Address = from.address, from.Address
	case settings.NormalAddress(into.Address) != settings.NormalAddress(from.Address):
		b.Conflicts.Add(from.address.Pos, into.address.Pos, fmt.Sprintf("%s: address is %s here and %s", whose, settings.Quote(from.Address), settings.Quote(into.Address)))
	}
	into.Groups = slices.Clone(into.Groups)
	for _, name := range from.Groups {
		if !slices.Contains(into.Groups, name) {
			into.Groups = append(into.Groups, name)
		}
	}
	into.faults = slices.Concat(into.faults, from.faults)
	into.foreign = into.foreign && from.foreign
}
