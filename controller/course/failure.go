package course

import (
	"fmt"

	"aixmend/controller/outcome"
	"aixmend/transport/retry"
)

// noteUndo writes down what came of an undo that was answered: it must be known
// whatever ends the host.
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

// revert undoes what the rung that failed did, the newest step first.
func (n *next) revert() bool {
	if n.story.trouble == "" || n.rung == nil || n.Doubt() >= 0 {
		return false
	}
	if i := n.revertible(n.reverts); i >= 0 {
		return n.back(i)
	}
	return false
}

// reverts reports whether a change is of the rung that failed, and has to be undone.
// One whose timed undo may have run is looked at first.
func (n *next) reverts(i int) bool {
	c := &n.Changes[i]
	return n.story.trouble != "" && n.rung != nil && c.Rung == n.rung.ID && c.Step.Revert && !n.fired(i)
}

// back decides for the undo of a change, or says that it stays.
func (n *next) back(i int) bool {
	if !n.link.up && n.link.fails > 0 {
		return false // the end says what is left
	}
	return n.over(Action{Do: Revert, Change: i, Finishes: true})
}

// revertible returns the newest change that is in effect, was not tried to be undone,
// and is wanted; -1 for none.
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

// undoTried reports whether the undo of a change was sent, or was refused by the host
// too often.
func (n *next) undoTried(of int) bool {
	return n.undoSent(of) || n.lease.fenced >= retry.Fence.Attempts
}

// undoSent reports whether the undo of a change was sent to a host that did not keep it
// back.
func (n *next) undoSent(of int) bool {
	for i := range n.Changes {
		if c := &n.Changes[i]; c.Part == Undo && c.Of == of && c.How != outcome.HowFenced {
			return true
		}
	}
	return false
}

// finishBegun sends the steps that finish what was begun, where the rung does not go
// on: no service that was running stays stopped (procedure E5).
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

// finishing is the step that is to be sent next to finish what the newest rung has
// begun, and the name of the step that began it; nil for none.
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
				break // it was tried, and what comes after it rests on it
			}
			if step == nil || sent >= 0 && n.Changes[sent].Status != outcome.NotApplied {
				continue
			}
			return c.Step.ID, step
		}
	}
	return "", nil
}

// unfinished reports whether something is to be sent yet that finishes what was begun,
// undoes it, or takes it away.
func (n *next) unfinished() bool {
	_, step := n.finishing()
	return step != nil || n.revertible(n.reverts) >= 0 || n.revertible(n.temporary) >= 0
}

// temporary reports whether a change was only to be there for a while.
func (n *next) temporary(i int) bool {
	return n.Changes[i].Step.Temporary && n.Changes[i].Status == outcome.Applied
}

// step is a step of the newest rung, nil where it has none of that name.
func (n *next) step(id string) *Step {
	for i := range n.rung.Steps {
		if n.rung.Steps[i].ID == id {
			return &n.rung.Steps[i]
		}
	}
	return nil
}

// sent is the newest change that sent a step of the newest rung, -1 for none.
func (n *next) sent(id string) int {
	for i := len(n.Changes) - 1; i >= 0; i-- {
		if c := &n.Changes[i]; c.Part == Main && c.Rung == n.rung.ID && c.Step.ID == id {
			return i
		}
	}
	return -1
}
