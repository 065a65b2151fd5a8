package controller

import (
	"context"
	"fmt"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/playbooks/onhost"
)

// enter journals the begin of a rung and writes the checkpoint, from which resume
// continues.
func (w *walk) enter(ctx context.Context, rung course.Rung) error {
	if err := w.Captures.Check(w.out.Capture); err != nil {
		w.spoiled("the capture is damaged: " + err.Error())
		return nil
	}
	if marked, err := w.markApplied(ctx); !marked || err != nil {
		return err
	}
	w.open(outcome.StageRecover)
	w.remember(rung.ID, w.evidence.plan)
	if w.lease != nil {
		w.out.Fence = onhost.FenceCommand(*w.lease)
	}
	begun := rung.RungBegun
	err := w.write(course.Event{Entry: outcome.Entry{Event: outcome.EventRung, Rung: rung.ID, Fixes: rung.Fixes, Begun: &begun}})
	if err != nil {
		return err
	}
	return w.Sink.Checkpoint(w.timed())
}

// leave journals the end of a rung.
func (w *walk) leave(a course.Action) error {
	note := fmt.Sprintf("rung %s: %s", a.Rung.ID, a.Rung.Title)
	if a.Detail != "" {
		note = fmt.Sprintf("rung %s: %s", a.Rung.ID, a.Detail)
	}
	if w.stage != nil && w.out.Stages[w.stage.at].Name == outcome.StageRecover {
		w.shut(outcome.StageOK, note)
	}
	return w.write(course.Event{Entry: outcome.Entry{Event: outcome.EventLeft, Rung: a.Rung.ID, Status: a.Status, Detail: a.Detail}})
}
