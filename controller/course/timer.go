package course

import (
	"time"

	"aixmend/controller/outcome"
	"aixmend/transport/retry"
)

// endTimer disarms a timed undo, over a new connection.
func (n *next) endTimer() bool {
	a := n.armed()
	if a < 0 {
		return false
	}
	arming := &n.Changes[a]
	going := n.InProgress() != nil && n.story.trouble == "" && !n.story.shut && !n.w.Stop
	if n.timed(a) < 0 && going && !arming.open() && n.looks.gap < arming.after {
		return false // its step is next
	}
	endings, lost := 0, n.now.After(n.due(a))
	for i := range n.Changes {
		if c := &n.Changes[i]; c.Part == Ending && c.Of == a {
			endings++
		}
	}
	switch {
	case n.link.up && !n.link.fresh:
		return n.take(Action{Do: Connect, Why: "a new connection, to disarm the timed undo"})
	case n.link.up && arming.open():
		return n.take(Action{Do: AskUndo, Change: a, Why: "was the undo armed?"})
	case endings >= retry.Disarm.Attempts && lost && n.link.up && !arming.judged:
		return n.take(Action{Do: AskUndo, Change: a, Why: "has the undo run?"})
	case endings >= retry.Disarm.Attempts && lost && n.link.fails == 0 && !arming.judged:
		return n.take(Action{Do: Connect, Why: "to ask about the timed undo"})
	case endings >= retry.Disarm.Attempts && lost:
		return n.finish(n.undoArmed(a, "it can't be disarmed"))
	case endings >= retry.Disarm.Attempts:
		return n.take(Action{Do: Settle, Firm: true, For: n.untilDue(a), Why: "waiting for the timed undo to run"})
	case n.link.up:
		return n.take(Action{Do: Disarm, Change: a, Finishes: true})
	case n.link.fails == 0:
		return n.take(Action{Do: Connect, Why: "to disarm the timed undo"})
	case !lost && n.link.brief:
		return n.take(Action{Do: Settle, Firm: true, For: retry.Disarm.First, Why: "it can't be reached to disarm the timed undo"})
	case !lost:
		return n.take(Action{Do: Settle, Firm: true, For: n.untilDue(a), Why: "waiting for the timed undo to run"})
	case n.mayWait() && n.link.kind != kindAuth:
		return n.take(Action{Do: Settle, For: max(min(n.w.Every, n.left()), retry.Disarm.First), Why: "it can't be reached"})
	}
	return n.finish(n.undoArmed(a, "the host can't be reached to disarm it: "+n.link.why))
}

// due is the time by which an armed undo has run.
func (n *next) due(arming int) time.Time {
	c := &n.Changes[arming]
	return c.At.Add(undoTime(c))
}

// undoTime is the time from arming an undo to its latest run.
func undoTime(arming *Change) time.Duration {
	if arming.Step.Timer == nil {
		return undoGrace
	}
	return arming.Step.Timer.After + undoGrace
}

// untilDue is how long to wait for an armed undo: never longer than it was armed for,
// wherever the clock has gone since (procedure E9).
func (n *next) untilDue(arming int) time.Duration {
	return max(min(n.due(arming).Sub(n.now), undoTime(&n.Changes[arming])), retry.Disarm.First)
}

// noteTimer notes the results of armings and disarmings that were cut off, by the host's
// answers since: where nothing is armed any more, the newest disarming ended it.
func (n *next) noteTimer() bool {
	for i := range n.Changes {
		c := &n.Changes[i]
		if !c.open() || c.Part != Arming && c.Part != Ending {
			continue
		}
		arming := i
		if c.Part == Ending {
			arming = c.Of
		}
		status, said := n.timerStatus(i, arming)
		if said {
			return n.take(Action{Do: Note, Change: i, Status: status, Detail: "by the host's undo marker"})
		}
	}
	return false
}

// timerStatus is the status of an arming or disarming that was cut off; false where the
// host has not answered yet.
func (n *next) timerStatus(i, arming int) (status string, said bool) {
	if n.Changes[i].Part == Ending && n.Changes[arming].Status == outcome.NotApplied {
		return outcome.NotApplied, true
	}
	status = outcome.Applied
	for later := i + 1; later < len(n.Changes); later++ {
		switch c := &n.Changes[later]; {
		case c.Part != Ending || c.Of != arming:
		case c.Exit == nil && n.Changes[i].Part == Ending:
			status = outcome.NotApplied // either disarmed it: one is enough
		case c.Exit != nil && c.Answer != outcome.UndoNowhere && n.Changes[i].Part == Ending:
			return outcome.NotApplied, true
		case c.Exit != nil:
			return status, true
		}
	}
	return "", false
}
