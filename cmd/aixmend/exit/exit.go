// Package exit turns the error of a verb into the exit code of the command: a usage error,
// or the code of a run that has ended.
package exit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory/strictyaml"
	"aixmend/transport/ownership"
	"aixmend/transport/plain"
)

// UsageError is a mistake of the caller: nothing was run.
type UsageError struct {
	// Hint says how to correct it, "" for none. The remedy of an *ownership.Fault
	// replaces it, unless the text has it already, and so does that of a
	// *durable.Unreadable. That of a *durable.Damaged is used where there is none.
	Hint string
	err  error
}

// Error returns the mistake, without the hint.
func (e *UsageError) Error() string { return e.err.Error() }

// Unwrap returns the error without its hint.
func (e *UsageError) Unwrap() error { return e.err }

// Usage returns err as a mistake of the caller, nil for nil.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return &UsageError{err: err}
}

// Usagef is Usage of fmt.Errorf, with a hint; "" for none.
func Usagef(hint, format string, args ...any) error {
	return &UsageError{Hint: hint, err: fmt.Errorf(format, args...)}
}

// Verdict is the exit code of a run that has ended. It is an error so that a verb can
// return it; nothing is printed for it.
type Verdict struct{ Code outcome.Code }

// Error implements error.
func (v Verdict) Error() string { return fmt.Sprintf("exit code %d", v.Code) }

// ErrInventory: the inventory is not there, or not the one that a plan was made with.
var ErrInventory = errors.New("another inventory is needed")

// ErrInterrupted: a signal came before anything was run.
var ErrInterrupted = errors.New("interrupted")

// ErrCancelled: a signal ended a question. The text around it says how far the call got.
var ErrCancelled = errors.New("cancelled")

// ErrNotConfirmed: a person was asked, and did not say yes.
var ErrNotConfirmed = errors.New("not confirmed: nothing was changed")

// Decide returns the exit code of a call that returned err, by the table of codes, and
// the messages to print. signal is the code of the first signal, 0 where none came.
func Decide(err error, signal outcome.Code) (code outcome.Code, messages []string) {
	var v Verdict
	var u *UsageError
	var f *ownership.Fault
	var kept interface { // a durable.Unreadable or a durable.Damaged
		error
		Remedy() string
	}
	if err == nil {
		return outcome.ExitOK, nil
	}
	messages = []string{"error: " + plain.Text(err)}
	switch {
	case outputClosed(err):
		return outcome.ExitPipe, nil
	case errors.As(err, &v):
		return v.Code, nil
	case errors.Is(err, ErrCancelled): // a person's decision is no error
		return signal, []string{plain.Text(err)}
	case errors.Is(err, ErrNotConfirmed):
		return outcome.ExitUsage, []string{plain.Text(err)}
	case errors.Is(err, ErrInterrupted):
		return signal, messages
	case errors.As(err, &u):
		var hint string
		messages[0], hint = alone("error: "+plain.Text(u), u.Hint, err)
		if errors.As(err, &f) && !strings.Contains(messages[0], f.Remedy) {
			hint = f.Remedy
		}
		if errors.As(err, &kept) && (hint == "" || errors.Is(err, fs.ErrPermission)) {
			hint = kept.Remedy()
		}
		if none := new(journal.NoRun); hint == "" && errors.As(err, &none) {
			hint = "aixmend runs lists the runs"
		}
		if hint == "" && errors.Is(err, fs.ErrNotExist) && !strings.Contains(messages[0], "\n") { // a list has its hints
			hint = "check the name: a relative path begins in the folder where aixmend was started"
		}
		if hint != "" {
			messages = append(messages, "hint: "+hint)
		}
		return outcome.ExitUsage, messages
	case errors.As(err, &f):
		return outcome.ExitUsage, append(messages, "hint: "+f.Remedy)
	case errors.As(err, &kept):
		return outcome.ExitUsage, append(messages, "hint: "+kept.Remedy())
	case errors.Is(err, journal.ErrRunning):
		return outcome.ExitLocked, append(messages, "hint: wait for it to end; aixmend runs lists running and open runs")
	case errors.Is(err, journal.ErrLocked):
		return outcome.ExitLocked, append(messages, "hint: wait for it to end (aixmend runs shows how far it is); audit, capture and plan can run at the same time")
	}
	return outcome.ExitInternal, messages
}

// alone parts the hint of a problem that is the only one from its message: then it stands as any
// other hint does. Several problems keep theirs below each.
func alone(message, hint string, err error) (string, string) {
	list := strictyaml.ProblemsOf(err)
	if len(list) != 1 || list[0].Hint == "" || hint != "" {
		return message, hint
	}
	text, ok := strings.CutSuffix(message, "\n  hint: "+list[0].Hint)
	if !ok {
		return message, hint
	}
	return text, list[0].Hint
}

// Heard returns the error of printing a run, nil where the reader of stdout has gone: the
// exit code is then the run's, which is worth more than 141.
func Heard(err error) error {
	if outputClosed(err) {
		return nil
	}
	return err
}

// outputClosed reports whether the reader of stdout has gone, as head does with all that it
// wants.
func outputClosed(err error) bool {
	var p *fs.PathError
	return errors.As(err, &p) && p.Path == os.Stdout.Name() && errors.Is(p, syscall.EPIPE)
}

// Table renders the exit codes for the help text.
func Table() string {
	var b strings.Builder
	b.WriteString("Exit codes, gravest first:\n")
	for _, m := range outcome.Codes() {
		fmt.Fprintf(&b, "  %3d  %s\n", m.Code, m.Means)
	}
	return b.String()
}
