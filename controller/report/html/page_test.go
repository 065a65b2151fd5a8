package html

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/explain"
	"aixmend/transport/lab/golden"
	"aixmend/transport/lab/suite"
)

func writePage(t *testing.T, e report.Evidence) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, e); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var element = regexp.MustCompile(`(?s)<(script|style)([^>]*)>(.*?)</(?:script|style)>`)

// unpackedBlock is a block as the script of the page sees it.
type unpackedBlock struct {
	Refs  []int      `json:"refs"`
	Texts []string   `json:"texts"`
	Hosts []hostPage `json:"hosts"`
	text  map[int]string
}

// blocksOf unpacks the blocks of a page.
func blocksOf(t *testing.T, page string) []unpackedBlock {
	t.Helper()
	var blocks []unpackedBlock
	for _, m := range element.FindAllStringSubmatch(page, -1) {
		if !strings.Contains(m[2], `type="application/gzip"`) {
			continue
		}
		b := unpackedBlock{text: map[int]string{}}
		if err := json.Unmarshal(unpackText(t, m[3]), &b); err != nil {
			t.Fatal(err)
		}
		for i, ref := range b.Refs {
			b.text[ref] = b.Texts[i]
		}
		blocks = append(blocks, b)
	}
	return blocks
}

func unpackText(t *testing.T, text string) []byte {
	t.Helper()
	unpack, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	document, err := io.ReadAll(unpack)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// smallEvidence is a run in which everything that a page shows occurs.
func smallEvidence() report.Evidence {
	run := outcome.Run{
		Schema: outcome.RunSchema, ID: "20261122T103000.000Z-abcdef", Version: "v1", Command: "recover", Undoes: "20261121T000000.000Z-000000",
		By: outcome.By{User: "ops", Machine: "ctl", Terminal: "/dev/pts/3"}, Limit: "prod", Ticket: "CHG1",
		Approvals: []outcome.Approval{{Principal: "ben", Key: "SHA256:x", Approved: began.Add(-time.Hour), Comment: "seen <b>"}},
		Playbook:  outcome.Playbook{Name: "rmc-restore"}, Started: began, Finished: began.Add(90e9), Resumed: []time.Time{began.Add(30e9)},
		ExitCode: 3, ExitReason: "1 needs_action", Unfinished: 1,
		Fleet: []outcome.FleetFinding{{ID: "node-id-duplicate", Hosts: []string{"a1", "a2"}, Title: "two hosts have the node id 1"}},
	}
	step := outcome.Command{ID: "domain", Command: "rmcdomainstatus -s ctrmc", Stdout: "none\n", Stderr: "x", ExitStatus: 1, Truncated: 7, DurationMS: 3, Error: "late"}
	ill := outcome.Host{
		Schema: outcome.HostSchema, RunID: run.ID, Host: "a1", Address: "10.0.0.1", Outcome: outcome.NeedsAction, Reason: "rmc-disconnected: no", Interrupted: true,
		Started: began, Duration: 1200,
		Stages: []outcome.Stage{
			{Name: outcome.StageDiagnose, Status: outcome.StageOK, Started: began, DurationMS: 500, Steps: []outcome.Command{step}},
			{Name: outcome.StageRecover, Status: outcome.StageFailed, Started: began.Add(600e6), DurationMS: 100, Note: "rung 1", Steps: []outcome.Command{{ID: "set", Command: "chdev", Mutating: true}}},
		},
		Facts: map[string]any{"uname": "AIX"}, FactErrors: map[string]string{"lspv": "hung"}, HostKey: "SHA256:x", SSH: &outcome.SSH{Login: "agent"},
		Findings: []outcome.Finding{
			{ID: "rmc-disconnected", Severity: outcome.Critical, Title: "no", Evidence: []string{"e"}, Remedy: "r", Next: []string{"n"}, Source: "D3", Expired: "over"},
			{ID: "clock-skew", Severity: outcome.Warning, Title: "skew", Source: "D9", Waived: true, Waiver: "known"},
		},
		Changes: []outcome.Change{{Step: "set", Command: "chdev", Undo: "undo", Status: outcome.Applied, At: began, Detail: "d"}}, Capture: "captures/a1/1",
		Lease: &outcome.Lease{Text: "run=x", Note: "n", Steps: []outcome.Command{step}}, Support: []outcome.SupportFile{{Name: "snap", Bytes: 3, SHA256: "ab"}},
		Plan:  []outcome.PlanStep{{Rung: "1", Step: "set", Command: "chdev", Undo: "undo", AllowedBy: "node-id", BlockedBy: "b", Conditional: true, Fixes: []string{"m"}}},
		Drift: []string{"other kernel"}, Noise: "banner",
		Cloud: &outcome.Cloud{Status: "ACTIVE", Health: "WARNING", Reason: "no <b>RMC</b>", LastUpdate: "2026-11-22T10:21:07.000Z", Class: "both-bad"},
	}
	e := pageOf(run, ill, outcome.Host{Host: "a2", Address: "10.0.0.2", Outcome: outcome.Healthy})
	e.Run.Hosts[0].Groups, e.Run.Hosts[1].Site = []string{"prod", "db"}, "north"
	return guided(e)
}

// guided adds to a run all that the state folder knows about it.
func guided(e report.Evidence) report.Evidence {
	e.LastSuccess = began.Add(-24 * time.Hour)
	e.Folder, e.Run.By.Machine = "/srv/it's", "ctl"
	e.Next = func(f report.Fold) report.Next {
		if f.Outcome != outcome.NeedsAction {
			return report.Next{}
		}
		return report.Next{Step: "look at " + f.Hosts[0], Command: []string{"aixmend", "explain", "R", "a1"}}
	}
	e.Now = []report.Task{
		{Text: "Continue this run", Why: "cut off", Next: report.Next{Step: "look first", Command: []string{"aixmend", "resume", "R"}}},
		{Text: "Plan 2 hosts", Why: "rmc-disconnected", Outcome: outcome.NeedsAction, Hosts: []string{"a1", "a2"}, Next: report.Next{Step: "by hand", Command: []string{"aixmend", "plan"}}},
	}
	e.Before = &report.Before{ID: "20261121T103000.000Z-aaaaaa", Kind: "audit", Started: began.Add(-24 * time.Hour), Hosts: map[string]report.Earlier{
		e.Run.Hosts[0].Name: {Outcome: outcome.Healthy, Read: true},
	}}
	e.Runbook = func(string) string { return "About it.\n\n- Check\n\n    lssrc -s ctrmc\n    df -k\n\n- See other.\n" }
	return e
}

// What stands in a page, without its style and script, and with its blocks unpacked.
func TestHTML(t *testing.T) {
	page := writePage(t, smallEvidence())
	page = element.ReplaceAllStringFunc(page, func(text string) string {
		m := element.FindStringSubmatch(text)
		switch {
		case strings.Contains(m[2], "application/gzip"):
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, unpackText(t, m[3]), "", " "); err != nil {
				t.Fatal(err)
			}
			return "<script" + m[2] + ">" + pretty.String() + "</script>"
		case m[2] == "":
			return "<" + m[1] + ">...</" + m[1] + ">"
		}
		return text
	})
	golden.Check(t, "testdata/page.golden.html", regexp.MustCompile(`sha256-[A-Za-z0-9+/=]*`).ReplaceAllString(page, "sha256-..."))
}

// The policy of a page names its style and its script, and nothing else.
func TestPolicy(t *testing.T) {
	page := writePage(t, smallEvidence())
	policy := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`).FindStringSubmatch(page)
	var style, script string
	for _, m := range element.FindAllStringSubmatch(page, -1) {
		switch m[1] + m[2] {
		case "style":
			style = m[3]
		case "script":
			script = m[3]
		}
	}
	want := "default-src 'none'; script-src '" + elementHash(script) + "'; style-src '" + elementHash(style) + "'; base-uri 'none'; form-action 'none'"
	if policy == nil || policy[1] != want || script == "" || style == "" {
		t.Errorf("policy %q, want %q", policy, want)
	}
	if strings.Index(page, "Content-Security-Policy") > strings.Index(page, "<style>") {
		t.Error("the policy comes too late")
	}
	for _, sign := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "import(", "fetch(", "XMLHttpRequest", "localStorage", "http://", "https://", "url(", "@import"} {
		text := strings.ReplaceAll(script+style, "http://www.w3.org/2000/svg", "")
		if strings.Contains(text, sign) {
			t.Errorf("the page's own text holds %q", sign)
		}
	}
	for _, attribute := range []string{" style=", " onclick=", " src=", "<link", "<iframe", "<object", "<form"} {
		if strings.Contains(element.ReplaceAllString(page, ""), attribute) {
			t.Errorf("the page holds %q", attribute)
		}
	}
}

// Each part of the script is in it.
func TestScriptIsWhole(t *testing.T) {
	whole, err := script()
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(assets, "assets/*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		part, err := assets.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(whole, string(part)) {
			t.Errorf("%s is left out", name)
		}
	}
	if strings.Contains(strings.ToLower(whole), "</script") || strings.Contains(whole, "<!--") {
		t.Error("the script ends its element")
	}
}

// planted is what a page must never take for markup, nor pass on to the eye.
const planted = "</script><script>window.planted=1</script><img src=x onerror=window.planted=1>\"'><svg onload=window.planted=1><!--\u2028\u202edesrever\x1b[31m\x00`${window.planted=1}`]]>{{.}}"

// hostileEvidence is a run in which every text is planted, but what decides.
func hostileEvidence() report.Evidence {
	e := smallEvidence()
	var hosts []outcome.Host
	for h := range e.Hosts {
		plant(reflect.ValueOf(&h).Elem())
		hosts = append(hosts, h)
	}
	hosts[0].Host, hosts[1].Host = "a1"+planted, "a2"
	plant(reflect.ValueOf(&e.Run).Elem())
	groups, site := e.Run.Hosts[0].Groups, e.Run.Hosts[1].Site
	e.Run.Hosts = []outcome.HostSummary{summaryOf(hosts[0]), summaryOf(hosts[1])}
	e.Run.Hosts[0].Groups, e.Run.Hosts[1].Site = groups, site
	e.Run.Counts = outcome.Count(e.Run.Hosts)
	e = guided(report.Evidence{Run: e.Run, Hosts: each(hosts)})
	e.Folder += planted
	e.Before.Kind += planted
	for i := range e.Now {
		plant(reflect.ValueOf(&e.Now[i]).Elem())
	}
	return e
}

// plant sets every text of a document.
func plant(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			v.SetString(v.String() + planted)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			plant(v.Elem())
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[outcome.Stage]() {
			name, status := v.FieldByName("Name").String(), v.FieldByName("Status").String()
			defer v.FieldByName("Name").SetString(name)
			defer v.FieldByName("Status").SetString(status)
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				plant(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			plant(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			if v.Type().Elem().Kind() == reflect.String || v.Type().Elem().Kind() == reflect.Interface {
				v.SetMapIndex(key, reflect.ValueOf(planted))
			}
		}
	}
}

// What hosts say makes no element, no comment and no end of one.
func TestHostileHTML(t *testing.T) {
	tame, hostile := writePage(t, smallEvidence()), writePage(t, hostileEvidence())
	tag := regexp.MustCompile(`<[a-z!/][a-z-]*`)
	count := func(page string) map[string]int {
		n := map[string]int{}
		for _, name := range tag.FindAllString(page, -1) {
			n[name]++
		}
		return n
	}
	if diff := cmp.Diff(count(tame), count(hostile)); diff != "" {
		t.Errorf("elements (-tame +hostile):\n%s", diff)
	}
	if report.Clean(hostile, true) != hostile {
		t.Error("the page has characters that a terminal acts on")
	}
	blocks := blocksOf(t, hostile)
	if len(blocks) != 1 {
		t.Fatalf("%d blocks", len(blocks))
	}
	for _, text := range blocks[0].Texts {
		if report.Clean(text, true) != text {
			t.Errorf("a block holds %q", text)
		}
	}
}

func TestHTMLOfLittle(t *testing.T) {
	run := outcome.Run{Command: "audit", ID: "x"}
	for _, c := range []struct {
		name string
		e    report.Evidence
		want []string
	}{
		{"no host", report.Evidence{Run: run, Hosts: each(nil)}, []string{"audit of 0 hosts", "This run has no hosts.", "not finished", "None: no host was read."}},
		{"one host", pageOf(run, outcome.Host{Host: "a1", Outcome: outcome.Healthy}), []string{"audit of 1 host<", `["a1","",8,0,[],0,0,0,[],-1]`, `id="pages-0"`, "no open finding"}},
		{"an open run", report.Evidence{Run: outcome.Run{ID: "x", LeftOpen: []outcome.LeftOpen{{ID: "r<", Hosts: []string{"a1", "a2"}}}}, Hosts: each(nil)}, []string{"Not finished: run r&lt; has changed a[1-2] and has not finished."}},
		{"no document", report.Evidence{Run: outcome.Run{Hosts: []outcome.HostSummary{{Name: "a1", Outcome: outcome.Skipped, Reason: "r"}}}, Hosts: each(nil)}, []string{`["a1","",4,0,[],0,0,0,[],-1]`}},
		{"nothing to do", func() report.Evidence {
			e := pageOf(run, outcome.Host{Host: "a1", Outcome: outcome.Healthy})
			e.Next = func(report.Fold) report.Next { return report.Next{} }
			return e
		}(), []string{"Do this now", "Nothing: no host needs a person."}},
		{"a plan", func() report.Evidence {
			e := pageOf(run, outcome.Host{Host: "a1", Outcome: outcome.NeedsAction})
			e.Run.Hosts[0].Plan = []outcome.PlanStep{{Rung: "refresh", Step: "enable", Command: "rmcctrl -p <x>", Undo: "none: it is as before"}}
			return e
		}(), []string{"refresh  rmcctrl -p &lt;x&gt;", "Plan: 1 host to change, up to 1 step, 1 rung."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := writePage(t, c.e)
			for _, text := range c.want {
				if !strings.Contains(page, text) {
					t.Errorf("the page does not hold %q", text)
				}
			}
		})
	}
}

func TestHTMLFails(t *testing.T) {
	lost := errors.New("the document is gone")
	e := report.Evidence{Hosts: func(yield func(outcome.Host, error) bool) { yield(outcome.Host{}, lost) }}
	if err := Write(io.Discard, e); !errors.Is(err, lost) {
		t.Errorf("a document that cannot be read: %v", err)
	}
	if err := Write(full{}, smallEvidence()); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// Every text of a host comes out of its block as it went in, clean.
func TestBlocksHoldTheDocuments(t *testing.T) {
	e := demoFleet(t, 150)
	e.Run.LeftOpen = []outcome.LeftOpen{{ID: "open", Hosts: []string{e.Run.Hosts[3].Name}}}
	opened := 0
	var pages []hostPage
	var texts []map[int]string
	for _, b := range blocksOf(t, writePage(t, e)) {
		for _, p := range b.Hosts {
			pages, texts = append(pages, p), append(texts, b.text)
		}
	}
	i := 0
	for h := range e.Hosts {
		page, text := pages[i], texts[i]
		i++
		open := e.Run.LeftOpen
		e := explain.Host(h)
		explain.LeftOpen(&e, outcome.OpenOn(open, h.Host))
		for _, next := range page.Next {
			if strings.Contains(text[next], "aixmend resume open") {
				opened++
			}
		}
		for n, c := range e.Chains {
			got := []string{text[page.Chains[n].Finding], text[page.Chains[n].Title], text[page.Chains[n].Rule], text[page.Chains[n].Source]}
			if diff := cmp.Diff([]string{c.Finding, c.Title, c.Rule, c.Source}, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", h.Host, diff)
			}
			if len(page.Chains[n].Observed) != len(c.Observed) || len(page.Chains[n].Steps) != len(c.Steps) || len(page.Chains[n].Next) != len(c.Next) {
				t.Errorf("%s, %s: not all of the chain is there", h.Host, c.Finding)
			}
		}
		if len(page.Stages) != len(h.Stages) || len(page.Changes) != len(h.Changes) || len(page.Next) != len(e.Next) || len(page.Facts) != len(h.Facts) {
			t.Fatalf("%s: not all is there", h.Host)
		}
		for n, s := range h.Stages {
			for k, step := range s.Steps {
				row := page.Stages[n].Steps[k]
				got := []any{text[row[0]], text[row[1]], text[row[2]], row[3], text[row[4]], row[6]}
				want := []any{step.ID, report.Clean(step.Command, true), report.Clean(step.Stdout, true), 0, strings.TrimRight(report.Clean(step.Stderr, true), "\n"), step.ExitStatus}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Fatalf("%s, %s, %s (-want +got):\n%s", h.Host, s.Name, step.ID, diff)
				}
			}
		}
	}
	if i != 150 || len(pages) != i || opened != 1 {
		t.Errorf("%d hosts, %d pages, %d of them name the open run", i, len(pages), opened)
	}
}

// The condition of a step of the last resort has the words that explain prints.
func TestConditionOfStep(t *testing.T) {
	last := outcome.PlanStep{Rung: "hand-over", Step: "collect", Command: "snap", Conditional: true, BlockedBy: "it waits"}
	held := outcome.PlanStep{Rung: "recycle", Step: "stop", BlockedBy: "a cluster is live"}
	for _, c := range []struct {
		want string
		host outcome.Host
	}{
		{"only if nothing else has helped", outcome.Host{Plan: []outcome.PlanStep{last}}},
		{"only if nothing else has helped, and not while a rung is blocked", outcome.Host{Plan: []outcome.PlanStep{held, last}}},
		{"only if nothing else has helped; not run: the host was interrupted", outcome.Host{Interrupted: true, Plan: []outcome.PlanStep{last}}},
		{"only if nothing else has helped", outcome.Host{Plan: []outcome.PlanStep{last}, Changes: []outcome.Change{{Rung: "hand-over", Step: "collect", Status: outcome.Applied}}}},
	} {
		c.host.Host, c.host.Outcome = "a1", outcome.NeedsAction
		b := blocksOf(t, writePage(t, pageOf(outcome.Run{}, c.host)))[0]
		step := b.Hosts[0].Plan[len(c.host.Plan)-1]
		if got, blocked := b.text[step.Condition], b.text[step.BlockedBy]; got != c.want || blocked != "" {
			t.Errorf("condition %q, blocked %q; want %q", got, blocked, c.want)
		}
	}
}

// Output is cut at its bound, at the border of a character, and said to be.
func TestHTMLBounds(t *testing.T) {
	long := strings.Repeat("é", stepBytes)
	h := outcome.Host{Host: "a1", Outcome: outcome.Healthy, Stages: []outcome.Stage{{Name: outcome.StageDiagnose, Steps: []outcome.Command{
		{ID: "long", Stdout: "x" + long, Stderr: "short"}, {ID: "same", Stdout: "short"},
	}}}}
	for i := range 100 {
		h.Stages[0].Steps = append(h.Stages[0].Steps, outcome.Command{ID: "next", Stdout: fmt.Sprintf("%05d", i) + strings.Repeat("x", stepBytes)})
	}
	b := blocksOf(t, writePage(t, pageOf(outcome.Run{}, h)))[0]
	rows := b.Hosts[0].Stages[0].Steps
	if got, want := len(b.text[rows[0][2]]), stepBytes-1; got != want || rows[0][3] != 2*stepBytes+1-want {
		t.Errorf("kept %d bytes, %d more; want %d", got, rows[0][3], want)
	}
	if !strings.HasPrefix("x"+long, b.text[rows[0][2]]) || b.text[rows[0][4]] != "short" || rows[1][2] != rows[0][4] {
		t.Error("not the beginning, or a text is there twice")
	}
	kept, last := 0, rows[len(rows)-1]
	for _, text := range b.Texts {
		kept += len(text)
	}
	if kept > hostBytes+4<<10 || last[3] != stepBytes+5 || b.text[last[0]] != "next" {
		t.Errorf("a host took %d bytes; of the last output %d are left out, of step %q", kept, last[3], b.text[last[0]])
	}
}

// What is held in memory does not grow by the documents that were written.
func TestHTMLMemory(t *testing.T) {
	suite.Unraced(t, "one goroutine")
	const from, to = 300, 1500
	e := demoFleet(t, to)
	documents := e.Hosts
	var before, after runtime.MemStats
	i, size := 0, 0
	e.Hosts = func(yield func(outcome.Host, error) bool) {
		for h, err := range documents {
			i++
			for _, s := range h.Stages {
				for _, step := range s.Steps {
					size += len(step.Stdout)
				}
			}
			switch i {
			case from:
				runtime.GC()
				runtime.ReadMemStats(&before)
				size = 0
			case to:
				runtime.GC()
				runtime.ReadMemStats(&after)
			}
			if !yield(h, err) {
				return
			}
		}
	}
	if err := Write(io.Discard, e); err != nil {
		t.Fatal(err)
	}
	grown := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	if most := int64(blockBytes) + int64(size)/20; grown > most {
		t.Errorf("%d hosts more, that printed %d bytes, take %d bytes more memory", to-from, size, grown)
	}
	t.Logf("%d bytes of output, %d bytes more memory", size, grown)
}

// BenchmarkHTML writes the page of 1000 hosts. Making and reading their documents is
// not counted.
func BenchmarkHTML(b *testing.B) {
	e := demoFleet(b, 1000)
	var hosts []outcome.Host
	for h := range e.Hosts {
		hosts = append(hosts, h)
	}
	e.Hosts = each(hosts)
	var size counter
	b.ReportAllocs()
	for b.Loop() {
		size = 0
		if err := Write(&size, e); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/host")
	b.ReportMetric(float64(size)/1000, "B/host")
}

type counter int

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

// What is said of one host is not said of another one that has the same finding.
func TestTitleOfAGroup(t *testing.T) {
	host := func(name, title string) outcome.Host {
		return outcome.Host{Host: name, Findings: []outcome.Finding{{ID: "x", Severity: outcome.Critical, Title: title}}}
	}
	for want, hosts := range map[string][]outcome.Host{
		"a is wrong":              {host("a", "a is wrong"), host("b", "a is wrong")},
		"for example: a is wrong": {host("a", "a is wrong"), host("b", "b is wrong")},
	} {
		all := findings{}
		for _, h := range hosts {
			all.add(h)
		}
		if got := all.bottom(report.Evidence{}).Findings[0].Title; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
