package playbooks

import (
	"slices"
	"strings"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/facts"
	"aixmend/playbooks/program"
)

// Values that must be unique over a fleet. A playbook says where the values of a host
// are found and how they are called; the controller compares hosts and captures, and gives
// each host its view as the fact fleet.

// Shared is the part of a host's facts that a run compares with other hosts.
type Shared struct {
	// Identity says which machine it is; nil: it could not be read.
	Identity *facts.Identity
	// Values are those that it holds of each thing that must be unique, in the order
	// of the playbook, the one it goes by first; nil: they could not be read.
	Values [][]string
	// Restores is the value of each that it is to get back, "" for none.
	Restores []string
	// facts are those that findings over the fleet read.
	facts map[string]any
}

// Or returns s, with values of an earlier look in the place of those that could not be
// read.
func (s Shared) Or(before Shared) Shared {
	if s.Identity == nil {
		s.Identity = before.Identity
	}
	for i := range before.Values {
		if s.Values[i] == nil {
			s.Values[i] = before.Values[i]
		}
		if s.Restores[i] == "" {
			s.Restores[i] = before.Restores[i]
		}
	}
	for name, value := range before.facts {
		if _, there := s.facts[name]; !there {
			s.facts[name] = value
		}
	}
	return s
}

// Share returns the part of a host's facts that is compared with other hosts.
func (p *Playbook) Share(d *Diagnosis) Shared { return p.share(d.values) }

// ShareWritten is Share of the facts that a report holds. A fact that the playbook
// knows otherwise is left out.
func (p *Playbook) ShareWritten(written map[string]any) Shared {
	return p.share(p.known(written, p.SharedFacts()))
}

// SharedFacts names the facts of a host that are compared with other hosts.
func (p *Playbook) SharedFacts() []string {
	names := slices.Concat(p.Code.Shared, []string{conditions.IdentityName})
	for _, u := range p.Code.Unique {
		names = append(names, u.Values.Refs...)
		if u.Restores != nil {
			names = append(names, u.Restores.Refs...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// SharedParts are SharedFacts, as far as they are compared: such as own.past.node_ids.id of a
// fact that holds a whole capture.
func (p *Playbook) SharedParts() []string {
	parts := slices.Concat(p.Code.Shared, []string{conditions.IdentityName})
	for _, u := range p.Code.Unique {
		parts = append(parts, u.Values.Reads...)
		if u.Restores != nil {
			parts = append(parts, u.Restores.Reads...)
		}
	}
	slices.Sort(parts)
	return slices.Compact(parts)
}

// known are the facts of some names that are written down.
func (p *Playbook) known(written map[string]any, names []string) map[string]any {
	values := map[string]any{}
	for _, name := range names {
		was, there := written[name]
		if _, known := p.Code.Types[name]; !there || !known {
			continue
		}
		if value, err := p.recalled(name, was); err == nil {
			values[name] = value
		}
	}
	return values
}

func (p *Playbook) share(values map[string]any) Shared {
	s := Shared{facts: map[string]any{}}
	if id, ok := values[conditions.IdentityName].(facts.Identity); ok {
		s.Identity = &id
	}
	for _, name := range p.Code.Shared {
		if value, there := values[name]; there {
			s.facts[name] = value
		}
	}
	for _, u := range p.Code.Unique {
		s.Values = append(s.Values, held(u, values))
		back := ""
		if u.Restores != nil {
			if words, err := u.Restores.Words(values); err == nil && len(words) == 1 {
				back = words[0]
			}
		}
		s.Restores = append(s.Restores, back)
	}
	return s
}

// held are the values that a host holds; nil: they are not known.
func held(u program.Unique, values map[string]any) []string {
	words, err := u.Values.Words(values)
	if err != nil {
		return nil
	}
	list := []string{}
	for _, word := range words {
		if word = strings.TrimSpace(word); word != "" && !slices.Contains(list, word) {
			list = append(list, word)
		}
	}
	return list
}

// Captured returns the values that a host went by when a capture of it was taken, by
// the names in unique:. facts are those of the capture.
func (p *Playbook) Captured(facts map[string]any) map[string]string {
	went := map[string]string{}
	for i, u := range p.Code.Unique {
		if values := held(u, p.known(facts, u.Values.Refs)); len(values) > 0 {
			went[p.Unique[i].Key] = values[0]
		}
	}
	return went
}

// SharedTitle is the title of the finding over the fleet: some machines share a value
// of the i-th thing that must be unique.
func (p *Playbook) SharedTitle(i int, value string, machines []string) string {
	return p.Code.Unique[i].Title.Text(map[string]any{program.ValueName: value, program.MachinesName: machines})
}

// CloneParams returns the parameters by which the operator names hosts that are to
// get another value.
func (p *Playbook) CloneParams() []string {
	var names []string
	for _, e := range p.Unique {
		if name := e.Value.CloneParam.V; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// JudgeFleet returns the verdicts over the fleet alone, for a host of which only the
// shared facts are still at hand.
func (p *Playbook) JudgeFleet(params Params, inventory facts.Inventory, shared Shared, fleet facts.Fleet) []Verdict {
	d := p.diagnosis(Given{Inventory: inventory, Fleet: &fleet}, params)
	for name, value := range shared.facts {
		d.set(name, value, nil)
	}
	if shared.Identity != nil {
		d.set(conditions.IdentityName, *shared.Identity, nil)
	}
	for i, f := range p.Findings {
		c := p.Code.Findings[i]
		if !c.OverFleet() {
			continue
		}
		if holds, err := c.When.Holds(d.values); err == nil && holds {
			d.hold(f, c, d.values)
		}
	}
	return d.Verdicts
}
