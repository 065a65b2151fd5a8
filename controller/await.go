package controller

import (
	"context"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// await waits for done; it returns false when the run is stopped before.
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

// awaitChanges waits until every host's open change is resolved and, after a resume, every
// host's machine is identified.
func (w *walk) awaitChanges(ctx context.Context) error {
	w.hangUp()
	w.await(ctx, w.peers.Resolved())
	if w.pickup != nil {
		w.await(ctx, w.peers.Identified())
	}
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Awaited, Status: string(course.AwaitChanges)}})
	return nil
}

// awaitWave waits, parked, until the host's wave begins.
func (w *walk) awaitWave(ctx context.Context) error {
	w.hangUp()
	if w.Wide != nil { // the hub judges by the report
		if err := w.park(course.End{}); err != nil {
			return err
		}
	}
	permit := w.waves.Want(w.host.Name)
	reason, known := "", false
	select {
	case reason = <-permit:
		known = true
	default:
		if !w.parked {
			if err := w.park(course.End{}); err != nil {
				return err
			}
		}
	}
	if !known {
		select {
		case reason = <-permit:
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
// them. end is its end if the others change nothing; its outcome is empty for a host that
// needs a change.
func (w *walk) awaitFleet(ctx context.Context, end course.End) error {
	if err := w.giveBack(ctx); err != nil {
		return err
	}
	w.hangUp()
	if !w.peers.Complete() {
		// The report that is parked is the final one for most hosts.
		w.shut(outcome.StageOK, "")
		w.out.Outcome, w.out.Reason = end.Outcome, end.Reason
		if err := w.park(end); err != nil {
			return err
		}
		if w.Wide != nil {
			w.Wide.Read(w.host.Name)
		}
		if !w.await(ctx, w.peers.Read()) {
			return nil
		}
		if ok, err := w.unpark(ctx); !ok || err != nil {
			return err
		}
	}
	if err := w.recall(); err != nil {
		return err
	}
	w.adopt(w.amongOthers(w.evidence.diagnosis))
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Gathered}, Look: w.judge(course.Process{})})
	return nil
}

// awaitEnd waits until the other hosts have ended that give up a value which this one
// keeps.
func (w *walk) awaitEnd(ctx context.Context) error {
	w.waves.Leave(w.host.Name)
	w.endReload() // the hosts that it waits for may need it
	for _, other := range w.course.Look.Others {
		w.await(ctx, w.peers.Ended(other))
	}
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Awaited, Status: string(course.AwaitEnd)}})
	return nil
}
