package controller

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
	"aixmend/transport"
)

// A run outlives its process. Whoever goes on with it knows of each host what
// the journal tells, and the report that was put aside when the last rung began:
// from its facts the rung is planned again, so that every step that was sent is
// known with its conditions. Then the host is read, and what is true there says
// what came of the last step, before anything more is sent.

// Begun is what earlier processes of a run left of a host.
type Begun struct {
	// Done is the report of a host whose walk is over; else nil.
	Done *outcome.Host
	// Trail is what the journal tells.
	Trail outcome.Trail
	// Kept is the report as it was when the last rung began, nil when none did. A
	// host on which something was sent and of which it is lost ends unknown, and
	// nothing more is sent there.
	Kept *outcome.Host
	// Report is the last report of a walk that was interrupted, nil when there
	// is none.
	Report *outcome.Host
}

// Settled says what became of a step that was open when its run was cut off.
type Settled struct {
	Host, Step string
	// Status is that of a change.
	Status string
	Detail string
}

// pickup is what a walk has to see to before it can go on where another process
// was cut off.
type pickup struct {
	armed  *playbooks.PlannedStep // the undo of this step may be armed
	sent   bool                   // the step itself was about to be sent
	back   bool                   // the rung failed: what it did is to be taken back
	undone *appliedStep           // it is not known whether the undo of this step ran
	redo   *playbooks.Rung        // this rung is entered again, at the step after
	at     string                 // why: the step that did not come to pass, or was taken back
	astray string                 // why it can't be told where the walk was
	open   int                    // the change whose result was never written; -1: none
	seen   bool                   // what could not wait for a look has been seen to
	said   bool                   // what became of the open change has been said
}

// resumeSlack is how long a resumed walk waits at least, whatever is left of its wait.
const resumeSlack = 2 * time.Minute

// takeUp makes the walk one that goes on where another process was cut off. A
// host on which nothing was sent begins anew.
func (w *walk) takeUp(b Begun) {
	changes := b.Trail.Changes
	if len(changes) == 0 {
		return
	}
	w.restoreReport(b)
	w.pickup = &pickup{open: -1}
	w.last, w.released = b.Trail.Last, true
	if w.left() < resumeSlack { // a host that can't be read at once is given some time
		w.last = time.Now().Add(min(resumeSlack, w.Params.Duration("wait")) - w.Params.Duration("wait"))
	}
	last := len(changes) - 1
	if changes[last].Status == outcome.UnknownIf {
		w.pickup.open = last
		w.last = time.Now() // the wait begins anew: nobody waited meanwhile
	}
	first := len(changes) // the first change since the report was put aside
	if b.Kept != nil {
		first = min(len(b.Kept.Changes), len(changes))
	}
	for _, rung := range b.Trail.Rungs {
		if rung.At == len(changes) {
			break // nothing of it was sent
		}
		w.entered[rung.ID]++
		for _, id := range rung.Mends {
			w.led[id] = true
		}
	}
	w.restoreTemporary(changes)
	if b.Kept == nil {
		w.pickup.astray = "the report that was put aside when its last rung began is not there, or can't be read"
		return
	}
	if first == len(changes) {
		w.restoreEntry(b.Trail)
		return
	}
	w.pickup.astray = w.restoreRung(b.Kept, changes, first)
}

// restoreReport takes the report over as far as it was written, and the changes
// as the journal has them.
func (w *walk) restoreReport(b Begun) {
	base := b.Kept
	if b.Report != nil && (base == nil || len(b.Report.Stages) > len(base.Stages)) {
		base = b.Report
	}
	if base != nil {
		w.out.Stages, w.out.Noise, w.out.Capture, w.out.Support, w.out.Lease = base.Stages, base.Noise, base.Capture, base.Support, base.Lease
		w.out.Facts, w.out.FactErrors, w.out.Findings, w.out.Plan = base.Facts, base.FactErrors, base.Findings, base.Plan
		w.begun = base.Started
		w.past = recallCaptured(base.Facts)
		w.cutStage(len(base.Changes), b.Trail.Changes)
	}
	w.out.Changes = []outcome.Change{}
	for _, c := range b.Trail.Changes {
		w.out.Changes = append(w.out.Changes, c.Change)
	}
	if kept, err := w.Captures.Load(w.out.Capture); err == nil {
		w.before, _ = w.Playbook.Recall(w.Params, w.known(), kept.Facts, nil)
	}
}

// cutStage adds what was sent after the report was written: its output is lost.
func (w *walk) cutStage(from int, changes []outcome.TrailChange) {
	if from >= len(changes) {
		return
	}
	s := outcome.Stage{Name: outcome.StageRecover, Status: outcome.StageFailed, Started: changes[from].At, Steps: []outcome.Step{}, Note: "the controller ended: this is what its journal knows"}
	for _, c := range changes[from:] {
		step := outcome.Step{ID: c.Step, Command: c.Command, Mutating: true, ExitStatus: -1, Error: "what it printed was lost with the controller"}
		if c.Exit != nil {
			step.ExitStatus = *c.Exit
		}
		s.Steps = append(s.Steps, step)
	}
	w.out.Stages = append(w.out.Stages, s)
}

// recallCaptured is the fact about the newest capture before the run.
func recallCaptured(written map[string]any) *facts.Captured {
	var c facts.Captured
	if !recallFact(written, "captured", &c) {
		return nil
	}
	return &c
}

// recallFact reads a fact as a report has it, and tells whether it is there.
func recallFact(written map[string]any, name string, into any) bool {
	was, there := written[name]
	if !there {
		return false
	}
	text, err := json.Marshal(was)
	return err == nil && json.Unmarshal(text, into) == nil
}

// resumes sees, over a fresh connection, to what can't wait for a look: an undo
// that may be armed, and what is to be taken back. ok is false when the link did
// not last.
func (w *walk) resumes(ctx context.Context) (ok bool, err error) {
	p := w.pickup
	if p.armed != nil {
		if ok := w.lookForUndo(ctx); !ok || w.failure != nil {
			return ok, w.failure
		}
	}
	if p.armed != nil {
		if ok, err := w.disarmLate(ctx); !ok || err != nil {
			return ok, err
		}
	}
	if p.back && p.undone == nil {
		p.back = false
		return true, w.takeBack(ctx)
	}
	return true, nil
}

// settleUndone asks the evidence whether the undo that was open has run. Where
// it can't tell, nothing more is sent.
func (w *walk) settleUndone(ctx context.Context) error {
	p := w.pickup
	if p == nil || p.undone == nil {
		return nil
	}
	a, back := *p.undone, p.back
	p.undone, p.back = nil, false
	if happened, err := a.step.Confirm(w.diagnosis); err != nil || happened {
		w.undoLost = a.step.Step.ID
		return nil
	}
	w.settleStep(a.at, outcome.Undone, "a new look shows that it was taken back")
	if p.open >= 0 {
		w.settleStep(p.open, outcome.Applied, "a new look shows that it ran")
	}
	if back { // the others of the rung are still to be taken back
		return w.takeBack(ctx)
	}
	return nil
}

// lookForUndo asks the host what became of an arming that was cut off, before it is
// disarmed: were that cut off too, nothing could tell any more whether either
// happened. ok is false when the link did not last.
func (w *walk) lookForUndo(ctx context.Context) (ok bool) {
	step := w.pickup.armed.Step.ID
	at := slices.IndexFunc(w.out.Changes, func(c outcome.Change) bool { return c.Step == armStep(step) && c.Status == outcome.UnknownIf })
	if at < 0 || slices.ContainsFunc(w.out.Changes[at:], func(c outcome.Change) bool { return c.Step == disarmStep(step) }) {
		return true
	}
	commands := []transport.Command{{ID: armStep(step) + "-look", Line: playbooks.ArmedCommand(step), AsLogin: true, Timeout: armTimeout}}
	t, err := w.conn.Run(ctx, commands)
	w.record(commands, t)
	switch {
	case err != nil:
		w.hangUp()
		return false
	case t.Results[0].Err != nil: // disarming it will tell
		return true
	}
	status := outcome.Applied
	if len(bytes.TrimSpace(t.Results[0].Stdout)) == 0 {
		status = outcome.NotApplied
		w.pickup.armed = nil
	}
	w.settleStep(at, status, "by what the host says of its undo")
	return true
}

// disarmLate ends the wait of an undo that another process has armed, or finds
// that it has run.
func (w *walk) disarmLate(ctx context.Context) (ok bool, err error) {
	s := w.pickup.armed
	r, err := w.journaled(ctx, order{step: disarmStep(s.Step.ID), text: s.Disarm, undo: nothingToUndo, timeout: armTimeout, finishes: true})
	switch {
	case err != nil:
		return false, err
	case r.lost, r.unsent, r.shut:
		w.hangUp()
		return false, nil
	}
	w.pickup.armed = nil
	w.settleArmings(s, r.exit == 0, len(w.out.Changes)-1)
	if !w.pickup.sent {
		return true, w.failure
	}
	if w.trouble == "" {
		w.doubt, w.doubts = s, 0 // whatever the undo says: the host is asked
	}
	if strings.TrimSpace(string(r.stdout)) == playbooks.UndoFired {
		w.settleStep(w.at, outcome.Undone, ranAlone)
		w.doubt, w.failed = nil, nil
		w.dropApplied(s)
		w.pickup.redo, w.pickup.at = w.rung.Rung, s.Step.ID
	}
	return true, w.failure
}

// settleArmings says what became of the armings and disarmings before a change that
// were open: whether an undo was still armed then tells. One that was disarmed had
// been armed.
func (w *walk) settleArmings(s *playbooks.PlannedStep, armed bool, before int) {
	for at := range before {
		c := w.out.Changes[at]
		if c.Status != outcome.UnknownIf || c.Step != armStep(s.Step.ID) && c.Step != disarmStep(s.Step.ID) {
			continue
		}
		disarmed := slices.ContainsFunc(w.out.Changes[at+1:before], func(later outcome.Change) bool {
			return later.Step == disarmStep(s.Step.ID) && later.Status == outcome.Applied
		})
		happened := armed || disarmed
		if c.Step == disarmStep(s.Step.ID) {
			happened = !happened
		}
		status := outcome.NotApplied
		if happened {
			status = outcome.Applied
		}
		w.settleStep(at, status, "by what the host says of its undo")
	}
}

// dropApplied forgets a step that has been taken back.
func (w *walk) dropApplied(s *playbooks.PlannedStep) {
	w.applied = slices.DeleteFunc(w.applied, func(a appliedStep) bool { return a.step == s })
	w.prove = slices.DeleteFunc(w.prove, func(p *playbooks.PlannedStep) bool { return p == s })
}

// say tells what became of the step that was open, once that is known.
func (w *walk) say() {
	p := w.pickup
	if p == nil || p.said {
		return
	}
	p.said = true
	if p.open >= 0 && w.Observer != nil {
		c := w.out.Changes[p.open]
		w.Observer.Settled(Settled{Host: w.host.Name, Step: c.Step, Status: c.Status, Detail: c.Detail})
	}
	w.fleet.say(w.host.Name)
	w.waves.start(w.host.Name)
}

// othersOpen tells whether it is not known yet of another host what became of
// its open step: nothing more is sent anywhere until it is.
func (w *walk) othersOpen() bool { return !w.fleet.allSaid() }

// goesOn says what became of the open step, waits until that is known of every
// host, and enters the rung again whose step was taken back meanwhile. It
// returns notYet when the host must be read anew.
func (w *walk) goesOn(ctx context.Context) Event {
	w.say()
	if !w.stopping() && (w.othersOpen() || !w.fleet.allNamed()) {
		w.hangUp()
		w.await(ctx, w.fleet.said)
		w.await(ctx, w.fleet.machines.named) // one of them may be this very machine
		return notYet
	}
	// The last host may have been read since this one was looked at.
	if view := w.fleet.view(w.host.Name); !slices.Equal(view.Same, w.same()) {
		w.adopt(w.Playbook.WithFleet(w.diagnosis, view))
	}
	if rung := w.pickup.redo; rung != nil && !w.stopping() {
		w.pickup.redo = nil
		w.again(ctx, rung, w.pickup.at)
	}
	return nextRung
}
