package controller

import (
	"context"
	"strings"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/playbooks/onhost"
	"aixmend/transport"
)

const (
	// armTimeout bounds the arming and the disarming command.
	armTimeout = 30 * time.Second

	undoOfUndo = "none: it is itself an undo"
)

// arm arms the timed undo of a step on the host. Without it the step is not sent.
func (w *walk) arm(ctx context.Context, s course.Step) error {
	w.within(outcome.StageRecover)
	return w.sendChange(ctx, change{
		part: course.Arming, of: -1, step: s.ID, rung: w.course.InProgress().ID, text: s.Timer.Arm, undo: s.Timer.Disarm, timeout: armTimeout,
	})
}

// askUndo asks the host whether an arming that was cut off happened, before it is
// disarmed: if the disarming were cut off too, nothing could tell any more. An undo that
// could not be disarmed is asked about when its time is over.
func (w *walk) askUndo(ctx context.Context, arming int) error {
	w.within(w.working())
	step := w.course.Changes[arming].Step.ID
	commands := []transport.Command{{ID: course.Name(step, course.Arming) + "-look", Line: onhost.ArmedCommand(step), AsLogin: true, Timeout: armTimeout}}
	t, err := w.conn.Run(ctx, commands)
	w.record(commands, t)
	if err != nil {
		w.broke(err)
		return nil
	}
	status := outcome.Applied // where the answer is unclear, disarming it will tell
	if r := t.Results[0]; r.Err == nil {
		found, err := onhost.ReadArmed(string(r.Stdout))
		none := found.State == onhost.UndoNone || found.Run != w.commandsOf()
		switch unsure := w.course.Changes[arming].Status == outcome.UnknownIf; {
		case err != nil:
		case none && unsure:
			status = outcome.NotApplied
		case none, found.State == onhost.UndoFired && !unsure:
			status = outcome.Undone
		}
	}
	return w.note(arming, status, "by the host's undo marker")
}

// disarm disarms a timed undo.
func (w *walk) disarm(ctx context.Context, arming int) error {
	w.within(w.working())
	c := w.course.Changes[arming]
	err := w.sendChange(ctx, change{
		part: course.Ending, of: arming, step: c.Step.ID, rung: c.Rung, text: c.Step.Timer.Disarm, undo: course.NoUndoOfEnding, timeout: armTimeout, finishes: true,
	})
	if last := w.course.Changes[len(w.course.Changes)-1]; last.Answer == onhost.UndoDisarmed {
		for i := arming + 1; i < len(w.course.Changes); i++ {
			if main := w.course.Changes[i]; main.Part == course.Main && main.Step.ID == c.Step.ID {
				addDetail(&w.out.Changes[i], "its undo was disarmed over a new connection")
				break
			}
		}
	}
	return err
}

// addDetail adds a text to the detail of a change.
func addDetail(c *outcome.Change, what string) {
	c.Detail = strings.TrimPrefix(c.Detail+"; "+what, "; ")
}

// revert sends the undo of a change.
func (w *walk) revert(ctx context.Context, undone int) error {
	w.within(w.working())
	c := w.course.Changes[undone]
	return w.sendChange(ctx, change{
		part: course.Undo, of: undone, step: c.Step.ID, rung: c.Rung, text: c.Step.Undo, undo: undoOfUndo, timeout: c.Step.Timeout, finishes: true,
	})
}

// working is the stage in which the report shows commands that several stages send.
func (w *walk) working() string {
	if w.state == Recovering {
		return outcome.StageRecover
	}
	return outcome.StageVerify
}
