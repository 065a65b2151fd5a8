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
	rung string
}

// undoSuffix ends the name of a step's undo where the walk runs it itself.
const undoSuffix = "-undo"

const undoOfUndo = "none: it takes back what this run did"

// takeBack runs the undo of those steps of the rung that ask for it, the newest
// first: the rung failed, and half of what it does is worse than none of it.
func (w *walk) takeBack(ctx context.Context) error {
	for _, a := range slices.Backward(w.applied) {
		if !a.step.Step.Revert || w.out.Changes[a.at].Status == outcome.NotApplied {
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

// cleanUp takes temporary things away from the host when its walk ends. Where
// that fails, the report says what is left.
func (w *walk) cleanUp(ctx context.Context) error {
	temporary := w.temporary
	w.temporary = nil
	for _, a := range slices.Backward(temporary) {
		if w.out.Changes[a.at].Status != outcome.Applied {
			continue
		}
		if err := w.undo(ctx, a); err != nil {
			return err
		}
	}
	if len(temporary) > 0 {
		w.sayLeft()
	}
	return nil
}

// undo runs the undo of one step. What can't be taken back is said, and the
// undo stands in the report.
func (w *walk) undo(ctx context.Context, a appliedStep) error {
	if w.conn == nil {
		if err := w.dial(ctx); err != nil {
			return w.stays(a, "it could not be taken back: "+err.Error())
		}
	}
	last := w.last // a clean-up does not begin the wait anew
	r, err := w.journaled(ctx, order{
		step: a.step.Step.ID + undoSuffix, text: a.step.Undo, undo: undoOfUndo, timeout: stepTimeout(a.step), finishes: true, rung: a.rung,
	})
	w.last = last
	at := len(w.out.Changes) - 1
	switch {
	case err != nil:
		return err
	case r.unsent, r.shut:
		w.hangUp()
		return w.stays(a, fmt.Sprintf("it could not be taken back: %v", r.cause))
	case r.lost:
		w.hangUp()
		w.undoLost = a.step.Step.ID
		return w.stays(a, fmt.Sprintf("whether it was taken back is not known: %v", r.cause))
	case r.exit != 0:
		w.settleStep(at, outcome.NotApplied, firstLine(r.stderr, r.stdout))
		return w.stays(a, fmt.Sprintf("it could not be taken back: status %d: %s", r.exit, firstLine(r.stderr, r.stdout)))
	}
	w.settleStep(a.at, outcome.Undone, "taken back")
	return w.failure
}

// stays says that a change stays on the host, and why.
func (w *walk) stays(a appliedStep, why string) error {
	w.settleStep(a.at, w.out.Changes[a.at].Status, why)
	w.behind = append(w.behind, a.step.Step.ID+": "+why+"; by hand: "+a.step.Undo)
	return w.failure
}

// sayLeft adds the finding about what is left on the host, and gives the host
// its outcome anew.
func (w *walk) sayLeft() {
	w.findLeft()
	w.conclusion()
}

// findLeft adds the finding itself.
func (w *walk) findLeft() {
	if len(w.behind) == 0 {
		return
	}
	w.out.Findings = append(w.out.Findings, waive(w.host, outcome.Finding{
		ID: LeftBehind, Severity: outcome.Warning, Title: plural(len(w.behind), "%d thing of this run is left on the host", "%d things of this run are left on the host"),
		Evidence: w.behind, Remedy: "take it away by hand: the commands are in the evidence", Source: "R5: what was temporary is taken back when the recovery ends",
	}))
}

// LeftBehind is the id of the finding about what a run could not take away.
const LeftBehind = "left-behind"
