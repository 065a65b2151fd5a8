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
	// LastSuccess is when a run of the same verb and playbook last ended with exit
	// code 0, this run included; zero: no stored run did.
	LastSuccess time.Time
}
