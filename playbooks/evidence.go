package playbooks

import (
	"encoding/json"
	"slices"
	"strings"

	"aixmend/playbooks/conditions"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// The evidence of a plan: the parts of facts that its conditions and commands read.
// A plan is approved for this evidence; with other evidence it is another plan.

// Evidence returns the parts of facts that a plan is based on, as JSON, by their names in
// conditions. A missing part is null. Numbers are left out: free space and the like change
// all the time, and the plan itself shows their effect on conditions. Facts about other
// hosts are left out too.
func (p *Playbook) Evidence(d *Diagnosis, plan []PlannedRung) map[string]json.RawMessage {
	evidence := map[string]json.RawMessage{}
	for _, read := range p.readsOf(d, plan) {
		if fact, _, _ := strings.Cut(read, "."); fact == "fleet" {
			continue
		}
		ast, issues := p.Code.Env.Compile(read)
		if issues.Err() != nil {
			continue // a part that only exists inside a list
		}
		program, err := p.Code.Env.Program(ast, cel.CostLimit(conditions.CostLimit))
		if err != nil {
			continue
		}
		evidence[read] = json.RawMessage("null")
		value, _, err := program.Eval(d.values)
		if err != nil {
			continue
		}
		if text, counts := evidenceText(value); counts {
			evidence[read] = text
		} else {
			delete(evidence, read)
		}
	}
	return evidence
}

// evidenceText is a value as JSON; counts is false for a number.
func evidenceText(value ref.Val) (text json.RawMessage, counts bool) {
	switch value.(type) {
	case types.Int, types.Uint, types.Double, types.Duration, types.Timestamp:
		return nil, false
	}
	native := value.Value()
	if list, ok := value.(traits.Lister); ok {
		var items []any
		for it := list.Iterator(); it.HasNext() == types.True; {
			items = append(items, it.Next().Value())
		}
		native = items
	}
	text, err := json.Marshal(native)
	return text, err == nil
}

// readsOf are the parts of facts that the findings that led to a plan, its
// guards and its steps read, sorted.
func (p *Playbook) readsOf(d *Diagnosis, plan []PlannedRung) []string {
	var all []string
	add := func(xs ...*conditions.Expression) {
		for _, x := range xs {
			if x != nil {
				all = append(all, x.Reads...)
			}
		}
	}
	for i, f := range p.Findings {
		if slices.ContainsFunc(d.Verdicts, func(v Verdict) bool { return v.ID == f.ID }) {
			add(p.Code.Findings[i].When, p.Code.Findings[i].WarningWhen)
		}
	}
	for i := range p.Rungs {
		if !slices.ContainsFunc(plan, func(r PlannedRung) bool { return r.Rung == &p.Rungs[i] }) {
			continue
		}
		c := p.Code.Rungs[i]
		add(c.When)
		for _, g := range slices.Concat(p.Code.Guards, c.Guards) {
			add(g.Holds)
		}
		for _, s := range c.Steps {
			add(s.Each, s.When)
			for _, g := range s.Guards {
				add(g.Holds)
			}
			for _, t := range []*conditions.Template{s.Run, s.Undo, s.From, s.To} {
				if t != nil {
					add(t.Parts...)
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
