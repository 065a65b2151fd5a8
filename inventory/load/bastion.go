package load

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"aixmend/inventory"
	"aixmend/inventory/settings"
	"aixmend/inventory/strictyaml"
	"aixmend/transport/endpoint"
)

// addBastion checks a bastion; files that define the same one must agree.
func (b *builder) addBastion(folder string, entry strictyaml.Entry[settings.BastionDoc]) {
	doc := entry.Value
	if err := settings.CheckAddress(entry.Key); err != nil {
		b.Problems.Add(entry.KeyPos, "write it as ssh.jump does, without user and port", "bastion name %s %v", settings.Quote(entry.Key), err)
		return
	}
	settings.Check(b.Checker, "address", &doc.Address, settings.CheckAddress)
	settings.Check(b.Checker, "dial_rate", &doc.DialRate, func(n int) error {
		if n < 1 {
			return errors.New("must be 1 or more")
		}
		return nil
	})
	for name, v := range settings.Fields(&doc.SSH) {
		if !strings.HasPrefix(name, "ssh.become") {
			continue
		}
		if said, given := settings.Said(v); given {
			b.Problems.Add(said.Pos, "", "%s is not allowed in a bastion: nobody becomes root there", name)
		}
		reflect.ValueOf(v).Elem().SetZero()
	}
	l := b.Layer(folder, &settings.Doc{SSH: doc.SSH})
	at := b.bastions[entry.Key]
	if at == nil {
		at = &bastion{Bastion: inventory.Bastion{Name: entry.Key, Pos: entry.KeyPos}, file: len(b.files)}
		b.bastions[entry.Key] = at
	}
	whose := fmt.Sprintf("bastion %q", entry.Key)
	b.Conflicts.Agree(whose, "address", &at.address, &doc.Address)
	b.Conflicts.Agree(whose, "dial_rate", &at.rate, &doc.DialRate)
	b.Conflicts.AgreeLayers(whose, &at.layer, *l)
}

// settledBastions returns the bastions by name, after it has checked that none
// is reached through itself.
func (b *builder) settledBastions() []inventory.Bastion {
	users := b.usersOfBastions()
	list := b.defaultBastions(users)
	for _, name := range slices.Sorted(maps.Keys(b.bastions)) {
		at := b.bastions[name]
		made := at.Bastion
		made.SSH = b.Resolve(&at.layer).SSH
		made.Defaults = b.bastionDefaults(made.Name, users)
		made.Address, made.DialRate = made.Name, at.rate.V
		if at.address.Set() {
			made.Address = at.address.V
		}
		list = append(list, made)
	}
	slices.SortFunc(list, func(x, y inventory.Bastion) int { return strings.Compare(x.Name, y.Name) })
	for _, at := range list {
		if way := b.wayTo(at.Name, at.Name, map[string]bool{}); way != nil {
			b.Problems.Add(b.bastions[at.Name].layer.SSH.Jump.Pos, "give one of them another jump, or none", "the way to bastion %q leads through itself: %s",
				at.Name, strings.Join(append(way, at.Name), " through "))
		}
	}
	return list
}

// wayTo returns the bastions from one to another, without the other; nil where the way does
// not lead there.
func (b *builder) wayTo(from, to string, seen map[string]bool) []string {
	at := b.bastions[from]
	if at == nil || seen[from] {
		return nil
	}
	seen[from] = true
	for _, hop := range hops(at.layer.SSH.Jump.V) {
		if hop == to {
			return []string{from}
		}
		if way := b.wayTo(hop, to, seen); way != nil {
			return append([]string{from}, way...)
		}
	}
	return nil
}

// hops returns the hosts that a jump names, without user and port.
func hops(jump string) []string {
	var hosts []string
	for hop := range strings.SplitSeq(jump, ",") {
		if e, err := endpoint.Parse(strings.TrimSpace(hop)); err == nil && e.Host != "none" {
			hosts = append(hosts, e.Host)
		}
	}
	return hosts
}
