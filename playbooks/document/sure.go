package document

import (
	"aixmend/inventory/strictyaml"
	"aixmend/playbooks/conditions"
	"slices"
	"strings"
)

// checkSure checks how sure probes and derived facts declare themselves.
func (c *checker) checkSure() {
	known := []string{"", string(conditions.Documented), string(conditions.Seen), string(conditions.Inferred), string(conditions.Assumed)}
	letters := map[string]conditions.Sureness{"D": conditions.Documented, "C": conditions.Seen, "I": conditions.Inferred, "K": conditions.Assumed}
	check := func(pos strictyaml.Pos, of string, sure Text, source string) {
		now, letter := letters[sure.V]
		switch {
		case letter:
			c.add(sure.Pos, "", "%s: `sure: %s` is now called `sure: %s`", of, sure.V, now)
		case !slices.Contains(known, sure.V):
			c.add(sure.Pos, strictyaml.DidYouMean(sure.V, known), "%s: sure must be documented, seen, inferred or assumed, found %q", of, sure.V)
		case sure.V != "" && sure.V != string(conditions.Assumed) && strings.TrimSpace(source) == "":
			c.add(pos, "", "%s: sure: %s needs a source", of, sure.V)
		case sure.V == "" && source != "":
			c.add(pos, "", "%s: a source needs sure: documented, seen, inferred or assumed", of)
		}
	}
	for _, p := range c.playbook.Probes {
		check(p.Pos, "probe "+p.ID, p.Sure, p.Source)
	}
	for _, e := range c.playbook.Facts {
		check(e.KeyPos, "fact "+e.Key, e.Value.Sure, e.Value.Source)
	}
}

// SureOf is how sure a fact is: its own declaration, and assumed where everything it
// is made of is assumed. ok is false for facts that do not come from the host.
func (p *Playbook) SureOf(fact string) (sure conditions.Sureness, ok bool) {
	for _, probe := range p.Probes {
		if probe.ID == fact {
			return conditions.Sureness(probe.Sure.V), true
		}
	}
	for _, e := range p.Facts {
		if e.Key != fact {
			continue
		}
		best := conditions.None
		for _, from := range e.Value.From {
			if s, ok := p.SureOf(from.Value.V); ok {
				best = conditions.Better(best, s)
			}
		}
		if best == conditions.Assumed {
			return conditions.Assumed, true
		}
		return conditions.Sureness(e.Value.Sure.V), true
	}
	return conditions.None, false
}

// SourceOf returns where the reading of a fact is known from, "" where the playbook does
// not say.
func (p *Playbook) SourceOf(fact string) string {
	for _, probe := range p.Probes {
		if probe.ID == fact {
			return probe.Source
		}
	}
	for _, e := range p.Facts {
		if e.Key == fact {
			return e.Value.Source
		}
	}
	return ""
}
