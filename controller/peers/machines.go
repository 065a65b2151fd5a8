package peers

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

// SameMachine is the id of the finding that two names of the inventory reach one
// machine (procedure D16): it would be changed twice at once, and its values would be
// taken for those of a clone.
const SameMachine = "same-machine"

// machines tells which machine is behind each name of a run. The lock of Peers guards
// it.
type machines struct {
	identities   map[string]facts.Identity
	keys         map[string]machineKey   // of the hosts whose identity is known
	names        map[machineKey][]string // sorted
	unidentified map[string]bool         // hosts that have not been asked, and still may be
	identified   chan struct{}           // closed when there are none
	elsewhere    map[string][]string     // names elsewhere of a host's machine
}

func newMachines() machines {
	return machines{
		identities: map[string]facts.Identity{}, keys: map[string]machineKey{}, names: map[machineKey][]string{},
		unidentified: map[string]bool{}, identified: make(chan struct{}), elsewhere: map[string][]string{},
	}
}

// machineKey is the hash of a known identity, so that identities with many NICs compare
// at once.
type machineKey [sha256.Size]byte

func keyOf(id facts.Identity) machineKey {
	return sha256.Sum256(fmt.Appendf(nil, "%q %d %q %q", id.Machine, id.LPAR.Number, id.LPAR.Name, id.MACs))
}

// identify notes which machine is behind a name. A known identity is not replaced by an
// unknown one.
func (m *machines) identify(host string, id facts.Identity) {
	m.markIdentified(host)
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

// captureIdentity is the identity in a capture.
func captureIdentity(c outcome.CapturedID) facts.Identity {
	var id facts.Identity
	if json.Unmarshal([]byte(c.Identity), &id) != nil {
		return facts.Identity{}
	}
	return id
}

// markIdentified notes that nothing more will be known of the machine behind a name.
func (m *machines) markIdentified(host string) {
	if m.unidentified[host] {
		delete(m.unidentified, host)
		if len(m.unidentified) == 0 {
			close(m.identified)
		}
	}
}

// same returns the other names of a host's machine.
func (m *machines) same(host string) []string {
	others := []string{}
	if key, known := m.keys[host]; known {
		for _, other := range m.names[key] {
			if other != host {
				others = append(others, other)
			}
		}
	}
	return append(others, m.elsewhere[host]...)
}

// is reports whether an identity is known to be a host's.
func (m *machines) is(host string, id facts.Identity) bool {
	key, known := m.keys[host]
	return known && id.Known && key == keyOf(id)
}

// first is the first name of a host's machine: it stands for all of them.
func (m *machines) first(host string) string {
	if key, known := m.keys[host]; known {
		return m.names[key][0]
	}
	return host
}

// grouped returns hosts by machine: the first names, sorted, and by each all names.
func (m *machines) grouped(hosts []string) (firsts []string, names map[string][]string) {
	names = map[string][]string{}
	for _, h := range hosts {
		first := m.first(h)
		names[first] = append(names[first], h)
	}
	return slices.Sorted(maps.Keys(names)), names
}

// location is where an LPAR is: no two of a managed system have the same number and name.
type location struct {
	machine string
	lpar    facts.LPAR
}

func locationOf(id facts.Identity) location { return location{id.Machine, id.LPAR} }

// maybe reports whether two locations can be the same, as far as they are known.
func (p location) maybe(q location) bool {
	return (p.machine == q.machine || p.machine == "" || q.machine == "") && (p.lpar == q.lpar || p.lpar == facts.LPAR{} || q.lpar == facts.LPAR{})
}

// unclear returns, of hosts that share a unique value, those that may be one machine,
// each with the reason: none of them counts as a clone. Hosts whose locations may be the
// same are told apart by their MACs; that fails where the MACs of one are not known, or
// both have one.
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

// maybeOne returns why two hosts may be one machine, "" when they can't be.
func (m *machines) maybeOne(host, other string) string {
	a, b := m.identities[host], m.identities[other]
	switch p, q := locationOf(a), locationOf(b); {
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

// machineText words an identity.
func machineText(id facts.Identity) string {
	return fmt.Sprintf("machine id %s, LPAR %d %s, MACs %s", id.Machine, id.LPAR.Number, id.LPAR.Name, strings.Join(id.MACs, ", "))
}

// findings returns a finding for each machine with several names.
func (m *machines) findings() []outcome.FleetFinding {
	list := []outcome.FleetFinding{}
	for _, names := range m.names {
		if len(names) < 2 {
			continue
		}
		id := m.identities[names[0]]
		list = append(list, outcome.FleetFinding{
			ID: SameMachine, Hosts: slices.Clone(names),
			Title: fmt.Sprintf("%s are one machine: %s", strings.Join(names, ", "), machineText(id)),
		})
	}
	slices.SortFunc(list, func(a, b outcome.FleetFinding) int { return strings.Compare(a.Hosts[0], b.Hosts[0]) })
	return list
}
