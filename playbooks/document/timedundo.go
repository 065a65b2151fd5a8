package document

import (
	"fmt"
	"time"
)

// UndoAfterParam is the parameter that says how long an armed undo waits.
const UndoAfterParam = "undo_after"

// Time that an armed undo has to wait beside the step itself.
const (
	// UndoArming is how long the disarming command may take.
	UndoArming = 30 * time.Second
	// UndoReconnecting is how long a new connection to the host may take.
	UndoReconnecting = 30 * time.Second
	// DefaultStepTimeout is how long a step may take when the playbook does not say.
	DefaultStepTimeout = 5 * time.Minute
)

// LeastUndoAfter is the shortest wait of the step's timed undo: shorter, it could
// fire while the step still runs, or before anybody can have disarmed it.
func (s Step) LeastUndoAfter() time.Duration {
	return s.MaxTime() + UndoReconnecting + UndoArming
}

// MaxTime is how long the step may take, and so may its undo.
func (s Step) MaxTime() time.Duration {
	if s.Timeout > 0 {
		return s.Timeout
	}
	return DefaultStepTimeout
}

// CheckUndoAfter reports as an error that the parameters let a timed undo fire
// before its step can have been disarmed (procedure E7). It names the least value
// that holds for every step.
func (p *Playbook) CheckUndoAfter(params Params) error {
	after := params.Duration(UndoAfterParam)
	var slowest *Step
	for _, r := range p.Rungs {
		for i, s := range r.Steps {
			if s.TimedUndo && (slowest == nil || s.LeastUndoAfter() > slowest.LeastUndoAfter()) {
				slowest = &r.Steps[i]
			}
		}
	}
	if slowest == nil || after >= slowest.LeastUndoAfter() {
		return nil
	}
	least := slowest.LeastUndoAfter()
	return fmt.Errorf("%s=%s is too short: step %s may take %s, then its undo must be disarmed over a new connection (%s); the least value is %s",
		UndoAfterParam, after, slowest.ID, least-UndoReconnecting-UndoArming, UndoReconnecting+UndoArming, least)
}
