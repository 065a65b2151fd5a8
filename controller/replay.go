package controller

import (
	"fmt"
	"slices"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
)

// What the journal tells of the last rung becomes the state that the walk was in:
// which steps were taken, which one is open, what is armed, what failed.

// restoreRung plans the last rung from the facts that it was planned from, and
// finds the step at which it was cut off. It returns why that can't be had, "" when
// it is.
func (w *walk) restoreRung(kept *outcome.Host, changes []outcome.TrailChange, first int) string {
	then, err := w.Playbook.Recall(w.Params, w.known(), kept.Facts, kept.FactErrors)
	if err != nil {
		return err.Error()
	}
	name := changes[first].Rung
	plan := w.replan(then)
	i := slices.IndexFunc(plan, func(r playbooks.PlannedRung) bool { return r.Rung.ID == name })
	if i < 0 {
		return "the rung " + name + " does not follow any more from the facts that were written down"
	}
	rung := &plan[i]
	if rung.Rung.HandOver {
		w.noSupport = "the controller ended while they were collected"
		for _, c := range changes[first:] {
			if c.Status != outcome.NotApplied && !strings.HasPrefix(c.Undo, "none: ") {
				w.noSupport += "; what was collected is left on the host, by hand: " + c.Undo
			}
		}
		w.pickup.open = -1
		return ""
	}
	w.rung, w.step, w.noted = rung, 0, true
	for at := first; at < len(changes); at++ {
		if changes[at].Rung != name || w.cleaned(at, changes[at]) {
			continue
		}
		if why := w.replay(rung, at, changes[at]); why != "" {
			w.rung = nil
			return why
		}
	}
	if w.step >= len(rung.Steps) && w.doubt == nil && w.pickup.armed == nil && w.pickup.redo == nil && w.trouble == "" {
		w.atOnce, w.rung = rung.Rung.AtOnce, nil
	}
	return ""
}

// restoreEntry sees to a rung that was just being entered again, behind what is
// known to have happened.
func (w *walk) restoreEntry(t outcome.Trail) {
	last := len(t.Rungs) - 1
	if last < 1 || t.Rungs[last].At < len(t.Changes) {
		return
	}
	before := slices.IndexFunc(t.Rungs[:last], func(r outcome.TrailRung) bool { return r.ID == t.Rungs[last].ID })
	rung := slices.IndexFunc(w.Playbook.Rungs, func(r playbooks.Rung) bool { return r.ID == t.Rungs[last].ID })
	if before < 0 || rung < 0 {
		return
	}
	for at, c := range t.Changes[t.Rungs[before].At:] {
		if step := w.Playbook.FindStep(c.Rung, c.Step); step != nil && c.Rung == t.Rungs[last].ID {
			one := *step
			one.ID = c.Step
			w.applied = append(w.applied, appliedStep{&playbooks.PlannedStep{Step: &one, Command: c.Command, Undo: c.Undo}, t.Rungs[before].At + at, c.Rung})
		}
	}
	w.pickup.redo, w.pickup.at = &w.Playbook.Rungs[rung], t.Changes[len(t.Changes)-1].Step
}

// replay takes one change of the last rung into account.
func (w *walk) replay(rung *playbooks.PlannedRung, at int, c outcome.TrailChange) string {
	name, kind := partOf(rung, c.Step)
	i := slices.IndexFunc(rung.Steps, func(s playbooks.PlannedStep) bool { return s.Step.ID == name })
	if i < 0 {
		return "step " + c.Step + " does not follow any more from the facts that were written down"
	}
	s := &rung.Steps[i]
	p := w.pickup
	switch kind {
	case armStep(""):
		w.step, p.armed, p.sent = i, s, false
		if c.Exit != nil && *c.Exit != 0 {
			p.armed = nil
			w.trouble = "the undo of step " + name + " could not be armed, so the step was not taken"
		}
	case disarmStep(""):
		if !c.Open && c.Exit != nil { // what it answered is lost: the host is asked
			p.armed = nil
			w.settleArmings(s, *c.Exit == 0, at)
			if p.sent && w.trouble == "" {
				w.doubt = s
			}
		}
	case undoSuffix:
		w.replayUndo(s, c)
	default:
		if s.Command != c.Command {
			return "step " + name + " would have another command now than the one that was sent"
		}
		w.replayStep(s, i, at, c)
	}
	return ""
}

// replayUndo takes into account that a step was being taken back.
func (w *walk) replayUndo(s *playbooks.PlannedStep, c outcome.TrailChange) {
	w.pickup.back = true
	if w.trouble == "" {
		w.trouble = "step " + s.Step.ID + " was being taken back when the controller ended"
	}
	i := slices.IndexFunc(w.applied, func(a appliedStep) bool { return a.step == s })
	if i < 0 {
		return
	}
	if a := w.applied[i]; c.Status == outcome.UnknownIf {
		w.pickup.undone = &a
	} else if c.Exit != nil && *c.Exit == 0 {
		w.out.Changes[a.at].Status = outcome.Undone
	}
	w.applied = slices.Delete(w.applied, i, i+1)
}

// cleaned takes into account that a temporary thing was being taken away, and
// tells whether the change was about that.
func (w *walk) cleaned(at int, c outcome.TrailChange) bool {
	step, undo := strings.CutSuffix(c.Step, undoSuffix)
	i := slices.IndexFunc(w.temporary, func(a appliedStep) bool { return undo && a.step.Step.ID == step && a.at < at })
	if i < 0 {
		return false
	}
	a := w.temporary[i]
	w.temporary = slices.Delete(w.temporary, i, i+1)
	if c.Exit == nil || *c.Exit != 0 {
		w.behind = append(w.behind, a.step.Step.ID+": whether it was taken away is not known; by hand: "+a.step.Undo)
	}
	return true
}

// ranAlone ends the detail of a step whose undo had its way because the controller
// had ended: it did not fail, and its rung is entered again.
const ranAlone = "its undo ran while nobody was there to disarm it"

// replayStep takes the step itself into account.
func (w *walk) replayStep(s *playbooks.PlannedStep, i, at int, c outcome.TrailChange) {
	w.pickup.sent = true
	w.at, w.doubt, w.unsent = at, nil, false
	switch {
	case c.Status == outcome.NotApplied && c.Exit == nil:
		w.step = i // it was never sent, or is known not to have happened
		w.pickup.sent = false
		if w.repeated[s.Step.ID]++; w.repeated[s.Step.ID] >= maxEntries {
			w.trouble = fmt.Sprintf("step %s did not come to pass in %d tries: the link died each time", s.Step.ID, maxEntries)
		}
		return
	case c.Status == outcome.UnknownIf && s.Step.Upload != nil:
		w.step = i // it can be begun again at any time
		w.settleStep(at, outcome.NotApplied, "it did not come to its end, and is begun again")
		return
	}
	if c.Status == outcome.Undone && strings.HasSuffix(c.Detail, ranAlone) {
		w.step, w.pickup.sent, w.pickup.redo, w.pickup.at = i, false, w.rung.Rung, s.Step.ID
		return
	}
	if c.Status == outcome.Undone {
		w.trouble = "step " + s.Step.ID + " was taken back"
		return
	}
	w.step = i + 1
	w.applied = append(w.applied, appliedStep{s, at, w.rung.Rung.ID})
	switch {
	case c.Status == outcome.UnknownIf:
		w.doubt, w.doubts = s, 0
	case c.Exit != nil && *c.Exit != 0 && !s.Step.MayFail:
		w.failed, w.pickup.back = s, true
		w.trouble = fmt.Sprintf("step %s ended with status %d", s.Step.ID, *c.Exit)
	case s.Step.Prove:
		w.prove = append(w.prove, s)
	}
}

// partOf takes the name of a change apart: the step, and what of it.
func partOf(rung *playbooks.PlannedRung, change string) (step, kind string) {
	for _, s := range rung.Steps {
		if s.Step.ID == change {
			return change, ""
		}
	}
	for _, kind := range []string{armStep(""), disarmStep(""), undoSuffix} {
		if step, ok := strings.CutSuffix(change, kind); ok {
			return step, kind
		}
	}
	return change, ""
}

// restoreTemporary finds what is to be taken away when the walk ends.
func (w *walk) restoreTemporary(changes []outcome.TrailChange) {
	for at, c := range changes {
		step := w.Playbook.FindStep(c.Rung, c.Step)
		if step == nil || !step.Temporary {
			continue
		}
		one := *step
		one.ID = c.Step
		w.temporary = append(w.temporary, appliedStep{&playbooks.PlannedStep{Step: &one, Command: c.Command, Undo: c.Undo}, at, c.Rung})
	}
}
