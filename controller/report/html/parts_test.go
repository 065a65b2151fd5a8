package html

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// A fact is shown in words, without the escapes of JSON.
func TestPlainValue(t *testing.T) {
	type field struct {
		B string `json:"b"`
	}
	for _, c := range []struct {
		value any
		want  string
	}{
		{"a <b> & \"c\" \\ é", "a <b> & \"c\" \\ é"},
		{"first\nsecond\n", "first\nsecond"},
		{"", `""`},
		{nil, "none"},
		{true, "true"},
		{float64(1048576), "1048576"},
		{0.5, "0.5"},
		{[]any{}, "none"},
		{map[string]any{}, "none"},
		{[]any{"a", []any{"b"}, map[string]any{"c": "d"}}, "- a\n-\n  - b\n-\n  c: d"},
		{map[string]any{"b": "x\ny", "a": map[string]any{"c": "<d>"}, "e": []any{}, "f": []any{"g"}}, "a:\n  c: <d>\nb:\n  x\n  y\ne: none\nf:\n  - g"},
		{field{"x"}, "b: x"},
		{map[string]any{"a": field{"x"}, "n": 7}, "a:\n  b: x\nn: 7"},
		{func() {}, "(not known)"},
		{"\n", ""},
	} {
		got, _ := plainValue(nil, c.value)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.value, diff)
		}
	}
}

// Facts of a host in one line, as far as they were read.
func TestBrief(t *testing.T) {
	mcps := func(n int) []any { return make([]any, n) }
	for _, c := range []struct {
		facts map[string]any
		want  string
	}{
		{nil, ""},
		{map[string]any{"oslevel": "odd", "rsct": map[string]any{"level": 7}}, ""},
		{map[string]any{
			"oslevel": map[string]any{"text": "7200-05-08-2420"}, "rsct": map[string]any{"level": "3.2.6.2"},
			"rmc_nic": map[string]any{"state": "found", "name": "en1"}, "domain": map[string]any{"state": "connected", "mcps": mcps(1)},
		}, "AIX 7200-05-08-2420 · RSCT 3.2.6.2 · RMC NIC en1 · RMC connected (1 MCP)"},
		{map[string]any{"rmc_nic": map[string]any{"state": "missing"}, "domain": map[string]any{"state": "none"}}, "RMC NIC missing · RMC not connected"},
		{map[string]any{"domain": map[string]any{"state": "connected", "mcps": mcps(2)}}, "RMC connected (2 MCPs)"},
		{map[string]any{"oslevel": map[string]any{"text": "7\x1b[2J"}}, "AIX 7^[[2J"},
	} {
		if got := brief(c.facts); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// The waiting of a host is not part of the time that it took.
func TestWaited(t *testing.T) {
	stage := func(from, ms int64) outcome.Stage {
		return outcome.Stage{Started: began.Add(time.Duration(from) * time.Millisecond), DurationMS: ms}
	}
	for name, c := range map[string]struct {
		host outcome.Host
		want int64
	}{
		"unreachable":            {outcome.Host{Started: began, Duration: 15000}, 0},
		"connects and is read":   {outcome.Host{Started: began, Duration: 900, Stages: []outcome.Stage{stage(400, 500)}}, 0},
		"waits for its verdict":  {outcome.Host{Started: began, Duration: 6900, Stages: []outcome.Stage{stage(400, 500)}}, 6000},
		"waits between stages":   {outcome.Host{Started: began, Duration: 2000, Stages: []outcome.Stage{stage(0, 500), stage(1500, 500)}}, 1000},
		"without its first time": {outcome.Host{Duration: 700, Stages: []outcome.Stage{stage(400, 500)}}, 200},
		"stages that overlap":    {outcome.Host{Started: began, Duration: 700, Stages: []outcome.Stage{stage(0, 500), stage(200, 500)}}, 0},
	} {
		if got := waited(c.host); got != c.want {
			t.Errorf("%s: waited %d ms, want %d", name, got, c.want)
		}
	}
}

// A host beside the run before.
func TestSince(t *testing.T) {
	host := func(o outcome.Outcome, open ...string) outcome.HostSummary {
		return outcome.HostSummary{Name: "a", Outcome: o, Open: open}
	}
	for _, c := range []struct {
		name      string
		then, now outcome.HostSummary
		want      turn
		appeared  []string
	}{
		{"the same", host(outcome.NeedsAction, "x"), host(outcome.NeedsAction, "x"), same, nil},
		{"recovered stays well", host(outcome.Recovered), host(outcome.Healthy), same, nil},
		{"well to ill", host(outcome.Healthy), host(outcome.NeedsAction, "x"), worse, []string{"x"}},
		{"one more finding", host(outcome.NeedsAction, "x"), host(outcome.NeedsAction, "x", "y"), worse, []string{"y"}},
		{"another finding", host(outcome.NeedsAction, "x"), host(outcome.NeedsAction, "y"), worse, []string{"y"}},
		{"one finding less", host(outcome.NeedsAction, "x", "y"), host(outcome.NeedsAction, "x"), better, nil},
		{"healed", host(outcome.NeedsAction, "x"), host(outcome.Recovered), better, nil},
		{"healed but for a warning", host(outcome.NeedsAction, "x", "y"), host(outcome.Recovered, "y"), better, nil},
		{"it was recovered with that warning", host(outcome.Recovered, "y"), host(outcome.Degraded, "y"), same, nil},
		{"not reached any more", host(outcome.Healthy), host(outcome.Unreachable), worse, nil},
		{"ill, and not reached", host(outcome.NeedsAction, "x"), host(outcome.Unreachable), worse, nil},
		{"not reached, again", host(outcome.Unreachable), host(outcome.Unreachable), same, nil},
		{"reached again, and well", host(outcome.Unreachable), host(outcome.Healthy), better, nil},
		{"ill, and not judged now", host(outcome.NeedsAction, "x"), host(outcome.Skipped), same, nil},
		{"not judged, and well", host(outcome.Skipped), host(outcome.Healthy), same, nil},
		{"not judged, and ill: its findings are not new", host(outcome.Skipped), host(outcome.Degraded, "x"), worse, nil},
		{"reached again: its findings are not new", host(outcome.Unreachable), host(outcome.NeedsAction, "x"), worse, nil},
		{"failed", host(outcome.NeedsAction, "x"), host(outcome.Failed, "x"), worse, nil},
	} {
		before := report.NewBefore(&outcome.Run{Hosts: []outcome.HostSummary{c.then}}, true)
		s := sinceOf(before, c.now)
		if s.turn != c.want || !slices.Equal(s.appeared, c.appeared) || s.was != c.then.Outcome {
			t.Errorf("%s: %v, %q, was %s; want %v, %q", c.name, s.turn, s.appeared, s.was, c.want, c.appeared)
		}
	}
	if s := sinceOf(report.NewBefore(&outcome.Run{}, true), host(outcome.Failed, "x")); s.turn != first || s.appeared != nil {
		t.Errorf("of a host that the run before did not have: %v", s)
	}
	if s := sinceOf(nil, host(outcome.Failed, "x")); s.turn != same {
		t.Errorf("without a run before: %v", s)
	}
}

// A section of the runbook is paragraphs, items and commands to copy.
func TestPassages(t *testing.T) {
	got := passages("About it.\n\n- Rule: critical.\n- Check\n\n    id\n\n    grep x\n\n- Fix: \x1b[31m.\n\n  a: b\n")
	want := []passage{{Text: "About it."}, {Item: true, Text: "Rule: critical."}, {Item: true, Text: "Check"}, {Commands: true, Text: "id\ngrep x"}, {Item: true, Text: "Fix: ^[[31m."}, {Text: "a: b"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A run with many next steps shows the first ones, and the look at the end.
func TestTasksAreBounded(t *testing.T) {
	e := report.Evidence{Next: func(report.Fold) report.Next { return report.Next{} }}
	for range 20 {
		e.Now = append(e.Now, report.Task{Text: "Find out"})
	}
	e.Now = append(e.Now, report.Task{Text: "Afterwards"})
	now := nowOf(e)
	if n := len(now.Tasks); n != pageTasks+1 || now.Tasks[n-1].Text != "Afterwards" || now.More != 20-pageTasks {
		t.Errorf("%d steps, %d more: %v", n, now.More, now.Tasks)
	}
}

// The runbook's text of a finding stands in a page once, however many hosts have it.
func TestRunbookStandsOnce(t *testing.T) {
	e := demoFleet(t, 200)
	e.Runbook = func(finding string) string { return "About " + finding + ".\n" }
	page := writePage(t, e)
	for _, finding := range []string{"rmc-disconnected", "rmc-nic-ambiguous"} {
		if n := strings.Count(page, "About "+finding+"."); n != 1 {
			t.Errorf("the text of %s stands there %d times", finding, n)
		}
	}
}

// Only a run with changes that have an undo says how to roll it back.
func TestRollback(t *testing.T) {
	change := func(undo, status string) outcome.Host {
		return outcome.Host{Host: "a", Outcome: outcome.Recovered, Changes: []outcome.Change{{Step: "s", Undo: undo, Status: status}}}
	}
	next := func(report.Fold) report.Next { return report.Next{} }
	for _, c := range []struct {
		name string
		host outcome.Host
		run  outcome.Run
		want bool
	}{
		{"with an undo", change("chdev", outcome.Applied), outcome.Run{ID: "R"}, true},
		{"without one", change("none: it starts a daemon", outcome.Applied), outcome.Run{ID: "R"}, false},
		{"undone", change("chdev", outcome.Undone), outcome.Run{ID: "R"}, false},
		{"a rollback", change("chdev", outcome.Applied), outcome.Run{ID: "R", Undoes: "Q"}, false},
		{"no change", outcome.Host{Host: "a"}, outcome.Run{ID: "R"}, false},
	} {
		e := pageOf(c.run, c.host)
		e.Next, e.Complete = next, func(text string) string { return text + " --state s" }
		if got := strings.Contains(writePage(t, e), "aixmend recover --undo R --state s"); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
