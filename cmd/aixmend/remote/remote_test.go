package remote

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/controller/drift"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/formats"
	"aixmend/controller/report/samples"
)

const (
	run     = "20261201T070000.000Z-3f9ac2"
	earlier = "20261130T070000.000Z-3f9ac2"
)

// printed is the output of a reader.
type printed struct{ out, err bytes.Buffer }

// reading returns a reader of a hub that answers each question with what is there for its verb.
func reading(answers map[string]any) (Reader, *printed) {
	p := &printed{}
	c := console.New(console.Streams{Out: &p.out, Err: &p.err}, console.NewInterrupts(), func(string) string { return "" })
	return Reader{Console: c, Join: "ops.join", Ask: func(verb string, _, into any) error {
		text, err := json.Marshal(answers[verb])
		if err != nil {
			return err
		}
		return json.Unmarshal(text, into)
	}}, p
}

// kept is a run of hosts with their reports, as a hub answers with them.
func kept(hosts ...outcome.Host) (outcome.Run, Reports) {
	r := outcome.Run{Schema: outcome.RunSchema, ID: run, Command: "audit"}
	answer := Reports{Hosts: []json.RawMessage{}}
	for _, h := range hosts {
		h.Schema, h.RunID, h.Site = outcome.HostSchema, run, "fra"
		text, err := json.Marshal(h)
		if err != nil {
			panic(err)
		}
		r.Hosts, answer.Hosts = append(r.Hosts, h.Summary(true)), append(answer.Hosts, text)
	}
	answer.Run = run
	return r, answer
}

// allFiles are files of all formats in a new folder.
func allFiles(t *testing.T) map[string]string {
	files, dir := map[string]string{}, t.TempDir()
	for _, f := range formats.All() {
		files[f.Name] = filepath.Join(dir, f.Name)
	}
	return files
}

// clean fails the test where a text holds what a terminal acts on.
func clean(t *testing.T, about, text string) {
	t.Helper()
	if report.Clean(text, true) != text {
		t.Errorf("%s: control characters come through: %q", about, text)
	}
}

// A hub in wrong hands writes no markup, no escape sequence and no path at the operator's
// machine, whatever it answers.
func TestTextOfAHub(t *testing.T) {
	t.Parallel()
	for _, s := range samples.HostileTexts() {
		h := samples.HostileHost(s)
		h.Host = "aix1"
		r, answer := kept(h)
		r.Fleet, r.ExitReason, r.Playbook.Name = []outcome.FleetFinding{{ID: s, Hosts: []string{s}, Title: s}}, s, s
		answer.Before = &report.Before{ID: s, Kind: s, Hosts: map[string]report.Earlier{"aix1": {Outcome: outcome.Outcome(s), Open: []string{s}, Read: true}}}
		back := Back{Rest: s, Document: job.RollbackDocument{ID: s, Hosts: []job.RollbackHost{{Name: s, Site: s, Plan: h.Plan}}}}
		reader, out := reading(map[string]any{
			AskReports: answer,
			AskNews:    News{Drift: &drift.Drift{From: earlier, To: run, Hosts: []drift.Host{{Name: "aix1", From: outcome.Healthy, To: outcome.Failed, Reason: s, Appeared: []string{s}, Gone: []string{s}, Waived: []string{s}, Facts: []drift.Fact{{Path: s, From: s, To: s}}}}, Once: []string{s}, NotJudged: []string{s}, Limit: s}},
		})
		files := allFiles(t)
		if err := reader.Show(t.Context(), View{Files: files}, &r, nil); err != nil && !strings.Contains(err.Error(), "exit") {
			t.Logf("%.40q: %v", s, err)
		}
		for name, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			clean(t, name, string(text))
			if name == "html" && strings.Contains(s, "<script>") && strings.Contains(string(text), s) {
				t.Errorf("%q is in the page", s)
			}
		}
		if _, err := reader.Since(r); err != nil {
			t.Error(err)
		}
		clean(t, "stdout", out.out.String())
		clean(t, "stderr", out.err.String())
		clean(t, "a rollback", reader.BackText(back, report.TextOptions{}, true)+reader.BackText(back, report.TextOptions{}, false))
	}
}

// Nothing but the documents asked for is taken from a hub.
func TestNothingOfAHubIsTrusted(t *testing.T) {
	t.Parallel()
	well := outcome.Host{Host: "aix1", Outcome: outcome.Healthy, Findings: []outcome.Finding{}}
	for name, change := range map[string]func(r *outcome.Run, answer *Reports){
		"another run":           func(r *outcome.Run, _ *Reports) { r.ID = earlier },
		"another schema":        func(r *outcome.Run, _ *Reports) { r.Schema = "x" },
		"a path as a host":      func(r *outcome.Run, _ *Reports) { r.Hosts[0].Name = "../../etc/passwd" },
		"a host twice":          func(r *outcome.Run, _ *Reports) { r.Hosts = append(r.Hosts, r.Hosts[0]) },
		"an escape as a site":   func(r *outcome.Run, _ *Reports) { r.Hosts[0].Site = "\x1b[31m" },
		"no outcome":            func(r *outcome.Run, _ *Reports) { r.Hosts[0].Outcome = "fine" },
		"another host":          func(_ *outcome.Run, answer *Reports) { answer.Hosts[0] = json.RawMessage(`{"host":"aix2"}`) },
		"no report":             func(_ *outcome.Run, answer *Reports) { answer.Hosts = nil },
		"a report that is none": func(_ *outcome.Run, answer *Reports) { answer.Hosts[0] = json.RawMessage(`[]`) },
	} {
		document, answer := kept(well)
		change(&document, &answer)
		files := allFiles(t)
		reader, _ := reading(map[string]any{AskReports: answer})
		reader.Fetch = func(string) (*outcome.Run, error) { return &document, nil }
		if _, err := reader.Report(run, files); err == nil {
			t.Errorf("%s: no error", name)
		}
		for _, format := range []string{"junit", "html", "sarif", "markdown"} {
			if _, err := os.Stat(files[format]); err == nil {
				t.Errorf("%s: %s was written", name, format)
			}
		}
	}
	for name, d := range map[string]drift.Drift{
		"other runs":              {From: earlier, To: earlier},
		"no run":                  {From: "../x", To: run},
		"an escape as an outcome": {From: earlier, To: run, Hosts: []drift.Host{{Name: "aix1", From: "\x1b[31m"}}},
		"a path as a host":        {From: earlier, To: run, Hosts: []drift.Host{{Name: "../x"}}},
	} {
		reader, _ := reading(map[string]any{AskNews: News{Drift: &d}})
		if _, err := reader.News(run, true); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	file := filepath.Join(t.TempDir(), "plan.json")
	document, answer := kept(well)
	for name, p := range map[string]planfile.Plan{"another run": {RunID: earlier}, "hosts of its own": {RunID: run, Hosts: []planfile.Host{{Name: "aix1", Site: "fra"}}}} {
		reader, _ := reading(map[string]any{AskPlan: p, AskReports: answer})
		if err := reader.SavePlan(document, file); err == nil {
			t.Errorf("the plan of %s was saved", name)
		}
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a file was written")
	}
}

// The reports of many hosts come in parts, each host once and in the order of the run.
func TestReportsComeInParts(t *testing.T) {
	t.Parallel()
	store, err := journal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir, err := store.NewRun(run)
	if err != nil {
		t.Fatal(err)
	}
	r := outcome.Run{Schema: outcome.RunSchema, ID: run, Command: "audit", Started: time.Now()}
	for i := range maxHosts + 3 {
		h := outcome.Host{Schema: outcome.HostSchema, RunID: run, Host: "aix" + strconv.Itoa(10000+i), Site: "fra", Outcome: outcome.Healthy, Findings: []outcome.Finding{}}
		if i%100 == 0 {
			h.Reason = strings.Repeat("x", maxBytes/4)
		}
		if r.Hosts = append(r.Hosts, h.Summary(false)); i == 7 {
			continue // it has no report
		}
		if err := dir.WriteHost(h, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(dir.Finish(r), dir.Close()); err != nil {
		t.Fatal(err)
	}
	keeper, asked := Keeper{store}, 0
	reader := Reader{Ask: func(_ string, question, into any) error {
		asked++
		answer, err := keeper.Reports("ops", question.(Reading))
		if err == nil {
			*into.(*Reports) = *answer
		}
		return err
	}}
	seen := 0
	for h, err := range reader.reports(r, nil) {
		if err != nil || h.Host != r.Hosts[seen].Name {
			t.Fatalf("host %d is %s, %v", seen, h.Host, err)
		}
		seen++
	}
	if seen != len(r.Hosts) || asked < 3 || asked > 10 {
		t.Errorf("%d hosts with %d questions", seen, asked)
	}
	for _, bad := range []Reading{{Run: "../" + run}, {Run: ""}, {Run: earlier}} {
		if _, err := keeper.Reports("ops", bad); err == nil {
			t.Errorf("%+v was answered", bad)
		}
	}
	for _, from := range []int{-1, len(r.Hosts), 1 << 30} {
		if _, err := keeper.Reports("ops", Reading{Run: run, From: from}); err != nil {
			t.Errorf("from %d: %v", from, err)
		}
	}
}
