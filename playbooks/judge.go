package playbooks

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/facts"
	"aixmend/playbooks/program"
)

// Probed is what became of one probe.
type Probed struct {
	Output facts.Output
	// Err is set when the probe gave no exit status.
	Err error
	// NotRun tells that it was never started, because a required answer
	// before it was another.
	NotRun bool
}

// Verdict is one finding that holds.
type Verdict struct {
	ID, Row, Severity, Title string
	Evidence                 []string
	Remedy, Source           string
	// Next says to a person how to go on, line by line.
	Next []string
	// Rule is the condition that holds, Reads are the parts of facts that it reads,
	// Probes those from which they come. One that says that something could not be
	// read has no rule.
	Rule          string
	Reads, Probes []string
	// Readings say how sure the facts are that the condition reads.
	Readings []Reading
}

// Diagnosis is what the probes of one host mean.
type Diagnosis struct {
	// Facts holds every fact that could be had, by name.
	Facts map[string]any
	// Missing says of each other fact why not; see NotRead.
	Missing map[string]error
	// Verdicts are the findings that hold, in the playbook's order.
	Verdicts []Verdict
	// Incomplete tells that a required answer was another, so that most of
	// the host was not read; a verdict says what is lacking.
	Incomplete bool
	// Skip is the reason for leaving the host alone, "" when there is none.
	Skip string

	values map[string]any // facts and parameters, for conditions
	// unclear are the probes that answered, and whose answer was not understood.
	unclear map[string]bool
}

// NotRead tells that a fact is missing because its probe was never started.
func NotRead(err error) bool { return errors.Is(err, errNotRead) }

// Given are the facts that come from the controller, not from the host.
type Given struct {
	// RunID is the run's id, for the names of files that steps leave behind.
	RunID string
	// Verb is the run's verb: some verdicts are only for one.
	Verb      string
	Inventory facts.Inventory
	Captured  facts.Captured
	// Captures are those that the capture verb took of the host.
	Captures facts.Captures
	// Baseline is what the host is compared with.
	Baseline facts.Past
	// Upload is the folder of this machine that a step may bring to the host.
	Upload facts.Upload
	// Fleet is nil while the other hosts of the run are not known; findings
	// over them are then judged later, by JudgeFleet or WithFleet.
	Fleet *facts.Fleet
}

// diagnosis is one that knows nothing of the host yet.
func (p *Playbook) diagnosis(g Given, params Params) *Diagnosis {
	d := &Diagnosis{Facts: map[string]any{}, Missing: map[string]error{}, unclear: map[string]bool{}, values: map[string]any{conditions.AllowedName: []string{}, conditions.RunName: g.RunID, conditions.VerbName: g.Verb}}
	params.Into(d.values)
	d.set("inventory", g.Inventory, nil)
	d.set("captured", g.Captured, nil)
	// What other documents hold is not repeated in the host's report.
	d.values["captures"], d.values["baseline"], d.values["upload"] = g.Captures, g.Baseline, g.Upload
	if g.Fleet != nil {
		p.setFleet(d, *g.Fleet)
	} else {
		d.Missing[conditions.FleetName] = errNotRead
		for _, e := range p.Unique {
			d.Missing[conditions.UniquePrefix+e.Key] = errNotRead
		}
	}
	return d
}

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

// errNotRead marks facts of probes that were never started.
var errNotRead = errors.New("not read")

// Judge turns the probes' outputs into facts and verdicts. It never fails: a
// fact that can't be had is missing, and what rests on it becomes the finding
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

func (d *Diagnosis) set(name string, value any, err error) {
	if err != nil {
		d.Missing[name] = err
		return
	}
	d.Facts[name], d.values[name] = value, value
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

// unread tells that a fact rests on a probe that was never started.
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
			d.Incomplete = true // it answered, and nobody knows what
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
		if holds {
			d.hold(f, c, d.values)
		}
	}
	d.Verdicts = append(d.Verdicts, p.failed(d, unjudged)...)
}

// Compare adds the verdicts on what a recovery must have left as it was: before
// is the host as it was before the first change.
func (p *Playbook) Compare(before, after *Diagnosis) {
	values := maps.Clone(after.values)
	for name, value := range before.values {
		values[conditions.BeforePrefix+name] = value
	}
	for i, f := range p.Verify.Unchanged {
		c := p.Code.Unchanged[i]
		holds, err := c.When.Holds(values)
		switch {
		case err != nil:
			v := failure("what "+f.ID+" is about", err, nil)
			after.Verdicts = append(after.Verdicts, v)
		case holds:
			after.holdSideEffect(f, c, values)
		}
	}
}

// holdSideEffect is hold for what a recovery must have left alone: what can't
// be told is only a warning.
func (d *Diagnosis) holdSideEffect(f Finding, c program.Finding, values map[string]any) {
	if c.Each != nil {
		if _, err := c.Each.Items(values); err != nil {
			d.Verdicts = append(d.Verdicts, failure("what "+f.ID+" is about", err, nil))
			return
		}
	}
	d.hold(f, c, values)
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
	v := Verdict{ID: f.ID, Row: f.Row, Severity: f.Severity.V, Source: f.Source, Evidence: []string{}, Rule: f.When.V, Reads: c.When.Reads, Probes: c.Probes, Readings: c.Readings}
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

// failed makes one finding probe-failed of each probe that gave no fact.
// Critical is the one on which a critical verdict rests.
func (p *Playbook) failed(d *Diagnosis, unjudged map[string][]Finding) []Verdict {
	open := map[string][]Finding{} // by root
	for fact, findings := range unjudged {
		found := false
		for root := range p.Roots(fact) {
			if err, missing := d.Missing[root]; missing && !errors.Is(err, errNotRead) {
				open[root] = append(open[root], findings...)
				found = true
			}
		}
		if err := d.Missing[fact]; !found && !errors.Is(err, errNotRead) {
			open[fact] = append(open[fact], findings...) // every probe answered, the join did not
		}
	}
	for _, probe := range p.Probes {
		err, missing := d.Missing[probe.ID]
		silent := probe.Optional || probe.Guard && d.unclear[probe.ID]
		if _, listed := open[probe.ID]; missing && !listed && !silent && !errors.Is(err, errNotRead) {
			open[probe.ID] = nil
		}
	}
	p.takeAccepted(d, open)
	var verdicts []Verdict
	for _, name := range slices.Sorted(maps.Keys(open)) {
		v := failure(name, d.Missing[name], open[name])
		v.Probes = p.ProbesOf([]string{name})
		if slices.ContainsFunc(p.Probes, func(probe Probe) bool { return probe.ID == name && probe.Require != nil }) {
			v.Severity = "critical" // without this answer nothing is known
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}

// takeAccepted leaves out the checks of a guard whose unclear answer the inventory
// accepts, but for those on which a critical verdict rests too.
func (p *Playbook) takeAccepted(d *Diagnosis, open map[string][]Finding) {
	inventory, _ := d.values["inventory"].(facts.Inventory)
	for _, probe := range p.Probes {
		critical := slices.ContainsFunc(open[probe.ID], func(f Finding) bool { return f.Severity.V == "critical" })
		if probe.Guard && d.unclear[probe.ID] && !critical && slices.Contains(inventory.Accepted, probe.ID) {
			delete(open, probe.ID)
		}
	}
}

func failure(name string, err error, rests []Finding) Verdict {
	v := Verdict{
		ID: "probe-failed", Row: "any", Severity: "warning",
		Title:    fmt.Sprintf("%s could not be read: %v", name, err),
		Evidence: []string{fmt.Sprintf("%s: %v", name, err)},
		Remedy:   "run the probe by hand and see what it says",
		Source:   "a verdict that can't be had is not guessed",
	}
	var ids []string
	for _, f := range rests {
		ids = append(ids, f.ID)
		if f.Severity.V == "critical" {
			v.Severity = "critical"
		}
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) > 0 {
		v.Evidence = append(v.Evidence, "not judged for want of it: "+strings.Join(ids, ", "))
	}
	return v
}

// Proved tells whether verify's condition holds.
func (p *Playbook) Proved(d *Diagnosis) bool {
	if p.Code.Until == nil {
		return true
	}
	holds, err := p.Code.Until.Holds(d.values)
	return err == nil && holds
}
