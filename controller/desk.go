package controller

import (
	"context"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// A host that waits for others may wait long, and many may. What is known of it is on
// disk then, in its report, and no more in memory: memory follows the hosts that are
// worked on, not the fleet.

// desks is how many hosts may be taken up from their reports at one time.
const desks = 64

// park writes the report and forgets what stands in it. A walk that waits holds no
// desk: others may want it before what it waits for can come.
func (w *walk) park(end course.End) error {
	w.leaveDesk()
	if err := w.Sink.HostDone(w.timed()); err != nil {
		return err
	}
	w.parked = true
	w.out = outcome.Host{
		Schema: w.out.Schema, RunID: w.out.RunID, Host: w.out.Host, Address: w.out.Address, Outcome: w.out.Outcome, Reason: w.out.Reason,
		Capture: w.out.Capture, Changes: w.out.Changes,
	}
	w.sight.forget()
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Parked}, End: end})
	return nil
}

// unpark reads the report again. The walk holds a desk from then on, until it has a
// connection or ends. It returns false when the run is being stopped before it gets
// one.
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
	return true, nil
}

// leaveDesk lets another host be taken up.
func (w *walk) leaveDesk() {
	if w.atDesk {
		w.atDesk = false
		<-w.desks
	}
}
