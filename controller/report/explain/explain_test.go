package explain

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/samples"
	"aixmend/transport/lab/golden"
)

// partlyFixed is a host with a rung that has run, one that is not allowed, and one
// that would run.
func partlyFixed() outcome.Host {
	at := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	return outcome.Host{
		RunID: "r", Host: "aixprd01", Address: "10.1.2.3", Outcome: outcome.NeedsAction, Reason: "rung node-id is not allowed: requires --allow node-id",
		Stages: []outcome.Stage{
			{Name: outcome.StageDiagnose, Started: at, Steps: []outcome.Command{{ID: "domain", Command: "rmcdomainstatus -s ctrmc", Stdout: "then\n"}}},
			{Name: outcome.StageRecover, Steps: []outcome.Command{{ID: "set-address", Command: "chdev", Mutating: true}}},
			{Name: outcome.StageVerify, Started: at.Add(time.Minute), Steps: []outcome.Command{
				{ID: "domain", Command: "p=/usr/sbin/rsct/bin/rmcdomainstatus\n\"$p\" -s ctrmc", Stdout: "Management Domain Status\n I A x\n"},
				{ID: "node_id_command", Command: "lsnodeid", ExitStatus: 1},
				{ID: "node_id_etc", Command: "head -n 1 /etc/ct_node_id", ExitStatus: -1, Error: "hung: no answer in 30s"},
			}},
		},
		Facts: map[string]any{"node_ids": map[string]any{"state": "mismatch", "id": ""}},
		Findings: []outcome.Finding{
			{ID: "node-id-mismatch", Severity: outcome.Critical, Title: "the node ids differ", Evidence: []string{"lsnodeid: none"}, Remedy: "recfgct", Source: "ibm-docs: recfgct",
				Rule: "node_ids.state ==\n  \"mismatch\"", Reads: []string{"node_ids.state", "node_ids.none", "gone.x"}, Probes: []string{"node_id_command", "node_id_etc", "not_run"}},
			{ID: "rsct-below-recommended", Severity: outcome.Warning, Title: "RSCT is old", Source: "ibm-rmc: x", Expired: "frozen (until 2026-11-01)", Remedy: "plan an update"},
			{ID: "left-behind", Severity: outcome.Warning, Title: "something is left", Source: "aixmend: y", Waived: true, Waiver: "known", Remedy: "take it away"},
		},
		Fixed: []outcome.Finding{{ID: "rmc-address-missing", Severity: outcome.Critical, Title: "no address", Evidence: []string{"ifconfig -a: none"}, Remedy: "chdev", Source: "ibm-rmc: z", Rule: "rmc_address.state == \"missing\"", Probes: []string{"domain"}}},
		Changes: []outcome.Change{
			{Rung: "address", Step: "set-address", Command: "chdev\n-l en1", Undo: "chdev back", Status: outcome.Applied, At: at, Detail: "exit 0", Fixes: []string{"rmc-address-missing"}},
		},
		Plan: []outcome.PlanStep{
			{Rung: "address", Step: "set-address", Fixes: []string{"rmc-address-missing"}},
			{Rung: "node-id", Step: "keep-node-id", Command: "recfgct", AllowedBy: "node-id", BlockedBy: "not allowed: requires --allow node-id", Fixes: []string{"node-id-mismatch"}},
			{Rung: "update", Step: "", AllowedBy: "rsct-update", Fixes: []string{"rsct-below-recommended"}},
		},
	}
}

func TestExplanation(t *testing.T) {
	e := Host(partlyFixed())
	golden.Check(t, "testdata/explain-chain.golden", e.Text(0))
	document, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/explain.golden.json", string(document)+"\n")
}

// Hosts without a finding, and reports of versions that had no rules in them.
func TestExplanationOfLittle(t *testing.T) {
	read := []outcome.Stage{{Name: outcome.StageDiagnose, Steps: []outcome.Command{{ID: "a"}, {ID: "b"}}}}
	for _, c := range []struct {
		name, want string
		host       outcome.Host
	}{
		{"healthy", "Findings\n  none: 2 commands were read, no rule of the playbook applies\n", outcome.Host{Outcome: outcome.Healthy, Stages: read}},
		{"unreachable", "none: nothing was read, there was no connection", outcome.Host{Outcome: outcome.Unreachable, Reason: "auth: no"}},
		{"skipped", "none: the host was not judged", outcome.Host{Outcome: outcome.Skipped, Stages: read, Reason: "not AIX: Linux"}},
		{"never read", "none: nothing was read", outcome.Host{Outcome: outcome.Skipped, Reason: "interrupted"}},
		{"an old report: its plan says which step", "step     rung 1, set: applied", outcome.Host{Outcome: outcome.Recovered,
			Findings: []outcome.Finding{{ID: "x", Source: "ibm-rmc: y"}}, Changes: []outcome.Change{{Step: "set", Status: outcome.Applied}},
			Plan: []outcome.PlanStep{{Rung: "1", Step: "set", Fixes: []string{"x"}}}}},
		{"a rung that would run", "Next steps\n  to run the steps above:\n    aixmend recover -l h\n", outcome.Host{Host: "h", Outcome: outcome.NeedsAction,
			Findings: []outcome.Finding{{ID: "x", Severity: outcome.Critical, Source: "ibm-rmc: y", Remedy: "by hand"}}, Plan: []outcome.PlanStep{{Rung: "1", Step: "set", Fixes: []string{"x"}}}}},
		{"a rung that is blocked", "Next steps\n  rung 1 is blocked: a cluster is live\n", outcome.Host{Host: "h", Outcome: outcome.NeedsAction,
			Findings: []outcome.Finding{{ID: "x", Severity: outcome.Critical, Source: "ibm-rmc: y"}}, Plan: []outcome.PlanStep{{Rung: "1", Step: "set", BlockedBy: "a cluster is live", Fixes: []string{"x"}}}}},
	} {
		if got := Host(c.host).Text(0); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	for _, s := range samples.HostileTexts() {
		h := samples.HostileHost(s)
		h.Fixed, h.Facts = h.Findings, map[string]any{s: s}
		h.Findings[0].Rule, h.Findings[0].Reads, h.Findings[0].Probes, h.Findings[0].Expired = s, []string{s}, []string{h.Stages[0].Steps[0].ID}, s
		for i := range h.Changes {
			h.Changes[i].Rung, h.Changes[i].Fixes = s, []string{s}
		}
		if got := Host(h).Text(0); report.Clean(got, true) != got {
			t.Errorf("%.40q gets through", s)
		}
	}
}

// A playbook that fixes nothing has no plan: the finding says how to go on.
func TestReadOnly(t *testing.T) {
	e := Host(outcome.Host{Host: "h", Outcome: outcome.Degraded, Plan: nil, Findings: []outcome.Finding{{ID: "baseline-incomplete", Severity: outcome.Warning, Remedy: "take it anew"}}})
	if got := e.Text(0); !strings.Contains(got, "--mend-warnings") {
		t.Errorf("no advice to plan: %s", got)
	}
	ReadOnly(&e)
	if got := e.Text(0); strings.Contains(got, "--mend-warnings") || !strings.HasSuffix(got, "Next steps\n  baseline-incomplete: take it anew\n") {
		t.Error(got)
	}
}

// A finding that only a playbook knows has no section in the runbook: nothing sends a person
// there, and the playbook's own remedy is the next step.
func TestOwnFinding(t *testing.T) {
	own := outcome.Finding{ID: "syslogd-down", Severity: outcome.Warning, Title: "syslogd is inoperative", Source: "ibm-docs: lssrc", Remedy: "start it"}
	known := outcome.Finding{ID: "rmc-daemon-down", Severity: outcome.Warning, Title: "ctrmc is inoperative", Source: "ibm-docs: lssrc"}
	host := outcome.Host{Host: "h", Outcome: outcome.NeedsAction, Plan: []outcome.PlanStep{}, Findings: []outcome.Finding{own}}
	if got := Host(host).Text(0); strings.Contains(got, "runbook") || !strings.HasSuffix(got, "Next steps\n  syslogd-down: start it\n") {
		t.Error(got)
	}
	host.Findings = append(host.Findings, known, known)
	got := Host(host).Text(0)
	if strings.Contains(got, "runbook syslogd-down") || !strings.HasSuffix(got, "to read how to fix it by hand:\n    aixmend runbook rmc-daemon-down\n") ||
		!strings.Contains(got, "  To read more:\n    aixmend runbook rmc-daemon-down\n    aixmend runbook sources\n") {
		t.Error(got)
	}
}

// Nothing that stands above already is said twice: observations, sources of facts, reasons.
func TestSaidOnce(t *testing.T) {
	read := []outcome.Command{{ID: "ifconfig", Command: "ifconfig -a", Stdout: "en1"}, {ID: "netstat", Command: "netstat -in", Stdout: "en1"}}
	nic := []outcome.Reading{{Fact: "rmc_nic", Sure: "inferred", Source: "nova"}}
	h := outcome.Host{
		Host: "h", RunID: "r", Outcome: outcome.NeedsAction, FactErrors: map[string]string{"a": "no NIC", "b": "no NIC", "c": "hung"},
		Stages: []outcome.Stage{{Name: outcome.StageDiagnose, Steps: read}},
		Findings: []outcome.Finding{
			{ID: "y", Severity: outcome.Info, Probes: []string{"ifconfig", "netstat"}, RestsOn: nic},
			{ID: "x", Severity: outcome.Critical, Probes: []string{"ifconfig"}, RestsOn: nic},
		},
		Plan: []outcome.PlanStep{
			{Rung: "recycle", Step: "stop", Command: "stop", BlockedBy: "a cluster is live", Fixes: []string{"x"}},
			{Rung: "recycle", Step: "start", Command: "start", BlockedBy: "a cluster is live", Fixes: []string{"x"}},
		},
	}
	got := Host(h).Text(0)
	for _, want := range []string{
		"  x, critical: \n    observed ifconfig: ifconfig -a: exit 0, en1\n    basis    rmc_nic: inferred (nova)\n    step     rung recycle, stop, start: blocked: a cluster is live\n",
		"  y, info: \n    observed netstat: netstat -in: exit 0, en1\n    observed as above: ifconfig\n    basis    rmc_nic: inferred\n",
		"  not known: a, b: no NIC\n  not known: c: hung\n",
		"\nCommands that were not run, and why\n  rung recycle, step stop\n    runs     stop\n    blocked, as above\n  rung recycle, step start\n    runs     start\n    blocked, as above\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no\n%s in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "a cluster is live"); n != 2 { // of the finding, and as what to do
		t.Errorf("said %d times:\n%s", n, got)
	}
}

// The commands around a timed undo are told in words where nobody needs them any more, and in
// full where the undo may still be armed.
func TestTimedUndoInWords(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)
	change := func(step, status string) outcome.Change {
		return outcome.Change{Rung: "address", Step: step, Command: "do " + step, Undo: "undo " + step, Status: status, At: at, Fixes: []string{"x"}}
	}
	step := func(name, part, after string) outcome.PlanStep {
		return outcome.PlanStep{Rung: "address", Step: name, Command: "do " + name, Part: part, TimedUndo: after, Fixes: []string{"x"}}
	}
	h := outcome.Host{
		Host: "h", RunID: "r", Outcome: outcome.NeedsAction, Findings: []outcome.Finding{{ID: "x", Severity: outcome.Critical}},
		Stages: []outcome.Stage{{Name: outcome.StageDiagnose, Started: at.Add(-time.Minute)}},
		Plan:   []outcome.PlanStep{step("set-arm-undo", "arm", ""), step("set", "", "4m0s"), step("set-disarm-undo", "disarm", "")},
	}
	const arms = "arms the timed undo of set: the host undoes the step by itself after 4m unless that is disarmed\n"
	if got := Host(h).Text(0); !strings.Contains(got, arms) || strings.Contains(got, "do set-arm") || strings.Count(got, "    step  ") != 1 {
		t.Errorf("planned: %s", got)
	}
	h.Changes = []outcome.Change{change("set-arm-undo", outcome.Applied), change("set", outcome.UnknownIf)}
	if got := Host(h).Text(0); !strings.Contains(got, "ran   do set-arm-undo\n    undo  undo set-arm-undo\n") || !strings.Contains(got, "before the changes below\n") {
		t.Errorf("armed: %s", got)
	}
	h.Changes = []outcome.Change{change("set-arm-undo", outcome.Applied), change("set", outcome.Applied), change("set-disarm-undo", outcome.Applied)}
	if got := Host(h).Text(0); !strings.Contains(got, arms) || !strings.Contains(got, "ran   do set\n") || strings.Contains(got, "do set-") {
		t.Errorf("disarmed: %s", got)
	}
	h.Changes = append(h.Changes, h.Changes...) // it had run by itself, and the step was sent again
	if got := Host(h).Text(0); strings.Count(got, arms) != 2 || strings.Contains(got, "do set-") {
		t.Errorf("disarmed twice: %s", got)
	}
	h.Changes = h.Changes[:5]
	if got := Host(h).Text(0); strings.Contains(got, arms) || !strings.Contains(got, "ran   do set-arm-undo\n") {
		t.Errorf("armed again: %s", got)
	}
}

func TestExplain(t *testing.T) {
	golden.Check(t, "testdata/explain.golden", Host(samples.Typical()).Text(0))
	for _, c := range []struct {
		name string
		host outcome.Host
		want string
	}{
		{"unreachable", outcome.Host{Outcome: outcome.Unreachable, Reason: "auth: key refused: no"}, "ssh-copy-id"},
		{"blocked", outcome.Host{Outcome: outcome.NeedsAction,
			Findings: []outcome.Finding{{ID: "rmc-disconnected", Severity: outcome.Critical, Remedy: "recycle it"}},
			Plan:     []outcome.PlanStep{{Rung: "recycle", BlockedBy: "cluster guard", Fixes: []string{"rmc-disconnected"}}},
		}, "Next steps\n  rung recycle is blocked: cluster guard\n"},
		{"drifted", outcome.Host{Host: "h", Outcome: outcome.Skipped, Reason: outcome.ReasonDrifted + "x"}, "left alone, it changed since the plan; to plan again:\n    aixmend plan -l h\n"},
		{"healthy", outcome.Host{Outcome: outcome.Healthy}, "Next steps\n  nothing"},
		{"undone", outcome.Host{Host: "h", Outcome: outcome.OutcomeUndone, Findings: []outcome.Finding{{ID: "x", Severity: outcome.Critical}}}, "Next steps\n  all that has an undo is undone; to fix its findings again:\n    aixmend recover -l h\n"},
		{"nothing known", outcome.Host{Outcome: outcome.Failed}, "open a case"},
		{"waived is no advice", outcome.Host{Outcome: outcome.Failed, Findings: []outcome.Finding{{ID: "x", Severity: outcome.Critical, Remedy: "do", Waived: true}}}, "open a case"},
	} {
		if got := Host(c.host).Text(0); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

// A rung that was looked at again since the plan is blocked for the newer reason.
func TestNewerReason(t *testing.T) {
	h := outcome.Host{Host: "h", Outcome: outcome.NeedsAction, Reason: "rung update is blocked: the images are damaged",
		Plan:    []outcome.PlanStep{{Rung: "copy", Step: "copy", Command: "cp"}, {Rung: "update", Step: "update", Command: "installp", BlockedBy: "no images yet"}},
		Changes: []outcome.Change{{Rung: "copy", Step: "copy", Status: outcome.Applied}}}
	if next := Host(h).Next; next[0] != h.Reason {
		t.Errorf("%q", next)
	}
}

// A warning whose remedy is a command of its own needs no plan without it; a command stays one
// line, also where the program is called by a path.
func TestRemedyThatIsACommand(t *testing.T) {
	finding := func(id, remedy string) outcome.Finding {
		return outcome.Finding{ID: id, Severity: outcome.Warning, Remedy: remedy}
	}
	own := finding("old", "plan an update: aixmend plan -l h --allow update")
	for _, c := range []struct {
		findings []outcome.Finding
		want     string
	}{
		{[]outcome.Finding{own}, "  old: plan an update:\n    ./x plan -l h --allow update\n"},
		{[]outcome.Finding{own, finding("lost", "set it")}, "  to see the commands that recover would\n    run:\n    ./x plan -l h --mend-warnings\n  old: plan an update:\n    ./x plan -l h --allow update\n"},
	} {
		e := Host(outcome.Host{Host: "h", Outcome: outcome.Degraded, Findings: c.findings})
		text := e.TypedText(40, func(line string) string { return strings.ReplaceAll(line, "aixmend ", "./x ") })
		if _, next, _ := strings.Cut(text, "Next steps\n"); next != c.want {
			t.Errorf("got\n%s\nwant\n%s", next, c.want)
		}
	}
}

// A step of the last resort is conditional, not blocked; after a run that changed the host it
// says why it was not run. Its commands are the verb plan's to print.
func TestLastResort(t *testing.T) {
	host := func(h outcome.Host) outcome.Host {
		h.Host, h.Outcome = "h", outcome.NeedsAction
		h.Plan = append(h.Plan, outcome.PlanStep{Rung: "hand-over", Step: "collect", Command: "snap", Conditional: true, BlockedBy: "it waits"})
		return h
	}
	recycle := []outcome.PlanStep{{Rung: "refresh", Step: "refresh"}, {Rung: "recycle", Step: "stop", BlockedBy: "a cluster is live"}}
	sent := []outcome.Change{{Rung: "refresh", Step: "refresh", Status: outcome.Applied}}
	for _, c := range []struct {
		want string
		host outcome.Host
	}{
		{"only if nothing else has helped", outcome.Host{Plan: slices.Clone(recycle[:1])}},
		{"only if nothing else has helped, and not while a rung is blocked", outcome.Host{Plan: recycle}},
		{"only if nothing else has helped; not run: rung recycle is blocked", outcome.Host{Plan: recycle, Changes: sent}},
		{"only if nothing else has helped; not run: the host was interrupted", outcome.Host{Interrupted: true}},
	} {
		want := "  rung hand-over, collect\n    " + c.want + "\n"
		if got := Host(host(c.host)).Text(0); !strings.Contains(got, want) {
			t.Errorf("%s: %s", c.want, got)
		}
	}
}

// Where a rung is blocked, or the data of a case is there, the next step names the command or the
// file of the support case.
func TestSupportCase(t *testing.T) {
	h := outcome.Host{Host: "h", RunID: "r", Outcome: outcome.NeedsAction,
		Plan: []outcome.PlanStep{
			{Rung: "recycle", Step: "stop", BlockedBy: "a cluster is live"},
			{Rung: "hand-over", Step: "collect", Conditional: true, BlockedBy: "it waits"},
		},
		Changes: []outcome.Change{{Rung: "refresh", Step: "refresh", Status: outcome.Applied}},
	}
	if got := Host(h).Text(0); !strings.HasSuffix(got, ":\n    aixmend recover --playbook support-data -l h\n") {
		t.Error(got)
	}
	h.Changes = append(h.Changes, outcome.Change{Rung: "hand-over", Step: "collect", Status: outcome.Applied})
	if got := Host(h).Text(0); strings.Contains(got, "support-data") {
		t.Error(got)
	}
	h.Support = []outcome.SupportFile{{Name: "runs/r/support/h/snap.pax.Z"}}
	h.Plan = append(h.Plan, outcome.PlanStep{Rung: "hand-over", Step: "fetch", Command: "# fetch"}, outcome.PlanStep{Rung: "hand-over", Step: "remove"})
	h.Changes = append(h.Changes, outcome.Change{Rung: "hand-over", Step: "remove", Status: outcome.Applied})
	if got := Host(h).Text(0); !strings.HasSuffix(got, "\n  open a case with the text in runs/r/support/h/case.txt below the state folder\n") || strings.Contains(got, "would run") {
		t.Error(got)
	}
}
