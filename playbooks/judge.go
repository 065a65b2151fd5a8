package playbooks

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/facts"
	"aixmend/playbooks/program"
)

// WithFleet judges a host again that was read before the others were known.
func (p *Playbook) WithFleet(d *Diagnosis, fleet facts.Fleet) *Diagnosis {
	again := &Diagnosis{
		Facts: maps.Clone(d.Facts), Missing: maps.Clone(d.Missing), values: maps.Clone(d.values),
		Incomplete: d.Incomplete, Skip: d.Skip, unclear: d.unclear,
	}
	p.setFleet(again, fleet)
	if again.Skip == "" {
		p.judge(again)
	}
	return again
}

// Judge turns the probes' outputs into facts and verdicts. It never fails: a
// fact that can't be read is missing, and verdicts that need it become the finding
// probe-failed.
func (p *Playbook) Judge(params Params, given Given, probed map[string]Probed) *Diagnosis {
	d := p.diagnosis(given, params)
	p.read(d, probed)
	p.derive(d)
	if d.Skip = p.skip(d, probed); d.Skip == "" {
		p.judge(d)
	}
	return d
}

// read parses the outputs.
func (p *Playbook) read(d *Diagnosis, probed map[string]Probed) {
	for _, probe := range p.Probes {
		parser, ok := p.Code.Parsers[probe.ID]
		if !ok {
			continue
		}
		got, ran := probed[probe.ID]
		switch {
		case !ran || got.NotRun:
			d.Missing[probe.ID] = errNotRead
		case got.Err != nil:
			d.Missing[probe.ID] = got.Err
		default:
			value, err := parser.Parse(got.Output)
			d.set(probe.ID, value, err)
			d.unclear[probe.ID] = err != nil
		}
	}
}

// derive makes the derived facts, in the playbook's order.
func (p *Playbook) derive(d *Diagnosis) {
	for _, e := range p.Facts {
		derivation := p.Code.Derive[e.Key]
		inputs, problems := map[string]any{}, map[string]string{}
		for _, from := range e.Value.From {
			if value, ok := d.values[from.Value.V]; ok {
				inputs[from.Key] = value
			} else if err := d.Missing[from.Value.V]; errors.Is(err, errNotRead) {
				problems[from.Key] = facts.NotRead
			} else if err != nil {
				problems[from.Key] = err.Error()
			}
		}
		input, err := facts.MakeInput(derivation, inputs, problems)
		if err != nil {
			d.Missing[e.Key] = err
			continue
		}
		value, err := derivation.Derive(input)
		if err != nil && p.unread(d, e.Key) {
			err = errNotRead // no wonder, and no news
		}
		d.set(e.Key, value, err)
	}
}

// unread reports whether a fact depends on a probe that was never started.
func (p *Playbook) unread(d *Diagnosis, fact string) bool {
	for root := range p.Roots(fact) {
		if errors.Is(d.Missing[root], errNotRead) {
			return true
		}
	}
	return false
}

// skip returns the reason of the first required answer that says to skip, and
// notes those that say to judge.
func (p *Playbook) skip(d *Diagnosis, probed map[string]Probed) string {
	for _, probe := range p.Probes {
		got, ran := probed[probe.ID]
		if probe.Require == nil || !ran || got.NotRun {
			continue
		}
		if got.Err != nil {
			d.Incomplete = true
			continue
		}
		if _, unparsed := d.Missing[probe.ID]; unparsed {
			d.Incomplete = true // it answered, in a way that is not understood
			continue
		}
		if strings.TrimRight(string(got.Output.Stdout), "\n") == probe.Require.Answer {
			continue
		}
		if probe.Require.Unmet == "skip" {
			return p.reason(d, probe)
		}
		d.Incomplete = true
	}
	return ""
}

func (p *Playbook) reason(d *Diagnosis, probe Probe) string {
	if text, err := p.Code.Reasons[probe.ID].Prose(d.values); err == nil && text != "" {
		return text
	}
	return fmt.Sprintf("%s did not answer %s", probe.ID, probe.Require.Answer)
}

// judge evaluates every finding.
func (p *Playbook) judge(d *Diagnosis) {
	unjudged := map[string][]Finding{} // by missing fact
	for i, f := range p.Findings {
		c := p.Code.Findings[i]
		holds, err := c.When.Holds(d.values)
		if err != nil {
			known := true
			for _, ref := range c.When.Refs {
				if _, missing := d.Missing[ref]; missing {
					unjudged[ref] = append(unjudged[ref], f)
					known = false
				}
			}
			if known { // the values themselves can't be judged
				d.Verdicts = append(d.Verdicts, failure("the condition of "+f.ID, err, []Finding{f}))
			}
			continue
		}
		switch {
		case holds:
			d.hold(f, c, d.values)
		case f.Severity.V != "info":
			d.Passed = append(d.Passed, f.ID)
		}
	}
	d.Verdicts = append(d.Verdicts, p.failed(d, unjudged)...)
}

// hold adds the verdict of a finding that holds, or one for each of its items.
func (d *Diagnosis) hold(f Finding, c program.Finding, values map[string]any) {
	if c.Each == nil {
		d.Verdicts = append(d.Verdicts, verdict(f, c, values))
		return
	}
	items, err := c.Each.Items(values)
	if err != nil {
		d.Verdicts = append(d.Verdicts, failure("the list of "+f.ID, err, []Finding{f}))
	}
	for _, item := range items {
		one := maps.Clone(values)
		one[conditions.EachName] = item
		d.Verdicts = append(d.Verdicts, verdict(f, c, one))
	}
}

func verdict(f Finding, c program.Finding, values map[string]any) Verdict {
	v := Verdict{ID: f.ID, Severity: f.Severity.V, Source: f.Source, Evidence: []string{}, Rule: f.When.V, Reads: c.When.Reads, Probes: c.Probes, Readings: c.Readings}
	if c.WarningWhen != nil {
		if milder, err := c.WarningWhen.Holds(values); err == nil && milder {
			v.Severity = "warning"
			v.Rule += "; only a warning while " + f.WarningWhen.V
		}
	}
	v.Title = c.Title.Text(values)
	v.Remedy = c.Remedy.Text(values)
	for _, line := range c.Evidence {
		v.Evidence = append(v.Evidence, line.Text(values))
	}
	for _, line := range c.Next {
		v.Next = append(v.Next, line.Text(values))
	}
	return v
}

// Proved reports whether the condition of verify holds.
func (p *Playbook) Proved(d *Diagnosis) bool {
	if p.Code.Until == nil {
		return true
	}
	holds, err := p.Code.Until.Holds(d.values)
	return err == nil && holds
}
