package playbooks

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/ext"
	"mvdan.cc/sh/v3/syntax"

	"aixmend/playbooks/facts"
)

// costLimit bounds one evaluation: facts come from hosts and may be long. Two
// thousand routes compared with two thousand are within it.
const costLimit = 20_000_000

// newEnv declares every fact and parameter with its type, so that a wrong name
// is an error when the playbook is loaded.
func newEnv(factTypes map[string]reflect.Type, params []string, durations map[string]bool) (*cel.Env, error) {
	native := []any{ext.ParseStructTags(true)}
	seen := map[reflect.Type]bool{}
	options := []cel.EnvOption{ext.Strings(),
		cel.Variable(allowedName, cel.ListType(cel.StringType)), cel.Variable(runName, cel.StringType), cel.Variable(verbName, cel.StringType)}
	for _, name := range sortedKeys(factTypes) {
		t := factTypes[name]
		if !seen[t] {
			seen[t] = true
			native = append(native, t)
		}
		options = append(options, cel.Variable(name, cel.ObjectType(t.String())))
	}
	for _, name := range params {
		t := cel.StringType
		if durations[name] {
			t = cel.DurationType
		}
		options = append(options, cel.Variable("params."+name, t))
	}
	options = append(options, ext.NativeTypes(native...), cel.Function("older",
		cel.Overload("older_level_level", []*cel.Type{cel.StringType, cel.StringType}, cel.BoolType,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val {
				older, err := facts.OlderLevel(string(a.(types.String)), string(b.(types.String)))
				if err != nil {
					return types.NewErr("older: %v", err)
				}
				return types.Bool(older)
			}))))
	return cel.NewEnv(options...)
}

// allowedName is the variable that holds the words of --allow.
const allowedName = "allowed"

// runName is the variable that holds the run's id.
const runName = "run"

// verbName is the variable that holds the run's verb.
const verbName = "verb"

// eachName is the item of a finding or step that is there several times.
const eachName = "each"

// fleetName is the fact about the other hosts.
const fleetName = "fleet"

// givenFacts are the facts that the controller gives, with their types.
func givenFacts() map[string]reflect.Type {
	return map[string]reflect.Type{
		"inventory": reflect.TypeFor[facts.Inventory](), fleetName: reflect.TypeFor[facts.Fleet](), "captured": reflect.TypeFor[facts.Captured](),
		"captures": reflect.TypeFor[facts.Captures](), "baseline": reflect.TypeFor[facts.Past](), "upload": reflect.TypeFor[facts.Upload](),
	}
}

// beforePrefix begins the name of a fact as it was when a rung was planned.
const beforePrefix = "before."

func beforeVariables(factTypes map[string]reflect.Type) []cel.EnvOption {
	var options []cel.EnvOption
	for _, name := range sortedKeys(factTypes) {
		options = append(options, cel.Variable(beforePrefix+name, cel.ObjectType(factTypes[name].String())))
	}
	return options
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// expression is a compiled CEL expression.
type expression struct {
	program cel.Program
	tree    celast.Expr
	refs    []string // facts it reads
	reads   []string // the parts of facts it reads, such as rmc_nic.name
}

func newExpression(env *cel.Env, text string, want ...*cel.Type) (*expression, error) {
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	if !slices.ContainsFunc(want, func(t *cel.Type) bool { return t.IsExactType(ast.OutputType()) }) {
		return nil, fmt.Errorf("this is of type %s, wanted: %v", ast.OutputType(), want)
	}
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(costLimit))
	if err != nil {
		return nil, err
	}
	e := &expression{program: program, tree: ast.NativeRep().Expr(), reads: reads(ast)}
	for _, r := range ast.NativeRep().ReferenceMap() {
		if r.Name != "" && r.Name != allowedName && r.Name != runName && r.Name != verbName && r.Name != eachName && !strings.HasPrefix(r.Name, "params.") && !strings.HasPrefix(r.Name, beforePrefix) && !slices.Contains(e.refs, r.Name) {
			e.refs = append(e.refs, r.Name)
		}
	}
	sort.Strings(e.refs)
	return e, nil
}

// holds evaluates a condition. A fact that could not be had is an error,
// unless the condition is decided without it.
func (e *expression) holds(values map[string]any) (bool, error) {
	out, _, err := e.program.Eval(values)
	if err != nil {
		return false, err
	}
	return out == types.True, nil
}

// items evaluates to a list.
func (e *expression) items(values map[string]any) ([]ref.Val, error) {
	out, _, err := e.program.Eval(values)
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

// words evaluates to text: one word, or several for a list.
func (e *expression) words(values map[string]any) ([]string, error) {
	out, _, err := e.program.Eval(values)
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

// interpolation is an expression in text: {{ expr }}.
var interpolation = regexp.MustCompile(`\{\{(.*?)\}\}`)

// template is text with interpolations.
type template struct {
	literals []string // one more than expressions
	parts    []*expression
}

func newTemplate(env *cel.Env, text string) (*template, error) {
	t := &template{}
	rest := 0
	for _, m := range interpolation.FindAllStringSubmatchIndex(text, -1) {
		part, err := newExpression(env, strings.TrimSpace(text[m[2]:m[3]]),
			cel.StringType, cel.IntType, cel.BoolType, cel.ListType(cel.StringType))
		if err != nil {
			return nil, err
		}
		t.literals = append(t.literals, text[rest:m[0]])
		t.parts = append(t.parts, part)
		rest = m[1]
	}
	t.literals = append(t.literals, text[rest:])
	for _, literal := range t.literals {
		if strings.Contains(literal, "{{") {
			return nil, errors.New("{{ without }} on the same line")
		}
	}
	return t, nil
}

// render joins the literals with what word makes of each value.
func (t *template) render(values map[string]any, word func([]string) (string, error)) (string, error) {
	var b strings.Builder
	for i, part := range t.parts {
		b.WriteString(t.literals[i])
		words, err := part.words(values)
		if err != nil {
			return "", err
		}
		text, err := word(words)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	b.WriteString(t.literals[len(t.literals)-1])
	return b.String(), nil
}

// maxListed is how many items of a list are named to people. In a fleet of
// clones each host would else name all the others.
const maxListed = 100

// prose renders for people: lists are joined with commas.
func (t *template) prose(values map[string]any) (string, error) {
	return t.render(values, func(words []string) (string, error) {
		if more := len(words) - maxListed; more > 0 {
			return fmt.Sprintf("%s and %d more", strings.Join(words[:maxListed], ", "), more), nil
		}
		return strings.Join(words, ", "), nil
	})
}

// safeWord is what a value may look like to become part of a command:
// addresses, interface names, node ids, levels, paths. Anything else is
// refused, whatever quoting could do about it.
var safeWord = regexp.MustCompile(`^[A-Za-z0-9_./:=,@+-]{0,256}$`)

// command renders for the shell: every value is validated, then quoted; a list
// becomes several words.
func (t *template) command(values map[string]any) (string, error) {
	return t.render(values, func(words []string) (string, error) {
		quoted := make([]string, len(words))
		for i, w := range words {
			if !safeWord.MatchString(w) {
				return "", fmt.Errorf("the value %.80q may not become part of a command", w)
			}
			q, err := syntax.Quote(w, syntax.LangPOSIX)
			if err != nil {
				return "", fmt.Errorf("quote %.80q: %w", w, err)
			}
			if w == "" || i > 0 { // empty stays empty: attr= rather than attr=''
				q = w // no safe word needs quotes but NAME=VALUE where a command begins
			}
			quoted[i] = q
		}
		return strings.Join(quoted, " "), nil
	})
}
