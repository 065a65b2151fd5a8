package playbooks

import (
	"fmt"
	"slices"
	"strings"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"aixmend/inventory/strictyaml"
)

// Sureness is how sure a reading of AIX is.
type Sureness string

// How sure a reading is, from the surest down. A playbook that is not embedded
// need not say it: "" counts as its author's own knowledge.
const (
	Documented Sureness = "D" // by the vendor
	Seen       Sureness = "C" // in public code, tests or logs of somebody who runs it
	Inferred   Sureness = "I" // from documented or seen facts
	Assumed    Sureness = "K" // general knowledge, no source: it decides nothing alone
)

// Surenesses returns them, the surest first, each with its meaning.
func Surenesses() [][2]string {
	return [][2]string{
		{string(Documented), "documented by the vendor"},
		{string(Seen), "seen in public code, tests or logs of somebody who runs it"},
		{string(Inferred), "inferred from documented or seen facts"},
		{string(Assumed), "assumed: general knowledge without a source; it decides nothing by itself"},
	}
}

// rank orders them; none is that of a condition that reads no fact of a host.
func (s Sureness) rank() int {
	return slices.Index([]Sureness{none, Assumed, Inferred, "", Seen, Documented}, s)
}

// none is that of a condition that can come out so without any fact of the host.
const none Sureness = "none"

// better is the surer of two facts that are both read.
func better(a, b Sureness) Sureness {
	if a.rank() >= b.rank() {
		return a
	}
	return b
}

// worse is the less sure of two ways, one of which is enough. An assumption is that,
// even beside a way that needs no fact at all: it may still be what decided.
func worse(a, b Sureness) Sureness {
	switch {
	case a == Assumed || b == Assumed:
		return Assumed
	case a.rank() <= b.rank():
		return a
	}
	return b
}

// checkSure checks what probes and derived facts say of themselves.
func (c *checker) checkSure() {
	check := func(pos strictyaml.Pos, of string, sure Text, source string) {
		known := []string{"", string(Documented), string(Seen), string(Inferred), string(Assumed)}
		switch {
		case !slices.Contains(known, sure.V):
			c.add(sure.Pos, "", "%s: sure must be D, C, I or K, found %q", of, sure.V)
		case sure.V != "" && sure.V != string(Assumed) && strings.TrimSpace(source) == "":
			c.add(pos, "", "%s: sure: %s needs a source", of, sure.V)
		case sure.V == "" && source != "":
			c.add(pos, "", "%s: a source needs sure: D, C, I or K", of)
		}
	}
	for _, p := range c.playbook.Probes {
		check(p.Pos, "probe "+p.ID, p.Sure, p.Source)
	}
	for _, e := range c.playbook.Facts {
		check(e.KeyPos, "fact "+e.Key, e.Value.Sure, e.Value.Source)
	}
}

// SureOf is how sure a fact is: its own word, and K where all that it is made of
// is K. ok is false for what does not come from the host.
func (p *Playbook) SureOf(fact string) (sure Sureness, ok bool) {
	for _, probe := range p.Probes {
		if probe.ID == fact {
			return Sureness(probe.Sure.V), true
		}
	}
	for _, e := range p.Facts {
		if e.Key != fact {
			continue
		}
		best := none
		for _, from := range e.Value.From {
			if s, ok := p.SureOf(from.Value.V); ok {
				best = better(best, s)
			}
		}
		if best == Assumed {
			return Assumed, true
		}
		return Sureness(e.Value.Sure.V), true
	}
	return none, false
}

// Reading is a fact that a verdict reads, and how sure it is.
type Reading struct {
	Fact string
	// Sure is "" where the playbook does not say.
	Sure   Sureness
	Source string
}

// readings are those of some facts of the host, in their order.
func (p *Playbook) readings(refs []string) []Reading {
	var list []Reading
	for _, ref := range refs {
		sure, ok := p.SureOf(ref)
		if !ok {
			continue
		}
		list = append(list, Reading{Fact: ref, Sure: sure, Source: p.sourceOf(ref)})
	}
	return list
}

// RestsOn are the facts that a finding's condition reads, each with how sure it is.
func (p *Playbook) RestsOn(finding string) []Reading {
	for i, f := range p.Findings {
		if f.ID == finding {
			return p.compiled.findings[i].readings
		}
	}
	return nil
}

func (p *Playbook) sourceOf(fact string) string {
	for _, probe := range p.Probes {
		if probe.ID == fact {
			return probe.Source
		}
	}
	for _, e := range p.Facts {
		if e.Key == fact {
			return e.Value.Source
		}
	}
	return ""
}

// sureReader finds how sure a condition is at its least sure. each are the facts from
// which the items of a list come, where the condition is about one of them.
type sureReader struct {
	p    *Playbook
	each []string
}

// atLeast is, over all ways in which a condition can come out as wanted, the surest
// fact that each of them reads, and of those the least sure. Of `a || b` one is
// enough, so the less sure counts; of `a && b` both are read.
func (s sureReader) atLeast(e celast.Expr, wanted bool) Sureness {
	if e.Kind() == celast.CallKind {
		call := e.AsCall()
		args := call.Args()
		switch call.FunctionName() {
		case operators.LogicalNot:
			return s.atLeast(args[0], !wanted)
		case operators.LogicalAnd, operators.LogicalOr:
			combine := better
			if wanted == (call.FunctionName() == operators.LogicalOr) {
				combine = worse
			}
			rests := s.atLeast(args[0], wanted)
			for _, arg := range args[1:] {
				rests = combine(rests, s.atLeast(arg, wanted))
			}
			return rests
		case operators.Conditional:
			yes := better(s.atLeast(args[0], true), s.atLeast(args[1], wanted))
			no := better(s.atLeast(args[0], false), s.atLeast(args[2], wanted))
			return worse(yes, no)
		}
	}
	names := factNames{each: s.each, local: map[string]int{}}
	names.visit(e)
	return s.p.weigh(names.found, names.chooses)
}

// weigh is the surest of some facts or, where not all of them need have been read,
// the least sure.
func (p *Playbook) weigh(names []string, chooses bool) Sureness {
	rests, first := none, true
	for _, name := range names {
		sure, ok := p.SureOf(name)
		switch {
		case !ok:
		case first || !chooses:
			rests, first = better(rests, sure), false
		default:
			rests = worse(rests, sure)
		}
	}
	return rests
}

// factNames collects the facts that an expression reads, those of before included.
type factNames struct {
	each  []string
	local map[string]int // variables of comprehensions
	found []string
	// chooses: it may come out without one or another of them, such as a list of
	// which one item is enough.
	chooses bool
}

func (f *factNames) visit(e celast.Expr) {
	switch e.Kind() {
	case celast.IdentKind:
		f.name(e.AsIdent())
	case celast.SelectKind:
		operand := e.AsSelect().Operand()
		if operand.Kind() == celast.IdentKind && operand.AsIdent() == "before" {
			f.name(e.AsSelect().FieldName())
			return
		}
		f.visit(operand)
	case celast.CallKind:
		call := e.AsCall()
		switch call.FunctionName() {
		case operators.LogicalAnd, operators.LogicalOr, operators.Conditional, operators.Add:
			f.chooses = true
		}
		if call.IsMemberFunction() {
			f.visit(call.Target())
		}
		f.visitAll(call.Args())
	case celast.ListKind:
		f.chooses = f.chooses || e.AsList().Size() > 1
		f.visitAll(e.AsList().Elements())
	case celast.MapKind:
		f.chooses = true
		for _, entry := range e.AsMap().Entries() {
			f.visit(entry.AsMapEntry().Key())
			f.visit(entry.AsMapEntry().Value())
		}
	case celast.ComprehensionKind:
		f.chooses = true
		c := e.AsComprehension()
		f.visit(c.IterRange())
		for _, name := range []string{c.IterVar(), c.IterVar2(), c.AccuVar()} {
			f.local[name]++
			defer func() { f.local[name]-- }()
		}
		f.visitAll([]celast.Expr{c.AccuInit(), c.LoopCondition(), c.LoopStep(), c.Result()})
	}
}

func (f *factNames) visitAll(list []celast.Expr) {
	for _, e := range list {
		f.visit(e)
	}
}

func (f *factNames) name(name string) {
	switch name = strings.TrimPrefix(name, beforePrefix); {
	case f.local[name] > 0:
	case name == eachName:
		f.found = append(f.found, f.each...)
	default:
		f.found = append(f.found, name)
	}
}

// facts are the names that a whole expression reads.
func (x *expression) facts() []string {
	if x == nil {
		return nil
	}
	names := factNames{local: map[string]int{}}
	names.visit(x.tree)
	return names.found
}

// sureEnough refuses each finding, guard, rung and step that assumed facts alone
// could decide (aix-facts 9a): a condition that holds by them, and a guard that
// blocks by them, too.
func (c *checker) sureEnough(out *compiled) {
	p := c.playbook
	s := &sureChecker{checker: c}
	for i, f := range p.Findings {
		s.finding(f, out.findings[i])
	}
	for i, f := range p.Verify.Unchanged {
		s.finding(f, out.unchanged[i])
	}
	s.guards("the playbook", out.guards, nil)
	for i, r := range p.Rungs {
		s.decides(r.When, "rung "+r.ID, out.rungs[i].when, nil, true)
		s.guards("rung "+r.ID, out.rungs[i].guards, nil)
		for j, step := range r.Steps {
			s.step(step, out.rungs[i].steps[j])
		}
	}
	s.decides(p.Verify.Until, "verify.until", out.until, nil, true)
}

// sureChecker reports the conditions that assumptions alone can decide.
type sureChecker struct{ *checker }

func (s *sureChecker) finding(f Finding, out compiledFinding) {
	if out.each != nil && s.playbook.weigh(out.each.facts(), false) == Assumed {
		s.refuse(f.Each, "the list of finding "+f.ID)
	}
	s.decides(f.When, "finding "+f.ID, out.when, nil, true)
	s.decides(f.WarningWhen, "warning_when of finding "+f.ID, out.warningWhen, out.each.facts(), true)
}

func (s *sureChecker) step(step Step, out compiledStep) {
	each := out.each.facts()
	if out.each != nil && s.playbook.weigh(each, false) == Assumed {
		s.refuse(step.Each, "the list of step "+step.ID)
	}
	s.decides(step.When, "step "+step.ID, out.when, each, true)
	s.guards("step "+step.ID, out.guards, each)
	s.decides(step.Confirm, "confirm of step "+step.ID, out.confirm, each, true)
	s.decides(step.Refute, "refute of step "+step.ID, out.refute, each, true)
	s.decides(step.UndoWhen, "undo_when of step "+step.ID, out.undoWhen, each, true)
	s.guards("the undo of step "+step.ID, out.undoGuards, each)
}

func (s *sureChecker) guards(of string, list []compiledGuard, each []string) {
	for _, g := range list {
		s.decides(g.guard.Require, "a guard of "+of, g.require, each, true, false)
	}
}

// decides refuses a condition that can come out in one of some ways by assumptions.
func (s *sureChecker) decides(text Text, of string, condition *expression, each []string, ways ...bool) {
	if condition == nil {
		return
	}
	r := sureReader{s.playbook, each}
	if slices.ContainsFunc(ways, func(wanted bool) bool { return r.atLeast(condition.tree, wanted) == Assumed }) {
		s.refuse(text, of)
	}
}

func (s *sureChecker) refuse(text Text, of string) {
	s.add(text.Pos, "give it a second witness that is D, C or I", "%s can be decided by facts alone that are only assumed (sure: K)", of)
}

// String names a reading for people: "ifconfig (C)".
func (r Reading) String() string {
	if r.Sure == "" {
		return r.Fact + " (not said)"
	}
	return fmt.Sprintf("%s (%s)", r.Fact, r.Sure)
}
