package conditions

import (
	"fmt"
	"reflect"
	"slices"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// Expression is a compiled CEL expression. It is safe for concurrent use.
type Expression struct {
	// Refs are the facts that it reads, sorted.
	Refs []string
	// Reads are the parts of facts that it reads, such as rmc_nic.name, sorted.
	Reads []string

	program cel.Program
	tree    celast.Expr
}

// New compiles an expression of one of the wanted types.
func New(env *cel.Env, text string, want ...*cel.Type) (*Expression, error) {
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	if !slices.ContainsFunc(want, func(t *cel.Type) bool { return t.IsExactType(ast.OutputType()) }) {
		return nil, fmt.Errorf("this is of type %s, wanted: %v", ast.OutputType(), want)
	}
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(CostLimit))
	if err != nil {
		return nil, err
	}
	x := &Expression{program: program, tree: ast.NativeRep().Expr(), Reads: reads(ast)}
	for _, r := range ast.NativeRep().ReferenceMap() {
		if r.Name != "" && !reserved(r.Name) {
			x.Refs = append(x.Refs, r.Name)
		}
	}
	slices.Sort(x.Refs)
	x.Refs = slices.Compact(x.Refs)
	return x, nil
}

// NewList compiles an expression that is a list, and returns the type of its items.
func NewList(env *cel.Env, text string) (*Expression, *cel.Type, error) {
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, nil, issues.Err()
	}
	if ast.OutputType().Kind() != cel.ListKind {
		return nil, nil, fmt.Errorf("this is of type %s, wanted a list", ast.OutputType())
	}
	x, err := New(env, text, ast.OutputType())
	if err != nil {
		return nil, nil, err
	}
	return x, ast.OutputType().Parameters()[0], nil
}

// Holds evaluates a condition. A missing fact is an error, unless the condition is
// decided without it.
func (x *Expression) Holds(values map[string]any) (bool, error) {
	out, _, err := x.program.Eval(values)
	if err != nil {
		return false, err
	}
	return out == types.True, nil
}

// Items evaluates a list.
func (x *Expression) Items(values map[string]any) ([]ref.Val, error) {
	out, _, err := x.program.Eval(values)
	if err != nil {
		return nil, err
	}
	list, ok := out.(traits.Lister)
	if !ok {
		return nil, fmt.Errorf("this is no list but %s", out.Type())
	}
	var items []ref.Val
	for it := list.Iterator(); it.HasNext() == types.True; {
		items = append(items, it.Next())
	}
	return items, nil
}

// Words evaluates to text: one word, or several for a list.
func (x *Expression) Words(values map[string]any) ([]string, error) {
	out, _, err := x.program.Eval(values)
	if err != nil {
		return nil, err
	}
	switch v := out.Value().(type) {
	case string:
		return []string{v}, nil
	case []string:
		return v, nil
	case int64, uint64, bool:
		return []string{fmt.Sprint(v)}, nil
	}
	list, err := out.ConvertToNative(reflect.TypeFor[[]string]())
	if err != nil {
		return nil, err
	}
	return list.([]string), nil
}
