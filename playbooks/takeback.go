package playbooks

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Taking back what an earlier run has done. Its undo commands were complete when
// its steps were sent; they are sent as they are, the newest first, and the
// conditions that tell whether a step has happened tell here that it has not.

// TakeBackRung is the name of the rung that takes a run back.
const TakeBackRung = "take-back"

// takeBackPrefix begins the name of a step of that rung.
const takeBackPrefix = "undo-"

// Undoable is a change that an earlier run made.
type Undoable struct {
	Rung, Step, Command, Undo string
	// Unknown tells that it is not known whether the change happened.
	Unknown bool
}

// NoUndo is the reason why a change can't be taken back, "" when it can.
func (u Undoable) NoUndo() string {
	if reason, none := strings.CutPrefix(u.Undo, undoNone); none {
		return strings.TrimSpace(reason)
	}
	if strings.TrimSpace(u.Undo) == "" {
		return "it has no undo"
	}
	return ""
}

// HandsOver tells whether a rung only collects data.
func (p *Playbook) HandsOver(rung string) bool {
	return slices.ContainsFunc(p.Rungs, func(r Rung) bool { return r.ID == rung && r.HandOver })
}

// TakenBack is what TakeBack makes of some changes.
type TakenBack struct {
	Rung PlannedRung
	// Left says of each change that is left alone why, the newest first.
	Left []string
}

// TakeBack plans to take changes back that were made in this order. then is the
// host before the first of them, nil where that is not known any more: it tells
// how a step is seen to be in effect. One that certainly is not is left alone.
func (p *Playbook) TakeBack(now, then *Diagnosis, changes []Undoable) TakenBack {
	out := TakenBack{Rung: PlannedRung{Rung: &Rung{ID: TakeBackRung, Row: "R", Title: "take back what an earlier run has done"}, Mends: []string{}}}
	known := map[string]PlannedStep{}
	if then != nil {
		for i := range p.Rungs {
			r := PlannedRung{Rung: &p.Rungs[i]}
			p.planSteps(then, p.compiled.rungs[i], &r)
			for _, s := range r.Steps {
				known[r.Rung.ID+"/"+s.Step.ID] = s
			}
		}
	}
	newer := map[string]*Step{} // of each rung, the step that is taken back before the next one
	after, _ := now.values["params."+UndoAfterParam].(time.Duration)
	for _, u := range slices.Backward(changes) {
		if p.HandsOver(u.Rung) {
			continue // it took its data away itself, or the report says what is left
		}
		if why := u.NoUndo(); why != "" {
			out.Left = append(out.Left, fmt.Sprintf("%s can't be taken back: %s", u.Step, why))
			continue
		}
		out.Rung.block(p.Throughout(now, u.Rung, true))
		step := Step{ID: takeBackPrefix + u.Step}
		if was := p.FindStep(u.Rung, u.Step); was != nil {
			step.Timeout, step.TimedUndo = was.Timeout, was.TimedUndo
		}
		planned := PlannedStep{Step: &step, Command: u.Undo, Undo: u.Command, back: true}
		inEffect := errCantTell // nil: it certainly is
		if was, ok := known[u.Rung+"/"+u.Step]; ok {
			planned.confirm, planned.refute, planned.before = was.confirm, was.refute, was.before
			gone, err := planned.Confirm(now)
			// What a newer step of the rung has turned round comes back with its undo.
			if newer[u.Rung] == nil && err == nil && gone {
				out.Left = append(out.Left, u.Step+" is not in effect any more")
				continue
			}
			inEffect = err
			step.Prove = was.refute == nil // else not even the step itself can be proved
		}
		if u.Unknown && inEffect != nil {
			out.Left = append(out.Left, u.Step+": it is not known whether it ran; by hand: "+u.Undo)
			continue
		}
		if newer[u.Rung] != nil {
			newer[u.Rung].Prove = false // this one may turn it round again
		}
		newer[u.Rung] = &step
		if step.TimedUndo {
			planned.UndoAfter = after
			run, _ := now.values[runName].(string)
			planned.Arm, planned.Disarm = armCommand(&step, run, planned.Undo, after), disarmCommand(step.ID, run)
		}
		out.Rung.Steps = append(out.Rung.Steps, planned)
	}
	return out
}
