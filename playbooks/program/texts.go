package program

import (
	"cel.dev/cel-go/cel"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/document"
)

// texts compiles conditions and texts in one environment.
type texts struct {
	*compiler
	env *cel.Env
	// before also declares each fact as it was when the rung was planned.
	before *cel.Env
}

// condition compiles a boolean expression; nil where it is empty.
func (t *texts) condition(text document.Text) *conditions.Expression {
	return t.expression(t.env, "condition", text, cel.BoolType)
}

func (t *texts) text(text document.Text) *conditions.Template {
	template, err := conditions.NewTemplate(t.env, text.V)
	if err != nil {
		t.add(text.Pos, "", "text: %v", err)
	}
	return template
}

// each compiles the list of a finding or step, and returns texts that also know its
// items; nil and t itself where there is no list.
func (t *texts) each(text document.Text) (*conditions.Expression, *texts) {
	if text.V == "" {
		return nil, t
	}
	list, of, err := conditions.NewList(t.env, text.V)
	if err != nil {
		t.add(text.Pos, "", "each: %v", err)
		return nil, t
	}
	item := cel.Variable(conditions.EachName, of)
	inner := *t
	if inner.env, err = t.env.Extend(item); err == nil && t.before != nil {
		inner.before, err = t.before.Extend(item)
	}
	if err != nil {
		t.add(text.Pos, "", "each: %v", err)
		return nil, t
	}
	return list, &inner
}

func (t *texts) probes(probes []document.Probe) map[string]Probe {
	out := map[string]Probe{}
	for _, p := range probes {
		out[p.ID] = Probe{When: t.condition(p.When), Run: t.text(p.Run)}
	}
	return out
}

func (t *texts) finding(f document.Finding) Finding {
	out := Finding{When: t.condition(f.When)}
	out.Each, t = t.each(f.Each)
	out.WarningWhen, out.Title, out.Remedy = t.condition(f.WarningWhen), t.text(f.Title), t.text(f.Remedy)
	for _, line := range f.Evidence {
		out.Evidence = append(out.Evidence, t.text(line))
	}
	for _, line := range f.Next {
		out.Next = append(out.Next, t.text(line))
	}
	if out.When != nil {
		out.Probes, out.Readings = t.ProbesOf(out.When.Refs), t.readings(out.When.Refs)
	}
	return out
}

func (t *texts) guards(guards []document.Guard) []Guard {
	var out []Guard
	for _, g := range guards {
		out = append(out, Guard{Guard: g, Holds: t.condition(g.Require), Reason: t.text(g.Else)})
	}
	return out
}

func (t *texts) rung(r document.Rung) Rung {
	out := Rung{When: t.condition(r.When), Guards: t.guards(r.Guards)}
	for _, s := range r.Steps {
		out.Steps = append(out.Steps, t.step(s))
	}
	return out
}

func (t *texts) step(s document.Step) Step {
	var out Step
	out.Each, t = t.each(s.Each)
	after := &texts{compiler: t.compiler, env: t.before}
	out.When, out.Guards = t.condition(s.When), t.guards(s.Guards)
	out.Confirm, out.Refute = after.condition(s.Confirm), after.condition(s.Refute)
	out.UndoWhen, out.UndoGuards = after.condition(s.UndoWhen), after.guards(s.UndoGuards)
	out.Run, out.Undo, out.Because = t.text(s.Run), t.text(s.Undo), t.text(s.Because)
	switch {
	case s.Upload != nil:
		out.From, out.To = t.text(s.Upload.From), t.text(s.Upload.To)
	case s.Fetch.V != "":
		out.Run = t.text(s.Fetch)
	}
	return out
}
