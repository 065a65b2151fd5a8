package controller

import (
	"slices"
	"time"

	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// amend adds the verdicts over the fleet to a host that was not held up for
// them, and returns its new summary.
func (e *Engine) amend(f *fleet, host inventory.Host, summary outcome.HostSummary) (outcome.HostSummary, error) {
	verdicts := f.verdicts(host.Name, e.Params, inventoryFact(host, time.Now()))
	if len(verdicts) == 0 {
		return summary, nil
	}
	err := e.Sink.Amend(host.Name, func(h *outcome.Host) {
		// A run that was resumed may have judged it already.
		h.Findings = slices.DeleteFunc(h.Findings, func(f outcome.Finding) bool {
			return slices.ContainsFunc(verdicts, func(v playbooks.Verdict) bool { return v.ID == f.ID })
		})
		for _, v := range verdicts {
			h.Findings = append(h.Findings, waive(host, finding(v)))
		}
		e.inOrder(h.Findings)
		conclude(h)
		summary = summarise(*h, e.Verb)
	})
	return summary, err
}

// inOrder puts findings into the order of the playbook: the first of the gravest
// becomes the reason. Those that no playbook has stay behind them.
func (e *Engine) inOrder(findings []outcome.Finding) {
	at := map[string]int{}
	for i, f := range e.Playbook.Findings {
		at[f.ID] = i
	}
	place := func(f outcome.Finding) int {
		if i, there := at[f.ID]; there {
			return i
		}
		return len(at)
	}
	slices.SortStableFunc(findings, func(a, b outcome.Finding) int { return place(a) - place(b) })
}

// finding is a verdict as the reports have it.
func finding(v playbooks.Verdict) outcome.Finding {
	var restsOn []outcome.Reading
	for _, r := range v.Readings {
		restsOn = append(restsOn, outcome.Reading{Fact: r.Fact, Sure: string(r.Sure), Source: r.Source})
	}
	return outcome.Finding{
		ID: v.ID, Severity: outcome.Severity(v.Severity), Title: v.Title, Evidence: v.Evidence,
		Remedy: v.Remedy, Next: v.Next, Source: v.Row + ": " + v.Source,
		Rule: v.Rule, Reads: v.Reads, Probes: v.Probes, RestsOn: restsOn,
	}
}
