package html

import (
	"slices"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// turn says how a host fares beside the run before. Its values stand in the page.
type turn int

const (
	same   turn = iota
	worse       // a graver outcome, or a finding that was not there
	better      // a milder outcome, or a finding is gone
	first       // the run before did not have the host
)

// since is a host beside the run before.
type since struct {
	turn
	was outcome.Outcome // "" for first
	// appeared are findings that count and did not stand in the run before.
	appeared []string
}

// sinceOf compares a host with the run before; nil for none.
func sinceOf(before *report.Before, h outcome.HostSummary) since {
	if before == nil {
		return since{}
	}
	then, there := before.Hosts[h.Name]
	if !there {
		return since{turn: first}
	}
	s := since{was: then.Outcome}
	now := h.Shown()
	if unjudged(now) {
		return s // nobody knows
	}
	if then.Read {
		s.appeared = without(h.Open, then.Open)
	}
	ill, was := grave(now, h.Open), grave(then.Outcome, then.Open)
	switch {
	case now == outcome.Unreachable:
		if then.Outcome != now {
			s.turn = worse
		}
	case unjudged(then.Outcome) && ill == 0:
	case len(s.appeared) > 0 || ill > was || !then.Read && ill > 0:
		s.turn = worse
	case ill < was || then.Read && len(without(then.Open, h.Open)) > 0:
		s.turn = better
	}
	return s
}

// unjudged reports whether a host with an outcome had no verdict, and nobody tried to reach it.
func unjudged(o outcome.Outcome) bool { return o == outcome.Skipped || o == outcome.CutOff }

// grave orders outcomes by how much trouble a host is; those without any are equal. A host that was
// recovered or undone is as its open findings.
func grave(o outcome.Outcome, open []string) int {
	switch {
	case o == outcome.Recovered && len(open) > 0:
		o = outcome.Degraded
	case o == outcome.OutcomeUndone && len(open) > 0:
		o = outcome.NeedsAction
	case o == outcome.Recovered, o == outcome.Healthy, o == outcome.OutcomeUndone:
		return 0
	}
	order := outcome.ShownOutcomes() // the worst first
	return len(order) - slices.Index(order, o)
}

// without returns a list without the elements of another.
func without(list, other []string) []string {
	var rest []string
	for _, s := range list {
		if !slices.Contains(other, s) {
			rest = append(rest, s)
		}
	}
	return rest
}
