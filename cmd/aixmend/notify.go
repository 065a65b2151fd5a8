package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"aixmend/controller/drift"
	"aixmend/controller/journal"
	"aixmend/controller/notify"
	"aixmend/controller/outcome"
)

// tokenVariable holds the bearer token for hooks.
const tokenVariable = "AIXMEND_NOTIFY_TOKEN"

// Words of --notify-on.
const (
	onChange  = "change"
	onTrouble = "trouble"
	onAlways  = "always"
)

// afterSignal is how long others may be told of a run that was interrupted:
// somebody waits for its end.
const afterSignal = 10 * time.Second

// noticeFlags say who is told of a run, and when. They are in no file of the run:
// a URL may be a secret.
type noticeFlags struct {
	notify   []string
	notifyOn string
	targets  []notify.Target // what notify says
	token    string
}

// notices declares the flags.
func (f *noticeFlags) notices(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.notify, "notify", nil, "tell `TARGET` of the run: exec:PROGRAM ARGUMENT..., https://..., slack:https://... or env:NAME, a variable with one of them; may repeat")
	c.Flags().StringVar(&f.notifyOn, "notify-on", onChange, "when: change, trouble or always")
}

// checkNotices reads the flags. What was given is not quoted.
func (f *noticeFlags) checkNotices() error {
	if on := []string{onChange, onTrouble, onAlways}; !slices.Contains(on, f.notifyOn) {
		return usagef("there are: "+strings.Join(on, ", "), "--notify-on %q is not known", f.notifyOn)
	}
	f.targets, f.token = nil, strings.TrimSpace(os.Getenv(tokenVariable))
	if strings.ContainsFunc(f.token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return usagef("", "%s holds a character that a token can't have", tokenVariable)
	}
	for i, text := range f.notify {
		if text == "" {
			continue // of an empty variable: nobody is asked for
		}
		t, err := notify.Parse(text, os.LookupEnv)
		switch {
		case err != nil:
			return usagef("docs/notifications.md has examples", "--notify, number %d: %w", i+1, err)
		case f.token != "" && t.InClear():
			return usagef("use https://", "--notify %s: %s would travel there readable for all", t, tokenVariable)
		}
		f.targets = append(f.targets, t)
	}
	return nil
}

// tellOthers tells others of a run, once all that is kept of it is written. What
// goes wrong is a warning, and the exit code stays. failed is what the run itself
// could not do, or nil.
func (a *app) tellOthers(ctx context.Context, j *job, run outcome.Run, failed error) {
	f := j.flags.noticeFlags
	if len(f.targets) == 0 {
		return
	}
	if failed != nil {
		a.conclude(&run, outcome.ExitInternal, failed.Error())
	}
	news := a.newsFor(j, run)
	if !f.wanted(run, news) {
		return
	}
	ctx, done := a.untilSignal(ctx)
	defer done()
	reports, err := filepath.Abs(filepath.Join(j.flags.state, "runs", run.ID))
	if err != nil {
		reports = ""
	}
	teller := &notify.Teller{Token: f.token, Version: currentVersion(), Env: os.Environ()}
	problems := teller.Tell(ctx, f.targets, notify.Of(run, news, reports))
	for _, err := range problems {
		a.say("warning: %s", err)
	}
	if j.flags.verbose > 0 {
		a.say("told of the run: %d of %d", len(f.targets)-len(problems), len(f.targets))
	}
}

// newsFor is what is new in a run; nil where there is none to compare it with.
func (a *app) newsFor(j *job, run outcome.Run) *drift.Drift {
	store, err := journal.OpenExisting(j.flags.state)
	var news *drift.Drift
	comparable := false
	if err == nil {
		news, comparable, err = a.newsOf(store, &run, "")
	}
	if err != nil {
		a.say("warning: the run can't be compared with an earlier one: %s", err)
	}
	if !comparable || err != nil {
		return nil
	}
	return news
}

// wanted tells whether others are to be told of a run.
func (f noticeFlags) wanted(run outcome.Run, news *drift.Drift) bool {
	code := outcome.Code(run.ExitCode)
	trouble := !run.Succeeded()
	switch {
	case f.notifyOn == onAlways:
		return true
	case f.notifyOn == onTrouble:
		return trouble
	case code == outcome.ExitInterrupted, code == outcome.ExitTerminated, run.Unfinished > 0, run.Broke():
		return true // cut off: the code may say something graver than that
	case run.Counts[outcome.Recovered]+run.Counts[outcome.OutcomeUndone] > 0: // the run has changed it
		return true
	case news != nil:
		return news.News()
	}
	return trouble
}

// untilSignal is a context that ends at the next signal: the second one where the
// first has ended the run, and then soon in any case.
func (a *app) untilSignal(ctx context.Context) (context.Context, func()) {
	if _, interrupted := a.interrupts.code(); interrupted {
		return context.WithTimeoutCause(ctx, afterSignal, fmt.Errorf("it took longer than %s", afterSignal))
	}
	a.interrupts.announce(nil) // the run is over: a signal ends nothing but this
	ctx, cut := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-a.interrupts.stop:
			cut(errInterrupted)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cut(nil) }
}
