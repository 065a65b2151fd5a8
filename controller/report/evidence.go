package report

import (
	"io"
	"iter"
	"time"

	"aixmend/controller/outcome"
)

// Evidence is what a format is made of: a run, and what it left of its hosts.
type Evidence struct {
	Run outcome.Run
	// Hosts yields the documents of the run's hosts, in the order of Run.Hosts, one
	// at a time: a fleet may not fit in memory. A host that left none (it was
	// skipped before its turn) is yielded with what Run says of it. After an error
	// nothing more comes.
	Hosts iter.Seq2[outcome.Host, error]
	// LastSuccess is when a run of the same verb and playbook last ended with exit
	// code 0, this one included; zero: none that is kept did.
	LastSuccess time.Time
}

// Format is a report for a program or for people who look at a file.
type Format struct {
	// Name is the name of the flag that asks for it.
	Name string
	// About is a line of help.
	About string
	// Write renders a run. What it has written of one that fails is thrown away.
	Write func(io.Writer, Evidence) error
	// Private files hold what hosts said: nobody but their owner may read them.
	Private bool
}

// Formats are the formats that a file can be written in.
func Formats() []Format {
	return []Format{
		{"junit", "JUnit XML, a suite a host", JUnit, false},
		{"prometheus", "Prometheus text, for a textfile collector", Prometheus, false},
		{"markdown", "a summary in Markdown, below 1 MiB, for a step summary", Markdown, false},
		{"html", "one HTML page that opens offline", HTML, true},
		{"sarif", "SARIF, each finding at the host's line of the inventory", SARIF, false},
	}
}
