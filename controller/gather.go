package controller

import (
	"context"
	"slices"
	"time"

	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// gather waits, without a connection, until every selected host has been read,
// and judges this one again among the others. The one that keeps what it shares
// waits for those that get something else.
func (w *walk) gather(ctx context.Context) (Event, error) {
	w.hangUp()
	w.gathered = true
	begins := w.Verb == Recover && w.runnable() != nil // it waits until all that may be the same machine have been read
	if !w.fleet.complete() {
		// The report is on disk while the others are waited for: for most
		// hosts it is the final one.
		if err := w.park(); err != nil {
			return "", err
		}
	}
	if !w.await(ctx, w.fleet.read) {
		if begins {
			w.cut(outcome.Skipped, "interrupted before its turn")
		}
		return aloneAgain, nil
	}
	if ok, err := w.unpark(ctx); !ok || err != nil {
		return aloneAgain, err
	}
	w.adopt(w.Playbook.WithFleet(w.diagnosis, w.fleet.view(w.host.Name)))
	if w.Verb == Recover {
		w.printPlan()
		if clones := w.fleet.clones(w.host.Name, w.Allowed); len(clones) > 0 {
			w.waves.leave(w.host.Name)
			w.leaveDesk() // those it waits for may want it
			for _, other := range clones {
				w.await(ctx, w.fleet.ended[other])
			}
			w.kept, w.last, w.looks = true, time.Now(), 0
			return w.unlessStopped(readAgain), nil
		}
		if w.runnable() != nil {
			return w.unlessStopped(readAgain), nil
		}
	}
	w.conclusion()
	if w.Verb == Plan {
		w.printPlan()
	}
	return aloneAgain, nil
}

// unlessStopped is the event, or the end where the run is being stopped.
func (w *walk) unlessStopped(event Event) Event {
	if w.stopping() {
		w.conclusion()
		return aloneAgain
	}
	return event
}

// await waits for done; false when the run is being stopped before.
func (w *walk) await(ctx context.Context, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-w.Stop:
	case <-w.broken:
	case <-ctx.Done():
	}
	return false
}

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
