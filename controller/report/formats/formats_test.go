package formats

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/samples"
	"aixmend/transport/lab/golden"
	lab "aixmend/transport/lab/suite"
)

// evidenceOf is the evidence of hosts, as a run leaves it.
func evidenceOf(hosts ...outcome.Host) report.Evidence {
	at := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	run := outcome.Run{
		Schema: outcome.RunSchema, ID: "20261122T103000.000Z-3f9ac2", Version: "1.2.3", Command: "recover",
		Playbook: outcome.Playbook{Name: "rmc-restore", SHA256: "ab"}, Started: at, Finished: at.Add(90 * time.Second),
		ExitCode: 8, ExitReason: "1 unknown, 1 failed, 1 needs_action, 1 unreachable", FailOn: outcome.DefaultFailOn(),
	}
	for i, h := range hosts {
		run.Hosts = append(run.Hosts, outcome.HostSummary{
			Name: h.Host, Address: h.Address, Outcome: h.Outcome, Reason: h.Reason, DurationMS: h.Duration,
			Findings: outcome.FindingIDs(h.Findings), Open: outcome.OpenIDs(h.Findings),
			Waived: outcome.WaivedIDs(h.Findings), Expired: outcome.ExpiredIDs(h.Findings),
			Cloud: h.Cloud, Report: "hosts/" + h.Host + ".json", Defined: outcome.Place{File: "inventories/prod a.yaml", Line: i + 4},
		})
	}
	run.Counts = outcome.Count(run.Hosts)
	run.Inventory = 40
	return report.Evidence{Run: run, LastWhole: time.Unix(1795340000, 0).UTC(), LastSuccess: at.Add(-24 * time.Hour), Hosts: func(yield func(outcome.Host, error) bool) {
		for _, h := range hosts {
			if !yield(h, nil) {
				return
			}
		}
	}}
}

// everyOutcome is a fleet with each outcome, waivers, changes, and hostile text.
func everyOutcome() report.Evidence {
	at := time.Date(2026, 11, 22, 10, 30, 1, 0, time.UTC)
	host := func(name string, o outcome.Outcome, reason string, findings ...outcome.Finding) outcome.Host {
		return outcome.Host{
			Schema: outcome.HostSchema, Host: name, Address: "10.1.2.3", Outcome: o, Reason: reason, Started: at, Duration: 1234, Findings: findings,
		}
	}
	missing := outcome.Finding{
		ID: "rmc-address-missing", Severity: outcome.Critical, Title: "en1 has no IPv6 link-local address",
		Evidence: []string{"ifconfig -a: no fe80::/10 address on en1", "hostile: \x1b[31m]]> <b>&amp;\x00 | `x` \u202E"},
		Remedy:   "chdev -l en1 -a netaddr6=fe80::1", Source: "D5: IBM page",
	}
	skew := outcome.Finding{ID: "clock-skew", Severity: outcome.Warning, Title: "the clock is 90s off", Evidence: []string{"date"}, Remedy: "start xntpd", Source: "D13"}
	old := outcome.Finding{ID: "rsct-below-recommended", Severity: outcome.Warning, Title: "RSCT 3.2.6.1 is below 3.2.6.2", Source: "D1: IBM page"}
	waived, expired := old, old
	waived.Waived, waived.Waiver = true, "frozen for audit (until 2027-01-31)"
	expired.Expired = "frozen for audit (until 2026-01-31)"
	live := outcome.Finding{ID: "cluster-live", Severity: outcome.Info, Title: "part of a cluster", Source: "D10"}
	probe := func(title string, s outcome.Severity) outcome.Finding {
		return outcome.Finding{ID: "probe-failed", Severity: s, Title: title, Source: "any"}
	}
	recovered := host("aix04", outcome.Recovered, "rung 1 brought it back", live)
	recovered.Changes = []outcome.Change{{Step: "set-address", Command: "chdev", Status: outcome.Applied, Detail: "exit 0"}}
	failed := host("aix05", outcome.Failed, "step set-address failed: exit 1 ::error::forged\nforged", missing, skew)
	failed.Changes = []outcome.Change{{Step: "set-address", Command: "chdev", Status: outcome.NotApplied}}
	never := outcome.Host{Host: "aix09", Address: "aix09", Outcome: outcome.Skipped, Reason: "interrupted before its turn"}
	well := host("aix01", outcome.Healthy, "")
	well.Passed = []string{"rmc-address-missing", "clock-skew"}
	degraded := host("aix03", outcome.Degraded, "rsct-below-recommended: RSCT 3.2.6.1 is below 3.2.6.2", expired, skew)
	degraded.Passed = []string{"rmc-address-missing", "clock-skew"} // judged again among the others
	well.Cloud = &outcome.Cloud{Status: "ACTIVE", Health: "OK", Class: "both-good"}
	recovered.Cloud = &outcome.Cloud{Status: "ACTIVE", Health: "WARNING", Reason: "RMC", LastUpdate: "2026-11-22T10:21:07.000Z", Class: "pending"}
	failed.Cloud = &outcome.Cloud{Health: "]]> <b>&amp;\x00 | `x` \u202E", Class: "\"} 1\nforged"}
	e := evidenceOf(
		well, host("aix02", outcome.Healthy, "", waived, live), degraded,
		recovered, failed,
		host("aix06", outcome.NeedsAction, "not allowed: requires --allow node-id", missing, probe("lscluster hung", outcome.Warning), probe("lsattr failed", outcome.Critical)),
		host("aix07", outcome.Unknown, "the link died while stop-rmc ran"),
		host("aix08", outcome.Unreachable, "timeout: no answer, 100% lost"),
		never,
		host("aix10", outcome.NeedsAction, "no good capture: disk full"),
	)
	e.Run.Hosts[9].Defined = outcome.Place{File: "/etc/aixmend/more.yaml", Line: 7}
	e.Run.Hosts[8].Defined = outcome.Place{}
	e.Run.Fleet = []outcome.FleetFinding{{ID: "node-id-duplicate", Hosts: []string{"aix01", "aix02"}, Title: "the same node id on aix01 and aix02"}}
	return e
}

// render is a format's text.
func render(t testing.TB, write func(io.Writer, report.Evidence) error, e report.Evidence) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b, e); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// guide is the page that describes the formats.
const guide = "../../../docs/formats.md"

var errFull = errors.New("no space left")

// full is a disk without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// A format is complete with a golden file, its error paths, hostile text kept out of
// it, and a row and a section in docs/formats.md.
func TestEachFormatIsComplete(t *testing.T) {
	broken := errors.New("hosts/aix01.json: broken")
	for _, f := range All() {
		t.Run(f.Name, func(t *testing.T) {
			if f.Name == "html" { // packed: its own package unpacks it
				if _, err := os.Stat("../html/testdata/page.golden.html"); err != nil {
					t.Error(err)
				}
			} else {
				golden.Check(t, "testdata/"+f.Name+".golden", render(t, f.Write, everyOutcome()))
			}
			unreadable := everyOutcome()
			unreadable.Hosts = func(yield func(outcome.Host, error) bool) { yield(outcome.Host{}, broken) }
			if err := f.Write(io.Discard, unreadable); !errors.Is(err, broken) {
				t.Errorf("a host's document cannot be read: error %v, want %v", err, broken)
			}
			if err := f.Write(full{}, everyOutcome()); !errors.Is(err, errFull) {
				t.Errorf("the disk is full: error %v, want %v", err, errFull)
			}
			for _, s := range samples.HostileTexts() {
				if text := render(t, f.Write, evidenceOf(samples.HostileHost(s))); report.Clean(text, true) != text {
					t.Errorf("%.40q: control characters come through", s)
				}
			}
			described(t, "--"+f.Name+" FILE", f.Name)
		})
	}
	for _, f := range []struct {
		name, flag string
		render     func(outcome.Run) string
	}{{"nagios", "--format nagios", Nagios}, {"annotations", "--annotations", Annotations}} {
		t.Run(f.name, func(t *testing.T) {
			golden.Check(t, "testdata/"+f.name+".golden", f.render(everyOutcome().Run))
			described(t, f.flag, f.name)
		})
	}
	described(t, "--format json", "json")
}

// described checks that docs/formats.md has a row for a flag and a section for the
// format.
func described(t *testing.T, flag, name string) {
	t.Helper()
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "\n| `"+flag+"` |") {
		t.Errorf("%s: no row begins with `%s`", guide, flag)
	}
	if !regexp.MustCompile("(?mi)^## " + name + "\\b").Match(text) {
		t.Errorf("%s: no section is called %s", guide, name)
	}
}

// An exported function that renders Evidence is a format, and a format has a flag.
func TestEachRendererHasAFlag(t *testing.T) {
	known := map[string]bool{}
	for _, f := range All() {
		name := runtime.FuncForPC(reflect.ValueOf(f.Write).Pointer()).Name()
		known[name[strings.LastIndex(name, ".")+1:]] = true
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() || strings.HasSuffix(file, "_test.go") || !takesEvidence(f) {
				continue
			}
			if found++; !known[f.Name.Name] {
				t.Errorf("%s: %s is not in All", file, f.Name.Name)
			}
		}
	}
	if found != len(All())-1 { // html is a package of its own
		t.Errorf("%d renderers, %d formats", found, len(All()))
	}
}

// takesEvidence reports whether a function has a parameter of type report.Evidence.
func takesEvidence(f *ast.FuncDecl) bool {
	return slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
		s, ok := p.Type.(*ast.SelectorExpr)
		return ok && s.Sel.Name == "Evidence"
	})
}

// A run without a host, and of no document.
func TestMachineFormatsOfNothing(t *testing.T) {
	for _, f := range All() {
		if text := render(t, f.Write, evidenceOf()); text == "" {
			t.Errorf("%s: nothing at all", f.Name)
		}
	}
}

// hugeFleet is one of many hosts that all say much, each something else.
func hugeFleet(hosts int) report.Evidence {
	var list []outcome.Host
	for i := range hosts {
		h := samples.BenchHost(10)
		h.Host = "host" + strings.Repeat("x", i%50) + string(rune('a'+i%26)) + time.Duration(i).String()
		h.Stages = nil
		h.Reason = strings.Repeat("<", 2000) + h.Host
		h.Outcome = outcome.Failed
		h.Passed = slices.Repeat([]string{"check-" + strings.Repeat("<", 3000)}, 1000)
		h.Findings[0].Evidence = slices.Repeat([]string{strings.Repeat("&", 5000)}, 100)
		h.Changes = slices.Repeat([]outcome.Change{{Step: "s", Detail: strings.Repeat("*", 3000)}}, 100)
		list = append(list, h)
	}
	e := evidenceOf(list...)
	for i := range e.Run.Hosts {
		e.Run.Hosts[i].Open = []string{e.Run.Hosts[i].Name}
		e.Run.Fleet = append(e.Run.Fleet, outcome.FleetFinding{ID: "f", Title: strings.Repeat("|", 900)})
		e.Run.Hosts[i].Expired = []string{"waiver" + e.Run.Hosts[i].Name}
	}
	return e
}

// Whatever a fleet says, a format takes a bounded part of it for each host, and
// the summary stays below 1 MiB.
func TestMachineFormatsAreBounded(t *testing.T) {
	lab.Unraced(t, "one goroutine")
	const hosts = 3000
	e := hugeFleet(hosts)
	for _, f := range All() {
		if f.Name == "html" {
			continue
		}
		text := render(t, f.Write, e)
		if most := hosts * 80 << 10; len(text) > most {
			t.Errorf("%s: %d bytes", f.Name, len(text))
		}
		if f.Name == "markdown" && len(text) >= 1<<20 {
			t.Errorf("the summary has %d bytes", len(text))
		}
		if f.Name == "markdown" && strings.Count(text, " more are not shown.") != 5 {
			t.Error("not every section says what it leaves out")
		}
	}
	if text := Nagios(e.Run); len(text) > 4096 {
		t.Errorf("nagios: %d bytes", len(text))
	}
	if text := Annotations(e.Run); strings.Count(text, "\n") != maxAnnotations+1 || !strings.Contains(text, "::notice title=aixmend::2990 more: 3000 hosts: 3000 failed\n") {
		t.Errorf("annotations: %.500s", text)
	}
}
