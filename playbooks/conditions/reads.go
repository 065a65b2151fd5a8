package conditions

import (
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
)

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
		if reserved(name) || r.local[name] > 0 || name == "params" || name == "before" || strings.HasPrefix(name, "@") {
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

// reserved reports whether a name is none of a fact of now.
func reserved(name string) bool {
	return name == AllowedName || name == RunName || name == VerbName || name == EachName ||
		strings.HasPrefix(name, ParamPrefix) || strings.HasPrefix(name, BeforePrefix)
}
