package course

import (
	"fmt"

	"aixmend/controller/outcome"
	"aixmend/transport/retry"
)

// judge resolves the changes without an answer by a look.
func (n *next) judge() bool {
	doubt := n.Doubt()
	var asked []int
	for i := range n.Changes {
		c := &n.Changes[i]
		if i == doubt || !c.judged && c.Part == Main && c.Step.Transfer == "" && (c.failed() && c.Status == outcome.Applied || n.fired(i)) {
			asked = append(asked, i)
		}
	}
	if len(asked) == 0 {
		return n.noteTransfer()
	}
	if !n.fresh() || n.looks.made < n.wait.settle {
		return n.over(Action{Do: LookAt, Why: "whether it happened: " + n.Changes[asked[0]].Step.ID})
	}
	i := asked[0]
	c := &n.Changes[i]
	switch {
	case c.Part == Undo:
		return n.judgeUndo(i)
	case c.open() || n.fired(i):
		return n.judgeDoubt(i)
	}
	fate, status := n.Look.Fates[i], outcome.NotApplied
	switch {
	case !fate.Known:
		status = outcome.UnknownIf
	case fate.InEffect:
		status = outcome.Applied
	}
	return n.take(Action{Do: Note, Change: i, Status: status, Detail: "by a new look: " + status})
}

// noteTransfer notes that a transfer that was cut off starts again.
func (n *next) noteTransfer() bool {
	for i := range n.Changes {
		if c := &n.Changes[i]; c.open() && c.Part == Main && c.Step.Transfer != "" {
			return n.take(Action{Do: Note, Change: i, Status: outcome.NotApplied, Detail: "it did not finish and starts again"})
		}
	}
	return false
}

// judgeDoubt resolves a step in doubt by the evidence.
func (n *next) judgeDoubt(i int) bool {
	c, fate, runs := &n.Changes[i], n.Look.Fates[i], n.Look.Process.PID
	id := c.Step.ID
	happened, fired := fate.Known && fate.InEffect, n.fired(i)
	switch {
	case happened:
		return n.take(Action{Do: Note, Change: i, Status: outcome.Applied, Detail: fate.Seen})
	case runs > 0 && n.mayWait() && n.now.Sub(n.wait.last) < c.Step.Timeout:
		return n.again("a step still runs")
	case runs > 0:
		return n.finish(end(outcome.Unknown, "step %s shows no effect and still runs (pid %d)", id, runs))
	case fate.Known && fired && !c.open(), fate.Known && n.ranAlone(i) && n.surelyEnded(c):
		detail := "its timed undo ran while no controller was there to disarm it"
		if c.after > n.wait.process {
			detail = fmt.Sprintf("it %s after %s", n.reverted(i), c.Step.Timer.After)
		}
		return n.take(Action{Do: Note, Change: i, Status: outcome.Undone, Detail: detail})
	case fate.Known && n.surelyEnded(c):
		return n.take(Action{Do: Note, Change: i, Status: outcome.NotApplied, Detail: "a new look shows that it did not happen"})
	case n.mayWait():
		return n.again("a step shows no effect yet")
	case fate.Known:
		return n.finish(end(outcome.Unknown, "step %s shows no effect and may still run", id))
	}
	return n.finish(end(outcome.Unknown, "step %s: the link died while it ran, and the evidence can't tell whether it happened: %s", id, fate.Why))
}

// judgeUndo resolves an undo in doubt by the evidence. Where that can't tell, nothing more
// is sent.
func (n *next) judgeUndo(i int) bool {
	c := &n.Changes[i]
	fate := n.Look.Fates[c.Of]
	switch {
	case fate.Known && !fate.InEffect && n.Changes[c.Of].Status != outcome.Undone:
		return n.take(Action{Do: Note, Change: c.Of, Status: outcome.Undone, Detail: "a new look shows that it was reverted"})
	case fate.Known && !fate.InEffect:
		return n.take(Action{Do: Note, Change: i, Status: outcome.Applied, Detail: "a new look shows that it ran"})
	case n.mayWait() && c.unseen < retry.Undo.Attempts:
		return n.again("an undo shows no effect yet")
	}
	return n.take(Action{Do: Note, Change: i, Status: outcome.UnknownIf, Detail: "whether it was reverted is unknown"})
}

// surelyEnded reports whether a step without a visible effect has certainly ended and
// will show none later. It takes a second look, a while after the first, since a daemon
// may take seconds to start or stop. Where the host said that the step had begun and the
// process table says that it has ended, the second look is enough. Otherwise a step that
// may take minutes is given some, and a step that exceeded its timeout may run for ever.
func (n *next) surelyEnded(c *Change) bool {
	switch {
	case c.gone > 0:
		return c.gone > 1
	case c.How == outcome.HowHung:
		return false
	case c.Step.Timeout >= longStep && n.now.Sub(n.wait.last) < longDoubt*n.w.Settle:
		return false
	}
	return c.unseen > 1
}

// prove verifies the steps whose exit status proves nothing (procedure V3).
func (n *next) prove() bool {
	for i := range n.Changes {
		c := &n.Changes[i]
		if c.judged || c.Part != Main || !c.Step.Prove || c.Exit == nil || *c.Exit != 0 {
			continue
		}
		switch fate := n.Look.Fates[i]; {
		case fate.Known && fate.InEffect:
		case fate.Known:
			return n.take(Action{Do: Note, Change: i, Status: outcome.NotApplied, Detail: "by a new look: not_applied"})
		case n.mayWait():
			return n.again("whether " + c.Step.ID + " worked can't be told yet")
		default:
			return n.take(Action{Do: Note, Change: i, Status: outcome.UnknownIf, Detail: fate.Why})
		}
	}
	return false
}
