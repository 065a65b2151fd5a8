package formats

import (
	"slices"
	"strings"

	"aixmend/controller/outcome"
)

// timers words the steps around those with a timed undo, by the names of the steps.
type timers map[string]string

// timersOf are the timers of a host whose commands nobody needs: those of a plan, and those
// that were disarmed. One that may still be armed is none of them.
func timersOf(h outcome.Host) timers {
	t := timers{}
	for _, s := range h.Plan {
		if s.TimedUndo != "" {
			t.add(h, s.Step, ", "+s.UndoAfter())
		}
	}
	for _, c := range h.Changes { // a rollback has no plan
		if of, arms := strings.CutSuffix(c.Step, "-arm-undo"); arms && slices.ContainsFunc(h.Changes, func(c outcome.Change) bool { return c.Step == of }) && t[c.Step] == "" {
			t.add(h, of, "")
		}
	}
	return t
}

// add adds the timers of a step, whose undo the host runs after a time.
func (t timers) add(h outcome.Host, of, after string) {
	arm, disarm := of+"-arm-undo", of+"-disarm-undo"
	armed := false // also again, where it had run by itself
	for _, c := range h.Changes {
		switch c.Step {
		case arm:
			armed = true
		case disarm:
			armed = c.Status != outcome.Applied
		}
	}
	if armed {
		return
	}
	t[arm], t[disarm] = "arms the timed undo of "+of+after, "disarms the timed undo of "+of
}
