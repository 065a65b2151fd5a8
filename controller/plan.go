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
	for _, r := range w.evidence.plan {
		if len(r.Steps) == 0 { // its commands are not known yet
			w.out.Plan = append(w.out.Plan, outcome.PlanStep{Rung: r.Rung.ID, AllowedBy: r.Rung.Allow, BlockedBy: r.Blocked, Fixes: append([]string{}, r.Fixes...)})
		}
		for i := range r.Steps {
			w.out.Plan = append(w.out.Plan, planRows(&r, &r.Steps[i])...)
		}
	}
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
	if s.Arm == "" {
		return []outcome.PlanStep{row}
	}
	arm, disarm := row, row
	arm.Step, arm.Command, arm.Undo = course.Name(s.Step.ID, course.Arming), s.Arm, s.Disarm
	disarm.Step, disarm.Command, disarm.Undo = course.Name(s.Step.ID, course.Ending), s.Disarm, nothingToUndo
	return []outcome.PlanStep{arm, row, disarm}
}
