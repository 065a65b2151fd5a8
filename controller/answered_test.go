package controller

import (
	"testing"

	"aixmend/controller/outcome"
)

// The host's own words alone say what became of a timed undo; an exit status does not.
func TestAnswerOfADisarming(t *testing.T) {
	for answer, c := range map[string]struct {
		exit        int
		status, how string
	}{
		"disarmed":                     {0, outcome.Applied, ""},
		"fired\n":                      {0, outcome.Applied, ""},
		"nowhere":                      {0, outcome.NotApplied, ""},
		"":                             {0, outcome.NotApplied, outcome.HowRefused},
		"sudo: a password is required": {1, outcome.NotApplied, outcome.HowRefused},
		"ksh: cannot fork":             {1, outcome.NotApplied, outcome.HowRefused},
		"disarmed by policy":           {0, outcome.NotApplied, outcome.HowRefused},
	} {
		e := outcome.Entry{Answer: answer, Exit: &c.exit, Status: outcome.Applied}
		answered(&e)
		if e.Status != c.status || e.How != c.how || (e.Exit == nil) != (c.how != "") {
			t.Errorf("%q: %s %q, exit %v", answer, e.Status, e.How, e.Exit)
		}
	}
}
