package guide

import (
	"testing"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller/outcome"
)

// The last line of an interrupted run says which exit code it has, why that is not the
// signal's, and how to go on.
func TestInterrupted(t *testing.T) {
	for _, c := range []struct {
		run  outcome.Run
		told bool
		want string
	}{
		{outcome.Run{ID: "R", ExitCode: 130, ExitReason: "interrupted", Unfinished: 2}, false, "interrupted: exit code 130; to continue: aixmend resume R"},
		{outcome.Run{ID: "R", ExitCode: 3, ExitReason: "2 needs_action", Unfinished: 2}, false, "interrupted: exit code 3 (2 needs_action), which counts before 130; to continue: aixmend resume R"},
		{outcome.Run{ID: "R", ExitCode: 3, ExitReason: "2 needs_action"}, false, "interrupted: exit code 3 (2 needs_action), which counts before 130; all hosts had ended"},
		{outcome.Run{ID: "R", ExitCode: 130, ExitReason: "interrupted", Unfinished: 2}, true, "interrupted: exit code 130"},
	} {
		g := New(c.run, request.Request{}, DefaultState, "")
		if got := g.Interrupted(outcome.ExitInterrupted, c.told); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
