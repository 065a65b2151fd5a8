package controller

import (
	"context"
	"fmt"
	"slices"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
)

// appliedStep is a step that was sent, and its change in the report.
type appliedStep struct {
	step *playbooks.PlannedStep
	at   int
}

// undoSuffix ends the name of a step's undo where the walk runs it itself.
const undoSuffix = "-undo"

const undoOfUndo = "none: it takes back what this run did"

// takeBack runs the undo of those steps of the rung that ask for it, the newest
// first: the rung failed, and half of what it does is worse than none of it.
func (w *walk) takeBack(ctx context.Context) error {
	for _, a := range slices.Backward(w.applied) {
		if !a.step.Step.Revert {
			continue
		}
		if w.failed == a.step {
			w.failed = nil // the undo says what became of it
		}
		if err := w.undo(ctx, a); err != nil {
			return err
		}
	}
	w.applied = nil
	return nil
}

// cleanUp takes temporary things away from the host when its walk ends.
func (w *walk) cleanUp(ctx context.Context) error {
	for _, a := range slices.Backward(w.temporary) {
		if w.out.Changes[a.at].Status != outcome.Applied {
			continue
		}
		if err := w.undo(ctx, a); err != nil {
			return err
		}
	}
	w.temporary = nil
	return nil
}

// undo runs the undo of one step. What can't be taken back is said, and the
// undo stands in the report.
func (w *walk) undo(ctx context.Context, a appliedStep) error {
	if w.conn == nil {
		if err := w.dial(ctx); err != nil {
			w.settleStep(a.at, w.out.Changes[a.at].Status, "it could not be taken back: "+err.Error())
			return w.failure
		}
	}
	last := w.last // a clean-up does not begin the wait anew
	r, err := w.journaled(ctx, order{
		step: a.step.Step.ID + undoSuffix, text: a.step.Undo, undo: undoOfUndo, timeout: stepTimeout(a.step), finishes: true,
	})
	w.last = last
	switch {
	case err != nil:
		return err
	case r.lost || r.unsent || r.shut:
		w.hangUp()
		w.settleStep(a.at, w.out.Changes[a.at].Status, fmt.Sprintf("whether it was taken back is not known: %v", r.cause))
	case r.exit != 0:
		w.settleStep(a.at, w.out.Changes[a.at].Status, fmt.Sprintf("it could not be taken back: status %d: %s", r.exit, firstLine(r.stderr, r.stdout)))
	default:
		w.settleStep(a.at, outcome.Undone, "taken back")
	}
	return w.failure
}
