package course

import (
	"fmt"

	"aixmend/controller/outcome"
	"aixmend/transport/retry"
)

// noteUndo notes the result of an undo that was answered, before anything can end the
// host.
func (n *next) noteUndo() bool {
	for i := len(n.Changes) - 1; i >= 0; i-- {
		c := &n.Changes[i]
		if c.Part != Undo || c.judged || c.How == outcome.HowFenced || c.Exit == nil && c.How == "" {
			continue
		}
		switch of := &n.Changes[c.Of]; {
		case c.Exit != nil && *c.Exit == 0 && of.Status != outcome.Undone:
			return n.take(Action{Do: Note, Change: c.Of, Status: outcome.Undone, Detail: "reverted"})
		case c.Exit != nil && *c.Exit != 0:
			return n.take(Action{Do: Note, Change: i, Status: outcome.NotApplied, Detail: fmt.Sprintf("it could not be reverted: status %d: %s", *c.Exit, c.Answer)})
		case c.Status == outcome.NotApplied:
			return n.take(Action{Do: Note, Change: i, Status: outcome.NotApplied, Detail: "it could not be reverted"})
		}
	}
	return false
}

// revert undoes the steps of the rung that failed, the newest first.
func (n *next) revert() bool {
	if n.story.trouble == "" || n.rung == nil || n.Doubt() >= 0 {
		return false
	}
	if i := n.revertible(n.reverts); i >= 0 {
		return n.back(i)
	}
	return false
}

// reverts reports whether a change belongs to the rung that failed and must be undone. A
// change whose timed undo may have run is looked at first.
func (n *next) reverts(i int) bool {
	c := &n.Changes[i]
	return n.story.trouble != "" && n.rung != nil && c.Rung == n.rung.ID && c.Step.Revert && !n.fired(i)
}

// back decides for the undo of a change; false where the host can't be reached.
func (n *next) back(i int) bool {
	if !n.link.up && n.link.fails > 0 {
		return false // the end lists the leftovers
	}
	return n.over(Action{Do: Revert, Change: i, Finishes: true})
}

// revertible returns the newest change that is wanted, in effect, and for which no undo was
// tried; -1 for none.
func (n *next) revertible(wanted func(i int) bool) int {
	for i := len(n.Changes) - 1; i >= 0; i-- {
		c := &n.Changes[i]
		if c.Part != Main || c.Step.NoUndo() || c.Status != outcome.Applied && c.Status != outcome.UnknownIf || !wanted(i) || n.undoTried(i) {
			continue
		}
		return i
	}
	return -1
}

// undoTried reports whether the undo of a change was sent, or refused by the fence too
// often.
func (n *next) undoTried(of int) bool {
	return n.undoSent(of) || n.lease.fenced >= retry.Fence.Attempts
}

// undoSent reports whether the undo of a change was sent and passed the fence.
func (n *next) undoSent(of int) bool {
	for i := range n.Changes {
		if c := &n.Changes[i]; c.Part == Undo && c.Of == of && c.How != outcome.HowFenced {
			return true
		}
	}
	return false
}

// finishBegun sends the finishing steps of a rung that does not continue: no service that
// was running stays stopped (procedure E5).
func (n *next) finishBegun() bool {
	if n.rung == nil || n.story.trouble == "" && !n.w.Stop && !n.story.shut && n.InProgress() != nil {
		return false
	}
	begun, step := n.finishing()
	switch {
	case step == nil, n.lease.fenced >= retry.Fence.Attempts:
		return false
	case n.link.up || n.link.fails == 0:
		return n.over(Action{Do: Send, Rung: n.rung.Rung, Step: *step, Finishes: true, Why: "to finish " + begun})
	case n.left() <= 0 || n.link.kind == kindAuth:
		return false
	} // a signal does not end this wait: the service is stopped
	return n.take(Action{Do: Settle, Firm: true, For: min(n.w.Every, n.left()), Why: "it can't be reached to finish " + begun})
}

// finishing returns the next finishing step of the newest rung, and the name of the step
// that it finishes; nil for none.
func (n *next) finishing() (begun string, step *Step) {
	for i := range n.Changes {
		c := &n.Changes[i]
		happened := c.Status == outcome.Applied || c.Status == outcome.UnknownIf && c.judged // or may have
		if n.rung == nil || c.Part != Main || c.Rung != n.rung.ID || !happened || c.failed() && !c.judged {
			continue
		}
		for _, id := range c.Step.Finishes {
			step, sent := n.step(id), n.sent(id)
			if sent >= 0 && (n.Changes[sent].failed() || n.triesOf(Main, id) >= retry.Step.Attempts && n.Changes[sent].Status != outcome.Applied) {
				break // it was tried, and the steps after it rest on it
			}
			if step == nil || sent >= 0 && n.Changes[sent].Status != outcome.NotApplied {
				continue
			}
			return c.Step.ID, step
		}
	}
	return "", nil
}

// unfinished reports whether a finishing step, a revert, or the undo of a temporary step is
// still to be sent.
func (n *next) unfinished() bool {
	_, step := n.finishing()
	return step != nil || n.revertible(n.reverts) >= 0 || n.revertible(n.temporary) >= 0
}

// temporary reports whether a change is in effect and temporary.
func (n *next) temporary(i int) bool {
	return n.Changes[i].Step.Temporary && n.Changes[i].Status == outcome.Applied
}

// step returns a step of the newest rung, nil for none.
func (n *next) step(id string) *Step {
	for i := range n.rung.Steps {
		if n.rung.Steps[i].ID == id {
			return &n.rung.Steps[i]
		}
	}
	return nil
}

// sent is the index of the newest change for a step of the newest rung, -1 for none.
func (n *next) sent(id string) int {
	for i := len(n.Changes) - 1; i >= 0; i-- {
		if c := &n.Changes[i]; c.Part == Main && c.Rung == n.rung.ID && c.Step.ID == id {
			return i
		}
	}
	return -1
}
