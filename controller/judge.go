package controller

import (
	"slices"

	"aixmend/controller/approval"
	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
)

// judge makes the look that the course decides from.
func (w *walk) judge(process course.Process) *course.Look {
	d, asks := w.evidence.diagnosis, w.wishes()
	look := &course.Look{
		Skip: d.Skip, Incomplete: d.Incomplete, Proved: w.Playbook.Proved(d), Targets: w.Playbook.Targets(d, asks), Open: outcome.OpenIDs(w.out.Findings),
		SideEffects: w.sideEffects(), Verdict: outcome.Worst(w.out.Findings), Why: verdictOf(w.out.Findings),
		Rollback: w.evidence.rollback, Fates: map[int]course.Fate{}, Process: process, OnlyCollects: w.Playbook.OnlyCollects(),
	}
	if view, ok := d.Facts["fleet"].(facts.Fleet); ok {
		look.Complete = view.Complete
		look.Others = w.peers.Clones(w.host.Name, w.Allowed)
		look.OthersOpen = w.evidence.othersOpen
	}
	if a := w.evidence.approved; a != nil && len(w.out.Changes) == 0 {
		if look.Drift = a.Held; a.Held == "" {
			w.out.Drift = w.drift()
		}
		if len(w.out.Drift) > 0 {
			look.Drift = approval.Drifted + few(w.out.Drift)
		}
	}
	for _, rung := range w.evidence.plan {
		look.Plan = append(look.Plan, rungOf(rung))
	}
	for _, i := range w.course.Asked() {
		look.Fates[i] = w.fate(&w.course.Changes[i])
	}
	if rung := w.course.InProgress(); rung != nil {
		look.Rest = w.rest(rung.ID, look.Fates)
	}
	return look
}

// fate returns the verdict of the evidence on a change.
func (w *walk) fate(c *course.Change) course.Fate {
	s, known := w.planned(c)
	if !known {
		return course.Fate{Why: "the evidence for the step is lost"}
	}
	inEffect, err := s.Confirm(w.evidence.diagnosis)
	if err != nil {
		return course.Fate{Why: err.Error()}
	}
	return course.Fate{Known: true, InEffect: inEffect, Seen: seen(&s)}
}

// seen words the evidence for a step that is in effect. A step without a `refute` condition
// is confirmed by its intended effect: whether it ran can't be seen.
func seen(s *playbooks.PlannedStep) string {
	if s.Step.Refute.V == "false" {
		return "a new look shows its intended effect; whether this step caused it can't be seen"
	}
	return "a new look shows that it happened"
}

// rest is the rung in progress, planned from the newest look.
func (w *walk) rest(rung string, fates map[int]course.Fate) course.Rest {
	if w.Earlier != nil {
		var rest course.Rest
		for _, r := range w.evidence.plan {
			rest = course.Rest{Steps: stepsOf(r.Steps), Blocked: r.Blocked}
		}
		return rest
	}
	planned := w.Playbook.Rest(w.evidence.diagnosis, rung, w.wishes(), func(step string) bool { return w.taken(rung, step, fates) })
	return course.Rest{Steps: stepsOf(planned.Steps), Blocked: planned.Blocked}
}

// taken reports whether a step of a rung is known to have happened in this run, by the
// newest look too.
func (w *walk) taken(rung, step string, fates map[int]course.Fate) bool {
	for i, c := range w.course.Changes {
		if c.Part == course.Main && c.Rung == rung && c.Step.ID == step && (c.Status == outcome.Applied || c.Status == outcome.UnknownIf && fates[i].Known && fates[i].InEffect) {
			return true
		}
	}
	return false
}

// adopt makes a diagnosis the newest one, in the report too.
func (w *walk) adopt(d *playbooks.Diagnosis) {
	w.evidence.diagnosis = d
	w.out.Facts = d.Facts
	w.out.FactErrors = map[string]string{}
	for name, err := range d.Missing {
		if !playbooks.NotRead(err) {
			w.out.FactErrors[name] = err.Error()
		}
	}
	w.out.Findings, w.out.Passed = []outcome.Finding{}, d.Passed
	changed := w.evidence.before != nil && w.course.Changed() && w.Earlier == nil
	if changed {
		w.Playbook.Compare(w.evidence.before, d)
	}
	for _, v := range d.Verdicts {
		w.out.Findings = append(w.out.Findings, waive(w.host, finding(v)))
	}
	w.out.Fixed = nil
	if changed {
		w.out.Fixed = w.fixed(d)
	}
	w.findLeft()
	w.evidence.plan = w.replan(d)
	if w.evidence.approved != nil {
		w.evidence.approved.Block(w.evidence.plan)
	}
	if (w.Verb == Plan || w.Verb == Recover) && !w.course.Begun() && d.Skip == "" && !d.Incomplete {
		w.printPlan()
	}
}

// fixed are the findings that were there before the first change and are not now.
func (w *walk) fixed(d *playbooks.Diagnosis) []outcome.Finding {
	var gone []outcome.Finding
	for _, v := range w.evidence.before.Verdicts {
		if !slices.ContainsFunc(d.Verdicts, func(now playbooks.Verdict) bool { return now.ID == v.ID }) {
			gone = append(gone, waive(w.host, finding(v)))
		}
	}
	return gone
}

// planned is the step of a change as it was planned; false where that is not known.
func (w *walk) planned(c *course.Change) (playbooks.PlannedStep, bool) {
	s, ok := w.steps[c.Rung+"/"+c.Step.ID]
	return s, ok && s.Command == c.Step.Command
}

// remember stores the steps of a rung as they were planned: their conditions tell later
// whether they happened.
func (w *walk) remember(rung string, plan []playbooks.PlannedRung) {
	for _, r := range plan {
		if r.Rung.ID != rung {
			continue
		}
		for _, s := range r.Steps {
			w.steps[rung+"/"+s.Step.ID] = s
		}
	}
}

// rungOf is a planned rung as the course has it.
func rungOf(p playbooks.PlannedRung) course.Rung {
	rung := course.Rung{
		ID: p.Rung.ID, Fixes: append([]string{}, p.Fixes...), Blocked: p.Blocked, NotAllowed: p.NotAllowed, Waits: p.Waits,
	}
	rung.RungBegun = outcome.RungBegun{Number: p.Rung.Number, Title: p.Rung.Title, Collects: p.Rung.Collect, NoSettle: p.Rung.NoSettle}
	rung.Steps = stepsOf(p.Steps)
	return rung
}

func stepsOf(planned []playbooks.PlannedStep) []course.Step {
	steps := make([]course.Step, len(planned))
	for i := range planned {
		steps[i] = stepOf(&planned[i])
	}
	return steps
}

// stepOf is a planned step as the course has it.
func stepOf(p *playbooks.PlannedStep) course.Step {
	step := course.Step{
		ID: p.Step.ID, Command: p.Command, Undo: p.Undo, Timeout: p.Step.Timeout, Check: p.Step.Checks,
		MayFail: p.Step.MayFail, Prove: p.Step.Prove, Revert: p.Step.Revert, Temporary: p.Step.Temporary,
	}
	if step.Timeout <= 0 {
		step.Timeout = playbooks.DefaultStepTimeout
	}
	for _, id := range p.Step.Finally {
		step.Finishes = append(step.Finishes, id.V)
	}
	switch {
	case p.Step.Upload != nil:
		step.Transfer = outcome.TransferUpload
	case p.Step.Fetch.V != "":
		step.Transfer = outcome.TransferFetch
	}
	if p.Arm != "" {
		step.Timer = &outcome.UndoTimer{Arm: p.Arm, Disarm: p.Disarm, After: p.UndoAfter}
	}
	return step
}
