// Package exit turns the error of a verb into the exit code of the command: a usage error,
// or the code of a run that has ended.
package exit

import (
	"errors"
	"fmt"
	"strings"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

// UsageError is a mistake of the caller: nothing was run.
type UsageError struct {
	// Hint says how to correct it, "" for none.
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

// ErrInterrupted: a signal came before anything was run.
var ErrInterrupted = errors.New("interrupted")

// Decide returns the exit code of a call that returned err, by the table of codes, and
// the messages to print. signal is the code of the first signal, 0 where none came.
func Decide(err error, signal outcome.Code) (code outcome.Code, messages []string) {
	var v Verdict
	var u *UsageError
	if err == nil {
		return outcome.ExitOK, nil
	}
	messages = []string{"error: " + err.Error()}
	switch {
	case errors.As(err, &v):
		return v.Code, nil
	case errors.Is(err, ErrInterrupted):
		return signal, messages
	case errors.As(err, &u):
		messages[0] = "error: " + u.Error()
		if u.Hint != "" {
			messages = append(messages, "hint: "+u.Hint)
		}
		return outcome.ExitUsage, messages
	case errors.Is(err, journal.ErrRunning):
		return outcome.ExitLocked, append(messages, "hint: wait for it to end; aixmend runs lists running and open runs")
	case errors.Is(err, journal.ErrLocked):
		return outcome.ExitLocked, append(messages, "hint: wait for it to end; audit, capture and plan can run at the same time")
	}
	return outcome.ExitInternal, messages
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
