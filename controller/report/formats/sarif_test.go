package formats

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/samples"
)

// readSARIF checks a document by testdata/sarif.schema.json and reads it. The
// schema is our own: what the standard's asks of what is written, and that nothing
// else is.
func readSARIF(t testing.TB, schema *jsonschema.Schema, document string) sarifRun {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%v in %.2000s", err, document)
	}
	var log sarifLog
	if err := json.Unmarshal([]byte(document), &log); err != nil {
		t.Fatal(err)
	}
	return log.Runs[0]
}

func sarifSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	file, err := os.Open("testdata/sarif.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	document, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestSARIFIsRead(t *testing.T) {
	run := readSARIF(t, sarifSchema(t), render(t, SARIF, everyOutcome()))
	var got []string
	marks := map[string]bool{}
	for _, r := range run.Results {
		text := r.Properties["host"] + " " + r.RuleID + " " + r.Level
		if len(r.Suppressions) > 0 {
			text += " suppressed: " + r.Suppressions[0].Justification
		}
		got = append(got, text)
		marks[r.Fingerprints["primaryLocationLineHash"]+" "+r.Fingerprints["hostAndFinding/v1"]] = true
		i := slices.IndexFunc(run.Tool.Driver.Rules, func(rule sarifRule) bool { return rule.ID == r.RuleID })
		if uri := "file:///usr/share/doc/aixmend/docs/runbook.md#" + r.RuleID; i >= 0 && (run.Tool.Driver.Rules[i].HelpURI == uri) == strings.HasPrefix(r.RuleID, "host-") {
			t.Errorf("%s: help is at %q", r.RuleID, run.Tool.Driver.Rules[i].HelpURI)
		}
		if i < 0 {
			t.Errorf("%s is no rule", r.RuleID)
		}
	}
	want := []string{
		"aix02 rsct-below-recommended warning suppressed: frozen for audit (until 2027-01-31)", "aix02 cluster-live note",
		"aix03 rsct-below-recommended warning", "aix03 clock-skew warning", "aix04 cluster-live note",
		"aix05 host-failed error", "aix05 rmc-address-missing error", "aix05 clock-skew warning",
		"aix06 rmc-address-missing error", "aix06 probe-failed warning", "aix06 probe-failed error",
		"aix07 host-unknown error", "aix08 host-unreachable error", "aix09 host-skipped note", "aix10 host-needs-action error",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(marks) != len(got)-1 { // the two failed probes are one
		t.Errorf("%d fingerprints of %d results", len(marks), len(got))
	}
	if i := run.Invocations[0]; !i.Successful || i.Code != 8 {
		t.Errorf("%+v", i)
	}
}

// What does not count as trouble is no error, and is there still.
func TestSARIFFailOn(t *testing.T) {
	e := everyOutcome()
	e.Run.FailOn = []outcome.Outcome{outcome.Skipped}
	for _, r := range readSARIF(t, sarifSchema(t), render(t, SARIF, e)).Results {
		want := map[string]string{"host-unreachable": "note", "host-failed": "note", "host-skipped": "error"}[r.RuleID]
		if want != "" && r.Level != want {
			t.Errorf("%s is %s, want %s", r.RuleID, r.Level, want)
		}
	}
}

// The product's own failure is not that of a host.
func TestSARIFOfABrokenRun(t *testing.T) {
	e := evidenceOf()
	e.Run.ExitCode = int(outcome.ExitInternal)
	if readSARIF(t, sarifSchema(t), render(t, SARIF, e)).Invocations[0].Successful {
		t.Error("a run that broke is called successful")
	}
}

// A fingerprint is the same in every run, wherever the host stands in the
// inventory.
func TestSARIFFingerprints(t *testing.T) {
	marks := func(e report.Evidence) (list []string) {
		for _, r := range readSARIF(t, sarifSchema(t), render(t, SARIF, e)).Results {
			list = append(list, r.Fingerprints["primaryLocationLineHash"])
		}
		return list
	}
	e := everyOutcome()
	e.Run.ID = "another"
	for i := range e.Run.Hosts {
		e.Run.Hosts[i].Defined = outcome.Place{File: "other.yaml", Line: 1}
	}
	if diff := cmp.Diff(marks(everyOutcome()), marks(e)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFileURI(t *testing.T) {
	for path, want := range map[string]string{
		"inventory.yaml":         "inventory.yaml",
		"a b/prod#1.yaml":        "a%20b/prod%231.yaml",
		"./inventory.yaml":       "./inventory.yaml",
		"../inventory.yaml":      "../inventory.yaml",
		"c:d.yaml":               "./c:d.yaml",
		"100%.yaml":              "100%25.yaml",
		"\xff.yaml":              "%EF%BF%BD.yaml",
		"größe.yaml":             "gr%C3%B6%C3%9Fe.yaml",
		"/etc/aixmend/a b?.yaml": "file:///etc/aixmend/a%20b%3F.yaml",
		"//share/inventory.yaml": "file:////share/inventory.yaml",
	} {
		if got := fileURI(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}

// FuzzSARIF: whatever a host says, and whatever a file is called, it is as the
// schema says.
func FuzzSARIF(f *testing.F) {
	for _, s := range samples.HostileTexts() {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	schema := sarifSchema(f)
	f.Fuzz(func(t *testing.T, s string) {
		h := samples.HostileHost(s)
		h.Findings[0].ID = "clock-skew" // ids come from the playbook
		e := evidenceOf(h)
		e.Run.Hosts[0].Defined.File = s
		document := render(t, SARIF, e)
		if readSARIF(t, schema, document); report.Clean(document, true) != document {
			t.Errorf("%q comes through", s)
		}
	})
}
