package playbooks

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/document"
	"aixmend/playbooks/program"
)

// planSteps renders the needed steps. A step that can't be rendered blocks the whole rung:
// a rung is never run in part.
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
		planned.block("step " + s.ID + ": its list can't be evaluated: " + err.Error())
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
			planned.block("step " + s.ID + ": it is not known whether it is needed: " + err.Error())
			return
		}
		if !holds {
			return
		}
	}
	because := cs.Because.Text(values)
	if s.Allow != "" && !slices.Contains(d.values[conditions.AllowedName].([]string), s.Allow) {
		reason := "not allowed: step " + s.ID + " requires --allow " + s.Allow
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
	after, _ := values[conditions.ParamPrefix+document.UndoAfterParam].(time.Duration)
	run, _ := values[conditions.RunName].(string)
	step.timed(run, after)
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
		step.Command = fmt.Sprintf("# upload the files of the local folder %s to %s", step.From, step.To)
	case s.Fetch.V != "":
		step.From, err = cs.Run.Command(values)
		step.Command = fmt.Sprintf("# fetch the files of %s into the run's folder", step.From)
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
	step.Undo = withoutEmptyLoops(strings.TrimSpace(undo))
	return step, nil
}

// emptyLoop matches a loop over nothing that is no part of another compound command.
var emptyLoop = regexp.MustCompile(`(?m)^for [a-z_]+ in ; do(?: .*; done|\n(?:[ \t].*\n)*done)(?:\n|\z)`)

// withoutEmptyLoops removes the loops of an undo that have nothing to go through on this host:
// they would do nothing, and hide the commands that do something.
func withoutEmptyLoops(undo string) string {
	if short := strings.TrimSpace(emptyLoop.ReplaceAllString(undo, "")); short != "" {
		return short
	}
	return undo
}

// undoText renders the undo: a command, or the reason why there is none.
func undoText(cs program.Step, s *Step, values map[string]any) (string, error) {
	if strings.HasPrefix(s.Undo.V, document.UndoNone) {
		return cs.Undo.Prose(values)
	}
	return cs.Undo.Command(values)
}
