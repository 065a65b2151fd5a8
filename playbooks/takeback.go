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

// The rollback of an earlier run. Its undo commands were complete when its steps
// were sent; they are sent as they are, the newest first. Which of them are sent
// follows from two looks: a change is rolled back if its effect is there now and was
// not there before that run. An effect that was there already stays, one that is gone
// needs no undo, and an unclear one is left to a person. So a second rollback finds
// nothing left.

// TakeBackRung is the name of the rung that takes a run back.
const TakeBackRung = "take-back"

// takeBackPrefix begins the name of a step of that rung.
const takeBackPrefix = "undo-"

// Undoable is a change that an earlier run made.
type Undoable struct {
	Rung, Step, Command, Undo string
	// Unknown reports whether it is not known whether the change happened.
	Unknown bool
}

// NoUndo is the reason why a change can't be undone, "" when it can.
func (u Undoable) NoUndo() string {
	if reason, none := strings.CutPrefix(u.Undo, document.UndoNone); none {
		return strings.TrimSpace(reason)
	}
	if strings.TrimSpace(u.Undo) == "" {
		return "it has no undo"
	}
	return ""
}

// TakenBack is the plan of a rollback.
type TakenBack struct {
	Rung PlannedRung
	// Left says of each change that is left alone why, the newest first.
	Left []string
	// Open are those of Left that keep a host from being undone: nobody knows, or
	// others have changed part of it. Each ends with the undo, to be run by hand.
	Open []string
}

// TakeBack plans to take changes back that were made in this order. then is the
// host before the first of them, nil where that is not known any more; nothing
// can be told then.
func (p *Playbook) TakeBack(now, then *Diagnosis, changes []Undoable) TakenBack {
	out := TakenBack{Rung: PlannedRung{Rung: &Rung{ID: TakeBackRung, Title: "undo the changes of an earlier run"}, Fixes: []string{}}}
	after, _ := now.values[conditions.ParamPrefix+document.UndoAfterParam].(time.Duration)
	for _, u := range slices.Backward(changes) {
		if p.Collects(u.Rung) {
			continue // it removed its data itself, or the report names the rest
		}
		if why := u.NoUndo(); why != "" {
			out.Left = append(out.Left, fmt.Sprintf("%s can't be undone: %s", u.Step, why))
			continue
		}
		step := Step{ID: takeBackPrefix + u.Step, Prove: true}
		planned := PlannedStep{Step: &step, Command: u.Undo, Undo: u.Command, back: true}
		switch verdict, why := p.stands(now, then, u, &planned); verdict {
		case gone:
			out.Left = append(out.Left, u.Step+" "+why)
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
		if step.TimedUndo {
			planned.UndoAfter = after
			run, _ := now.values[conditions.RunName].(string)
			planned.Arm, planned.Disarm = onhost.ArmCommand(step.ID, run, planned.Undo, after, step.MaxTime()), onhost.DisarmCommand(step.ID, run)
		}
		out.Rung.Steps = append(out.Rung.Steps, planned)
	}
	return out
}

// standing is the state of an earlier run's change in a look.
type standing int

const (
	unclear standing = iota // it can't be told, or others have changed part of it
	gone                    // there is nothing to take back
	stands                  // it is in effect, and was not before the run
)

// stands judges a change by the facts of now and of before the run; the reason is
// for people. planned receives the facts that the undo's own look
// needs.
func (p *Playbook) stands(now, then *Diagnosis, u Undoable, planned *PlannedStep) (verdict standing, why string) {
	if then == nil {
		return unclear, "is left alone: the host's facts from before that run are lost"
	}
	was, c, values := p.appliedStep(then, u)
	if was == nil {
		return unclear, "is left alone: the playbook no longer has this step"
	}
	planned.Step.Timeout, planned.Step.TimedUndo = was.Timeout, was.TimedUndo
	planned.confirm, planned.refute, planned.undoWhen, planned.before = c.Confirm, c.Refute, c.UndoWhen, values
	if was.Temporary { // this run would find a folder of its own
		return unclear, "is left alone: it was temporary, and its run did not undo it"
	}
	so, errThen := planned.confirmed(then)
	left, err := planned.undoLeft(now)
	switch {
	case err != nil:
		return unclear, "is left alone: it can't be told whether it is in effect: " + err.Error()
	case errThen == nil && so && (c.UndoWhen == nil || !left):
		return gone, "is left as it is: it was so before that run"
	case !left:
		return gone, "is no longer in effect"
	case errThen != nil && c.UndoWhen == nil:
		return unclear, "is left alone: it can't be told whether it was so before that run: " + errThen.Error()
	}
	for _, g := range c.UndoGuards {
		if reason := now.guarded(g, planned.values(now)); reason != "" {
			return unclear, "is left alone: " + reason
		}
	}
	return stands, ""
}

// appliedStep finds the step of a change in the playbook, and the facts with which
// it was planned: those of before the run and, of a step that is taken for each item
// of a list, the item with which its command comes out the same. nil: not found.
func (p *Playbook) appliedStep(then *Diagnosis, u Undoable) (*Step, program.Step, map[string]any) {
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
