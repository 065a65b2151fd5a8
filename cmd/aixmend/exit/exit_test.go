package exit

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

func TestDecide(t *testing.T) {
	for _, c := range []struct {
		name   string
		err    error
		signal outcome.Code
		want   outcome.Code
		says   string
	}{
		{"nothing", nil, 0, outcome.ExitOK, ""},
		{"a finished run", errors.Join(Verdict{outcome.ExitUnreachable}), 0, outcome.ExitUnreachable, ""},
		{"usage", Usagef("try this", "bad %s", "flag"), 0, outcome.ExitUsage, "error: bad flag|hint: try this"},
		{"usage without a hint", Usage(errors.New("bad")), 0, outcome.ExitUsage, "error: bad"},
		{"a signal before anything was run", Usagef("", "the source could not be read: %w", ErrInterrupted), outcome.ExitTerminated, outcome.ExitTerminated, "error: the source could not be read: interrupted"},
		{"a running run", fmt.Errorf("run r: %w", journal.ErrRunning), 0, outcome.ExitLocked, "error: run r: it is still running|hint: wait for it to end; aixmend runs lists running and open runs"},
		{"a locked state folder", journal.ErrLocked, 0, outcome.ExitLocked, "error: another changing run holds this state folder|hint: wait for it to end; audit, capture and plan can run at the same time"},
		{"anything else", errors.New("disk full"), 0, outcome.ExitInternal, "error: disk full"},
	} {
		code, says := Decide(c.err, c.signal)
		if got := strings.Join(says, "|"); code != c.want || got != c.says {
			t.Errorf("%s: %d, %q", c.name, code, got)
		}
	}
}
