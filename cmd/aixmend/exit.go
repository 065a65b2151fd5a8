package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/formats"
)

// usageError is what the caller got wrong: nothing was run.
type usageError struct {
	err  error
	hint string
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usage(err error) error {
	if err == nil {
		return nil
	}
	return &usageError{err: err}
}

func usagef(hint, format string, args ...any) error {
	return &usageError{err: fmt.Errorf(format, args...), hint: hint}
}

// verdict is how a finished run ends the process: no error, but a code.
type verdict struct{ code outcome.Code }

func (v verdict) Error() string { return fmt.Sprintf("exit code %d", v.code) }

// exit prints what went wrong and decides the exit code. It is the only place
// that does.
func (a *app) exit(err error) outcome.Code {
	code := a.judge(err)
	var v verdict
	if !a.plugin || err == nil || errors.As(err, &v) {
		return code
	}
	fmt.Fprintln(a.out, formats.NagiosStatus(outcome.PluginUnknown, strings.ReplaceAll(err.Error(), "\n", "; ")))
	return outcome.PluginUnknown
}

// conclude notes in a run how the process will end, by the convention that was
// asked for.
func (a *app) conclude(run *outcome.Run, code outcome.Code, reason string) {
	run.Convention, run.ExitReason = "", reason
	if a.plugin {
		run.Convention = outcome.ConventionNagios
		if code == outcome.ExitInternal {
			code = outcome.PluginUnknown
		} else {
			code = outcome.PluginFor(run.Counts)
		}
	}
	run.ExitCode = int(code)
}

// asksNagios tells whether --format nagios is asked for. It must be known before
// the flags are read: what is wrong with them is told in that format, too.
func asksNagios(root *cobra.Command, args []string) bool {
	if c, _, err := root.Find(args); err == nil && !c.HasSubCommands() && c.Flags().Lookup("format") == nil {
		return false // a verb that has no formats; where others are below it, none was named
	}
	format := os.Getenv(envPrefix + "FORMAT")
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if arg == "--format" && i+1 < len(args) {
			format = args[i+1]
		}
		if value, ok := strings.CutPrefix(arg, "--format="); ok {
			format = value
		}
	}
	return format == outcome.ConventionNagios
}

// judge prints what went wrong and decides the exit code by the table of codes.
func (a *app) judge(err error) outcome.Code {
	var v verdict
	var u *usageError
	switch {
	case err == nil:
		return outcome.ExitOK
	case errors.As(err, &v):
		return v.code
	case errors.Is(err, errInterrupted): // before anything was run
		a.say("error: %s", err)
		code, _ := a.interrupts.code()
		return code
	case errors.As(err, &u):
		a.say("error: %s", u)
		if u.hint != "" {
			a.say("hint: %s", u.hint)
		}
		return outcome.ExitUsage
	case errors.Is(err, journal.ErrRunning):
		a.say("error: %s", err)
		a.say("hint: wait for it to end; aixmend runs shows which are open")
		return outcome.ExitLocked
	case errors.Is(err, journal.ErrLocked):
		a.say("error: %s", err)
		a.say("hint: wait for it to end; audit, capture and plan can run beside it")
		return outcome.ExitLocked
	}
	a.say("error: %s", err)
	return outcome.ExitInternal
}

// say prints one message to stderr, cleaned, its further lines indented.
func (a *app) say(format string, args ...any) {
	text := report.Clean(fmt.Sprintf(format, args...), true)
	fmt.Fprintln(a.err, strings.ReplaceAll(text, "\n", "\n  "))
}

// exitCodes renders the table of exit codes for the help text.
func exitCodes() string {
	var b strings.Builder
	b.WriteString("Exit codes, the gravest first:\n")
	for _, m := range outcome.Codes() {
		fmt.Fprintf(&b, "  %3d  %s\n", m.Code, m.Means)
	}
	return b.String()
}
