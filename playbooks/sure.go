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

const none Sureness = "none"

// better is the surer of two, worse the less sure; none counts for nothing.
func better(a, b Sureness) Sureness {
	if a.rank() >= b.rank() {
		return a
	}
	return b
}

func worse(a, b Sureness) Sureness {
	switch {
	case a == none:
		return b
	case b == none || a.rank() <= b.rank():
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

// atLeast is how sure a condition is at its least sure: over all ways in which it
// can come out as wanted, the surest fact that each of them reads. Of `a || b` one
// is enough, so the less sure counts; of `a && b` both are read.
func (p *Playbook) atLeast(e celast.Expr, wanted bool) Sureness {
	if e.Kind() == celast.CallKind {
		call := e.AsCall()
		args := call.Args()
		switch call.FunctionName() {
		case operators.LogicalNot:
			return p.atLeast(args[0], !wanted)
		case operators.LogicalAnd, operators.LogicalOr:
			combine := better
			if wanted == (call.FunctionName() == operators.LogicalOr) {
				combine = worse
			}
			rests := p.atLeast(args[0], wanted)
			for _, arg := range args[1:] {
				rests = combine(rests, p.atLeast(arg, wanted))
			}
			return rests
		case operators.Conditional:
			yes := better(p.atLeast(args[0], true), p.atLeast(args[1], wanted))
			no := better(p.atLeast(args[0], false), p.atLeast(args[2], wanted))
			return worse(yes, no)
		}
	}
	r := &reader{local: map[string]int{}}
	r.visit(e)
	return p.surest(r.found)
}

// surest is the surest of the facts whose parts are read.
func (p *Playbook) surest(reads []string) Sureness {
	best := none
	for _, read := range reads {
		fact, _, _ := strings.Cut(read, ".")
		if sure, ok := p.SureOf(fact); ok {
			best = better(best, sure)
		}
	}
	return best
}

// onAssumptions reports whether a condition can come out as wanted by assumed
// facts alone. each is the list that the condition stands for, nil for none.
func (p *Playbook) onAssumptions(condition *expression, wanted bool, each *expression) bool {
	rests := none
	if condition != nil {
		rests = p.atLeast(condition.tree, wanted)
	}
	if each != nil {
		rests = better(rests, p.surest(each.reads))
	}
	return rests == Assumed
}

// sureEnough refuses each finding, guard, rung and step that assumed facts alone
// could decide (aix-facts 9a).
func (c *checker) sureEnough(out *compiled) {
	p := c.playbook
	refuse := func(text Text, of string) {
		c.add(text.Pos, "give it a second witness that is D, C or I", "%s can be decided by facts alone that are only assumed (sure: K)", of)
	}
	guards := func(of string, list []compiledGuard) {
		for _, g := range list {
			if p.onAssumptions(g.require, false, nil) || p.onAssumptions(g.require, true, nil) {
				refuse(g.guard.Require, "a guard of "+of)
			}
		}
	}
	for i, f := range p.Findings {
		if p.onAssumptions(out.findings[i].when, true, out.findings[i].each) {
			refuse(f.When, "finding "+f.ID)
		}
	}
	guards("the playbook", out.guards)
	for i, r := range p.Rungs {
		if p.onAssumptions(out.rungs[i].when, true, nil) {
			refuse(r.When, "rung "+r.ID)
		}
		guards("rung "+r.ID, out.rungs[i].guards)
		for j, s := range r.Steps {
			step := out.rungs[i].steps[j]
			if p.onAssumptions(step.when, true, step.each) {
				refuse(s.When, "step "+s.ID)
			}
			guards("step "+s.ID, step.guards)
		}
	}
	if p.onAssumptions(out.until, true, nil) {
		refuse(p.Verify.Until, "verify.until")
	}
}

// String names a reading for people: "ifconfig (C)".
func (r Reading) String() string {
	if r.Sure == "" {
		return r.Fact + " (not said)"
	}
	return fmt.Sprintf("%s (%s)", r.Fact, r.Sure)
}
