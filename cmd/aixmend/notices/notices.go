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
	if failed != nil {
		j.Conclude(&run, outcome.ExitInternal, failed.Error())
	}
	reports, err := filepath.Abs(filepath.Join(j.Settings.State, "runs", run.ID))
	if err != nil {
		reports = ""
	}
	o.Tell(ctx, c, Ended{Run: run, Reports: reports, Version: j.Settings.Version, Verbose: j.Settings.Verbose, News: func() (*drift.Drift, error) {
		store, err := journal.OpenExisting(j.Settings.State)
		if err != nil {
			return nil, err
		}
		return news.Since(store, &run, "")
	}})
}

// Ended is a run that notifications are sent of.
type Ended struct {
	Run outcome.Run
	// Reports is the folder of the run on this machine, "" where it is at a hub.
	Reports string
	// Version is that of this program.
	Version string
	// Verbose says how many notifications were sent.
	Verbose bool
	// News compares the run with the one before; nil where there is none.
	News func() (*drift.Drift, error)
}

// Tell is Send of a run wherever it is kept.
func (o Notices) Tell(ctx context.Context, c *console.Console, e Ended) {
	if len(o.targets) == 0 {
		return
	}
	changed, err := e.News()
	if err != nil {
		c.Say("warning: the run can't be compared with an earlier one: %s", err)
		changed = nil
	}
	if !o.wanted(e.Run, changed) {
		return
	}
	ctx, done := untilSignal(ctx, c)
	defer done()
	teller := &notify.Teller{Token: o.token, Version: e.Version, Env: os.Environ()}
	problems := teller.Tell(ctx, o.targets, notify.Of(e.Run, changed, e.Reports))
	for _, err := range problems {
		c.Say("warning: %s", err)
	}
	if e.Verbose {
		c.Say("notifications sent: %d of %d", len(o.targets)-len(problems), len(o.targets))
	}
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
