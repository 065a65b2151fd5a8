package controller

import (
	"context"
	"fmt"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
)

// enter writes down that a rung begins, and then the report as it is: what a process
// that has to go on in this one's place knows of it.
func (w *walk) enter(ctx context.Context, rung course.Rung) error {
	if err := w.Captures.Check(w.out.Capture); err != nil {
		w.spoiled("the capture is not good any more: " + err.Error())
		return nil
	}
	if why, err := w.markApplied(ctx); why != "" || err != nil {
		w.spoiled(why)
		return err
	}
	w.open(outcome.StageRecover)
	w.remember(rung.ID, w.sight.plan)
	begun := rung.RungBegun
	err := w.write(course.Event{Entry: outcome.Entry{Event: outcome.EventRung, Rung: rung.ID, Mends: rung.Fixes, Begun: &begun}})
	if err != nil {
		return err
	}
	return w.Sink.Keep(w.timed())
}

// spoiled tells the course why no rung may begin any more.
func (w *walk) spoiled(why string) {
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Spoiled, Detail: why}})
}

// remember keeps the steps of a rung as they were planned: their conditions say later
// what became of them.
func (w *walk) remember(rung string, plan []playbooks.PlannedRung) {
	for _, r := range plan {
		if r.Rung.ID != rung {
			continue
		}
		for _, s := range r.Steps {
			w.steps[rung+"/"+s.Step.ID] = s
		}
	}
}

// leave writes down that a rung is over.
func (w *walk) leave(a course.Action) error {
	note := fmt.Sprintf("rung %d: %s", a.Rung.Number, a.Rung.Title)
	if a.Detail != "" {
		note = fmt.Sprintf("rung %d (%s): %s", a.Rung.Number, a.Rung.ID, a.Detail)
	}
	if w.stage != nil && w.out.Stages[w.stage.at].Name == outcome.StageRecover {
		w.shut(outcome.StageOK, note)
	}
	return w.write(course.Event{Entry: outcome.Entry{Event: outcome.EventLeft, Rung: a.Rung.ID, Status: a.Status, Detail: a.Detail}})
}

// rungOf is a planned rung as the course has it.
func rungOf(p playbooks.PlannedRung) course.Rung {
	rung := course.Rung{
		ID: p.Rung.ID, Fixes: append([]string{}, p.Mends...), Blocked: p.Blocked, NotAllowed: p.NotAllowed, Waits: p.Waits,
	}
	rung.RungBegun = outcome.RungBegun{Number: p.Rung.Number, Title: p.Rung.Title, Collects: p.Rung.HandOver, NoSettle: p.Rung.AtOnce}
	rung.Steps = stepsOf(p.Steps)
	return rung
}

func stepsOf(planned []playbooks.PlannedStep) []course.Step {
	steps := make([]course.Step, len(planned))
	for i := range planned {
		steps[i] = stepOf(&planned[i])
	}
	return steps
}

// stepOf is a planned step as the course has it.
func stepOf(p *playbooks.PlannedStep) course.Step {
	step := course.Step{
		ID: p.Step.ID, Command: p.Command, Undo: p.Undo, Timeout: p.Step.Timeout, Check: p.Step.Checks,
		MayFail: p.Step.MayFail, Prove: p.Step.Prove, Revert: p.Step.Revert, Temporary: p.Step.Temporary,
	}
	if step.Timeout <= 0 {
		step.Timeout = playbooks.DefaultStepTimeout
	}
	for _, id := range p.Step.FinishedBy {
		step.Finishes = append(step.Finishes, id.V)
	}
	switch {
	case p.Step.Upload != nil:
		step.Transfer = outcome.TransferUpload
	case p.Step.Fetch.V != "":
		step.Transfer = outcome.TransferFetch
	}
	if p.Arm != "" {
		step.Timer = &outcome.UndoTimer{Arm: p.Arm, Disarm: p.Disarm, After: p.UndoAfter}
	}
	return step
}
