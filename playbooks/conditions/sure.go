package conditions

import (
	"slices"
	"strings"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// Sureness is how sure a reading of AIX is.
type Sureness string

// How sure a reading is, from the surest down. A playbook that is not embedded
// need not say it: "" counts as its author's own knowledge.
const (
	Documented Sureness = "documented" // by the vendor
	Seen       Sureness = "seen"       // in public code, test data or logs of systems that run AIX
	Inferred   Sureness = "inferred"   // from documented or seen facts
	Assumed    Sureness = "assumed"    // general knowledge, no source: it decides nothing alone
)

// Surenesses returns them, the surest first, each with its meaning.
func Surenesses() [][2]string {
	return [][2]string{
		{string(Documented), "documented by the vendor"},
		{string(Seen), "seen in public code, test data or logs of systems that run AIX"},
		{string(Inferred), "inferred from documented or seen facts"},
		{string(Assumed), "general knowledge without a source; it decides nothing by itself"},
	}
}

// rank orders them; None is that of a condition that reads no fact of a host.
func (s Sureness) rank() int {
	return slices.Index([]Sureness{None, Assumed, Inferred, "", Seen, Documented}, s)
}

// None is that of a condition that can come out so without any fact of the host.
const None Sureness = "none"

// Better returns the surer of two facts that are both read.
func Better(a, b Sureness) Sureness {
	if a.rank() >= b.rank() {
		return a
	}
	return b
}

// Worse returns the less sure of two ways, one of which is enough. An assumption is that,
// even beside a way that needs no fact at all: it may still have decided.
func Worse(a, b Sureness) Sureness {
	switch {
	case a == Assumed || b == Assumed:
		return Assumed
	case a.rank() <= b.rank():
		return a
	}
	return b
}

// SureOf returns how sure a fact is; ok is false for a fact that does not come from the
// host.
type SureOf func(fact string) (sure Sureness, ok bool)

// sureReader finds how sure a condition is at its least sure. each are the facts from
// which the items of a list come, where the condition is about one of them.
type sureReader struct {
	SureOf
	each []string
}

// AtLeast returns how sure the outcome wanted of a condition is at its least sure. each
// are the facts from which the items of `each` come.
func (x *Expression) AtLeast(sureOf SureOf, each []string, wanted bool) Sureness {
	return sureReader{sureOf, each}.atLeast(x.tree, wanted)
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
			combine := Better
			if wanted == (call.FunctionName() == operators.LogicalOr) {
				combine = Worse
			}
			rests := s.atLeast(args[0], wanted)
			for _, arg := range args[1:] {
				rests = combine(rests, s.atLeast(arg, wanted))
			}
			return rests
		case operators.Conditional:
			yes := Better(s.atLeast(args[0], true), s.atLeast(args[1], wanted))
			no := Better(s.atLeast(args[0], false), s.atLeast(args[2], wanted))
			return Worse(yes, no)
		}
	}
	names := factNames{each: s.each, local: map[string]int{}}
	names.visit(e)
	return Weigh(s.SureOf, names.found, names.chooses)
}

// Weigh returns the surest of some facts or, where not all of them need have been read,
// the least sure.
func Weigh(sureOf SureOf, names []string, chooses bool) Sureness {
	rests, first := None, true
	for _, name := range names {
		sure, ok := sureOf(name)
		switch {
		case !ok:
		case first || !chooses:
			rests, first = Better(rests, sure), false
		default:
			rests = Worse(rests, sure)
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
	switch name = strings.TrimPrefix(name, BeforePrefix); {
	case f.local[name] > 0:
	case name == EachName:
		f.found = append(f.found, f.each...)
	default:
		f.found = append(f.found, name)
	}
}

// Facts returns the facts that a whole expression reads, those of before included; none
// for a nil expression.
func (x *Expression) Facts() []string {
	if x == nil {
		return nil
	}
	names := factNames{local: map[string]int{}}
	names.visit(x.tree)
	return names.found
}
