package playbooks

import (
	"aixmend/playbooks/conditions"
	"aixmend/playbooks/document"
	"aixmend/playbooks/onhost"
	"aixmend/playbooks/program"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// The rollback of an earlier run sends the undo commands that were recorded with its
// changes, unaltered, the newest first. A change is rolled back if it is in effect now and
// was not in effect before that run. Nothing is sent for an effect that existed before or
// that is gone, and an unclear one is left to a person. So a second rollback does nothing.

// RollbackRung is the id of the rung that rolls a run back.
const RollbackRung = "rollback"

// UndoPrefix begins the id of each step of that rung.
const UndoPrefix = "undo-"

// Change is a change that an earlier run made.
type Change struct {
	Rung, Step, Command, Undo string
	// Unknown reports whether it is not known whether the change happened.
	Unknown bool
}

// NoUndo returns the reason why a change can't be undone, "" if it can.
func (u Change) NoUndo() string {
	if reason, none := strings.CutPrefix(u.Undo, document.UndoNone); none {
		return strings.TrimSpace(reason)
	}
	if strings.TrimSpace(u.Undo) == "" {
		return "it has no undo"
	}
	return ""
}

// Leaves reports whether a change leaves something behind that a rollback is about: a check
// changes nothing, and a rung that collects removes its data itself, or the report names the
// rest.
func (p *Playbook) Leaves(u Change) bool {
	was := p.FindStep(u.Rung, u.Step)
	return !p.Collects(u.Rung) && (was == nil || !was.ReadOnly())
}

// Rollback is the plan of a rollback.
type Rollback struct {
	Rung PlannedRung
	// Left has a line for each change that is not rolled back, with the reason, the newest
	// first.
	Left []string
	// Open are the lines of Left because of which the host can't end undone: the state of
	// the change is not known, or others have changed part of it. Each line ends with the
	// undo, for a person to run.
	Open []string
	// Lost are the lines of Left about changes that may be in effect, while the facts from
	// before the run are lost: the state to restore is not known. Each line ends with the
	// undo, for a person to check and run.
	Lost []string
	// NoUndo are the steps without an undo, the newest first: their effect remains. A line of
	// Left says why.
	NoUndo []string
}

// PlanRollback plans the rollback of changes, given in the order in which they were made.
// then is the host before the first of them; if it is nil (no longer known), only changes
// that are certainly no longer in effect can be judged.
func (p *Playbook) PlanRollback(now, then *Diagnosis, changes []Change) Rollback {
	out := Rollback{Rung: PlannedRung{Rung: &Rung{ID: RollbackRung, Title: "undo the changes of an earlier run"}, Fixes: []string{}}}
	after, _ := now.values[conditions.ParamPrefix+document.UndoAfterParam].(time.Duration)
	for _, u := range slices.Backward(changes) {
		if !p.Leaves(u) {
			continue
		}
		if why := u.NoUndo(); why != "" {
			out.Left, out.NoUndo = append(out.Left, fmt.Sprintf("%s can't be undone: %s", u.Step, why)), append(out.NoUndo, u.Step)
			continue
		}
		step := Step{ID: UndoPrefix + u.Step, Prove: true}
		planned := PlannedStep{Step: &step, Command: u.Undo, Undo: u.Command, back: true}
		switch verdict, why := p.stands(now, then, u, &planned); verdict {
		case gone:
			out.Left = append(out.Left, u.Step+" "+why)
			continue
		case lost:
			left := fmt.Sprintf("%s %s; to undo it: %s", u.Step, why, u.Undo)
			out.Left, out.Lost = append(out.Left, left), append(out.Lost, left)
			continue
		case unclear:
			left := fmt.Sprintf("%s %s; to undo it: %s", u.Step, why, u.Undo)
			if u.Unknown {
				left = fmt.Sprintf("%s: it is not known whether it ran; to undo it: %s", u.Step, u.Undo)
			}
			out.Left, out.Open = append(out.Left, left), append(out.Open, left)
			continue
		}
		out.Rung.block(p.Throughout(now, u.Rung, true))
		run, _ := now.values[conditions.RunName].(string)
		planned.timed(run, after)
		out.Rung.Steps = append(out.Rung.Steps, planned)
	}
	return out
}

// Undoing returns the step that undoes a change, as a rollback by a run would send it.
func (p *Playbook) Undoing(u Change, params Params, run string) PlannedStep {
	step := Step{ID: UndoPrefix + u.Step, Prove: true}
	if was := p.FindStep(u.Rung, u.Step); was != nil {
		step.Timeout, step.TimedUndo = was.Timeout, was.TimedUndo
	}
	planned := PlannedStep{Step: &step, Command: u.Undo, Undo: u.Undo, back: true}
	if u.NoUndo() == "" {
		planned.timed(run, params.Duration(document.UndoAfterParam))
	}
	return planned
}

// timed adds the commands of a step's timed undo, where it has one.
func (s *PlannedStep) timed(run string, after time.Duration) {
	if s.Step.TimedUndo {
		s.UndoAfter = after
		s.Arm, s.Disarm = onhost.ArmCommand(s.Step.ID, run, s.Undo, after, s.Step.MaxTime()), onhost.DisarmCommand(s.Step.ID, run)
	}
}

// standing is the present state of a change of an earlier run.
type standing int

const (
	unclear standing = iota // not known, or others have changed part of it
	gone                    // there is nothing to undo
	lost                    // the facts from before the run are lost, and it may be in effect
	stands                  // it is in effect, and was not before the run
)

// stands judges a change by the facts now and before the run; why is printed. planned
// receives the facts with which the effect of the undo is confirmed.
func (p *Playbook) stands(now, then *Diagnosis, u Change, planned *PlannedStep) (verdict standing, why string) {
	if then == nil {
		return p.standsUnseen(now, u)
	}
	was, c, values := p.appliedStep(then, u)
	if was == nil {
		return unclear, "is not rolled back: the playbook no longer has this step"
	}
	planned.Step.Timeout, planned.Step.TimedUndo = was.Timeout, was.TimedUndo
	planned.confirm, planned.refute, planned.undoWhen, planned.before = c.Confirm, c.Refute, c.UndoWhen, values
	if was.Temporary { // its probe would look for a folder of the present run
		return unclear, "is not rolled back: it should have been undone when its run ended"
	}
	so, errThen := planned.confirmed(then)
	left, err := planned.undoLeft(now)
	switch {
	case err != nil:
		return unclear, "is not rolled back: it is not known whether it is in effect: " + err.Error()
	case errThen == nil && so && (c.UndoWhen == nil || !left):
		return gone, "is not rolled back: it was already in effect before that run"
	case !left:
		return gone, "is no longer in effect"
	case errThen != nil && c.UndoWhen == nil:
		return unclear, "is not rolled back: it is not known whether it was in effect before that run: " + errThen.Error()
	}
	for _, g := range c.UndoGuards {
		if reason := now.guarded(g, planned.values(now)); reason != "" {
			return unclear, "is not rolled back: " + reason
		}
	}
	return stands, ""
}

// standsUnseen judges a change where the facts from before the run are lost: only facts that
// need no comparison with them can show that it is no longer in effect.
func (p *Playbook) standsUnseen(now *Diagnosis, u Change) (verdict standing, why string) {
	if was, c, _ := p.appliedStep(now, u); was != nil && !was.Temporary {
		s := PlannedStep{Step: was, confirm: c.Confirm, refute: c.Refute, undoWhen: c.UndoWhen}
		if left, err := s.undoLeft(now); err == nil && !left {
			return gone, "is no longer in effect"
		}
	}
	if u.Unknown {
		return unclear, ""
	}
	return lost, "can't be rolled back: the facts of the host from before that run are lost"
}

// appliedStep finds the step of a change in the playbook, and the facts with which it was
// planned: those from before the run and, if the step runs for each item of a list, the item
// that gives the same command. nil: not found.
func (p *Playbook) appliedStep(then *Diagnosis, u Change) (*Step, program.Step, map[string]any) {
	for i := range p.Rungs {
		if p.Rungs[i].ID != u.Rung {
			continue
		}
		for j := range p.Rungs[i].Steps {
			s, c := &p.Rungs[i].Steps[j], p.Code.Rungs[i].Steps[j]
			if c.Each == nil && s.ID == u.Step {
				return s, c, then.values
			}
			if c.Each == nil || p.FindStep(u.Rung, u.Step) != s {
				continue
			}
			items, err := c.Each.Items(then.values)
			if err != nil {
				return nil, c, nil
			}
			for _, item := range items {
				values := maps.Clone(then.values)
				values[conditions.EachName] = item
				if step, err := render(c, s, values); err == nil && step.Command == u.Command {
					return s, c, values
				}
			}
		}
	}
	return nil, program.Step{}, nil
}
