package controller

import (
	"context"
	"fmt"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

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

// awaitTurn waits until it is known of every host what became of its open change, and
// which machine it is.
func (w *walk) awaitTurn(ctx context.Context) error {
	w.hangUp()
	w.await(ctx, w.fleet.said)
	if w.pickup != nil {
		w.await(ctx, w.fleet.machines.named)
	}
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Awaited, Status: string(course.AwaitTurn)}})
	return nil
}

// awaitWave waits until the host's wave begins. Its report is on disk meanwhile.
func (w *walk) awaitWave(ctx context.Context) error {
	w.hangUp()
	turn := w.waves.want(w.host.Name)
	reason, known := "", false
	select {
	case reason = <-turn:
		known = true
	default:
		if err := w.park(course.End{}); err != nil {
			return err
		}
		select {
		case reason = <-turn:
			known = true
		case <-w.Stop:
		case <-w.broken:
		case <-ctx.Done():
		}
	}
	if !known || reason != "" {
		return nil // the course asks why
	}
	if ok, err := w.unpark(ctx); !ok || err != nil {
		return err
	}
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Released}})
	return nil
}

// awaitFleet waits until every selected host has been read, and judges this one among
// them. end is how it ends where nothing more comes of that; its outcome is empty for
// a host that is to be changed.
func (w *walk) awaitFleet(ctx context.Context, end course.End) error {
	if err := w.giveBack(ctx); err != nil {
		return err
	}
	w.hangUp()
	if !w.fleet.complete() {
		// The report is on disk while the others are waited for: for most hosts it
		// is the final one.
		w.shut(outcome.StageOK, "")
		w.out.Outcome, w.out.Reason = end.Outcome, end.Reason
		if err := w.park(end); err != nil {
			return err
		}
		if !w.await(ctx, w.fleet.read) {
			return nil
		}
		if ok, err := w.unpark(ctx); !ok || err != nil {
			return err
		}
	}
	if err := w.recall(); err != nil {
		return err
	}
	w.adopt(w.Playbook.WithFleet(w.sight.diagnosis, w.fleet.view(w.host.Name)))
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Gathered}, Look: w.judge(course.Process{})})
	return nil
}

// awaitEnd waits until the other hosts have ended that get a value anew which this one
// keeps.
func (w *walk) awaitEnd(ctx context.Context) error {
	w.waves.leave(w.host.Name)
	w.leaveDesk() // those it waits for may want it
	for _, other := range w.course.Look.Others {
		w.await(ctx, w.fleet.ended[other])
	}
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Awaited, Status: string(course.AwaitEnd)}})
	return nil
}

// A host that waits for others may wait long, and many may. What is known of it is on
// disk then, in its report, and no more in memory: memory follows the hosts that are
// worked on, not the fleet.

// desks is how many hosts may be taken up from their reports at one time.
const desks = 64

// park writes the report and forgets what stands in it.
func (w *walk) park(end course.End) error {
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

// recall judges again what the report holds, where it was put aside.
func (w *walk) recall() (err error) {
	if w.sight.diagnosis != nil {
		return nil
	}
	if w.sight.diagnosis, err = w.Playbook.Recall(w.Params, w.known(), w.out.Facts, w.out.FactErrors); err != nil {
		return fmt.Errorf("its report: %w", err)
	}
	return w.recallBefore()
}

// recallBefore judges again what the host was before its first change, as its capture
// holds it.
func (w *walk) recallBefore() error {
	if w.sight.before != nil || !w.course.Begun() || w.out.Capture == "" {
		return nil
	}
	kept, err := w.Captures.Load(w.out.Capture)
	if err != nil {
		return err
	}
	if w.sight.before, err = w.Playbook.Recall(w.Params, w.known(), kept.Facts, nil); err != nil {
		return fmt.Errorf("capture %s: %w", w.out.Capture, err)
	}
	return nil
}

// leaveDesk lets another host be taken up.
func (w *walk) leaveDesk() {
	if w.atDesk {
		w.atDesk = false
		<-w.desks
	}
}
