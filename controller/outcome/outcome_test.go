package outcome

import (
	"aixmend/transport/lab/golden"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// contract.md, exit codes: the order of gravity, and what --fail-on changes.
func TestExitFor(t *testing.T) {
	all := DefaultFailOn()
	for _, c := range []struct {
		name   string
		counts map[Outcome]int
		failOn []Outcome
		want   Code
		why    string
	}{
		{"0 all healthy", map[Outcome]int{Healthy: 3}, all, 0, "no trouble"},
		{"0 degraded only by warnings", map[Outcome]int{Healthy: 1, Degraded: 2}, all, 0, "no trouble"},
		{"0 recovered", map[Outcome]int{Recovered: 1, Degraded: 1}, all, 0, "no trouble"},
		{"0 undone", map[Outcome]int{OutcomeUndone: 2, Degraded: 1}, all, 0, "no trouble"},
		{"3 some undone", map[Outcome]int{OutcomeUndone: 2, Failed: 1}, all, 3, "1 failed"},
		{"0 some skipped", map[Outcome]int{Healthy: 1, Skipped: 9}, all, 0, "no trouble"},
		{"3 needs a person", map[Outcome]int{Healthy: 9, NeedsAction: 1}, all, 3, "1 needs_action"},
		{"3 failed", map[Outcome]int{Recovered: 1, Failed: 2}, all, 3, "2 failed"},
		{"3 before 4", map[Outcome]int{Failed: 1, NeedsAction: 1, Unreachable: 5}, all, 3, "1 failed, 1 needs_action, 5 unreachable"},
		{"3 all skipped", map[Outcome]int{Skipped: 4}, all, 3, "no host was judged: 4 skipped"},
		{"3 all skipped, whatever counts", map[Outcome]int{Skipped: 4}, []Outcome{Unreachable}, 3, "no host was judged: 4 skipped"},
		{"4 only unreachable", map[Outcome]int{Healthy: 9, Unreachable: 1}, all, 4, "1 unreachable"},
		{"4 unreachable and skipped", map[Outcome]int{Skipped: 9, Unreachable: 1}, all, 4, "1 unreachable"},
		{"8 unknown", map[Outcome]int{Healthy: 9, Unknown: 1}, all, 8, "1 unknown"},
		{"8 before 3 and 4", map[Outcome]int{Unknown: 1, Failed: 1, NeedsAction: 1, Unreachable: 1}, all, 8, "1 unknown, 1 failed, 1 needs_action, 1 unreachable"},
		{"8 and the rest skipped", map[Outcome]int{Skipped: 9, Unknown: 1}, all, 8, "1 unknown"},
		{"--fail-on failed: unreachable does not count", map[Outcome]int{Unreachable: 1, Healthy: 1}, []Outcome{Failed}, 0, "no trouble"},
		{"--fail-on failed: unknown does not count", map[Outcome]int{Unknown: 1}, []Outcome{Failed}, 0, "no trouble"},
		{"--fail-on failed: needs_action does not count", map[Outcome]int{NeedsAction: 1, Failed: 1}, []Outcome{Failed}, 3, "1 failed"},
		{"--fail-on degraded: any other listed one is 3", map[Outcome]int{Degraded: 1}, []Outcome{Degraded}, 3, "1 degraded"},
		{"--fail-on skipped", map[Outcome]int{Healthy: 1, Skipped: 1}, []Outcome{Skipped}, 3, "1 skipped"},
		{"--fail-on healthy", map[Outcome]int{Healthy: 1}, []Outcome{Healthy}, 3, "1 healthy"},
		{"--fail-on nothing", map[Outcome]int{Unknown: 1, Failed: 1, Unreachable: 1}, nil, 0, "no trouble"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, why := ExitFor(c.counts, c.failOn)
			if got != c.want || why != c.why {
				t.Errorf("%d %q, want %d %q", got, why, c.want, c.why)
			}
		})
	}
}

// contract.md, exit codes: one table, in this order.
func TestCodes(t *testing.T) {
	var codes []Code
	for _, m := range Codes() {
		codes = append(codes, m.Code)
		if m.Means == "" {
			t.Errorf("code %d means nothing", m.Code)
		}
	}
	if diff := cmp.Diff([]Code{1, 2, 7, 8, 6, 3, 4, 5, 0, 130, 143}, codes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Outcome{"needs_action", "failed", "unknown", "unreachable"}, DefaultFailOn()); diff != "" {
		t.Errorf("--fail-on (-want +got):\n%s", diff)
	}
	names := Outcomes()
	slices.Sort(names)
	if diff := cmp.Diff([]Outcome{"degraded", "failed", "healthy", "needs_action", "recovered", "skipped", "undone", "unknown", "unreachable"}, names); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// contract.md, outcomes: what findings make of a host.
func TestWorstAndIDs(t *testing.T) {
	f := func(id string, s Severity, waived bool) Finding { return Finding{ID: id, Severity: s, Waived: waived} }
	for _, c := range []struct {
		name     string
		findings []Finding
		worst    Outcome
		ids      []string
		open     []string
	}{
		{"none", nil, Healthy, []string{}, []string{}},
		{"information only", []Finding{f("cluster-live", Info, false)}, Healthy, []string{"cluster-live"}, []string{}},
		{"a warning", []Finding{f("clock-skew", Warning, false), f("cluster-live", Info, false)}, Degraded, []string{"clock-skew", "cluster-live"}, []string{"clock-skew"}},
		{"critical after a warning", []Finding{f("clock-skew", Warning, false), f("rsct-missing", Critical, false)}, NeedsAction, []string{"clock-skew", "rsct-missing"}, []string{"clock-skew", "rsct-missing"}},
		{"critical before a warning", []Finding{f("rsct-missing", Critical, false), f("clock-skew", Warning, false)}, NeedsAction, []string{"clock-skew", "rsct-missing"}, []string{"clock-skew", "rsct-missing"}},
		{"waived counts for nothing", []Finding{f("rsct-missing", Critical, true), f("clock-skew", Warning, true)}, Healthy, []string{}, []string{}},
		{"a waived one beside a warning", []Finding{f("rsct-missing", Critical, true), f("clock-skew", Warning, false)}, Degraded, []string{"clock-skew"}, []string{"clock-skew"}},
		{"each once, sorted", []Finding{f("probe-failed", Critical, false), f("a", Warning, false), f("probe-failed", Warning, false)}, NeedsAction, []string{"a", "probe-failed"}, []string{"a", "probe-failed"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Worst(c.findings); got != c.worst {
				t.Errorf("worst %s, want %s", got, c.worst)
			}
			if diff := cmp.Diff(c.ids, FindingIDs(c.findings)); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.open, OpenIDs(c.findings)); diff != "" {
				t.Errorf("open (-want +got):\n%s", diff)
			}
		})
	}
}

// contract.md, run.json: every outcome is counted, 0 included.
func TestCount(t *testing.T) {
	want := map[Outcome]int{Unknown: 0, Failed: 0, NeedsAction: 0, Unreachable: 1, Skipped: 0, Degraded: 0, OutcomeUndone: 0, Recovered: 0, Healthy: 2}
	if diff := cmp.Diff(want, Count([]HostSummary{{Outcome: Healthy}, {Outcome: Unreachable}, {Outcome: Healthy}})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(Count(nil)) != len(Outcomes()) {
		t.Error("no host: not every outcome is there")
	}
}

// whole documents, every field set.
func documents() map[string]any {
	at := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	finding := Finding{ID: "clock-skew", Severity: Warning, Title: "t", Evidence: []string{"e"}, Remedy: "r", Next: []string{"n"}, Source: "s", Rule: "x == 1", Reads: []string{"x"}, Probes: []string{"p"}, Waived: true, Waiver: "w", Expired: "x"}
	plan := []PlanStep{{Rung: "1", Step: "set-address", Command: "chdev", Undo: "undo", AllowedBy: "node-id", BlockedBy: "why", Conditional: true, Fixes: []string{"f"}}}
	playbook := Playbook{Name: "rmc-restore", SHA256: "ab"}
	exit := 3
	return map[string]any{
		"run": Run{Schema: RunSchema, ID: "id", Version: "v", Command: "audit", Undoes: "u", By: By{User: "u", Machine: "m", Terminal: "/dev/pts/3", SudoUser: "s", Job: "j", JobUser: "p"}, Limit: "prod", Ticket: "CHG1", Playbook: playbook, Started: at, Resumed: []time.Time{at}, ResumedBy: []By{{User: "r", Machine: "m"}}, Finished: at,
			ExitCode: 3, ExitReason: "x", Convention: ConventionNagios, FailOn: []Outcome{Failed}, Unfinished: 1, LeftOpen: []LeftOpen{{ID: "20261121T103000.000Z-aaaaaa", Hosts: []string{"aix1"}, Unread: true}},
			Counts: Count([]HostSummary{{Outcome: Healthy}}),
			Hosts: []HostSummary{{Name: "a", Address: "10.0.0.1", Outcome: Healthy, Reason: "r", Findings: []string{"f"}, Open: []string{"f"}, Guides: []string{"f"}, DurationMS: 7, Report: "hosts/a.json",
				Interrupted: true, Waived: []string{"w"}, Expired: []string{"x"}, Defined: Place{File: "i", Line: 4}, Plan: plan}},
			Fleet: []FleetFinding{{ID: "node-id-duplicate", Hosts: []string{"a", "b"}, Title: "t"}}},
		"host": Host{Schema: HostSchema, RunID: "id", Host: "a", Address: "10.0.0.1", Outcome: Degraded, Reason: "r", Interrupted: true, Started: at, Duration: 7,
			HostKey: "SHA256:x", SSH: &SSH{Server: "s", Kex: "k", HostKey: "h", Cipher: "c", MAC: "m", Login: "l", Legacy: true, Via: []string{"b"}}, Dialled: &Dialled{Address: "10.0.0.1", Port: 22, Login: "root", Identity: "i", Jump: "b"},
			Fence: "f", Lease: &Lease{Text: "t", Steps: []Command{}, Note: "n"}, Support: []SupportFile{{Name: "n", Bytes: 1, SHA256: "ab"}},
			Evidence: map[string]json.RawMessage{"uname": json.RawMessage("{}")}, Drift: []string{"d"},
			Stages: []Stage{{Name: StageDiagnose, Status: StageOK, Started: at, DurationMS: 5, Note: "n",
				Steps: []Command{{ID: "uname", Command: "uname -s", Mutating: true, ExitStatus: -1, Stdout: "o", Stderr: "e", Truncated: 2, DurationMS: 1, Error: "x"}}}},
			Facts: map[string]any{"uname": "AIX"}, FactErrors: map[string]string{"domain": "hung"}, Findings: []Finding{finding},
			Changes: []Change{{Step: "set-address", Command: "chdev", Undo: "undo", Status: Applied, At: at, Detail: "d", Rung: "1", Fixes: []string{"f"}}}, Fixed: []Finding{finding}, Capture: "captures/a/1", Plan: plan, Noise: "banner"},
		"capture": Capture{Schema: CaptureSchema, ID: "1", Host: "a", Address: "10.0.0.1", RunID: "id", Purpose: PurposePreImage, Label: "l", Created: at, Playbook: playbook,
			Facts: map[string]any{"uname": "AIX"}, Findings: []Finding{finding},
			Items: []CaptureItem{{ID: "hosts", Path: "/etc/hosts", Stored: "files/etc/hosts", Command: "cat", ExitStatus: 1, Absent: true, Error: "x", Truncated: 1, PreImage: true}}},
		"journal": Entry{Time: at, Event: EventResult, Format: JournalFormat, By: &By{User: "u", Machine: "m"}, Limit: "prod", Ticket: "CHG1", Host: "a", State: "s", Rung: "1", Fixes: []string{"f"}, Change: 1, Step: "set-address", Command: "chdev", Undo: "undo", Status: Applied, Exit: &exit, Detail: "d"},
	}
}

// contract.md, on disk: the names of the documents' fields.
func TestJSONNames(t *testing.T) {
	for name, document := range documents() {
		text, err := json.MarshalIndent(document, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden.Check(t, "testdata/"+name+".golden.json", append(text, '\n'))
	}
}

// The names that contract.md lists, word by word.
func TestContractNames(t *testing.T) {
	docs := documents()
	for _, c := range []struct {
		document string
		path     []string // keys down to an object; lists are entered
		names    []string
	}{
		{"run", nil, []string{"schema", "run_id", "command", "by", "limit", "ticket", "playbook", "started", "finished", "exit_code", "exit_reason", "counts", "hosts", "fleet_findings"}},
		{"run", []string{"by"}, []string{"user", "machine", "terminal"}},
		{"run", []string{"playbook"}, []string{"name", "sha256"}},
		{"run", []string{"hosts"}, []string{"name", "address", "outcome", "reason", "findings", "duration_ms", "report", "plan"}},
		{"run", []string{"fleet_findings"}, []string{"id", "hosts", "title"}},
		{"host", nil, []string{"schema", "run_id", "host", "address", "outcome", "reason", "stages", "facts", "findings", "changes", "capture", "fence", "plan"}},
		{"host", []string{"stages"}, []string{"name", "status", "started", "duration_ms", "steps"}},
		{"host", []string{"stages", "steps"}, []string{"id", "command", "mutating", "exit_status", "stdout", "stderr", "truncated", "duration_ms"}},
		{"host", []string{"findings"}, []string{"id", "severity", "title", "evidence", "remedy", "source", "waived"}},
		{"host", []string{"changes"}, []string{"step", "command", "undo", "status"}},
		{"host", []string{"plan"}, []string{"rung", "step", "command", "undo", "allowed_by", "blocked_by"}},
		{"capture", nil, []string{"purpose", "label"}},
	} {
		text, err := json.Marshal(docs[c.document])
		if err != nil {
			t.Fatal(err)
		}
		var object map[string]any
		if err := json.Unmarshal(text, &object); err != nil {
			t.Fatal(err)
		}
		for _, key := range c.path {
			switch value := object[key].(type) {
			case map[string]any:
				object = value
			case []any:
				object = value[0].(map[string]any)
			default:
				t.Fatalf("%s %v: no %s", c.document, c.path, key)
			}
		}
		for _, name := range c.names {
			if _, there := object[name]; !there {
				t.Errorf("%s %v has no %q", c.document, c.path, name)
			}
		}
	}
	for got, want := range map[string]string{
		RunSchema: "aixmend.run/v1", HostSchema: "aixmend.host/v1", PurposePreImage: "pre-image",
		Applied: "applied", NotApplied: "not_applied", UnknownIf: "unknown", Undone: "undone",
		StageDiagnose: "diagnose", StageCapture: "capture", StageRecover: "recover", StageVerify: "verify",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Each kind of a run has one name for people.
func TestKind(t *testing.T) {
	for want, run := range map[string]Run{"audit": {Command: "audit"}, "plan": {Command: "plan", ForQuestion: true}, "recover": {Command: "recover"}, "rollback": {Command: "recover", Undoes: "R"}} {
		if got := run.Kind(); got != want {
			t.Errorf("%+v: %q, want %q", run, got, want)
		}
	}
}
