package controller

import (
	"context"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// Thousands of hosts may wait for others, for long. A waiting host is parked: its report
// is on disk and not in memory, so that memory follows the hosts that are worked on, not
// the fleet.

// maxReloads is how many hosts may have a reloaded report in memory before they have a
// connection again or end.
const maxReloads = 64

// park writes the report and drops it from memory. A parked host holds no reload: the
// hosts that it waits for may need one.
func (w *walk) park(end course.End) error {
	w.endReload()
	if err := w.Sink.HostDone(w.timed()); err != nil {
		return err
	}
	w.parked = true
	w.out = outcome.Host{
		Schema: w.out.Schema, RunID: w.out.RunID, Host: w.out.Host, Address: w.out.Address, Outcome: w.out.Outcome, Reason: w.out.Reason,
		Capture: w.out.Capture, Changes: w.out.Changes,
	}
	w.evidence.forget()
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Parked}, End: end})
	return nil
}

// unpark reloads the report. The walk holds a reload from then on, until it has a
// connection or ends. It returns false when the run is cut before one is free.
func (w *walk) unpark(ctx context.Context) (bool, error) {
	if !w.parked {
		return true, nil
	}
	select {
	case w.reloads <- struct{}{}:
	case <-ctx.Done():
		return false, nil
	}
	w.reloading = true
	h, err := w.Sink.Load(w.host.Name)
	if err != nil {
		return false, err
	}
	w.out, w.parked = h, false
	return true, nil
}

// endReload lets another host reload its report.
func (w *walk) endReload() {
	if w.reloading {
		w.reloading = false
		<-w.reloads
	}
}
