package playbooks

import (
	"aixmend/playbooks/conditions"
	"aixmend/playbooks/document"
	"aixmend/playbooks/onhost"
	"aixmend/playbooks/program"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Wishes is what the operator allows and asks for.
type Wishes struct {
	// Allowed holds the words of --allow.
	Allowed []string
	// MendWarnings makes warnings reasons for a change too.
	MendWarnings bool
	// Waived tells whether a finding is waived on the host.
	Waived func(id string) bool
	// Tried tells whether a rung was begun on the host already; nil: none was.
	Tried func(rung string) bool
	// Refused says why a check of a rung did not let it run, "" when none did.
	Refused func(rung string) string
}

// PlannedRung is a rung that could help a host.
type PlannedRung struct {
	Rung *Rung
	// Fixes are the open findings that the rung can mend.
	Fixes []string
	// Blocked says why the rung may not run now; "" when it may.
	Blocked string
	// NotAllowed is the word of --allow that is wanting, "" when none is.
	NotAllowed string
	// Waits tells that it is blocked only because a finding stands that it
	// can't mend: no person can take or allow it.
	Waits bool
	Steps []PlannedStep

	later bool // what it would run follows from what a rung before it brings
}

// PlannedStep is a step with its commands as they would run.
type PlannedStep struct {
	Step *Step
	// Command and Undo are complete shell text. A transfer of files has a
	// comment that says what is moved.
	Command, Undo string
	// Because says why the step is needed, "" where its rung says it.
	Because string
	// From and To are the folders of an upload; From alone is that of a fetch.
	From, To string
	// Arm and Disarm are the commands around a step with a timed undo, empty
	// for the others. UndoAfter is how long the armed undo waits.
	Arm, Disarm string
	UndoAfter   time.Duration

	back            bool // it takes a step back: what confirms that refutes this
	confirm, refute *conditions.Expression
	undoWhen        *conditions.Expression
	before          map[string]any // facts when the rung was planned
}

// Targets returns the ids of the findings that call for a change, sorted: the
// critical ones and, where that is asked for, the warnings that a rung fixes.
func (p *Playbook) Targets(d *Diagnosis, w Wishes) []string {
	ids := []string{}
	for _, v := range d.Verdicts {
		counts := v.Severity == "critical" || (v.Severity == "warning" && w.MendWarnings && p.fixable(v.ID, w.Allowed))
		if counts && !(w.Waived != nil && w.Waived(v.ID)) {
			ids = append(ids, v.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// fixable reports whether an allowed rung fixes a finding.
func (p *Playbook) fixable(id string, allowed []string) bool {
	return slices.ContainsFunc(p.Rungs, func(r Rung) bool {
		return len(fixed(&r, []string{id})) > 0 && (r.Allow == "" || slices.Contains(allowed, r.Allow))
	})
}

// Plan returns the rungs that could mend what was found, the least invasive
// first, those included that are blocked. A rung that is not needed, or has no
// step to take, is left out.
func (p *Playbook) Plan(d *Diagnosis, w Wishes) []PlannedRung {
	targets := p.Targets(d, w)
	d.values[conditions.AllowedName] = append([]string{}, w.Allowed...)
	var plan []PlannedRung
	coming := map[string]bool{} // what rungs that will run before may mend
	for i := range p.Rungs {
		r, c := &p.Rungs[i], p.Code.Rungs[i]
		planned := PlannedRung{Rung: r, Fixes: fixed(r, targets)}
		if len(planned.Fixes) == 0 && !p.collects(r, plan, w) {
			continue
		}
		if c.When != nil {
			if holds, err := c.When.Holds(d.values); err == nil && !holds {
				continue
			} else if err != nil {
				planned.block("it can't be told whether the rung applies: " + err.Error())
			}
		}
		p.blockRung(d, c, w, coming, &planned)
		if !planned.later {
			p.planSteps(d, c, &planned)
		}
		if len(planned.Steps) > 0 || planned.Blocked != "" {
			plan = append(plan, planned)
			for _, id := range planned.Fixes {
				coming[id] = coming[id] || (planned.Blocked == "" && !(w.Tried != nil && w.Tried(r.ID)))
			}
		}
	}
	return plan
}

// collects reports whether a rung collects support data after rungs that may leave
// findings open.
func (p *Playbook) collects(r *Rung, before []PlannedRung, w Wishes) bool {
	return r.Collect && (p.OnlyCollects() || slices.ContainsFunc(before, func(b PlannedRung) bool {
		return b.Blocked == "" || (w.Tried != nil && w.Tried(b.Rung.ID))
	}))
}

// blockRung says why a rung may not run now.
func (p *Playbook) blockRung(d *Diagnosis, c program.Rung, w Wishes, coming map[string]bool, planned *PlannedRung) {
	r := planned.Rung
	if w.Refused != nil {
		planned.block(w.Refused(r.ID))
	}
	for _, g := range slices.Concat(p.Code.Guards, c.Guards) {
		if slices.ContainsFunc(g.Except, func(id Text) bool { return id.V == r.ID }) {
			continue
		}
		reason := d.guarded(g, d.values)
		if reason != "" && g.Waits && slices.ContainsFunc(planned.Fixes, func(id string) bool { return coming[id] }) {
			planned.wait(reason)
			planned.later = true
			continue
		}
		planned.block(reason)
	}
	if r.Exclusive {
		planned.wait(p.standing(d, r, w, coming))
	}
	if r.Collect && !p.OnlyCollects() {
		planned.wait(document.NothingElse)
	}
	if r.Allow != "" && !slices.Contains(w.Allowed, r.Allow) {
		planned.block("not allowed: it takes --allow " + r.Allow)
		planned.NotAllowed = r.Allow
	}
}

// Throughout says why nothing more of a rung may be sent to a host as it is now, by
// the guards that hold throughout; "" when it may. What takes it back is held by
// those of its steps, too.
func (p *Playbook) Throughout(d *Diagnosis, rung string, back bool) string {
	for i, r := range p.Rungs {
		if r.ID != rung {
			continue
		}
		guards := slices.Concat(p.Code.Guards, p.Code.Rungs[i].Guards)
		for _, s := range p.Code.Rungs[i].Steps {
			if back {
				guards = append(guards, s.Guards...)
			}
		}
		for _, g := range guards {
			if !g.Throughout || slices.ContainsFunc(g.Except, func(id Text) bool { return id.V == rung }) {
				continue
			}
			if reason := d.guarded(g, d.values); reason != "" {
				return reason
			}
		}
	}
	return ""
}

// Rest plans a rung that was begun for a host as it is now, whatever calls for it. taken
// reports whether a step of it, by its name, is known to have happened. Blocked says why
// nothing more of the rung may be sent: as long as no step has been taken by all guards,
// else by those that hold throughout and those of the steps that are left.
func (p *Playbook) Rest(d *Diagnosis, rung string, w Wishes, taken func(step string) bool) PlannedRung {
	at := slices.IndexFunc(p.Rungs, func(r Rung) bool { return r.ID == rung })
	if at < 0 {
		return PlannedRung{Rung: &Rung{ID: rung}, Blocked: "the playbook has no rung of this name"}
	}
	d.values[conditions.AllowedName] = append([]string{}, w.Allowed...)
	r, c, begun := &p.Rungs[at], p.Code.Rungs[at], false
	rest := PlannedRung{Rung: r}
	for j := range r.Steps {
		one := PlannedRung{Rung: r}
		p.planEach(d, &r.Steps[j], c.Steps[j], &one)
		rest.Steps = append(rest.Steps, one.Steps...)
		rest.block(one.Blocked)
		if taken(r.Steps[j].ID) || slices.ContainsFunc(one.Steps, func(s PlannedStep) bool { return taken(s.Step.ID) }) {
			begun, rest.Blocked = true, "" // what stood in the way up to here does so no more
		}
	}
	if r.Collect {
		return rest
	}
	for _, g := range slices.Concat(p.Code.Guards, c.Guards) {
		if begun && !g.Throughout || slices.ContainsFunc(g.Except, func(id Text) bool { return id.V == rung }) {
			continue
		}
		rest.block(d.guarded(g, d.values))
	}
	return rest
}

// planSteps renders the steps that are needed. What can't be rendered blocks
// the whole rung: half a rung is never run.
func (p *Playbook) planSteps(d *Diagnosis, c program.Rung, planned *PlannedRung) {
	for j := range planned.Rung.Steps {
		p.planEach(d, &planned.Rung.Steps[j], c.Steps[j], planned)
	}
}

// planEach renders a step, once for each item where it has some.
func (p *Playbook) planEach(d *Diagnosis, s *Step, cs program.Step, planned *PlannedRung) {
	if cs.Each == nil {
		p.planStep(d, s, cs, d.values, planned)
		return
	}
	items, err := cs.Each.Items(d.values)
	if err != nil {
		planned.block("step " + s.ID + ": it can't be told for what it is needed: " + err.Error())
		return
	}
	for i, item := range items {
		one, values := *s, maps.Clone(d.values)
		one.ID = fmt.Sprintf("%s-%d", s.ID, i+1)
		values[conditions.EachName] = item
		p.planStep(d, &one, cs, values, planned)
	}
}

// planStep renders one step where it is needed.
func (p *Playbook) planStep(d *Diagnosis, s *Step, cs program.Step, values map[string]any, planned *PlannedRung) {
	if cs.When != nil {
		holds, err := cs.When.Holds(values)
		if err != nil {
			planned.block("step " + s.ID + ": it can't be told whether it is needed: " + err.Error())
			return
		}
		if !holds {
			return
		}
	}
	because := cs.Because.Text(values)
	if s.Allow != "" && !slices.Contains(d.values[conditions.AllowedName].([]string), s.Allow) {
		reason := "not allowed: step " + s.ID + " takes --allow " + s.Allow
		if because != "" {
			reason += ", because " + because
		}
		planned.block(reason)
		planned.NotAllowed = s.Allow
	}
	for _, g := range cs.Guards {
		planned.block(d.guarded(g, values))
	}
	step, err := render(cs, s, values)
	if err != nil {
		planned.block("step " + s.ID + ": " + err.Error())
		return
	}
	step.Because = because
	if s.TimedUndo {
		step.UndoAfter, _ = values[conditions.ParamPrefix+document.UndoAfterParam].(time.Duration)
		run, _ := values[conditions.RunName].(string)
		step.Arm, step.Disarm = onhost.ArmCommand(s.ID, run, step.Undo, step.UndoAfter, s.MaxTime()), onhost.DisarmCommand(s.ID, run)
	}
	planned.Steps = append(planned.Steps, step)
}

// render makes the texts of a step complete.
func render(cs program.Step, s *Step, values map[string]any) (PlannedStep, error) {
	step := PlannedStep{Step: s, confirm: cs.Confirm, refute: cs.Refute, before: values}
	var err, err2 error
	switch {
	case s.Upload != nil:
		step.From, err = cs.From.Prose(values) // of this machine: no shell sees it
		step.To, err2 = cs.To.Command(values)
		step.Command = fmt.Sprintf("# the files of the folder %s of this machine are uploaded to %s", step.From, step.To)
	case s.Fetch.V != "":
		step.From, err = cs.Run.Command(values)
		step.Command = fmt.Sprintf("# the files of %s are fetched into the run's folder", step.From)
	default:
		step.Command, err = cs.Run.Command(values)
	}
	if err := errors.Join(err, err2); err != nil {
		return step, err
	}
	step.Command = strings.TrimSpace(step.Command)
	undo, err := undoText(cs, s, values)
	if err != nil {
		return step, fmt.Errorf("undo: %w", err)
	}
	step.Undo = strings.TrimSpace(undo)
	return step, nil
}

// undoText renders the undo: a command, or the reason why there is none.
func undoText(cs program.Step, s *Step, values map[string]any) (string, error) {
	if strings.HasPrefix(s.Undo.V, document.UndoNone) {
		return cs.Undo.Prose(values)
	}
	return cs.Undo.Command(values)
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
		reason += " (it can't be told: " + err.Error() + ")"
	}
	return reason
}

// fixed returns the targets that a rung can mend.
func fixed(r *Rung, targets []string) []string {
	var ids []string
	for _, m := range r.Fixes {
		if slices.Contains(targets, m.V) {
			ids = append(ids, m.V)
		}
	}
	return ids
}

// standing returns the critical findings that neither the rung nor one that
// runs before it can mend, as a reason.
func (p *Playbook) standing(d *Diagnosis, r *Rung, w Wishes, coming map[string]bool) string {
	w.MendWarnings = false
	var rest []string
	for _, id := range p.Targets(d, w) {
		if len(fixed(r, []string{id})) == 0 && !coming[id] {
			rest = append(rest, id)
		}
	}
	if len(rest) == 0 {
		return ""
	}
	return "it would interrupt RMC for nothing while this stands: " + strings.Join(rest, ", ")
}

// errCantTell says that the evidence speaks neither for nor against a step.
var errCantTell = errors.New("the evidence speaks neither for it nor against it")

// Confirm tells from a new diagnosis whether a step has happened; of one that
// takes a step back, whether nothing of it is left. An error: it can't be told.
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
