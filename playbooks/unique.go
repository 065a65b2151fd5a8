package playbooks

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"aixmend/inventory/strictyaml"
	"aixmend/playbooks/facts"
)

// What must be unique over a fleet. A playbook says where the values of a host are
// found and what to call them; the controller compares hosts and captures, and gives
// each host its view as the fact fleet.

// uniquePrefix begins the name of the fact about one of the things that must be unique.
const uniquePrefix = "fleet.unique."

// identityName is the fact that says which machine a host is.
const identityName = "identity"

// Variables of the title of a finding over the fleet.
const (
	valueName    = "value"    // what is shared
	machinesName = "machines" // those that share it
)

type compiledUnique struct {
	values, restores *expression
	title            *template
}

// unique checks what a playbook says itself of what must be unique.
func (c *checker) unique() {
	p := c.playbook
	for _, e := range p.Unique {
		u, of := e.Value, "unique "+e.Key
		if !factName.MatchString(e.Key) {
			c.add(e.KeyPos, "", "%s: small letters, digits and _", of)
		}
		c.filled(u.Values.Pos, of+": values", u.Values)
		c.filled(u.Title.Pos, of+": title", u.Title)
		if c.taken[e.Key] {
			continue // what it names need not have been taken over with it
		}
		if ids := p.FindingIDs(); !slices.Contains(ids, u.Finding.V) {
			c.add(u.Finding.Pos, strictyaml.DidYouMean(u.Finding.V, ids), "%s: %q is no finding of this playbook", of, u.Finding.V)
		}
		if words := p.words(); u.Allow.V != "" && !slices.Contains(words, u.Allow.V) {
			c.add(u.Allow.Pos, strictyaml.DidYouMean(u.Allow.V, words), "%s: no rung or step takes --allow %s", of, u.Allow.V)
		}
		text := func(param strictyaml.Entry[Param]) bool {
			return param.Key == u.CloneParam.V && param.Value.Type == TextParam
		}
		if u.CloneParam.V != "" && !slices.ContainsFunc(p.Params, text) {
			c.add(u.CloneParam.Pos, "", "%s: clone_param: there is no text parameter %q", of, u.CloneParam.V)
		}
	}
}

// hostTypes are the types of the facts that come from the host.
func (out *compiled) hostTypes() map[string]reflect.Type {
	host := maps.Clone(out.types)
	for name := range givenFacts() {
		delete(host, name)
	}
	return host
}

// uniques compiles what must be unique, and finds what a host has to say of itself
// to the others.
func (c *checker) uniques(out *compiled, e *compiler) {
	host := out.hostTypes()
	top := strictyaml.Pos{File: c.file, Line: 1, Column: 1}
	own, err := newEnv(host, nil, nil)
	if err != nil {
		c.add(top, "", "the facts can't be declared: %v", err)
		return
	}
	shared, err := newEnv(nil, nil, nil)
	if err == nil {
		shared, err = shared.Extend(cel.Variable(valueName, cel.StringType), cel.Variable(machinesName, cel.ListType(cel.StringType)))
	}
	if err != nil {
		c.add(top, "", "the title can't be declared: %v", err)
		return
	}
	for _, entry := range c.playbook.Unique {
		u := entry.Value
		values := c.expression(own, "values", u.Values, cel.ListType(cel.StringType))
		if values != nil && c.playbook.weigh(values.facts(), true) == Assumed {
			(&sureChecker{c}).refuse(u.Values, "what unique "+entry.Key+" compares")
		}
		out.unique = append(out.unique, compiledUnique{
			values:   values,
			restores: c.expression(e.env, "restores", u.Restores, cel.StringType),
			title:    (&compiler{checker: c, env: shared}).text(u.Title),
		})
		for i, f := range c.playbook.Findings {
			if f.ID == u.Finding.V && out.findings[i].when != nil && !out.findings[i].overFleet() {
				c.add(u.Finding.Pos, "", "unique %s: the condition of finding %s does not read fleet, so it says nothing of other hosts", entry.Key, f.ID)
			}
		}
	}
	read := map[string]bool{}
	for _, f := range out.findings {
		if !f.overFleet() {
			continue
		}
		for _, x := range f.expressions() {
			for _, ref := range x.refs {
				if _, is := host[ref]; is && ref != identityName {
					read[ref] = true
				}
			}
		}
	}
	out.shared = sortedKeys(read)
}

// expression compiles a text that has one of some types; nil when there is none.
func (c *checker) expression(env *cel.Env, key string, text Text, want ...*cel.Type) *expression {
	if text.V == "" {
		return nil
	}
	x, err := newExpression(env, text.V, want...)
	if err != nil {
		c.add(text.Pos, "", "%s: %v", key, err)
	}
	return x
}

// overFleet reports whether a finding says something of other hosts.
func (f compiledFinding) overFleet() bool {
	return f.when != nil && slices.ContainsFunc(f.when.refs, func(ref string) bool {
		return ref == fleetName || strings.HasPrefix(ref, uniquePrefix)
	})
}

// expressions are all those of a finding.
func (f compiledFinding) expressions() []*expression {
	list := []*expression{f.when, f.warningWhen, f.each}
	for _, t := range slices.Concat([]*template{f.title, f.remedy}, f.evidence, f.next) {
		if t != nil {
			list = append(list, t.parts...)
		}
	}
	return slices.DeleteFunc(list, func(x *expression) bool { return x == nil })
}

// Shared is what a host says of itself to the others of a run.
type Shared struct {
	// Identity says which machine it is; nil: it could not be read.
	Identity *facts.Identity
	// Values are those that it holds of each thing that must be unique, in the order
	// of the playbook, the one it goes by first; nil: they could not be read.
	Values [][]string
	// Restores is the value of each that it is to get back, "" for none.
	Restores []string
	// facts are those that findings over the fleet read.
	facts map[string]any
}

// Or returns what a host says, with what it said before where this could not be read.
func (s Shared) Or(before Shared) Shared {
	if s.Identity == nil {
		s.Identity = before.Identity
	}
	for i := range before.Values {
		if s.Values[i] == nil {
			s.Values[i] = before.Values[i]
		}
		if s.Restores[i] == "" {
			s.Restores[i] = before.Restores[i]
		}
	}
	for name, value := range before.facts {
		if _, there := s.facts[name]; !there {
			s.facts[name] = value
		}
	}
	return s
}

// Share returns what a host says of itself to the others.
func (p *Playbook) Share(d *Diagnosis) Shared { return p.share(d.values) }

// ShareWritten is Share of the facts that a report holds. A fact that the playbook
// knows otherwise is left out.
func (p *Playbook) ShareWritten(written map[string]any) Shared {
	names := slices.Concat(p.compiled.shared, []string{identityName})
	for _, u := range p.compiled.unique {
		names = append(names, u.values.refs...)
		if u.restores != nil {
			names = append(names, u.restores.refs...)
		}
	}
	return p.share(p.known(written, names))
}

// known are the facts of some names that are written down.
func (p *Playbook) known(written map[string]any, names []string) map[string]any {
	values := map[string]any{}
	for _, name := range names {
		was, there := written[name]
		if _, known := p.compiled.types[name]; !there || !known {
			continue
		}
		if value, err := p.recalled(name, was); err == nil {
			values[name] = value
		}
	}
	return values
}

func (p *Playbook) share(values map[string]any) Shared {
	s := Shared{facts: map[string]any{}}
	if id, ok := values[identityName].(facts.Identity); ok {
		s.Identity = &id
	}
	for _, name := range p.compiled.shared {
		if value, there := values[name]; there {
			s.facts[name] = value
		}
	}
	for _, u := range p.compiled.unique {
		s.Values = append(s.Values, u.held(values))
		back := ""
		if u.restores != nil {
			if words, err := u.restores.words(values); err == nil && len(words) == 1 {
				back = words[0]
			}
		}
		s.Restores = append(s.Restores, back)
	}
	return s
}

// held are the values that a host holds; nil: they are not known.
func (u compiledUnique) held(values map[string]any) []string {
	words, err := u.values.words(values)
	if err != nil {
		return nil
	}
	held := []string{}
	for _, word := range words {
		if word = strings.TrimSpace(word); word != "" && !slices.Contains(held, word) {
			held = append(held, word)
		}
	}
	return held
}

// Captured returns the values that a host went by when a capture of it was taken, by
// the names of what must be unique. facts are those of the capture.
func (p *Playbook) Captured(facts map[string]any) map[string]string {
	went := map[string]string{}
	for i, u := range p.compiled.unique {
		if held := u.held(p.known(facts, u.values.refs)); len(held) > 0 {
			went[p.Unique[i].Key] = held[0]
		}
	}
	return went
}

// SharedTitle is the title of the finding over the fleet: some machines share a value
// of the i-th thing that must be unique.
func (p *Playbook) SharedTitle(i int, value string, machines []string) string {
	return prose(p.compiled.unique[i].title, map[string]any{valueName: value, machinesName: machines})
}

// CloneParams returns the parameters by which the operator names hosts that are to
// get another value.
func (p *Playbook) CloneParams() []string {
	var names []string
	for _, e := range p.Unique {
		if name := e.Value.CloneParam.V; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// setFleet gives a diagnosis its view of the others.
func (p *Playbook) setFleet(d *Diagnosis, fleet facts.Fleet) {
	delete(d.Missing, fleetName)
	d.set(fleetName, fleet, nil)
	for i, e := range p.Unique {
		u, there := fleet.Unique[e.Key]
		if !there && i == 0 {
			u = fleet.First()
		}
		delete(d.Missing, uniquePrefix+e.Key)
		d.values[uniquePrefix+e.Key] = u
	}
}

// JudgeFleet returns the verdicts over the fleet alone, for a host of which only what
// it shared is still at hand.
func (p *Playbook) JudgeFleet(params Params, inventory facts.Inventory, shared Shared, fleet facts.Fleet) []Verdict {
	d := p.diagnosis(Given{Inventory: inventory, Fleet: &fleet}, params)
	for name, value := range shared.facts {
		d.set(name, value, nil)
	}
	if shared.Identity != nil {
		d.set(identityName, *shared.Identity, nil)
	}
	for i, f := range p.Findings {
		c := p.compiled.findings[i]
		if !c.overFleet() {
			continue
		}
		if holds, err := c.when.holds(d.values); err == nil && holds {
			d.hold(f, c, d.values)
		}
	}
	return d.Verdicts
}
