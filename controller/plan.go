package controller

import (
	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
)

// printPlan writes the plan into the report.
func (w *walk) printPlan() {
	w.out.Plan = []outcome.PlanStep{}
	if w.Verb == Plan {
		w.out.Evidence = w.Playbook.Evidence(w.evidence.diagnosis, w.evidence.plan)
	}
	w.out.Plan = append(w.out.Plan, rowsOf(w.evidence.plan)...)
}

// rowsOf are the rows of a plan.
func rowsOf(plan []playbooks.PlannedRung) []outcome.PlanStep {
	var rows []outcome.PlanStep
	for _, r := range plan {
		if len(r.Steps) == 0 { // its commands are not known yet
			rows = append(rows, outcome.PlanStep{Rung: r.Rung.ID, AllowedBy: r.Rung.Allow, BlockedBy: r.Blocked, Fixes: append([]string{}, r.Fixes...)})
		}
		for i := range r.Steps {
			rows = append(rows, planRows(&r, &r.Steps[i])...)
		}
	}
	return rows
}

// planRows are the rows of a step: with a timed undo it has three.
func planRows(r *playbooks.PlannedRung, s *playbooks.PlannedStep) []outcome.PlanStep {
	allow := s.Step.Allow
	if allow == "" {
		allow = r.Rung.Allow
	}
	row := outcome.PlanStep{
		Rung: r.Rung.ID, Step: s.Step.ID, Command: s.Command, Undo: s.Undo,
		AllowedBy: allow, BlockedBy: r.Blocked, Fixes: append([]string{}, r.Fixes...),
		Conditional: r.Rung.Collect && r.Waits, Because: s.Because,
	}
	return course.WithTimedUndo(row, s.Arm, s.Disarm, s.UndoAfter)
}
