package playbooks

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"aixmend/playbooks/facts"
)

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
		ID: "probe-failed", Severity: "warning",
		Title:    fmt.Sprintf("%s could not be read: %v", name, err),
		Evidence: []string{fmt.Sprintf("%s: %v", name, err)},
		Remedy:   "run the probe's command manually and read its output",
		Source:   "aixmend: a finding that can't be judged is reported, not guessed",
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
		v.Evidence = append(v.Evidence, "not judged because of this: "+strings.Join(ids, ", "))
	}
	return v
}
