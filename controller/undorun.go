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
	earlier, err := w.Earlier(w.host.Name)
	if err != nil {
		w.alone = []string{err.Error()}
		return nil
	}
	w.takes = earlier.Run
	var then *playbooks.Diagnosis
	if earlier.Facts != nil {
		then, _ = w.Playbook.Recall(w.Params, w.known(), earlier.Facts, nil)
	}
	back := w.Playbook.TakeBack(d, then, earlier.Changes)
	if w.entered[playbooks.TakeBackRung] == 0 {
		w.alone = back.Left
	}
	if len(back.Rung.Steps) == 0 {
		return nil
	}
	return []playbooks.PlannedRung{back.Rung}
}

// concludeTakenBack says how a host ended of which an earlier run was taken back:
// what it has now is judged like any host.
func (w *walk) concludeTakenBack() {
	n := 0
	for _, c := range w.out.Changes {
		around := strings.HasSuffix(c.Step, armStep("")) || strings.HasSuffix(c.Step, disarmStep(""))
		if c.Status == outcome.Applied && !around {
			n++
		}
	}
	conclude(&w.out)
	reason := plural(n, "%d step", "%d steps") + fmt.Sprintf(" of run %s taken back", w.takes)
	if len(w.alone) > 0 {
		reason += "; " + strings.Join(w.alone, "; ")
	}
	w.out.Reason = strings.TrimSuffix(reason+"; now: "+w.out.Reason, "; now: ")
}
