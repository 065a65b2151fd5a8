package controller

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/playbooks/facts"
)

// One machine is one host (procedure D16): two names of the inventory that reach
// one machine would change it twice at once, and what must be unique would be taken
// for that of a clone.

// sameMachine is the id of the finding over the fleet.
const sameMachine = "same-machine"

// machines are what is known of the machines behind the names of a run. The lock
// of the fleet guards it.
type machines struct {
	identities map[string]facts.Identity
	keys       map[string]machineKey   // of the hosts whose identity is known
	names      map[machineKey][]string // sorted
	nameless   map[string]bool         // hosts that have not been asked, and still may be
	named      chan struct{}           // closed when there are none
}

func newMachines() machines {
	return machines{
		identities: map[string]facts.Identity{}, keys: map[string]machineKey{}, names: map[machineKey][]string{},
		nameless: map[string]bool{}, named: make(chan struct{}),
	}
}

// machineKey stands for a known identity: however many NICs a machine has, it is
// compared at once.
type machineKey [sha256.Size]byte

func keyOf(id facts.Identity) machineKey {
	return sha256.Sum256(fmt.Appendf(nil, "%q %d %q %q", id.Machine, id.LPAR.Number, id.LPAR.Name, id.MACs))
}

// identify says which machine is behind a name. What was known is not forgotten
// because a later look could not tell.
func (m *machines) identify(host string, id facts.Identity) {
	m.nowNamed(host)
	was, known := m.keys[host]
	if known && !id.Known {
		return
	}
	if known {
		m.names[was] = slices.DeleteFunc(m.names[was], func(h string) bool { return h == host })
		delete(m.keys, host)
	}
	m.identities[host] = id
	if id.Known {
		key := keyOf(id)
		m.keys[host] = key
		m.names[key] = append(m.names[key], host)
		slices.Sort(m.names[key])
	}
}

// captureIdentity is the machine that a capture was taken of.
func captureIdentity(c outcome.CapturedID) facts.Identity {
	var id facts.Identity
	if json.Unmarshal([]byte(c.Identity), &id) != nil {
		return facts.Identity{}
	}
	return id
}

// nowNamed notes that all that can be known of the machine behind a name is known.
func (m *machines) nowNamed(host string) {
	if m.nameless[host] {
		delete(m.nameless, host)
		if len(m.nameless) == 0 {
			close(m.named)
		}
	}
}

// same returns the other hosts that are the machine of a host.
func (m *machines) same(host string) []string {
	others := []string{}
	if key, known := m.keys[host]; known {
		for _, other := range m.names[key] {
			if other != host {
				others = append(others, other)
			}
		}
	}
	return others
}

// is reports whether an identity is that of a host.
func (m *machines) is(host string, id facts.Identity) bool {
	key, known := m.keys[host]
	return known && id.Known && key == keyOf(id)
}

// first is the name that stands for all names of a host's machine.
func (m *machines) first(host string) string {
	if key, known := m.keys[host]; known {
		return m.names[key][0]
	}
	return host
}

// grouped returns hosts by machine: the names of each, and its first name, in the
// order of the first names.
func (m *machines) grouped(hosts []string) (firsts []string, names map[string][]string) {
	names = map[string][]string{}
	for _, h := range hosts {
		first := m.first(h)
		names[first] = append(names[first], h)
	}
	return slices.Sorted(maps.Keys(names)), names
}

// place is where an LPAR is: no two of a managed system have one number and name.
type place struct {
	machine string
	lpar    facts.LPAR
}

func placeOf(id facts.Identity) place { return place{id.Machine, id.LPAR} }

// maybe reports whether two places can be one, as far as they are known.
func (p place) maybe(q place) bool {
	return (p.machine == q.machine || p.machine == "" || q.machine == "") && (p.lpar == q.lpar || p.lpar == facts.LPAR{} || q.lpar == facts.LPAR{})
}

// unclear returns, of hosts that share a unique value, those that may be one machine
// although that is not known, each with the reason: none of them is a clone. Two
// whose places may be one, as far as they are known, are told apart by their MACs:
// where those of one are not known, or some are the same, it can't be told.
func (m *machines) unclear(group []string) map[string]string {
	why := map[string]string{}
	firsts, _ := m.grouped(group)
	for _, h := range group {
		for _, other := range firsts {
			if m.first(h) == other {
				continue
			}
			if reason := m.maybeOne(h, other); reason != "" {
				why[h] = fmt.Sprintf("it may be the machine of %s: %s", other, reason)
				break
			}
		}
	}
	return why
}

// maybeOne says why two hosts may be one machine, "" when they can't be.
func (m *machines) maybeOne(host, other string) string {
	a, b := m.identities[host], m.identities[other]
	switch p, q := placeOf(a), placeOf(b); {
	case !p.maybe(q):
		return ""
	case len(a.MACs) == 0:
		return "the MACs of " + host + " are not known"
	case len(b.MACs) == 0:
		return "the MACs of " + other + " are not known"
	}
	for _, mac := range a.MACs {
		if slices.Contains(b.MACs, mac) {
			return "both have the MAC " + mac
		}
	}
	return ""
}

// machineText is an identity in words.
func machineText(id facts.Identity) string {
	return fmt.Sprintf("machine id %s, LPAR %d %s, MACs %s", id.Machine, id.LPAR.Number, id.LPAR.Name, strings.Join(id.MACs, ", "))
}

// findings renders the machines with several names as findings over the fleet.
func (m *machines) findings() []outcome.FleetFinding {
	list := []outcome.FleetFinding{}
	for _, names := range m.names {
		if len(names) < 2 {
			continue
		}
		id := m.identities[names[0]]
		list = append(list, outcome.FleetFinding{
			ID: sameMachine, Hosts: slices.Clone(names),
			Title: fmt.Sprintf("%s are one machine: %s", strings.Join(names, ", "), machineText(id)),
		})
	}
	slices.SortFunc(list, func(a, b outcome.FleetFinding) int { return strings.Compare(a.Hosts[0], b.Hosts[0]) })
	return list
}

// recallFact reads a fact as a report has it, and reports whether it is there.
func recallFact(written map[string]any, name string, into any) bool {
	was, there := written[name]
	if !there {
		return false
	}
	text, err := json.Marshal(was)
	return err == nil && json.Unmarshal(text, into) == nil
}
