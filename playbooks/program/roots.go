package program

import (
	"fmt"
	"slices"

	"aixmend/inventory/strictyaml"
	"aixmend/playbooks/conditions"
	"aixmend/playbooks/document"
)

// Asked returns the probes that a run asks with these parameters for a verb, their
// commands complete. An error: a parameter can't be part of a command.
func (p *Program) Asked(params document.Params, verb, run string) ([]document.Probe, error) {
	values := map[string]any{conditions.VerbName: verb, conditions.AllowedName: []string{}, conditions.RunName: run}
	params.Into(values)
	var probes []document.Probe
	for _, probe := range p.Probes {
		c := p.Code.Probes[probe.ID]
		if c.When != nil {
			if holds, err := c.When.Holds(values); err != nil || !holds {
				continue
			}
		}
		run, err := c.Run.Command(values)
		if err != nil {
			return nil, fmt.Errorf("probe %s: %w", probe.ID, err)
		}
		probe.Run.V = run
		probes = append(probes, probe)
	}
	return probes, nil
}

// Uses reports whether a derived fact or a finding reads a fact that the controller gives.
func (p *Program) Uses(given string) bool {
	for _, e := range p.Facts {
		for _, from := range e.Value.From {
			if from.Value.V == given {
				return true
			}
		}
	}
	return slices.ContainsFunc(p.Code.Findings, func(f Finding) bool { return slices.Contains(f.When.Refs, given) })
}

// UntilProbes returns those of some probes whose facts verify's condition reads.
func (p *Program) UntilProbes(of []document.Probe) []document.Probe {
	if p.Code.Until == nil {
		return nil
	}
	roots := p.Roots(p.Code.Until.Refs...)
	var probes []document.Probe
	for _, probe := range of {
		if roots[probe.ID] {
			probes = append(probes, probe)
		}
	}
	return probes
}

// Roots returns the probes from which some facts come.
func (p *Program) Roots(facts ...string) map[string]bool {
	roots := map[string]bool{}
	for _, fact := range facts {
		p.roots(fact, roots)
	}
	return roots
}

func (p *Program) roots(fact string, into map[string]bool) {
	i := slices.IndexFunc(p.Facts, func(e strictyaml.Entry[document.Derived]) bool { return e.Key == fact })
	if i < 0 {
		into[fact] = true
		return
	}
	for _, from := range p.Facts[i].Value.From {
		p.roots(from.Value.V, into)
	}
}

// ProbesOf returns the probes from which some facts come, in the playbook's order.
func (p *Program) ProbesOf(facts []string) []string {
	roots := p.Roots(facts...)
	var probes []string
	for _, probe := range p.Probes {
		if roots[probe.ID] {
			probes = append(probes, probe.ID)
		}
	}
	return probes
}
