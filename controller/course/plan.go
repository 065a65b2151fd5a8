package course

import (
	"time"

	"aixmend/controller/outcome"
)

// NoUndoOfEnding is the undo of a step's disarming.
const NoUndoOfEnding = "none: it only ends the timed undo"

// WithTimedUndo returns the rows of a step in a plan: its own, between those of the commands
// that arm and disarm its timed undo, which runs by itself at the time after; or its own
// alone where arm is "".
func WithTimedUndo(row outcome.PlanStep, arm, disarm string, after time.Duration) []outcome.PlanStep {
	if arm == "" {
		return []outcome.PlanStep{row}
	}
	part := func(part Part, command, undo string) outcome.PlanStep {
		r := row
		r.Step, r.Part, r.Command, r.Undo = Name(row.Step, part), string(part), command, undo
		return r
	}
	first, last := part(Arming, arm, disarm), part(Ending, disarm, NoUndoOfEnding)
	row.TimedUndo = after.String()
	return []outcome.PlanStep{first, row, last}
}
