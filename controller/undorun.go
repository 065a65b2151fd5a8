package controller

import (
	"fmt"
	"slices"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
)

// A run that takes another one back walks its hosts in the same way: diagnose,
// capture, one rung, verify. Only the rung is not the playbook's: it is the undo of
// what the other run applied, the newest first.

// Earlier is what an earlier run has done to a host.
type Earlier struct {
	// Run is its id.
	Run string
	// Changes are those that may be in effect, in the order in which they were made.
	Changes []playbooks.Undoable
	// Facts are those of the host before the first of them, nil where they are
	// not known any more.
	Facts map[string]any
}

// Undoables are the changes of a trail that may be in effect. What was armed and
// disarmed around them, and what was taken back, is not.
func Undoables(t outcome.Trail) []playbooks.Undoable {
	var list []playbooks.Undoable
	for _, c := range t.Changes {
		around := slices.ContainsFunc([]string{armStep(""), disarmStep(""), undoSuffix}, func(kind string) bool { return strings.HasSuffix(c.Step, kind) })
		if around || c.Status == outcome.NotApplied || c.Status == outcome.Undone {
			continue
		}
		list = append(list, playbooks.Undoable{Rung: c.Rung, Step: c.Step, Command: c.Command, Undo: c.Undo, Unknown: c.Status == outcome.UnknownIf})
	}
	return list
}

// replan plans what may be done to the host as it is known now.
func (w *walk) replan(d *playbooks.Diagnosis) []playbooks.PlannedRung {
	if w.Earlier == nil {
		return w.Playbook.Plan(d, w.wishes())
	}
	back, err := w.rollback(d)
	if err != nil {
		w.alone = []string{err.Error()}
		return nil
	}
	if w.entered[playbooks.TakeBackRung] == 0 {
		w.alone = back.Left
	}
	if len(back.Rung.Steps) == 0 {
		return nil
	}
	return []playbooks.PlannedRung{back.Rung}
}

// rollback plans what is left of the earlier run to take back from the host as a
// look has found it. An error: what that run did is not known.
func (w *walk) rollback(d *playbooks.Diagnosis) (playbooks.TakenBack, error) {
	earlier, err := w.Earlier(w.host.Name)
	if err != nil {
		return playbooks.TakenBack{}, err
	}
	w.takes = earlier.Run
	var then *playbooks.Diagnosis
	if earlier.Facts != nil {
		then, _ = w.Playbook.Recall(w.Params, w.known(), earlier.Facts, nil)
	}
	return w.Playbook.TakeBack(d, then, earlier.Changes), nil
}

// concludeTakenBack says how a host ended of which an earlier run was taken back:
// by the newest look, whatever was sent. Undone is one on which nothing of that run
// is left that can be taken back. What the host has now is said beside it, and is
// the outcome of a plan.
func (w *walk) concludeTakenBack() {
	n := 0
	for _, c := range w.out.Changes {
		around := strings.HasSuffix(c.Step, armStep("")) || strings.HasSuffix(c.Step, disarmStep(""))
		if c.Status == outcome.Applied && !around {
			n++
		}
	}
	conclude(&w.out)
	now := w.out.Reason
	back, err := w.rollback(w.diagnosis)
	said := []string{plural(n, "%d step", "%d steps") + fmt.Sprintf(" of run %s taken back", w.takes)}
	switch {
	case w.Verb != Recover && len(back.Rung.Steps) > 0:
		said = []string{plural(len(back.Rung.Steps), "%d step", "%d steps") + fmt.Sprintf(" of run %s would be taken back: ", w.takes) + stepsOf(back.Rung)}
	case n == 0 && len(back.Rung.Steps) == 0:
		said = []string{fmt.Sprintf("nothing of run %s is left to take back", w.takes)}
	}
	said = append(said, w.alone...)
	switch {
	case w.Verb != Recover, w.diagnosis.Incomplete:
	case err != nil, len(back.Open) > 0, back.Rung.Blocked != "":
		w.out.Outcome = outcome.NeedsAction
		said = append(slices.DeleteFunc([]string{back.Rung.Blocked}, func(s string) bool { return s == "" }), said...)
	case len(back.Rung.Steps) > 0:
		w.out.Outcome = outcome.Failed
		said = append([]string{"still in effect: " + stepsOf(back.Rung)}, said...)
	default:
		w.out.Outcome = outcome.OutcomeUndone
	}
	if now != "" {
		said = append(said, "now: "+now)
	}
	w.out.Reason = strings.Join(said, "; ")
}

// stepsOf names the steps that a rollback would take back.
func stepsOf(r playbooks.PlannedRung) string {
	var names []string
	for _, s := range r.Steps {
		names = append(names, strings.TrimPrefix(s.Step.ID, "undo-"))
	}
	return strings.Join(names, ", ")
}
