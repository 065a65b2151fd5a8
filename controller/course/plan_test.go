package course_test

import (
	"testing"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"

	"github.com/google/go-cmp/cmp"
)

// A step with a timed undo has three rows, one without has its own.
func TestWithTimedUndo(t *testing.T) {
	row := outcome.PlanStep{Rung: "address", Step: "set", Command: "change", Undo: "revert", BlockedBy: "why", Fixes: []string{"f"}}
	if diff := cmp.Diff([]outcome.PlanStep{row}, course.WithTimedUndo(row, "", "", 0)); diff != "" {
		t.Errorf("without (-want +got):\n%s", diff)
	}
	arm, main, disarm := row, row, row
	arm.Step, arm.Part, arm.Command, arm.Undo = "set-arm-undo", "arm", "a", "d"
	main.TimedUndo = "2m0s"
	disarm.Step, disarm.Part, disarm.Command, disarm.Undo = "set-disarm-undo", "disarm", "d", "none: it only ends the timed undo"
	if diff := cmp.Diff([]outcome.PlanStep{arm, main, disarm}, course.WithTimedUndo(row, "a", "d", 2*time.Minute)); diff != "" {
		t.Errorf("with (-want +got):\n%s", diff)
	}
}
