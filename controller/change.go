package controller

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport"
)

// maxEntries is how often a rung may be begun on a host: once, and once more
// when the host itself said that the first try did not happen.
const maxEntries = 2

// defaultStepTimeout is how long a changing step may take when the playbook
// does not say.
const defaultStepTimeout = 5 * time.Minute

// runnable returns the first rung of the plan that may run now and was not
// tried, nil when there is none.
func (w *walk) runnable() *playbooks.PlannedRung {
	for i, r := range w.plan {
		if r.Blocked == "" && w.entered[r.Rung.ID] == 0 && len(r.Steps) > 0 {
			return &w.plan[i]
		}
	}
	return nil
}

// blocked says which rung waits for a person, "" when none does: one that only
// wants a flag first.
func (w *walk) blocked() string {
	for _, r := range w.plan {
		if r.NotAllowed != "" && strings.HasPrefix(r.Blocked, "not allowed") {
			return fmt.Sprintf("rung %d (%s) is %s", r.Rung.Number, r.Rung.ID, r.Blocked)
		}
	}
	for _, r := range w.plan {
		if r.Blocked != "" && !r.Waits && w.entered[r.Rung.ID] == 0 {
			return fmt.Sprintf("rung %d (%s) is blocked: %s", r.Rung.Number, r.Rung.ID, r.Blocked)
		}
	}
	return ""
}

// printPlan writes the plan into the report.
func (w *walk) printPlan() {
	w.out.Plan = []outcome.PlanStep{}
	for _, r := range w.plan {
		for _, s := range r.Steps {
			allow := s.Step.Allow
			if allow == "" {
				allow = r.Rung.Allow
			}
			w.out.Plan = append(w.out.Plan, outcome.PlanStep{
				Rung: r.Rung.ID, Step: s.Step.ID, Command: s.Command, Undo: s.Undo,
				AllowedBy: allow, BlockedBy: r.Blocked,
			})
		}
	}
}

// recover runs the steps of one rung, in order, until one does not succeed.
func (w *walk) recover(ctx context.Context) (Event, error) {
	if w.rung == nil {
		w.rung, w.step = w.runnable(), 0
		w.entered[w.rung.Rung.ID]++
	}
	if w.stopping() {
		w.shut = true
		return gateShut, nil
	}
	if err := w.Captures.Check(w.out.Capture); err != nil {
		w.broken = "the capture is not good any more: " + err.Error()
		return stepFailed, nil
	}
	done := w.stage(outcome.StageRecover)
	for w.step < len(w.rung.Steps) {
		s := &w.rung.Steps[w.step]
		w.step++
		event, err := w.change(ctx, s)
		if err != nil {
			return "", err
		}
		if event != rungDone {
			done(outcome.StageFailed, fmt.Sprintf("rung %d, step %s: %s", w.rung.Rung.Number, s.Step.ID, event))
			return event, nil
		}
		if w.stopping() && w.step < len(w.rung.Steps) {
			w.shut = true
			done(outcome.StageFailed, "interrupted between two steps")
			return gateShut, nil
		}
	}
	done(outcome.StageOK, fmt.Sprintf("rung %d: %s", w.rung.Rung.Number, w.rung.Rung.Title))
	w.rung, w.looks = nil, 0
	return rungDone, nil
}

// change sends one changing command: the intent is on disk before it, the
// result after it. It is sent once; what came of a link that died is for a new
// look to say.
func (w *walk) change(ctx context.Context, s *playbooks.PlannedStep) (Event, error) {
	entry := outcome.Entry{
		Time: time.Now().UTC(), Event: outcome.EventIntent, Host: w.host.Name,
		Step: s.Step.ID, Command: s.Command, Undo: s.Undo,
	}
	if err := w.Journal.Append(entry); err != nil {
		return "", fmt.Errorf("nothing was run: %w", err)
	}
	command := transport.Command{ID: s.Step.ID, Line: s.Command, Mutating: true, Timeout: s.Step.Timeout}
	if command.Timeout <= 0 {
		command.Timeout = defaultStepTimeout
	}
	commands := []transport.Command{command}
	t, err := w.conn.Run(ctx, commands)
	w.record(commands, t)
	change := outcome.Change{Step: s.Step.ID, Command: s.Command, Undo: s.Undo, Status: outcome.Applied, At: entry.Time}
	event := rungDone
	switch {
	case errors.Is(err, transport.ErrGateShut):
		change.Status, change.Detail, event, w.shut = outcome.NotApplied, "the gate was shut", gateShut, true
	case err != nil && len(t.Results) == 1 && errors.Is(t.Results[0].Err, transport.ErrNotRun):
		change.Status, change.Detail, event = outcome.NotApplied, "it was never sent: "+err.Error(), inDoubt
		w.doubt, w.unsent = s, true
		w.hangUp()
	case err != nil, len(t.Results) == 1 && t.Results[0].Err != nil:
		if err == nil {
			err = t.Results[0].Err
		}
		change.Status, change.Detail, event, w.doubt = outcome.UnknownIf, err.Error(), inDoubt, s
		w.hangUp()
	case t.Results[0].Exit != 0:
		change.Detail = fmt.Sprintf("exit status %d", t.Results[0].Exit)
		if !s.Step.MayFail {
			event = stepFailed
			w.failed = s
			w.broken = fmt.Sprintf("step %s ended with status %d: %s", s.Step.ID, t.Results[0].Exit, firstLine(t.Results[0].Stderr, t.Results[0].Stdout))
		}
	}
	for _, id := range w.rung.Mends {
		w.led[id] = true
	}
	w.last = time.Now()
	w.out.Changes = append(w.out.Changes, change)
	entry.Time, entry.Event, entry.Status, entry.Detail = w.last.UTC(), outcome.EventResult, change.Status, change.Detail
	if len(t.Results) == 1 && t.Results[0].Err == nil {
		entry.Exit = &t.Results[0].Exit
	}
	return event, w.Journal.Append(entry)
}

// settle waits, without a connection, for what the last rung did to take
// effect.
func (w *walk) settle(ctx context.Context) (Event, error) {
	w.hangUp()
	pause := w.Params.Duration("settle")
	if w.looks > 0 {
		pause = min(pause, w.Playbook.Verify.Every)
	}
	w.pause(ctx, max(min(pause, w.left()), 0))
	return timeUp, nil
}

// left is what is left of the wait, which begins with the last change.
func (w *walk) left() time.Duration {
	return w.Params.Duration("wait") - time.Since(w.last)
}

// firstLine is the first line that says something, quoted when it is not
// plain text.
func firstLine(streams ...[]byte) string {
	for _, stream := range streams {
		for line := range strings.Lines(text(stream)) {
			if line = strings.TrimSpace(line); line != "" {
				return printable(line)
			}
		}
	}
	return "it printed nothing"
}
