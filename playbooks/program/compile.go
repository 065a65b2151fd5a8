package program

import (
	"maps"
	"reflect"
	"slices"

	"cel.dev/cel-go/cel"

	"aixmend/inventory/strictyaml"
	"aixmend/playbooks/conditions"
	"aixmend/playbooks/document"
	"aixmend/playbooks/facts"
)

// Compile compiles a checked playbook. The error holds every problem.
func Compile(doc *document.Playbook) (*Program, error) {
	c := &compiler{Program: &Program{Playbook: doc}}
	c.Code.Parsers, c.Code.Derive, c.Code.Reasons = map[string]facts.Parser{}, map[string]facts.Derivation{}, map[string]*conditions.Template{}
	c.compile()
	if len(c.problems) > 0 {
		return nil, c.problems.Err()
	}
	return c.Program, nil
}

// environments hold the declarations for the conditions of a playbook.
type environments struct {
	now    *cel.Env // all facts and parameters
	before *cel.Env // the same, and each fact as before.NAME
	asking *cel.Env // parameters alone: probes are chosen before anything is read
}

func (c *compiler) compile() {
	envs, ok := c.declare()
	if !ok {
		return
	}
	out := &c.Code
	out.Env = envs.now
	now := &texts{compiler: c, env: envs.now, before: envs.before}
	before := &texts{compiler: c, env: envs.before}
	out.Probes = (&texts{compiler: c, env: envs.asking}).probes(c.Playbook.Probes)
	for _, f := range c.Findings {
		out.Findings = append(out.Findings, now.finding(f))
	}
	for _, f := range c.Verify.Unchanged {
		out.Unchanged = append(out.Unchanged, before.finding(f))
	}
	c.pathFields(envs.now)
	c.uniques(now)
	out.Guards = now.guards(c.Playbook.Guards)
	for _, r := range c.Rungs {
		out.Rungs = append(out.Rungs, now.rung(r))
	}
	out.Until = now.condition(c.Verify.Until)
	if len(c.problems) == 0 {
		c.sureEnough()
	}
	for _, probe := range c.Playbook.Probes {
		if probe.Require != nil {
			out.Reasons[probe.ID] = now.text(document.Text{V: probe.Require.Reason, Pos: probe.Pos})
		}
	}
}

// declare finds the type of every fact, and declares facts and parameters.
func (c *compiler) declare() (envs environments, ok bool) {
	types := conditions.Given()
	byName := map[string]facts.Parser{}
	for _, parser := range facts.Parsers() {
		byName[parser.Name] = parser
	}
	for _, probe := range c.Probes {
		if probe.Parse.V != "" {
			c.Code.Parsers[probe.ID] = byName[probe.Parse.V]
			types[probe.ID] = byName[probe.Parse.V].Type
		}
	}
	c.derivations(types)
	c.Code.Types = maps.Clone(types)
	for _, e := range c.Unique { // they stand in the fact fleet
		types[conditions.UniquePrefix+e.Key] = reflect.TypeFor[facts.Unique]()
	}
	durations := map[string]bool{}
	var params []string
	for _, e := range c.Params {
		params = append(params, e.Key)
		durations[e.Key] = e.Value.Type == document.DurationParam
	}
	var err error
	if envs.now, err = conditions.NewEnv(types, params, durations); err == nil {
		envs.before, err = envs.now.Extend(conditions.BeforeVariables(types)...)
	}
	if err != nil {
		c.add(c.top(), "", "the facts can't be declared: %v", err)
		return envs, false
	}
	if envs.asking, err = conditions.NewEnv(nil, params, durations); err != nil {
		c.add(c.top(), "", "the parameters can't be declared: %v", err)
		return envs, false
	}
	return envs, true
}

// derivations checks that each derived fact gets inputs of the types it wants, from facts
// that stand before it, and adds its type.
func (c *compiler) derivations(types map[string]reflect.Type) {
	byName := map[string]facts.Derivation{}
	var names []string
	for _, d := range facts.Derivations() {
		byName[d.Name] = d
		names = append(names, d.Name)
	}
	for _, e := range c.Facts {
		if _, taken := types[e.Key]; taken || !document.FactName.MatchString(e.Key) {
			c.add(e.KeyPos, "", "fact %q is taken or not small letters, digits and _", e.Key)
			continue
		}
		d, ok := byName[e.Value.Derive.V]
		if !ok {
			c.add(e.Value.Derive.Pos, strictyaml.DidYouMean(e.Value.Derive.V, names), "there is no derivation %q", e.Value.Derive.V)
			continue
		}
		c.inputs(e, d, types)
		c.Code.Derive[e.Key] = d
		types[e.Key] = d.Type
	}
}

// inputs checks the inputs of one derived fact.
func (c *compiler) inputs(e strictyaml.Entry[document.Derived], d facts.Derivation, types map[string]reflect.Type) {
	inputs := facts.Inputs(d)
	for _, from := range e.Value.From {
		input, known := inputs[from.Key]
		have, there := types[from.Value.V]
		switch {
		case !known:
			c.add(from.KeyPos, strictyaml.DidYouMean(from.Key, slices.Sorted(maps.Keys(inputs))), "derivation %s has no input %q", d.Name, from.Key)
		case !there:
			c.add(from.Value.Pos, strictyaml.DidYouMean(from.Value.V, slices.Sorted(maps.Keys(types))), "there is no fact %q above", from.Value.V)
		case input.Type != have:
			c.add(from.Value.Pos, "", "input %s of %s wants %s, fact %s is %s", from.Key, d.Name, input.Type, from.Value.V, have)
		}
		delete(inputs, from.Key)
	}
	for _, missing := range slices.Sorted(maps.Keys(inputs)) {
		if !inputs[missing].Optional {
			c.add(e.KeyPos, "", "fact %s: derivation %s needs input %s", e.Key, d.Name, missing)
		}
	}
}

// pathFields checks that the fields listed under paths are texts.
func (c *compiler) pathFields(env *cel.Env) {
	for _, probe := range c.Probes {
		for _, e := range probe.Paths {
			c.expression(env, "paths", document.Text{V: probe.ID + "." + e.Key, Pos: e.KeyPos}, cel.StringType)
		}
	}
}
