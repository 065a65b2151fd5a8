package playbooks

import (
	"encoding/json"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// What a plan rests on: the parts of facts that its conditions and commands read.
// Whoever approves a plan approves it for these; when they have changed it is
// another plan.

// Grounds returns the parts of facts on which the rungs of a plan rest, by what
// conditions call them, as JSON. A part that could not be had is null. Numbers
// are left out: free space and the like change all the time, and what conditions
// make of them shows in the plan itself. So is what is known of other hosts.
func (p *Playbook) Grounds(d *Diagnosis, plan []PlannedRung) map[string]json.RawMessage {
	grounds := map[string]json.RawMessage{}
	for _, read := range p.readsOf(d, plan) {
		if fact, _, _ := strings.Cut(read, "."); fact == "fleet" {
			continue
		}
		ast, issues := p.compiled.env.Compile(read)
		if issues.Err() != nil {
			continue // a part that only exists inside a list
		}
		program, err := p.compiled.env.Program(ast, cel.CostLimit(costLimit))
		if err != nil {
			continue
		}
		grounds[read] = json.RawMessage("null")
		value, _, err := program.Eval(d.values)
		if err != nil {
			continue
		}
		if text, counts := ground(value); counts {
			grounds[read] = text
		} else {
			delete(grounds, read)
		}
	}
	return grounds
}

// ground is a value as JSON; counts is false for a number.
func ground(value ref.Val) (text json.RawMessage, counts bool) {
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
	add := func(xs ...*expression) {
		for _, x := range xs {
			if x != nil {
				all = append(all, x.reads...)
			}
		}
	}
	for i, f := range p.Findings {
		if slices.ContainsFunc(d.Verdicts, func(v Verdict) bool { return v.ID == f.ID }) {
			add(p.compiled.findings[i].when, p.compiled.findings[i].warningWhen)
		}
	}
	for i := range p.Rungs {
		if !slices.ContainsFunc(plan, func(r PlannedRung) bool { return r.Rung == &p.Rungs[i] }) {
			continue
		}
		c := p.compiled.rungs[i]
		add(c.when)
		for _, g := range slices.Concat(p.compiled.guards, c.guards) {
			add(g.require)
		}
		for _, s := range c.steps {
			add(s.each, s.when)
			for _, g := range s.guards {
				add(g.require)
			}
			for _, t := range []*template{s.run, s.undo, s.from, s.to} {
				if t != nil {
					add(t.parts...)
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// reads returns the parts of facts that an expression reads: each chain of
// selections as far as it goes.
func reads(ast *cel.Ast) []string {
	r := &reader{local: map[string]int{}}
	r.visit(ast.NativeRep().Expr())
	slices.Sort(r.found)
	return slices.Compact(r.found)
}

type reader struct {
	local map[string]int // variables of comprehensions
	found []string
}

func (r *reader) visit(e celast.Expr) {
	if chain := r.chain(e); chain != "" {
		r.found = append(r.found, chain)
		return
	}
	switch e.Kind() {
	case celast.SelectKind:
		r.visit(e.AsSelect().Operand())
	case celast.CallKind:
		call := e.AsCall()
		if call.IsMemberFunction() {
			r.visit(call.Target())
		}
		r.visitAll(call.Args())
	case celast.ListKind:
		r.visitAll(e.AsList().Elements())
	case celast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			r.visit(entry.AsMapEntry().Key())
			r.visit(entry.AsMapEntry().Value())
		}
	case celast.ComprehensionKind:
		c := e.AsComprehension()
		r.visit(c.IterRange())
		for _, name := range []string{c.IterVar(), c.IterVar2(), c.AccuVar()} {
			r.local[name]++
			defer func() { r.local[name]-- }()
		}
		r.visit(c.AccuInit())
		r.visit(c.LoopCondition())
		r.visit(c.LoopStep())
		r.visit(c.Result())
	}
}

func (r *reader) visitAll(list []celast.Expr) {
	for _, e := range list {
		r.visit(e)
	}
}

// chain is the text of a chain of selections that begins with a fact, "" for
// anything else.
func (r *reader) chain(e celast.Expr) string {
	switch e.Kind() {
	case celast.IdentKind:
		name := e.AsIdent()
		given := name == allowedName || name == runName || name == verbName || name == eachName
		if given || r.local[name] > 0 || name == "params" || name == "before" || strings.HasPrefix(name, "params.") || strings.HasPrefix(name, beforePrefix) || strings.HasPrefix(name, "@") {
			return ""
		}
		return name
	case celast.SelectKind:
		if e.AsSelect().IsTestOnly() {
			return ""
		}
		if chain := r.chain(e.AsSelect().Operand()); chain != "" {
			return chain + "." + e.AsSelect().FieldName()
		}
	}
	return ""
}
