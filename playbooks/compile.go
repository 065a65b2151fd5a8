package playbooks

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"cel.dev/cel-go/cel"

	"aixmend/inventory/strictyaml"
	"aixmend/playbooks/facts"
)

// compiled is what the conditions and texts of a playbook became.
type compiled struct {
	types     map[string]reflect.Type     // by fact
	env       *cel.Env                    // of the facts
	parsers   map[string]facts.Parser     // by probe id
	derive    map[string]facts.Derivation // by fact
	probes    map[string]compiledProbe
	findings  []compiledFinding
	guards    []compiledGuard
	rungs     []compiledRung
	until     *expression
	unchanged []compiledFinding
	reasons   map[string]*template // by probe: why a host is skipped
	unique    []compiledUnique
	// shared are the facts of a host that findings over the fleet read.
	shared []string
}

type compiledProbe struct {
	when *expression
	run  *template
}

type compiledFinding struct {
	when, warningWhen, each *expression
	title, remedy           *template
	evidence, next          []*template
	probes                  []string // those from which comes what the condition reads
	readings                []Reading
}

type compiledGuard struct {
	guard     Guard
	require   *expression
	otherwise *template
}

type compiledRung struct {
	when   *expression
	guards []compiledGuard
	steps  []compiledStep
}

type compiledStep struct {
	each, when, confirm, refute *expression
	undoWhen                    *expression
	because                     *template
	run, undo, from, to         *template // run is that of a fetch, too: its folder
	guards, undoGuards          []compiledGuard
}

// compile builds the facts' types and compiles every condition and text.
func (c *checker) compile() {
	p := c.playbook
	out := &compiled{parsers: map[string]facts.Parser{}, derive: map[string]facts.Derivation{}, reasons: map[string]*template{}}
	types := givenFacts()
	byName := map[string]facts.Parser{}
	for _, parser := range facts.Parsers() {
		byName[parser.Name] = parser
	}
	for _, probe := range p.Probes {
		if probe.Parse.V != "" {
			out.parsers[probe.ID] = byName[probe.Parse.V]
			types[probe.ID] = byName[probe.Parse.V].Type
		}
	}
	c.derivations(out, types)
	out.types = maps.Clone(types)
	for _, e := range p.Unique { // they stand in the fact fleet
		types[uniquePrefix+e.Key] = reflect.TypeFor[facts.Unique]()
	}
	durations := map[string]bool{}
	var params []string
	for _, e := range p.Params {
		params = append(params, e.Key)
		durations[e.Key] = e.Value.Type == DurationParam
	}
	env, err := newEnv(types, params, durations)
	if err != nil {
		c.add(strictyaml.Pos{File: c.file, Line: 1, Column: 1}, "", "the facts can't be declared: %v", err)
		return
	}
	before, err := env.Extend(beforeVariables(types)...)
	if err != nil {
		c.add(strictyaml.Pos{File: c.file, Line: 1, Column: 1}, "", "the facts can't be declared: %v", err)
		return
	}
	asking, err := newEnv(nil, params, durations)
	if err != nil {
		c.add(strictyaml.Pos{File: c.file, Line: 1, Column: 1}, "", "the parameters can't be declared: %v", err)
		return
	}
	out.env = env
	e := &compiler{checker: c, env: env, before: before}
	out.probes = (&compiler{checker: c, env: asking}).probes(p.Probes)
	for _, f := range p.Findings {
		out.findings = append(out.findings, e.finding(f))
	}
	for _, f := range p.Verify.Unchanged {
		out.unchanged = append(out.unchanged, (&compiler{checker: c, env: before}).finding(f))
	}
	for _, findings := range [][]compiledFinding{out.findings, out.unchanged} {
		for i, f := range findings {
			if f.when != nil {
				findings[i].probes = p.probesOf(f.when.refs)
				findings[i].readings = p.readings(f.when.refs)
			}
		}
	}
	c.pathFields(env)
	c.uniques(out, e)
	out.guards = e.guards(p.Guards)
	for _, r := range p.Rungs {
		out.rungs = append(out.rungs, e.rung(r))
	}
	out.until = e.condition(p.Verify.Until)
	if len(c.problems) == 0 {
		c.sureEnough(out)
	}
	for _, probe := range p.Probes {
		if probe.Require != nil {
			out.reasons[probe.ID] = e.text(Text{V: probe.Require.Reason, Pos: probe.Pos})
		}
	}
	p.compiled = out
}

// derivations checks that each derived fact gets inputs of the types it wants,
// from facts that stand before it.
func (c *checker) derivations(out *compiled, types map[string]reflect.Type) {
	byName := map[string]facts.Derivation{}
	var names []string
	for _, d := range facts.Derivations() {
		byName[d.Name] = d
		names = append(names, d.Name)
	}
	for _, e := range c.playbook.Facts {
		if _, taken := types[e.Key]; taken || !factName.MatchString(e.Key) {
			c.add(e.KeyPos, "", "fact %q is taken or not small letters, digits and _", e.Key)
			continue
		}
		d, ok := byName[e.Value.Derive.V]
		if !ok {
			c.add(e.Value.Derive.Pos, strictyaml.DidYouMean(e.Value.Derive.V, names), "there is no derivation %q", e.Value.Derive.V)
			continue
		}
		inputs := facts.Inputs(d)
		for _, from := range e.Value.From {
			input, known := inputs[from.Key]
			have, there := types[from.Value.V]
			switch {
			case !known:
				c.add(from.KeyPos, strictyaml.DidYouMean(from.Key, sortedKeys(inputs)), "derivation %s has no input %q", d.Name, from.Key)
			case !there:
				c.add(from.Value.Pos, strictyaml.DidYouMean(from.Value.V, sortedKeys(types)), "there is no fact %q above", from.Value.V)
			case input.Type != have:
				c.add(from.Value.Pos, "", "input %s of %s wants %s, fact %s is %s", from.Key, d.Name, input.Type, from.Value.V, have)
			}
			delete(inputs, from.Key)
		}
		for _, missing := range sortedKeys(inputs) {
			if inputs[missing].Optional {
				continue
			}
			c.add(e.KeyPos, "", "fact %s: derivation %s needs input %s", e.Key, d.Name, missing)
		}
		out.derive[e.Key] = d
		types[e.Key] = d.Type
	}
}

// pathFields checks that the fields of which a probe says what paths they can be are
// texts.
func (c *checker) pathFields(env *cel.Env) {
	for _, probe := range c.playbook.Probes {
		for _, e := range probe.Paths {
			c.expression(env, "paths", Text{V: probe.ID + "." + e.Key, Pos: e.KeyPos}, cel.StringType)
		}
	}
}

// compiler compiles texts; their problems go to the checker.
type compiler struct {
	checker *checker
	env     *cel.Env
	// before also knows each fact as it was when the rung was planned.
	before *cel.Env
}

// condition compiles a boolean expression; nil when there is none.
func (e *compiler) condition(text Text) *expression {
	if text.V == "" {
		return nil
	}
	x, err := newExpression(e.env, text.V, cel.BoolType)
	if err != nil {
		e.checker.add(text.Pos, "", "condition: %v", err)
	}
	return x
}

func (e *compiler) text(text Text) *template {
	t, err := newTemplate(e.env, text.V)
	if err != nil {
		e.checker.add(text.Pos, "", "text: %v", err)
	}
	return t
}

// each compiles the list of a finding or step, and returns a compiler that
// knows its items; itself where there is none.
func (e *compiler) each(text Text) (*expression, *compiler) {
	if text.V == "" {
		return nil, e
	}
	ast, issues := e.env.Compile(text.V)
	if issues.Err() != nil {
		e.checker.add(text.Pos, "", "each: %v", issues.Err())
		return nil, e
	}
	if ast.OutputType().Kind() != cel.ListKind {
		e.checker.add(text.Pos, "", "each: this is of type %s, wanted a list", ast.OutputType())
		return nil, e
	}
	list, err := newExpression(e.env, text.V, ast.OutputType())
	if err != nil {
		e.checker.add(text.Pos, "", "each: %v", err)
		return nil, e
	}
	item := cel.Variable(eachName, ast.OutputType().Parameters()[0])
	inner := *e
	if inner.env, err = e.env.Extend(item); err == nil && e.before != nil {
		inner.before, err = e.before.Extend(item)
	}
	if err != nil {
		e.checker.add(text.Pos, "", "each: %v", err)
		return nil, e
	}
	return list, &inner
}

func (e *compiler) probes(probes []Probe) map[string]compiledProbe {
	out := map[string]compiledProbe{}
	for _, p := range probes {
		out[p.ID] = compiledProbe{when: e.condition(p.When), run: e.text(p.Run)}
	}
	return out
}

func (e *compiler) finding(f Finding) compiledFinding {
	out := compiledFinding{when: e.condition(f.When)}
	out.each, e = e.each(f.Each)
	out.warningWhen, out.title, out.remedy = e.condition(f.WarningWhen), e.text(f.Title), e.text(f.Remedy)
	for _, line := range f.Evidence {
		out.evidence = append(out.evidence, e.text(line))
	}
	for _, line := range f.Next {
		out.next = append(out.next, e.text(line))
	}
	return out
}

func (e *compiler) guards(guards []Guard) []compiledGuard {
	var out []compiledGuard
	for _, g := range guards {
		out = append(out, compiledGuard{guard: g, require: e.condition(g.Require), otherwise: e.text(g.Else)})
	}
	return out
}

func (e *compiler) rung(r Rung) compiledRung {
	out := compiledRung{when: e.condition(r.When), guards: e.guards(r.Guards)}
	for _, s := range r.Steps {
		out.steps = append(out.steps, e.step(s))
	}
	return out
}

func (e *compiler) step(s Step) compiledStep {
	var out compiledStep
	out.each, e = e.each(s.Each)
	confirming := &compiler{checker: e.checker, env: e.before}
	out.when, out.guards = e.condition(s.When), e.guards(s.Guards)
	out.confirm, out.refute = confirming.condition(s.Confirm), confirming.condition(s.Refute)
	out.undoWhen, out.undoGuards = confirming.condition(s.UndoWhen), confirming.guards(s.UndoGuards)
	out.run, out.undo, out.because = e.text(s.Run), e.text(s.Undo), e.text(s.Because)
	switch {
	case s.Upload != nil:
		out.from, out.to = e.text(s.Upload.From), e.text(s.Upload.To)
	case s.Fetch.V != "":
		out.run = e.text(s.Fetch)
	}
	return out
}

// Asked returns the probes that a run asks with these parameters for a verb,
// their commands complete. An error: a parameter can't be part of a command.
func (p *Playbook) Asked(params Params, verb, run string) ([]Probe, error) {
	values := map[string]any{verbName: verb, allowedName: []string{}, runName: run}
	params.into(values)
	var probes []Probe
	for _, probe := range p.Probes {
		c := p.compiled.probes[probe.ID]
		if c.when != nil {
			if holds, err := c.when.holds(values); err != nil || !holds {
				continue
			}
		}
		run, err := c.run.command(values)
		if err != nil {
			return nil, fmt.Errorf("probe %s: %w", probe.ID, err)
		}
		probe.Run.V = run
		probes = append(probes, probe)
	}
	return probes, nil
}

// Uses tells whether anything in the playbook reads a fact that the controller
// gives.
func (p *Playbook) Uses(given string) bool {
	for _, e := range p.Facts {
		for _, from := range e.Value.From {
			if from.Value.V == given {
				return true
			}
		}
	}
	return slices.ContainsFunc(p.compiled.findings, func(c compiledFinding) bool { return slices.Contains(c.when.refs, given) })
}

// UntilProbes returns those of some probes on which verify's condition rests.
func (p *Playbook) UntilProbes(of []Probe) []Probe {
	if p.compiled.until == nil {
		return nil
	}
	roots := map[string]bool{}
	for _, ref := range p.compiled.until.refs {
		p.roots(ref, roots)
	}
	var probes []Probe
	for _, probe := range of {
		if roots[probe.ID] {
			probes = append(probes, probe)
		}
	}
	return probes
}

// roots adds the probes on which a fact rests.
func (p *Playbook) roots(fact string, into map[string]bool) {
	i := slices.IndexFunc(p.Facts, func(e strictyaml.Entry[Derived]) bool { return e.Key == fact })
	if i < 0 {
		into[fact] = true
		return
	}
	for _, from := range p.Facts[i].Value.From {
		p.roots(from.Value.V, into)
	}
}

// probesOf are the probes from which some facts come, in the playbook's order.
func (p *Playbook) probesOf(facts []string) []string {
	roots := map[string]bool{}
	for _, fact := range facts {
		p.roots(fact, roots)
	}
	var probes []string
	for _, probe := range p.Probes {
		if roots[probe.ID] {
			probes = append(probes, probe.ID)
		}
	}
	return probes
}
