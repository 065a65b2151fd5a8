package controller

import (
	"context"
	"fmt"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport"
)

const (
	// undoGrace is how much longer than its delay an armed undo may take.
	undoGrace = 30 * time.Second
	// redialEvery is the time between two tries to reach a host again.
	redialEvery = 2 * time.Second
	// armTimeout bounds the arming and the disarming command.
	armTimeout = 30 * time.Second

	nothingToUndo = "none: what it ends is the undo itself"
)

func armStep(step string) string    { return step + "-arm-undo" }
func disarmStep(step string) string { return step + "-disarm-undo" }

// arm leaves the undo of a step behind on the host. Without it the step is not
// taken.
func (w *walk) arm(ctx context.Context, s *playbooks.PlannedStep) (Event, error) {
	r, err := w.journaled(ctx, order{step: armStep(s.Step.ID), text: s.Arm, undo: s.Disarm, timeout: armTimeout})
	switch {
	case err != nil:
		return "", err
	case r.shut:
		w.shut = true
		return gateShut, nil
	case r.refused, r.unsent && transport.KindOf(r.cause) == transport.KindPrivilege:
		return w.refuse(s, r.cause.Error()), nil
	case r.unsent, r.lost:
		// If it is armed, it takes back what was not done: nothing changes.
		w.hangUp()
		w.trouble = fmt.Sprintf("the undo of step %s could not be armed, so the step was not taken: %v", s.Step.ID, r.cause)
		return stepFailed, nil
	case r.exit != 0:
		w.trouble = fmt.Sprintf("the undo of step %s could not be armed, so the step was not taken: %s", s.Step.ID, firstLine(r.stderr, r.stdout))
		return stepFailed, nil
	}
	return rungDone, nil
}

// disarm reaches the host over a new connection and ends the wait of the armed
// undo. Where the host can't be reached, the undo has its way, and the host
// comes back by itself. event is what the step ended with.
func (w *walk) disarm(ctx context.Context, s *playbooks.PlannedStep, event Event) (Event, error) {
	step := w.at
	w.hangUp()
	due := time.Now().Add(s.UndoAfter + undoGrace)
	if err := w.redial(ctx, due); err != nil {
		return w.leaveToUndo(ctx, s, event, due, fmt.Sprintf("the host can't be reached to disarm its undo: %v", err))
	}
	r, failure := w.journaled(ctx, order{step: disarmStep(s.Step.ID), text: s.Disarm, undo: nothingToUndo, timeout: armTimeout, finishes: true})
	if failure != nil {
		return "", failure
	}
	answer := strings.TrimSpace(string(r.stdout))
	switch {
	case !r.lost && !r.unsent && r.exit == 0 && answer == playbooks.UndoDisarmed:
		w.out.Changes[step].Detail = strings.TrimPrefix(w.out.Changes[step].Detail+"; its undo was disarmed over a new connection", "; ")
		return event, nil
	case !r.lost && !r.unsent && r.exit == 0 && answer == playbooks.UndoFired:
		w.settleStep(step, outcome.Undone, fmt.Sprintf("it cut the connection; the host took it back by itself after %s", s.UndoAfter))
		w.doubt, w.failed = nil, nil
		w.trouble = fmt.Sprintf("step %s cut the connection; the host took it back by itself", s.Step.ID)
		return stepFailed, nil
	}
	return w.leaveToUndo(ctx, s, event, due, "whether its undo was disarmed is not known")
}

// leaveToUndo waits until an undo that may still be armed has had its time: only
// then can a look tell what came of the step. event is what the step ended with.
func (w *walk) leaveToUndo(ctx context.Context, s *playbooks.PlannedStep, event Event, due time.Time, why string) (Event, error) {
	waitOut(ctx, time.Until(due))
	w.hangUp()
	status := w.out.Changes[w.at].Status
	switch {
	case status == outcome.NotApplied: // it never left
	case status == outcome.Applied && event != stepFailed:
		status, event = outcome.UnknownIf, inDoubt
		w.doubt, w.unsent, w.hung, w.doubts, w.arrived = s, false, false, 0, false
		w.expired = outcome.Undone
	default:
		w.expired = outcome.UnknownIf
	}
	w.settleStep(w.at, status, why)
	return event, nil
}

// settleStep says what became of a change after all.
func (w *walk) settleStep(at int, status, detail string) {
	c := &w.out.Changes[at]
	c.Status = status
	c.Detail = strings.TrimPrefix(c.Detail+"; "+detail, "; ")
	if err := w.note(at); err != nil {
		w.failure = err
	}
}

// waitOut waits for d, or until the connections are cut. The first signal does
// not end it: what is waited for belongs to a step that was taken.
func waitOut(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// redial tries to reach the host again until a deadline.
func (w *walk) redial(ctx context.Context, deadline time.Time) error {
	for {
		err := w.dial(ctx)
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) || !transport.CauseOf(err).Temporary() {
			return err
		}
		waitOut(ctx, redialEvery)
	}
}
