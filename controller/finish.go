package controller

import (
	"context"
	"slices"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// finish gives the host its end, and its lease back. Where that is not known to be
// safe, the lease ends by itself.
func (w *walk) finish(ctx context.Context, end course.End) error {
	w.shut(outcome.StageOK, "")
	if !end.KeepLease {
		if err := w.giveBack(ctx); err != nil {
			return err
		}
	}
	if !w.parked {
		w.findLeft()
	}
	if p := w.pickup; p != nil && !p.said {
		p.said = true
		w.tellSettled()
	}
	w.out.Outcome, w.out.Reason, w.out.Interrupted = end.Outcome, end.Reason, end.Interrupted
	w.happened(course.Event{Entry: outcome.Entry{Event: outcome.EventEnded, Status: string(end.Outcome), Detail: end.Reason}})
	return nil
}

// LeftBehind is the id of the finding about what a run could not take away.
const LeftBehind = "left-behind"

// findLeft adds the finding about what is left on the host, once.
func (w *walk) findLeft() {
	behind := w.course.Left()
	there := slices.ContainsFunc(w.out.Findings, func(f outcome.Finding) bool { return f.ID == LeftBehind })
	if len(behind) == 0 || there {
		return
	}
	w.out.Findings = append(w.out.Findings, waive(w.host, outcome.Finding{
		ID: LeftBehind, Severity: outcome.Warning, Title: plural(len(behind), "%d thing of this run is left on the host", "%d things of this run are left on the host"),
		Evidence: behind, Remedy: "take it away by hand: the commands are in the evidence", Source: "R5: what was temporary is taken back when the recovery ends",
	}))
}

// finalReport writes the last report of a walk, and returns its summary. That of a
// host that ends while it is parked is changed where it lies.
func (w *walk) finalReport(ended outcome.Host) (outcome.HostSummary, error) {
	if !w.parked {
		return summarise(ended, w.Verb), w.Sink.HostDone(ended)
	}
	var summary outcome.HostSummary
	w.desks <- struct{}{}
	defer func() { <-w.desks }()
	err := w.Sink.Amend(w.host.Name, func(h *outcome.Host) {
		h.Outcome, h.Reason, h.Interrupted, h.Started, h.Duration = ended.Outcome, ended.Reason, ended.Interrupted, ended.Started, ended.Duration
		summary = summarise(*h, w.Verb)
	})
	return summary, err
}
