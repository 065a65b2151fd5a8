package formats

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// Bounds of one text in the formats for programs, in bytes.
const (
	maxLine    = 500  // a title, a reason, a line of evidence
	maxFinding = 4000 // all lines of a finding
	maxLines   = 20   // of evidence
)

// cut bounds a text to most bytes, and counts the bytes that it leaves out.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := most
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return fmt.Sprintf("%s ... (%s)", s[:end], report.More(len(s)-end, "byte"))
}

// line renders untrusted text on one line, bounded.
func line(s string) string { return cut(report.Clean(s, false), maxLine) }

// tell renders a finding: title, waiver, evidence, remedy and source, a line each,
// bounded.
func tell(f outcome.Finding) string {
	said := []string{line(f.Title)}
	if f.Waived {
		said = append(said, "waived: "+line(f.Waiver))
	}
	if f.Expired != "" {
		said = append(said, "counts again, waiver expired: "+line(f.Expired))
	}
	for i, e := range f.Evidence {
		if i == maxLines {
			said = append(said, "evidence: "+report.More(len(f.Evidence)-i, "line"))
			break
		}
		said = append(said, "evidence: "+line(e))
	}
	if f.Remedy != "" {
		said = append(said, "remedy: "+line(f.Remedy))
	}
	if f.Source != "" {
		said = append(said, "source: "+line(f.Source))
	}
	return cut(strings.Join(said, "\n"), maxFinding)
}

// changesMade renders the changes on a host, a line each, bounded.
func changesMade(changes []outcome.Change) []string {
	var said []string
	for i, c := range changes {
		if i == maxLines {
			return append(said, report.More(len(changes)-i, "change"))
		}
		said = append(said, line(strings.TrimSuffix(fmt.Sprintf("%s: %s; %s", c.Step, c.Status, c.Detail), "; ")))
	}
	return said
}
