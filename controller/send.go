package controller

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/playbooks/onhost"
	"aixmend/transport"
)

// firedAlone is the detail of a disarming that came too late.
const firedAlone = "the undo had run by itself"

// change is a changing command that is about to be sent.
type change struct {
	part     course.Part
	of       int // the change that it is about, -1 for none
	step     string
	rung     string
	text     string
	undo     string
	timeout  time.Duration
	finishes bool
}

// send sends a step once, between its intent and its result in the journal. If the link
// dies, a look tells whether it happened.
func (w *walk) send(ctx context.Context, a course.Action) error {
	w.within(outcome.StageRecover)
	switch s := a.Step; {
	case s.Check:
		return w.check(ctx, s)
	case s.Transfer == outcome.TransferUpload:
		return w.upload(ctx, a.Rung.ID, s)
	case s.Transfer == outcome.TransferFetch:
		return w.fetch(ctx, a.Rung.ID, s)
	default:
		return w.sendChange(ctx, change{part: course.Main, of: -1, step: s.ID, rung: a.Rung.ID, text: s.Command, undo: s.Undo, timeout: s.Timeout, finishes: a.Finishes})
	}
}

// sendChange sends one changing command between its intent and its result in the journal.
// Its error is an internal one.
func (w *walk) sendChange(ctx context.Context, c change) error {
	name := course.Name(c.step, c.part)
	entry := outcome.Entry{
		Event: outcome.EventIntent, Change: len(w.out.Changes) + 1, Rung: c.rung, Step: name, Command: c.text, Undo: c.undo,
		Part: string(c.part), Of: c.of + 1,
	}
	if err := w.write(course.Event{Entry: entry}); err != nil {
		return fmt.Errorf("nothing was run: %w", err)
	}
	commands := []transport.Command{{ID: name, Line: c.text, Mutating: true, Finishes: c.finishes, Timeout: c.timeout}}
	fenced := w.lease != nil && c.part != course.Ending // a timed undo is this run's own, also under another run's lease
	if fenced {
		commands = append([]transport.Command{w.fence()}, commands...)
	}
	t, err := w.conn.Run(ctx, commands)
	at := len(commands) - 1
	result := transport.Result{Err: err}
	asked := transport.Result{}
	if len(t.Results) == len(commands) {
		result, asked = t.Results[at], t.Results[0]
		t.Results = t.Results[at:]
	} else {
		t.Results = nil
	}
	w.record(commands[at:], t)
	entry.Event, entry.Time, entry.Started = outcome.EventResult, time.Now(), !result.Started.IsZero()
	switch notRun := errors.Is(result.Err, transport.ErrNotRun); {
	case errors.Is(err, transport.ErrGateShut) && !w.stopping():
		entry.How, entry.Status, entry.Detail = outcome.HowRefused, outcome.NotApplied, err.Error()
	case errors.Is(err, transport.ErrGateShut):
		entry.How, entry.Status, entry.Detail = outcome.HowShut, outcome.NotApplied, "the gate was shut"
	case err == nil && fenced && notRun:
		entry.How, entry.Status, entry.Detail = outcome.HowFenced, outcome.NotApplied, "the host did not run it: "+fenceSays(asked)
	case err != nil && notRun && transport.KindOf(err) == transport.KindPrivilege:
		entry.How, entry.Status, entry.Detail = outcome.HowRefused, outcome.NotApplied, err.Error()
	case err != nil && notRun:
		entry.How, entry.Status, entry.Detail = outcome.HowUnsent, outcome.NotApplied, "it was never sent: "+err.Error()
	case err != nil, result.Err != nil:
		cause := err
		if cause == nil {
			cause = result.Err
		}
		entry.How, entry.Status, entry.Detail = outcome.HowLost, outcome.UnknownIf, cause.Error()
		if errors.Is(cause, transport.ErrHung) || errors.Is(result.Err, transport.ErrHung) {
			entry.How = outcome.HowHung
		}
	default:
		entry.Status, entry.Exit = outcome.Applied, &result.Exit
		entry.Answer = firstLine(result.Stderr, result.Stdout)
		if c.part == course.Ending {
			answered(&entry)
		} else if result.Exit != 0 {
			entry.Detail = fmt.Sprintf("exit status %d", result.Exit)
			if c.part == course.Arming { // there is nothing that only a look can tell
				entry.Status = outcome.NotApplied
			}
		}
	}
	switch entry.How {
	case outcome.HowUnsent, outcome.HowLost, outcome.HowHung:
		w.close()
	}
	return w.write(course.Event{Entry: entry})
}

// answered reads the answer of a disarming. Anything but its own words says nothing of the
// undo, whatever the exit status: it may have been refused, and the undo may still run.
func answered(e *outcome.Entry) {
	switch e.Answer = strings.TrimSpace(e.Answer); e.Answer {
	case onhost.UndoDisarmed:
	case onhost.UndoFired:
		e.Detail = firedAlone
	case onhost.UndoNowhere:
		e.Status = outcome.NotApplied
	default:
		e.How, e.Status = outcome.HowRefused, outcome.NotApplied
		e.Detail = fmt.Sprintf("exit status %d, and no word of the undo", *e.Exit)
		if e.Answer != "" {
			e.Detail += ": " + e.Answer
		}
		e.Exit = nil
	}
}

// check runs a checking step.
func (w *walk) check(ctx context.Context, s course.Step) error {
	commands := []transport.Command{{ID: s.ID, Line: s.Command, Timeout: s.Timeout}}
	t, err := w.conn.Run(ctx, commands)
	w.record(commands, t)
	e := outcome.Entry{Event: course.Checked, Step: s.ID}
	var r transport.Result
	if len(t.Results) == 1 {
		r = t.Results[0]
	}
	switch {
	case err != nil && ctx.Err() != nil:
		e.How = outcome.HowShut
	case err != nil: // it changes nothing, so it may be tried once more
		w.close()
		e.How = outcome.HowLost
	case r.Err != nil:
		e.Detail = r.Err.Error()
	case r.Exit != 0 && !s.MayFail:
		e.Detail = fmt.Sprintf("it ended with status %d: %s", r.Exit, firstLine(r.Stderr, r.Stdout))
	}
	w.happened(course.Event{Entry: e})
	return nil
}

// note journals the verdict of a look on a change.
func (w *walk) note(change int, status, detail string) error {
	c := w.out.Changes[change]
	e := outcome.Entry{
		Event: outcome.EventResult, Change: change + 1, Step: c.Step, Command: c.Command, Undo: c.Undo, Rung: c.Rung,
		Status: status, Detail: strings.TrimPrefix(c.Detail+"; "+detail, "; "),
	}
	return w.write(course.Event{Entry: e, Says: detail})
}
