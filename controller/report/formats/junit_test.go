package formats

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/samples"
)

// readSuites is a reader of JUnit XML: the suites, and the counts above them.
func readSuites(t testing.TB, document string) (suites []junitSuite, all junitSuite) {
	t.Helper()
	if !utf8.ValidString(document) {
		t.Fatal("not UTF-8")
	}
	var read struct {
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(document), &read); err != nil {
		t.Fatalf("%v in %.2000q", err, document)
	}
	return read.Suites, junitSuite{Tests: read.Tests, Failures: read.Failures, Errors: read.Errors, Skipped: read.Skipped}
}

// The counts of suites are those of their cases, and those above of all suites.
func TestJUnitCounts(t *testing.T) {
	suites, all := readSuites(t, render(t, JUnit, everyOutcome()))
	if len(suites) != 10 {
		t.Fatalf("%d suites", len(suites))
	}
	var sum junitSuite
	for _, s := range suites {
		var counted junitSuite
		for _, c := range s.Cases {
			if c.Class != s.Name {
				t.Errorf("case %s is of class %s, not %s", c.Name, c.Class, s.Name)
			}
			counted.Tests++
			counted.Failures += there(c.Failure)
			counted.Errors += there(c.Error)
			counted.Skipped += there(c.Skipped)
		}
		if counted.Tests != s.Tests || counted.Failures != s.Failures || counted.Errors != s.Errors || counted.Skipped != s.Skipped {
			t.Errorf("%s says %d %d %d %d, and has %d %d %d %d", s.Name, s.Tests, s.Failures, s.Errors, s.Skipped, counted.Tests, counted.Failures, counted.Errors, counted.Skipped)
		}
		sum.Tests += s.Tests
		sum.Failures += s.Failures
		sum.Errors += s.Errors
		sum.Skipped += s.Skipped
	}
	if sum.Tests != all.Tests || sum.Failures != all.Failures || sum.Errors != all.Errors || sum.Skipped != all.Skipped {
		t.Errorf("%+v, and the suites have %+v", all, sum)
	}
}

func there(trouble *junitTrouble) int {
	if trouble != nil {
		return 1
	}
	return 0
}

// verdicts is each case of each host in a word.
func verdicts(t *testing.T, e report.Evidence) map[string]string {
	t.Helper()
	suites, _ := readSuites(t, render(t, JUnit, e))
	got := map[string]string{}
	for _, s := range suites {
		for _, c := range s.Cases {
			word := "passed"
			switch {
			case c.Failure != nil:
				word = "failure"
			case c.Error != nil:
				word = "error"
			case c.Skipped != nil:
				word = "skipped"
			}
			got[s.Name+" "+c.Name] = word
		}
	}
	return got
}

// What counts as trouble (--fail-on) is what makes a pipeline red; a host that was
// not judged never looks as if it had passed.
func TestJUnitFailOn(t *testing.T) {
	normal := map[string]string{
		"aix01 outcome": "passed", "aix01 rmc-address-missing": "passed", "aix01 clock-skew": "passed", "aix02 outcome": "passed", "aix02 rsct-below-recommended": "skipped",
		"aix03 outcome": "passed", "aix03 rmc-address-missing": "passed", "aix03 clock-skew": "passed", "aix03 rsct-below-recommended": "passed",
		"aix04 outcome": "passed",
		"aix05 outcome": "failure", "aix05 clock-skew": "passed", "aix05 rmc-address-missing": "failure",
		"aix06 outcome": "failure", "aix06 probe-failed": "failure", "aix06 rmc-address-missing": "failure",
		"aix07 outcome": "error", "aix08 outcome": "error", "aix09 outcome": "skipped", "aix10 outcome": "failure",
	}
	for _, c := range []struct {
		name   string
		failOn []outcome.Outcome
		other  map[string]string // than normal
	}{
		{"the usual", outcome.DefaultFailOn(), nil},
		{"a run of before", nil, nil},
		{"degraded, too", append(outcome.DefaultFailOn(), outcome.Degraded), map[string]string{
			"aix03 outcome": "failure", "aix03 clock-skew": "failure", "aix03 rsct-below-recommended": "failure", "aix05 clock-skew": "failure",
		}},
		{"skipped, too", append(outcome.DefaultFailOn(), outcome.Skipped), map[string]string{"aix09 outcome": "failure"}},
		{"failed alone", []outcome.Outcome{outcome.Failed}, map[string]string{
			"aix06 outcome": "skipped", "aix06 probe-failed": "skipped", "aix06 rmc-address-missing": "skipped",
			"aix07 outcome": "skipped", "aix08 outcome": "skipped", "aix10 outcome": "skipped",
		}},
		{"nothing", []outcome.Outcome{}, map[string]string{
			"aix05 outcome": "skipped", "aix05 rmc-address-missing": "skipped",
			"aix06 outcome": "skipped", "aix06 probe-failed": "skipped", "aix06 rmc-address-missing": "skipped",
			"aix07 outcome": "skipped", "aix08 outcome": "skipped", "aix10 outcome": "skipped",
		}},
	} {
		e := everyOutcome()
		e.Run.FailOn = c.failOn
		want := map[string]string{}
		for key, word := range normal {
			want[key] = word
		}
		for key, word := range c.other {
			want[key] = word
		}
		if diff := cmp.Diff(want, verdicts(t, e)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// xmllint reads it, and finds it as junit.xsd says.
func TestJUnitByXmllint(t *testing.T) {
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
			t.Fatalf("AIXMEND_REQUIRE_OPENSSH is set: %v", err)
		}
		t.Skip("there is no xmllint")
	}
	fleets := map[string]report.Evidence{"every outcome": everyOutcome(), "nothing": evidenceOf()}
	for i, s := range samples.HostileTexts() {
		h := samples.HostileHost(s)
		h.Host = "host"
		fleets[string(rune('a'+i))] = evidenceOf(h)
	}
	files := []string{"--noout", "--schema", "testdata/junit.xsd"}
	for _, e := range fleets {
		file := filepath.Join(t.TempDir(), "junit.xml")
		if err := os.WriteFile(file, []byte(render(t, JUnit, e)), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if said, err := exec.CommandContext(t.Context(), lint, files...).CombinedOutput(); err != nil {
		t.Errorf("%v: %.5000s", err, said)
	}
}

// FuzzJUnit: whatever a host says, it is XML with the same cases.
func FuzzJUnit(f *testing.F) {
	for _, s := range append(samples.HostileTexts(), "]]>", "\uFFFE\uFFFF", "\x01\x02", "&#0;", "<![CDATA[") {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		document := render(t, JUnit, evidenceOf(samples.HostileHost(s), samples.HostileHost(s)))
		suites, _ := readSuites(t, document)
		if len(suites) != 2 || len(suites[0].Cases) != 2 || suites[1].Tests != 2 {
			t.Errorf("%q makes other suites", s)
		}
		if strings.ContainsAny(document, "\x1b\x00") || strings.Contains(document, "]]>") {
			t.Errorf("%q comes through", s)
		}
	})
}
