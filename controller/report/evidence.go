package report

import (
	"iter"
	"time"

	"aixmend/controller/outcome"
)

// Evidence is the input of a format: a run and the documents of its hosts.
type Evidence struct {
	Run outcome.Run
	// Hosts yields the documents of the run's hosts one at a time, in the order of
	// Run.Hosts: a fleet may not fit in memory. A host without a document (skipped
	// before its turn) is yielded with the fields that Run has of it. An error ends
	// the sequence.
	Hosts iter.Seq2[outcome.Host, error]
	// LastWhole is when a run of the same verb and playbook over the whole inventory last
	// ended, LastSuccess when one last ended with exit code 0. This run counts; zero: no
	// stored run did. A run of some hosts says nothing about the others.
	LastWhole, LastSuccess time.Time
	// Folder is the working folder of the run: the commands in its reports work there; ""
	// where that is not known. Complete adds the flags that they need there; nil: none.
	Folder   string
	Complete func(text string) string
	// Next is the next step for a fold, and Now are those of the whole run, the most urgent
	// first. Next is nil where no step is known.
	Next func(Fold) Next
	Now  []Task
	// Before is the run that this one is compared with; nil for none.
	Before *Before
	// Runbook returns the section of a finding in the runbook as handbook.Section.Text has it,
	// "" where it has none; nil: there is no runbook.
	Runbook func(finding string) string
}

// Task is one of the next steps of a run.
type Task struct {
	// Text names the action, in words; Why names the findings or the reason, "" for none.
	Text, Why string
	// Outcome is the one of Hosts; "" where the task is about the whole run.
	Outcome outcome.Outcome
	Hosts   []string
	Next
}

// Before is an earlier run with the same playbook.
type Before struct {
	// ID is its id, Kind its name for people.
	ID, Kind string
	Started  time.Time
	// All reports whether it had every host of the run.
	All bool
	// Hosts are its hosts by name.
	Hosts map[string]Earlier
}

// Earlier is a host in an earlier run.
type Earlier struct {
	Outcome outcome.Outcome
	// Open are its findings that count.
	Open []string
	// Read reports whether its findings are known.
	Read bool
}

// NewBefore returns a run as another is compared with it.
func NewBefore(run *outcome.Run, all bool) *Before {
	b := &Before{ID: run.ID, Kind: run.Kind(), Started: run.Started, All: all, Hosts: make(map[string]Earlier, len(run.Hosts))}
	for _, h := range run.Hosts {
		shown := h.Shown()
		b.Hosts[h.Name] = Earlier{Outcome: shown, Open: h.Open, Read: shown != outcome.Unreachable && shown != outcome.Skipped && shown != outcome.CutOff}
	}
	return b
}

// Typed returns a text with its commands completed.
func (e Evidence) Typed(text string) string {
	if e.Complete == nil {
		return text
	}
	return e.Complete(text)
}
