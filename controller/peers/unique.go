package peers

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
)

// unique tells who holds which value of one kind that a playbook wants to be unique, such
// as node ids (procedure D9). The lock of Peers guards its maps.
type unique struct {
	name, noun, finding string
	clones              string    // the parameter by which the operator names clones
	allow               string    // the word with which they get another value
	began               time.Time // Config.Began
	asked               []string  // hosts that the operator names as clones

	values   map[string][]string             // those that a host holds, the one it goes by first
	holders  map[string][]string             // hosts of this run, by each value that they hold
	captures map[string][]outcome.CapturedID // newest captures of the inventory's hosts, by value
	roles    map[string]map[string]role
	wanted   map[string]string   // the value that a host is to get back
	wanters  map[string][]string // hosts, by the value that they are to get back
}

// role is that of one of several hosts with the same value, with the reason.
type role struct{ name, why string }

// Roles of the hosts that share a value.
const (
	keeper  = "keeper"
	clone   = "clone"
	unclear = "unclear"
)

func newUnique(name string, u playbooks.Unique, began time.Time) *unique {
	noun := u.Noun
	if noun == "" {
		noun = "value"
	}
	return &unique{
		name: name, noun: noun, finding: u.Finding.V, clones: u.CloneParam.V, allow: u.Allow.V, began: began,
		values: map[string][]string{}, holders: map[string][]string{}, captures: map[string][]outcome.CapturedID{},
		roles: map[string]map[string]role{}, wanted: map[string]string{}, wanters: map[string][]string{},
	}
}

// setClones takes the hosts that the operator names as clones, separated by commas.
func (u *unique) setClones(list string) {
	if list == "" {
		return
	}
	for name := range strings.SplitSeq(list, ",") {
		u.asked = append(u.asked, strings.TrimSpace(name))
	}
}

// changesWith reports whether clones get another value with some words of --allow.
func (u *unique) changesWith(allowed []string) bool {
	return u.allow == "" || slices.Contains(allowed, u.allow)
}

// put replaces the values of a host.
func (u *unique) put(host string, values []string) {
	for _, v := range u.values[host] {
		u.holders[v] = slices.DeleteFunc(u.holders[v], func(h string) bool { return h == host })
	}
	u.values[host] = values
	for _, v := range values {
		u.holders[v] = append(u.holders[v], host)
		slices.Sort(u.holders[v])
	}
}

// wants notes that a rung would restore a value on a host, so that the host's view lists
// who else holds it.
func (u *unique) wants(host, value string) {
	if value != "" && u.wanted[host] != value {
		u.wanted[host] = value
		u.wanters[value] = append(u.wanters[value], host)
	}
}

// value is the one that a host goes by, "" for none.
func (u *unique) value(host string) string {
	if values := u.values[host]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// goingBy returns the hosts that go by a value.
func (u *unique) goingBy(value string) []string {
	var group []string
	for _, h := range u.holders[value] {
		if value != "" && u.value(h) == value {
			group = append(group, h)
		}
	}
	return group
}

// view is a host's view of this kind of value, without its role.
func (u *unique) view(host string, m *machines) facts.Unique {
	v := noUnique()
	values := slices.Clone(u.values[host])
	if back := u.wanted[host]; back != "" && !slices.Contains(values, back) {
		values = append(values, back)
	}
	for _, held := range values {
		v.Holders[held] = slices.Concat(u.holders[held], u.captured(host, held, m), u.wanting(host, held))
	}
	v.Captured = append(v.Captured, u.captured(host, u.value(host), m)...)
	same := m.same(host)
	for _, other := range u.goingBy(u.value(host)) {
		if other != host && !slices.Contains(same, other) {
			v.Duplicates = append(v.Duplicates, other)
		}
	}
	return v
}

// captured returns "host (date)" of each host that this run has not read and whose newest
// capture holds a value, unless that capture was taken of the very same machine.
func (u *unique) captured(host, value string, m *machines) []string {
	var list []string
	for _, c := range u.captures[value] {
		if _, read := u.values[c.Host]; !read && !m.is(host, captureIdentity(c)) {
			list = append(list, fmt.Sprintf("%s (%s)", c.Host, c.Created.UTC().Format(time.DateOnly)))
		}
	}
	return list
}

// wanting returns "host (is to get it back too)" of each other host on which a value
// would be restored.
func (u *unique) wanting(host, value string) []string {
	var list []string
	for _, other := range u.wanters[value] {
		if other != host && u.wanted[other] == value && !slices.Contains(u.holders[value], other) {
			list = append(list, other+" (is to get it back too)")
		}
	}
	slices.Sort(list)
	return list
}

// decideByOperator decides by the clones that the operator names, nil where he names
// none. Machines go by their first names.
func (u *unique) decideByOperator(firsts []string, names map[string][]string) map[string]role {
	isNamed := func(first string) bool {
		return slices.ContainsFunc(names[first], func(h string) bool { return slices.Contains(u.asked, h) })
	}
	n := 0
	for _, first := range firsts {
		if isNamed(first) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	roles := map[string]role{}
	for _, first := range firsts {
		switch {
		case isNamed(first):
			roles[first] = role{clone, "the operator says so (" + u.clones + ")"}
		case n == len(firsts)-1:
			roles[first] = role{keeper, "the operator names the others (" + u.clones + ")"}
		default:
			roles[first] = role{unclear, "the operator names some of the others (" + u.clones + "), not all"}
		}
	}
	return roles
}

// unreadable is the error of captures that can't be read.
type unreadable struct {
	host string
	err  error
}

func (e *unreadable) Error() string {
	return "the captures of " + e.host + " can't be read: " + e.err.Error()
}

func (e *unreadable) Unwrap() error { return e.err }

// decideByHistory finds the machine whose captures held the value and no other before.
// Machines go by their first names.
func (u *unique) decideByHistory(value string, firsts []string, history func(first string) ([]outcome.CapturedID, error)) map[string]role {
	var keepers []string
	held := map[string]time.Time{}
	for _, first := range firsts {
		list, err := history(first)
		if err != nil {
			return allUnclear(firsts, err.Error())
		}
		since, hadOther := u.heldSince(value, list)
		if held[first] = since; !since.IsZero() && !hadOther {
			keepers = append(keepers, first)
		}
	}
	if len(keepers) != 1 {
		return allUnclear(firsts, fmt.Sprintf("the captures of %d of these hosts held the %s from the first on", len(keepers), u.noun))
	}
	why := fmt.Sprintf("a capture of %s held the %s on %s already", keepers[0], u.noun, held[keepers[0]].UTC().Format(time.DateOnly))
	roles := map[string]role{}
	for _, h := range firsts {
		roles[h] = role{clone, why}
	}
	roles[keepers[0]] = role{keeper, why}
	return roles
}

// heldSince returns the time of the first capture that holds a value, zero for none, and
// whether an earlier one holds another value.
func (u *unique) heldSince(value string, history []outcome.CapturedID) (since time.Time, hadOther bool) {
	slices.SortStableFunc(history, func(a, b outcome.CapturedID) int { return a.Created.Compare(b.Created) })
	for _, c := range history {
		switch {
		case c.Name != u.name, c.Created.After(u.began), c.Value == "", !since.IsZero():
		case c.Value == value:
			since = c.Created
		default:
			hadOther = true
		}
	}
	return since, hadOther
}

// allUnclear gives every host of a group the role unclear.
func allUnclear(group []string, why string) map[string]role {
	roles := map[string]role{}
	for _, h := range group {
		roles[h] = role{unclear, why}
	}
	return roles
}

// share is a value that several machines hold.
type share struct {
	value    string
	hosts    []string
	machines []string // each as its names, joined by " = "
}

// shares returns the values that more than one machine of the run holds now, sorted.
func (u *unique) shares(m *machines) []share {
	var list []share
	for _, value := range slices.Sorted(maps.Keys(u.holders)) {
		s := share{value: value, hosts: u.goingBy(value)}
		firsts, names := m.grouped(s.hosts)
		if len(firsts) < 2 {
			continue
		}
		for _, first := range firsts {
			s.machines = append(s.machines, strings.Join(names[first], " = "))
		}
		list = append(list, s)
	}
	return list
}

// noUnique is the view where nothing is shared.
func noUnique() facts.Unique {
	return facts.Unique{Duplicates: []string{}, Captured: []string{}, Holders: map[string][]string{}}
}
