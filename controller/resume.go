package controller

import (
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// Events returns the lines of a journal that a resume folds, by host, reading the journal
// once.
func Events(journal []outcome.Entry) map[string][]outcome.Entry {
	events := map[string][]outcome.Entry{}
	for _, e := range journal {
		switch {
		case e.Event == outcome.EventState, e.Event == outcome.EventLease: // nothing follows from them
		case e.Host != "":
			events[e.Host] = append(events[e.Host], e)
		case e.Event == outcome.EventRun && e.State == outcome.RunResumed:
			for host := range events {
				events[host] = append(events[host], e)
			}
		}
	}
	return events
}

// takeUp folds the events of earlier processes of the run. A host to which nothing was sent
// starts from the beginning.
func (w *walk) takeUp(b Begun) {
	for _, e := range b.Events {
		if e.Event != outcome.EventEnded {
			w.fold(course.Event{Entry: e})
		}
	}
	sent := len(w.out.Changes)
	w.course.Apply(course.Event{Entry: outcome.Entry{Event: outcome.EventRun, Time: time.Now(), State: outcome.RunResumed}})
	if sent == 0 {
		return
	}
	w.pickup = &pickup{open: -1}
	for i, c := range w.course.Changes {
		if c.Status == outcome.UnknownIf {
			w.pickup.open = i
		}
	}
	base := b.Checkpoint
	if b.Report != nil && (base == nil || len(b.Report.Stages) > len(base.Stages)) {
		base = b.Report
	}
	if base != nil {
		w.restore(*base)
	}
	w.out.Capture = w.course.Capture
	_ = w.recallBefore() // without it V4 compares nothing
	if b.Checkpoint == nil {
		return
	}
	if then, err := w.Playbook.Recall(w.Params, w.known(), b.Checkpoint.Facts, b.Checkpoint.FactErrors); err == nil {
		for _, e := range b.Events { // of the last one the report was kept
			if e.Event == outcome.EventRung {
				clear(w.steps)
				w.remember(e.Rung, w.replan(then))
			}
		}
	}
}

// restore takes over the report as far as it was written.
func (w *walk) restore(base outcome.Host) {
	w.out.Stages, w.out.Noise, w.out.Capture, w.out.Support, w.out.Lease = base.Stages, base.Noise, base.Capture, base.Support, base.Lease
	w.out.Fence, w.out.Passed = base.Fence, base.Passed
	w.out.Facts, w.out.FactErrors, w.out.Findings, w.out.Plan = base.Facts, base.FactErrors, base.Findings, base.Plan
	w.begun = base.Started
	w.evidence.captured = w.recallCaptured(base.Facts)
	w.cutStage(len(base.Changes))
}

// cutStage adds the commands that were sent after the report was written: their output is
// lost.
func (w *walk) cutStage(from int) {
	changes := w.out.Changes
	if from >= len(changes) {
		return
	}
	s := outcome.Stage{Name: outcome.StageRecover, Status: outcome.StageFailed, Started: changes[from].At, Steps: []outcome.Command{}, Note: "the controller ended here: the rest is from its journal"}
	for i, c := range changes[from:] {
		step := outcome.Command{ID: c.Step, Command: c.Command, Mutating: true, ExitStatus: -1, Error: "its output was lost with the controller"}
		if exit := w.course.Changes[from+i].Exit; exit != nil {
			step.ExitStatus = *exit
		}
		s.Steps = append(s.Steps, step)
	}
	w.out.Stages = append(w.out.Stages, s)
}

// tellSettled reports the result of the change that was open to the observer.
func (w *walk) tellSettled() {
	if p := w.pickup; p.open >= 0 && w.Observer != nil {
		c := w.out.Changes[p.open]
		w.Observer.Settled(Settled{Host: w.host.Name, Step: c.Step, Status: c.Status, Detail: c.Detail})
	}
}
