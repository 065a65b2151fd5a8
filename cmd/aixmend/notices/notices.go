// Package notices sends the notifications that --notify asks for, when a run has ended.
package notices

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/environment"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/news"
	"aixmend/cmd/aixmend/usage"
	"aixmend/controller/drift"
	"aixmend/controller/journal"
	"aixmend/controller/notify"
	"aixmend/controller/outcome"
)

// Words of --notify-on.
const (
	onChange  = "change"
	onTrouble = "trouble"
	onAlways  = "always"
)

// afterSignal bounds the notifications of an interrupted run: somebody waits for it to
// end.
const afterSignal = 10 * time.Second

// Notices are the flags of notifications. They are kept in no file of the run: a URL may
// be a secret.
type Notices struct {
	// NotifyTo are the targets of --notify.
	NotifyTo []string
	notifyOn string
	targets  []notify.Target // parsed from NotifyTo
	token    string
}

// Flags adds the flags to those of a command.
func (o *Notices) Flags(fs *pflag.FlagSet) {
	fs.StringArrayVar(&o.NotifyTo, "notify", nil, "notify `TARGET` of the run: exec:PROGRAM ARGUMENT..., https://..., slack:https://... or env:NAME, a variable with one of these; may repeat")
	fs.StringVar(&o.notifyOn, "notify-on", onChange, "`WHEN` to notify: change, trouble or always")
}

// Check parses the flags. Messages do not quote them.
func (o *Notices) Check() error {
	if on := []string{onChange, onTrouble, onAlways}; !slices.Contains(on, o.notifyOn) {
		return usage.Word("notify-on", o.notifyOn, on)
	}
	o.targets, o.token = nil, strings.TrimSpace(os.Getenv(environment.Token))
	if strings.ContainsFunc(o.token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return exit.Usagef("", "%s has a character that a token can't have", environment.Token)
	}
	for i, text := range o.NotifyTo {
		if text == "" {
			continue // an empty variable asks for nobody
		}
		t, err := notify.Parse(text, os.LookupEnv)
		switch {
		case err != nil:
			return exit.Usagef("docs/notifications.md has examples", "--notify, number %d: %w", i+1, err)
		case o.token != "" && t.InClear():
			return exit.Usagef("use https://", "--notify %s: %s would be sent unencrypted", t, environment.Token)
		}
		o.targets = append(o.targets, t)
	}
	return nil
}

// Send sends the notifications of a run, once all its evidence is written. A failure is
// a warning and does not change the exit code. failed is the error of the run itself, or
// nil.
func (o Notices) Send(ctx context.Context, c *console.Console, j *job.Job, run outcome.Run, failed error) {
	if len(o.targets) == 0 {
		return
	}
	if failed != nil {
		j.Conclude(&run, outcome.ExitInternal, failed.Error())
	}
	changed := newsFor(c, j.Settings.State, run)
	if !o.wanted(run, changed) {
		return
	}
	ctx, done := untilSignal(ctx, c)
	defer done()
	reports, err := filepath.Abs(filepath.Join(j.Settings.State, "runs", run.ID))
	if err != nil {
		reports = ""
	}
	teller := &notify.Teller{Token: o.token, Version: j.Settings.Version, Env: os.Environ()}
	problems := teller.Tell(ctx, o.targets, notify.Of(run, changed, reports))
	for _, err := range problems {
		c.Say("warning: %s", err)
	}
	if j.Settings.Verbose {
		c.Say("notifications sent: %d of %d", len(o.targets)-len(problems), len(o.targets))
	}
}

// newsFor returns what changed in a run; nil where there is none to compare it with.
func newsFor(c *console.Console, state string, run outcome.Run) *drift.Drift {
	store, err := journal.OpenExisting(state)
	var changed *drift.Drift
	if err == nil {
		changed, err = news.Since(store, &run, "")
	}
	if err != nil {
		c.Say("warning: the run can't be compared with an earlier one: %s", err)
		return nil
	}
	return changed
}

// wanted reports whether --notify-on asks for notifications of a run.
func (o Notices) wanted(run outcome.Run, changed *drift.Drift) bool {
	code := outcome.Code(run.ExitCode)
	trouble := !run.Succeeded()
	switch {
	case o.notifyOn == onAlways:
		return true
	case o.notifyOn == onTrouble:
		return trouble
	case code == outcome.ExitInterrupted, code == outcome.ExitTerminated, run.Unfinished > 0, run.Broke():
		return true // cut off, although a graver code may hide it
	case run.Counts[outcome.Recovered]+run.Counts[outcome.OutcomeUndone] > 0: // the run has changed hosts
		return true
	case changed != nil:
		return changed.News()
	}
	return trouble
}

// untilSignal is a context that the next signal ends. Where a signal has already ended
// the run, the context is short.
func untilSignal(ctx context.Context, c *console.Console) (context.Context, func()) {
	if c.Interrupts.Code() != 0 {
		return context.WithTimeoutCause(ctx, afterSignal, fmt.Errorf("it took longer than %s", afterSignal))
	}
	c.Interrupts.Announce(nil) // the run is over: a signal ends only the notifications
	return c.Interrupts.UntilStop(ctx)
}
