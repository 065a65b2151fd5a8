package controller

import (
	"context"
	"fmt"

	"aixmend/controller/outcome"
)

// A host that waits for others may wait long, and many may. What is known of it
// is on disk then, in its report, and no more in memory: memory follows the hosts
// that are worked on, not the fleet.

// desks is how many hosts may be taken up from their reports at one time.
const desks = 64

// park writes the report and forgets what stands in it.
func (w *walk) park() error {
	if err := w.Sink.HostDone(w.timed()); err != nil {
		return err
	}
	w.parked = true
	w.out = outcome.Host{Schema: w.out.Schema, RunID: w.out.RunID, Host: w.out.Host, Address: w.out.Address, Outcome: w.out.Outcome, Reason: w.out.Reason, Capture: w.out.Capture}
	w.diagnosis, w.plan, w.given = nil, nil, nil
	w.unbefore, w.before = w.before != nil, nil
	return nil
}

// unpark reads the report again. The walk holds a desk from then on, until it has
// a connection or ends. It returns false when the run is being stopped before it
// gets one.
func (w *walk) unpark(ctx context.Context) (bool, error) {
	if !w.parked {
		return true, nil
	}
	select {
	case w.desks <- struct{}{}:
	case <-ctx.Done():
		return false, nil
	}
	w.atDesk = true
	h, err := w.Sink.Load(w.host.Name)
	if err != nil {
		return false, err
	}
	w.out, w.parked = h, false
	if w.diagnosis, err = w.Playbook.Recall(w.Params, w.known(), h.Facts, h.FactErrors); err != nil {
		return false, fmt.Errorf("its report: %w", err)
	}
	if w.unbefore {
		kept, err := w.Captures.Load(h.Capture)
		if err != nil {
			return false, err
		}
		if w.before, err = w.Playbook.Recall(w.Params, w.known(), kept.Facts, nil); err != nil {
			return false, fmt.Errorf("capture %s: %w", h.Capture, err)
		}
	}
	return true, nil
}

// leaveDesk lets another host be taken up.
func (w *walk) leaveDesk() {
	if w.atDesk {
		w.atDesk = false
		<-w.desks
	}
}

// finalReport writes the last report of a walk, and returns its summary. That of
// a host that ends while it is parked is changed where it lies.
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
