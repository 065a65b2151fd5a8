package controller

import (
	"encoding/json"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
)

// A run outlives its process. Whoever goes on with it folds the events of its journal,
// as the process did that wrote them; then the host is looked at, as ever after a gap.

// Begun is what earlier processes of a run left of a host.
type Begun struct {
	// Done is the report of a host that has ended; else nil.
	Done *outcome.Host
	// Events are the host's lines of the journal, and those that say that another
	// process went on with the run (EventsOf).
	Events []outcome.Entry
	// Kept is the report as it was when the last rung began, nil when none did, or
	// when it can't be read: then it can't be told of an open change what became of
	// it.
	Kept *outcome.Host
	// Report is the last report of a host that was interrupted, nil when there is
	// none.
	Report *outcome.Host
}

// EventsOf are the lines of a journal that say what became of a host.
func EventsOf(journal []outcome.Entry, host string) []outcome.Entry {
	var events []outcome.Entry
	for _, e := range journal {
		if e.Host == host || e.Event == outcome.EventRun && e.State == outcome.RunResumed {
			events = append(events, e)
		}
	}
	return events
}

// Settled says what became of a step that was open when its run was cut off.
type Settled struct {
	Host, Step string
	// Status is that of a change.
	Status string
	Detail string
}

// pickup is what a walk has to tell that goes on where another process was.
type pickup struct {
	open int // the change whose result was never written; -1: none
	said bool
}

// takeUp folds what earlier processes have written of the host. One on which nothing
// was sent begins anew.
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
	base := b.Kept
	if b.Report != nil && (base == nil || len(b.Report.Stages) > len(base.Stages)) {
		base = b.Report
	}
	if base != nil {
		w.restore(*base)
	}
	w.out.Capture = w.course.Capture
	_ = w.recallBefore() // without it V4 compares nothing
	if b.Kept == nil {
		return
	}
	if then, err := w.Playbook.Recall(w.Params, w.known(), b.Kept.Facts, b.Kept.FactErrors); err == nil {
		for _, e := range b.Events { // of the last one the report was kept
			if e.Event == outcome.EventRung {
				clear(w.steps)
				w.remember(e.Rung, w.replan(then))
			}
		}
	}
}

// restore takes the report over as far as it was written.
func (w *walk) restore(base outcome.Host) {
	w.out.Stages, w.out.Noise, w.out.Capture, w.out.Support, w.out.Lease = base.Stages, base.Noise, base.Capture, base.Support, base.Lease
	w.out.Facts, w.out.FactErrors, w.out.Findings, w.out.Plan = base.Facts, base.FactErrors, base.Findings, base.Plan
	w.begun = base.Started
	w.sight.past = recallCaptured(base.Facts)
	w.cutStage(len(base.Changes))
}

// cutStage adds what was sent after the report was written: its output is lost.
func (w *walk) cutStage(from int) {
	changes := w.out.Changes
	if from >= len(changes) {
		return
	}
	s := outcome.Stage{Name: outcome.StageRecover, Status: outcome.StageFailed, Started: changes[from].At, Steps: []outcome.Step{}, Note: "the controller ended: this is what its journal knows"}
	for i, c := range changes[from:] {
		step := outcome.Step{ID: c.Step, Command: c.Command, Mutating: true, ExitStatus: -1, Error: "what it printed was lost with the controller"}
		if exit := w.course.Changes[from+i].Exit; exit != nil {
			step.ExitStatus = *exit
		}
		s.Steps = append(s.Steps, step)
	}
	w.out.Stages = append(w.out.Stages, s)
}

// say tells what became of the change that was open, once that is known.
func (w *walk) say() {
	p := w.pickup
	if p == nil || p.said || w.course.Open() {
		return
	}
	p.said = true
	w.tellSettled()
	w.fleet.say(w.host.Name)
	w.waves.start(w.host.Name)
}

// tellSettled tells the observer what became of the change that was open.
func (w *walk) tellSettled() {
	if p := w.pickup; p.open >= 0 && w.Observer != nil {
		c := w.out.Changes[p.open]
		w.Observer.Settled(Settled{Host: w.host.Name, Step: c.Step, Status: c.Status, Detail: c.Detail})
	}
}

// recallCaptured is the fact about the newest capture before the run.
func recallCaptured(written map[string]any) *facts.Captured {
	var c facts.Captured
	if !recallFact(written, "captured", &c) {
		return nil
	}
	return &c
}

// recallFact reads a fact as a report has it, and reports whether it is there.
func recallFact(written map[string]any, name string, into any) bool {
	was, there := written[name]
	if !there {
		return false
	}
	text, err := json.Marshal(was)
	return err == nil && json.Unmarshal(text, into) == nil
}

// planned is the step of a change as it was planned; false where that is not known.
func (w *walk) planned(c *course.Change) (playbooks.PlannedStep, bool) {
	s, ok := w.steps[c.Rung+"/"+c.Step.ID]
	return s, ok && s.Command == c.Step.Command
}
