package playbooks

import (
	"errors"
	"maps"
	"time"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/program"
)

// PlannedRung is a rung that could help a host.
type PlannedRung struct {
	Rung *Rung
	// Fixes are the open findings that the rung can fix.
	Fixes []string
	// Blocked is the reason why the rung may not run now, "" if it may.
	Blocked string
	// NotAllowed is the missing word of --allow, "" if none is missing.
	NotAllowed string
	// Waits reports whether it is blocked only by a finding that it can't fix, so that
	// no action of a person could unblock it.
	Waits bool
	Steps []PlannedStep

	later bool // its commands depend on the effect of an earlier rung
}

// PlannedStep is a step with its commands as they would run.
type PlannedStep struct {
	Step *Step
	// Command and Undo are complete shell text. A transfer of files has a
	// comment that names the files.
	Command, Undo string
	// Because says why the step is needed, "" where its rung says it.
	Because string
	// From and To are the folders of an upload; From alone is that of a fetch.
	From, To string
	// Arm and Disarm are the commands around a step with a timed undo, empty
	// for the others. UndoAfter is how long the armed undo waits.
	Arm, Disarm string
	UndoAfter   time.Duration

	back            bool // it undoes a step: evidence that confirms the step refutes this
	confirm, refute *conditions.Expression
	undoWhen        *conditions.Expression
	before          map[string]any // facts when the rung was planned
}

// block records the first reason; one that a person can do something about
// goes before a mere wait.
func (r *PlannedRung) block(reason string) {
	if reason != "" && (r.Blocked == "" || r.Waits) {
		r.Blocked, r.Waits = reason, false
	}
}

// wait records a reason for which nobody need act, where nothing else blocks.
func (r *PlannedRung) wait(reason string) {
	if reason != "" && r.Blocked == "" {
		r.Blocked, r.Waits = reason, true
	}
}

// guarded returns why a guard blocks, "" when it lets pass. A guard that can't
// be evaluated blocks.
func (d *Diagnosis) guarded(g program.Guard, values map[string]any) string {
	holds, err := g.Holds.Holds(values)
	if err == nil && holds {
		return ""
	}
	reason := g.Reason.Text(values)
	if err != nil {
		reason += " (not known: " + err.Error() + ")"
	}
	return reason
}

// errCantTell is the error for a step that the evidence neither confirms nor refutes.
var errCantTell = errors.New("the evidence neither confirms nor refutes it")

// Confirm reports whether a step has happened, by a new diagnosis; for the undo of a step,
// whether nothing of the step is left. An error means that it is not known.
func (s PlannedStep) Confirm(d *Diagnosis) (bool, error) {
	if s.confirm == nil {
		return false, errCantTell
	}
	if s.back {
		left, err := s.undoLeft(d)
		return !left && err == nil, err
	}
	return s.confirmed(d)
}

// undoLeft reports whether there is anything of the step to undo.
func (s PlannedStep) undoLeft(d *Diagnosis) (bool, error) {
	if s.undoWhen != nil {
		return s.undoWhen.Holds(s.values(d))
	}
	return s.confirmed(d)
}

func (s PlannedStep) confirmed(d *Diagnosis) (bool, error) {
	values := s.values(d)
	happened, err := s.confirm.Holds(values)
	if err != nil || happened || s.refute == nil {
		return happened, err
	}
	if refuted, err := s.refute.Holds(values); err != nil || !refuted {
		return false, errors.Join(errCantTell, err)
	}
	return false, nil
}

// values are the facts of a diagnosis and, as before.NAME, those with which the
// step was planned.
func (s PlannedStep) values(d *Diagnosis) map[string]any {
	values := maps.Clone(d.values)
	for name, value := range s.before {
		values[conditions.BeforePrefix+name] = value
	}
	if item, there := s.before[conditions.EachName]; there {
		values[conditions.EachName] = item
	}
	return values
}
