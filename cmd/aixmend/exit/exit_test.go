package exit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory/strictyaml"
	"aixmend/transport/ownership"
)

func TestDecide(t *testing.T) {
	one := strictyaml.Problems{{Message: "bad", Hint: "try this"}}
	two := strictyaml.Problems{{Message: "bad", Hint: "try this"}, {Message: "worse"}}
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
		{"a problem with its hint", Usage(one.Err()), 0, outcome.ExitUsage, "error: bad|hint: try this"},
		{"two problems", Usage(two.Err()), 0, outcome.ExitUsage, "error: bad\n  hint: try this\nworse"},
		{"no such run", Usage(new(journal.NoRun)), 0, outcome.ExitUsage, "error: |hint: aixmend runs lists the runs"},
		{"a signal before anything was run", Usagef("", "the source could not be read: %w", ErrInterrupted), outcome.ExitTerminated, outcome.ExitTerminated, "error: the source could not be read: interrupted"},
		{"a question that a signal ended", fmt.Errorf("%w: nothing was changed", ErrCancelled), outcome.ExitInterrupted, outcome.ExitInterrupted, "cancelled: nothing was changed"},
		{"a question that was not answered with yes", ErrNotConfirmed, 0, outcome.ExitUsage, "not confirmed: nothing was changed"},
		{"a running run", fmt.Errorf("run r: %w", journal.ErrRunning), 0, outcome.ExitLocked, "error: run r: it is still running|hint: wait for it to end; aixmend runs lists running and open runs"},
		{"a locked state folder", journal.ErrLocked, 0, outcome.ExitLocked, "error: another changing run holds this state folder|hint: wait for it to end (aixmend runs shows how far it is); audit, capture and plan can run at the same time"},
		{"a folder that others can change", fmt.Errorf("state folder: %w", &ownership.Fault{Path: "s", At: "s", Why: "belongs to fred", Remedy: "chown 0 /s"}), 0, outcome.ExitUsage, "error: state folder: s belongs to fred: others can change it|hint: chown 0 /s"},
		{"the same as a mistake with another hint", Usagef("try this", "%w", &ownership.Fault{Path: "s", At: "s", Why: "belongs to fred", Remedy: "chown 0 /s"}), 0, outcome.ExitUsage, "error: s belongs to fred: others can change it|hint: chown 0 /s"},
		{"the same as a mistake that has its hint in the text", Usagef("", "%w; do: chown 0 /s", &ownership.Fault{Path: "s", At: "s", Why: "belongs to fred", Remedy: "chown 0 /s"}), 0, outcome.ExitUsage, "error: s belongs to fred: others can change it; do: chown 0 /s"},
		{"a file that is not there", Usagef("", "plan: %w", &fs.PathError{Op: "stat", Path: "x.json", Err: fs.ErrNotExist}), 0, outcome.ExitUsage, "error: plan: x.json does not exist|hint: check the name: a relative path begins in the folder where aixmend was started"},
		{"a file that may not be read", Usagef("", "plan: %w", &fs.PathError{Op: "open", Path: "x.json", Err: fs.ErrPermission}), 0, outcome.ExitUsage, "error: plan: x.json: this user has no permission to open it"},
		{"a reader of stdout that has gone", fmt.Errorf("print: %w", &fs.PathError{Op: "write", Path: os.Stdout.Name(), Err: syscall.EPIPE}), 0, outcome.ExitPipe, ""},
		{"another pipe that is broken", &fs.PathError{Op: "write", Path: "|1", Err: syscall.EPIPE}, 0, outcome.ExitInternal, "error: |1: broken pipe"},
		{"anything else", errors.New("disk full"), 0, outcome.ExitInternal, "error: disk full"},
	} {
		code, says := Decide(c.err, c.signal)
		if got := strings.Join(says, "|"); code != c.want || got != c.says {
			t.Errorf("%s: %d, %q", c.name, code, got)
		}
	}
}

// A run whose reader has gone keeps its exit code; that it could not be printed to a file
// is an error.
func TestHeard(t *testing.T) {
	gone := fmt.Errorf("print: %w", &fs.PathError{Op: "write", Path: os.Stdout.Name(), Err: syscall.EPIPE})
	if err := Heard(gone); err != nil {
		t.Error(err)
	}
	if full := errors.New("no space left on device"); !errors.Is(Heard(full), full) {
		t.Error("the error is lost")
	}
}
