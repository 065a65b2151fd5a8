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
}

// Typed returns a text with its commands completed.
func (e Evidence) Typed(text string) string {
	if e.Complete == nil {
		return text
	}
	return e.Complete(text)
}
