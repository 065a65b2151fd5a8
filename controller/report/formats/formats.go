// Package formats writes a run in the formats of other programs (JUnit, SARIF, Prometheus,
// Nagios and so on) and in Markdown, one source file per format.
package formats

import (
	"io"

	"aixmend/controller/report"
	"aixmend/controller/report/html"
)

// Format is a report that is written to a file.
type Format struct {
	// Name is also the name of the flag that asks for it.
	Name string
	// About is its line of help.
	About string
	// Write renders a run. After an error the caller discards the output.
	Write func(io.Writer, report.Evidence) error
	// Private files contain output of hosts: only their owner may read them.
	Private bool
}

// All returns the formats that have a flag.
func All() []Format {
	return []Format{
		{"junit", "JUnit XML, one suite per host", JUnit, false},
		{"prometheus", "Prometheus text, for a textfile collector", Prometheus, false},
		{"markdown", "a summary in Markdown, below 1 MiB, for a step summary", Markdown, false},
		{"html", "one HTML page that opens offline", html.Write, true},
		{"sarif", "SARIF, each finding at the host's line of the inventory", SARIF, false},
	}
}
