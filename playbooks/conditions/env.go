// Package conditions compiles and evaluates the CEL conditions of playbooks, and renders
// their texts with {{ expressions }}.
//
// Every fact and parameter is declared with its type, so a wrong name is an error when
// the playbook is loaded. Evaluation is bounded, and a fact that could not be read makes
// it fail unless the result does not depend on that fact. The package also reports which
// facts a condition reads, and how sure its outcome is.
package conditions

import (
	"maps"
	"reflect"
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"

	"aixmend/playbooks/facts"
)

// CostLimit bounds one evaluation, since facts come from hosts and may be long. It
// allows comparing two thousand routes with two thousand.
const CostLimit = 20_000_000

// Names of variables that are not facts of the host.
const (
	AllowedName  = "allowed"       // the words of --allow
	RunName      = "run"           // the run's id
	VerbName     = "verb"          // the run's verb
	EachName     = "each"          // the current item of a finding or step with `each`
	FleetName    = "fleet"         // the fact about the other hosts
	BeforePrefix = "before."       // begins the name of a fact as it was when a rung was planned
	ParamPrefix  = "params."       // begins the name of a parameter
	UniquePrefix = "fleet.unique." // begins the name of the fact about one unique value
	IdentityName = "identity"      // the fact that says which machine a host is
)

// Given returns the facts that the controller supplies, with their types.
func Given() map[string]reflect.Type {
	return map[string]reflect.Type{
		"inventory": reflect.TypeFor[facts.Inventory](), FleetName: reflect.TypeFor[facts.Fleet](), "captured": reflect.TypeFor[facts.Captured](), "api": reflect.TypeFor[facts.API](),
		"captures": reflect.TypeFor[facts.Captures](), "baseline": reflect.TypeFor[facts.Past](), "upload": reflect.TypeFor[facts.Upload](), "storage": reflect.TypeFor[facts.Storage](),
	}
}

// NewEnv declares every fact and parameter with its type. Parameters are strings, those
// in durations are durations.
func NewEnv(factTypes map[string]reflect.Type, params []string, durations map[string]bool) (*cel.Env, error) {
	native := []any{ext.ParseStructTags(true)}
	seen := map[reflect.Type]bool{}
	options := []cel.EnvOption{ext.Strings(),
		cel.Variable(AllowedName, cel.ListType(cel.StringType)), cel.Variable(RunName, cel.StringType), cel.Variable(VerbName, cel.StringType)}
	for _, name := range slices.Sorted(maps.Keys(factTypes)) {
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
		options = append(options, cel.Variable(ParamPrefix+name, t))
	}
	return cel.NewEnv(append(options, ext.NativeTypes(native...), older())...)
}

// older declares older(a, b): level a is below level b.
func older() cel.EnvOption {
	return cel.Function("older",
		cel.Overload("older_level_level", []*cel.Type{cel.StringType, cel.StringType}, cel.BoolType,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val {
				older, err := facts.OlderLevel(string(a.(types.String)), string(b.(types.String)))
				if err != nil {
					return types.NewErr("older: %v", err)
				}
				return types.Bool(older)
			})))
}

// BeforeVariables declares each fact a second time, as before.NAME.
func BeforeVariables(factTypes map[string]reflect.Type) []cel.EnvOption {
	var options []cel.EnvOption
	for _, name := range slices.Sorted(maps.Keys(factTypes)) {
		options = append(options, cel.Variable(BeforePrefix+name, cel.ObjectType(factTypes[name].String())))
	}
	return options
}
