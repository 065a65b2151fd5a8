package formats

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// outcomeCase is the name of the test case of a host's outcome.
const outcomeCase = "outcome"

// junitSuite is the suite of a host.
type junitSuite struct {
	XMLName    xml.Name        `xml:"testsuite"`
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Hostname   string          `xml:"hostname,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// junitCase is a check of a host. At most one of Failure, Error and Skipped is set.
type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitTrouble `xml:"failure"`
	Error   *junitTrouble `xml:"error"`
	Skipped *junitTrouble `xml:"skipped"`
	Out     string        `xml:"system-out,omitempty"`
}

// junitTrouble is why a check did not pass. Some readers show the message, others the
// text.
type junitTrouble struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// maxPassed bounds the names of the passed checks of a host, in bytes.
const maxPassed = 4 << 10

// JUnit writes JUnit XML: a suite per host, a case for its outcome, a case for each
// finding that counts or is waived, and one for each check that passed. An outcome that
// --fail-on does not list is no failure.
func JUnit(to io.Writer, e report.Evidence) error {
	var suites bytes.Buffer // bounded per host; the counts must come first
	encoder := xml.NewEncoder(&suites)
	encoder.Indent("  ", "  ")
	var all junitSuite
	for h, err := range e.Hosts {
		if err != nil {
			return err
		}
		s := suite(e.Run, h)
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		all.Skipped += s.Skipped
		if err := encoder.Encode(s); err != nil {
			return err
		}
	}
	if suites.Len() > 0 {
		suites.WriteByte('\n')
	}
	_, err := fmt.Fprintf(to, "%s<testsuites name=\"aixmend %s\" tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%s\">\n%s</testsuites>\n",
		xml.Header, xmlText(e.Run.Command), all.Tests, all.Failures, all.Errors, all.Skipped,
		seconds(e.Run.Finished.Sub(e.Run.Started)), suites.Bytes())
	return err
}

// xmlText escapes untrusted text for an attribute.
func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(line(s))) // writing to a builder cannot fail
	return b.String()
}

// seconds renders a duration in the form of JUnit.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", max(d, 0).Seconds()) }

// suite builds the suite of a host.
func suite(run outcome.Run, h outcome.Host) junitSuite {
	began := h.Started
	if began.IsZero() { // it never had its turn
		began = run.Started
	}
	s := junitSuite{
		Name: line(h.Host), Hostname: line(h.Host), Time: seconds(time.Duration(h.Duration) * time.Millisecond),
		// Readers that follow the first schema refuse a time zone.
		Timestamp: began.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{
			{"run_id", line(run.ID)}, {"verb", line(run.Command)}, {"playbook", line(run.Playbook.Name)},
			{"address", line(h.Address)}, {"outcome", string(h.Outcome)},
		},
		Cases: []junitCase{caseOfOutcome(run, h)},
	}
	if h.Cloud != nil {
		s.Properties = append(s.Properties, junitProperty{"cloud_class", report.CloudClass(*h.Cloud)}, junitProperty{"cloud_health", line(h.Cloud.Health)})
	}
	s.Cases[0].Time = s.Time
	s.Cases = append(s.Cases, casesOfFindings(run, h)...)
	s.Cases = append(s.Cases, casesPassed(h)...)
	for i := range s.Cases {
		c := &s.Cases[i]
		c.Class = s.Name
		if c.Time == "" {
			c.Time = seconds(0)
		}
		s.Tests++
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	return s
}

// caseOfOutcome builds the case of a host's outcome. A host that was not judged never
// passes, whatever counts as trouble.
func caseOfOutcome(run outcome.Run, h outcome.Host) junitCase {
	c := junitCase{Name: outcomeCase}
	said := string(h.Shown())
	if h.Reason != "" {
		said += ": " + line(h.Reason)
	}
	if made := changesMade(h.Changes); len(made) > 0 {
		c.Out = "changes:\n" + strings.Join(made, "\n")
	}
	trouble := &junitTrouble{Message: said, Type: string(h.Outcome), Text: said}
	switch fails := run.Fails(h.Outcome); {
	case fails && (h.Outcome == outcome.Unreachable || h.Outcome == outcome.Unknown):
		c.Error = trouble
	case fails:
		c.Failure = trouble
	case h.Outcome == outcome.Healthy, h.Outcome == outcome.Recovered, h.Outcome == outcome.OutcomeUndone, h.Outcome == outcome.Degraded:
	case h.Outcome == outcome.Skipped:
		c.Skipped = trouble
	default:
		trouble.Message += " (does not count: --fail-on)"
		trouble.Text = trouble.Message
		c.Skipped = trouble
	}
	return c
}

// casesOfFindings builds the cases of the findings that count or are waived, one per
// id: readers use only the first of several cases with one name.
func casesOfFindings(run outcome.Run, h outcome.Host) []junitCase {
	var ids []string
	byID := map[string][]outcome.Finding{}
	for _, f := range h.Findings {
		if !f.Open() && !f.Waived {
			continue
		}
		if byID[f.ID] == nil {
			ids = append(ids, f.ID)
		}
		byID[f.ID] = append(byID[f.ID], f)
	}
	var cases []junitCase
	for _, id := range ids {
		cases = append(cases, caseOfFinding(run, h, byID[id]))
	}
	return cases
}

// casesPassed builds the cases of the checks that found nothing.
func casesPassed(h outcome.Host) []junitCase {
	var cases []junitCase
	size := 0
	for i, id := range h.Passed {
		if size += len(line(id)); size > maxPassed {
			return append(cases, junitCase{Name: report.More(len(h.Passed)-i, "check") + " passed"})
		}
		if !slices.ContainsFunc(h.Findings, func(f outcome.Finding) bool { return f.ID == id }) {
			cases = append(cases, junitCase{Name: line(id)})
		}
	}
	return cases
}

// caseOfFinding builds the case of findings with one id. A critical finding fails if
// its host's outcome does, a warning if degraded hosts do.
func caseOfFinding(run outcome.Run, h outcome.Host, same []outcome.Finding) junitCase {
	worst := same[0]
	var texts []string
	for _, f := range same {
		texts = append(texts, tell(f))
		if f.Open() && (!worst.Open() || f.Severity == outcome.Critical && worst.Severity != outcome.Critical) {
			worst = f
		}
	}
	c := junitCase{Name: line(worst.ID)}
	trouble := &junitTrouble{
		Message: string(worst.Severity) + ": " + line(worst.Title), Type: line(worst.ID),
		Text: cut(strings.Join(texts, "\n"), 2*maxFinding),
	}
	if worst.Expired != "" {
		trouble.Message += " (waiver expired: " + line(worst.Expired) + ")"
	}
	switch {
	case worst.Waived:
		trouble.Message = "waived: " + line(worst.Waiver)
		c.Skipped = trouble
	case worst.Severity == outcome.Critical && run.Fails(h.Outcome), worst.Severity == outcome.Warning && run.Fails(outcome.Degraded):
		c.Failure = trouble
	case worst.Severity == outcome.Critical:
		trouble.Message += " (does not count: --fail-on)"
		c.Skipped = trouble
	default:
		c.Out = trouble.Message + "\n" + trouble.Text
	}
	return c
}
