package controller

import (
	"slices"
	"strings"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
)

// Changes are the changes of a trail that may be in effect, without armings, disarmings
// and changes that were undone.
func Changes(t outcome.Trail) []playbooks.Change {
	var list []playbooks.Change
	for _, c := range t.Changes {
		_, part := course.PartOf(c.Step)
		if part != course.Main || c.Status == outcome.NotApplied || c.Status == outcome.Undone {
			continue
		}
		list = append(list, playbooks.Change{Rung: c.Rung, Step: c.Step, Command: c.Command, Undo: c.Undo, Unknown: c.Status == outcome.UnknownIf})
	}
	return list
}

// replan plans the rungs for the host by its newest diagnosis.
func (w *walk) replan(d *playbooks.Diagnosis) []playbooks.PlannedRung {
	if w.Earlier == nil {
		return w.Playbook.Plan(d, w.wishes())
	}
	back, err := w.rollback(d)
	r := course.Rollback{NoUndo: back.NoUndo, Lost: len(back.Lost) > 0}
	switch {
	case err != nil:
		r.Person = err.Error()
	case back.Rung.Blocked != "":
		r.Person = back.Rung.Blocked
	case len(back.Open) > 0:
		r.Person = strings.Join(back.Open, "; ")
	}
	r.Left = slices.DeleteFunc(back.Left, func(left string) bool { return slices.Contains(back.Open, left) || w.undid(left) })
	for _, s := range back.Rung.Steps {
		r.Stands = append(r.Stands, strings.TrimPrefix(s.Step.ID, playbooks.UndoPrefix))
	}
	w.evidence.rollback = r
	if len(back.Rung.Steps) == 0 {
		return nil
	}
	return []playbooks.PlannedRung{back.Rung}
}

// undid reports whether a line is about a step that this very rollback has undone: that it
// is no longer in effect is no news.
func (w *walk) undid(left string) bool {
	return slices.ContainsFunc(w.course.Changes, func(c course.Change) bool {
		return c.Part == course.Main && strings.HasPrefix(left, strings.TrimPrefix(c.Step.ID, playbooks.UndoPrefix)+" ")
	})
}

// rollback plans the undo of the rest of the earlier run, by a look. The error says that the
// changes of that run are not known.
func (w *walk) rollback(d *playbooks.Diagnosis) (playbooks.Rollback, error) {
	earlier, err := w.Earlier(w.host.Name)
	w.evidence.earlier = earlier.Run
	if err != nil {
		return playbooks.Rollback{}, err
	}
	var then *playbooks.Diagnosis
	if earlier.Facts != nil {
		then, _ = w.Playbook.Recall(w.Params, w.known(), earlier.Facts, nil)
	}
	return w.Playbook.PlanRollback(d, then, earlier.Changes), nil
}
