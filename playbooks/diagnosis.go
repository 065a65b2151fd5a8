package playbooks

import (
	"errors"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/facts"
)

// Probed is the result of one probe.
type Probed struct {
	Output facts.Output
	// Err is set when the probe gave no exit status.
	Err error
	// NotRun reports whether it was never started, because a required answer
	// before it was another.
	NotRun bool
}

// Verdict is one finding that holds.
type Verdict struct {
	ID, Severity, Title string
	Evidence            []string
	Remedy, Source      string
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

// Diagnosis holds the facts and verdicts of one host.
type Diagnosis struct {
	// Facts holds every fact that could be had, by name.
	Facts map[string]any
	// Missing says of each other fact why not; see NotRead.
	Missing map[string]error
	// Verdicts are the findings that hold, in the playbook's order.
	Verdicts []Verdict
	// Passed are the ids of the critical findings and warnings that were judged and do not
	// hold, in the playbook's order.
	Passed []string
	// Incomplete reports whether a required answer was wrong, so that most of the
	// host was not read; a verdict names the answer.
	Incomplete bool
	// Skip is the reason for leaving the host alone, "" when there is none.
	Skip string

	values map[string]any // facts and parameters, for conditions
	// unclear are the probes that answered, and whose answer was not understood.
	unclear map[string]bool
}

// NotRead reports whether a fact is missing because its probe was never started.
func NotRead(err error) bool { return errors.Is(err, errNotRead) }

// Given are the facts that come from the controller, not from the host.
type Given struct {
	// RunID is the run's id, for the names of files that steps leave behind.
	RunID string
	// Verb is the run's verb: some verdicts are only for one.
	Verb      string
	Inventory facts.Inventory
	Captured  facts.Captured
	// API is the VM in the list of the cloud.
	API facts.API
	// Storage are the volumes and snapshots of the VM, where the playbook reads them.
	Storage facts.Storage
	// Captures are those that the capture verb took of the host.
	Captures facts.Captures
	// Baseline is the earlier state that the host is compared with.
	Baseline facts.Past
	// Upload is the folder of this machine that a step may bring to the host.
	Upload facts.Upload
	// Fleet is nil while the other hosts of the run are not known; findings
	// over them are then judged later, by JudgeFleet or WithFleet.
	Fleet *facts.Fleet
}

// diagnosis returns one without any fact of the host.
func (p *Playbook) diagnosis(g Given, params Params) *Diagnosis {
	d := &Diagnosis{Facts: map[string]any{}, Missing: map[string]error{}, unclear: map[string]bool{}, values: map[string]any{conditions.AllowedName: []string{}, conditions.RunName: g.RunID, conditions.VerbName: g.Verb}}
	params.Into(d.values)
	d.set("inventory", g.Inventory, nil)
	d.set("captured", g.Captured, nil)
	if d.values["api"] = g.API; g.API.Known {
		d.set("api", g.API, nil)
	}
	if d.values["storage"] = g.Storage; g.Storage.Known {
		d.set("storage", g.Storage, nil)
	}
	// The content of other documents is not repeated in the host's report.
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

// errNotRead marks facts of probes that were never started.
var errNotRead = errors.New("not read")

func (d *Diagnosis) set(name string, value any, err error) {
	if err != nil {
		d.Missing[name] = err
		return
	}
	d.Facts[name], d.values[name] = value, value
}

// setFleet gives a diagnosis its view of the others.
func (p *Playbook) setFleet(d *Diagnosis, fleet facts.Fleet) {
	delete(d.Missing, conditions.FleetName)
	d.set(conditions.FleetName, fleet, nil)
	for i, e := range p.Unique {
		u, there := fleet.Unique[e.Key]
		if !there && i == 0 {
			u = fleet.First()
		}
		delete(d.Missing, conditions.UniquePrefix+e.Key)
		d.values[conditions.UniquePrefix+e.Key] = u
	}
}
