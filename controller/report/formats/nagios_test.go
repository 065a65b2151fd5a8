package formats

import (
	"regexp"
	"strings"
	"testing"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/samples"
)

// perfdata is what the guidelines of monitoring plugins say of it, for values
// without thresholds.
var perfdata = regexp.MustCompile(`^( [a-z_]+=[0-9]+(\.[0-9]+)?s?;;;0(;[0-9]+)?)+$`)

// The contract: 0 all healthy, 1 warnings, 2 any other outcome, 3 nothing could be
// judged; whatever counts as trouble otherwise.
func TestNagiosStatus(t *testing.T) {
	for _, c := range []struct {
		outcomes string
		code     outcome.Code
		begins   string
	}{
		{"healthy", 0, "AIXMEND OK - 1 host: 1 healthy |"},
		{"healthy recovered", 0, "AIXMEND OK - 2 hosts: 1 recovered, 1 healthy |"},
		{"healthy degraded", 1, "AIXMEND WARNING - 2 hosts: 1 degraded, 1 healthy |"},
		{"healthy needs_action", 2, "AIXMEND CRITICAL - 2 hosts: 1 needs_action, 1 healthy |"},
		{"failed", 2, "AIXMEND CRITICAL - 1 host: 1 failed |"},
		{"unknown", 2, "AIXMEND CRITICAL - 1 host: 1 unknown |"},
		{"unreachable", 2, "AIXMEND CRITICAL - 1 host: 1 unreachable |"},
		{"healthy undone", 2, "AIXMEND CRITICAL - 2 hosts: 1 undone, 1 healthy |"},
		{"healthy skipped", 2, "AIXMEND CRITICAL - 2 hosts: 1 skipped, 1 healthy |"},
		{"skipped skipped", 3, "AIXMEND UNKNOWN - 2 hosts: 2 skipped; no host was judged |"},
		{"", 3, "AIXMEND UNKNOWN - 0 hosts: ; no host was judged |"},
	} {
		for _, failOn := range [][]outcome.Outcome{nil, {}, outcome.Outcomes()} {
			run := outcome.Run{FailOn: failOn}
			for name := range strings.FieldsSeq(c.outcomes) {
				run.Hosts = append(run.Hosts, outcome.HostSummary{Name: name, Outcome: outcome.Outcome(name), Reason: "why"})
			}
			run.Counts = outcome.Count(run.Hosts)
			text := Nagios(run)
			if run.Plugin() != c.code || !strings.HasPrefix(text, c.begins) {
				t.Errorf("%q: %d %s", c.outcomes, run.Plugin(), text)
			}
			first, _, _ := strings.Cut(text, "\n")
			if _, data, _ := strings.Cut(first, "|"); !perfdata.MatchString(data) || strings.Count(data, "=") != len(outcome.Outcomes())+1 {
				t.Errorf("%q: performance data %q", c.outcomes, data)
			}
		}
	}
}

// What broke is nobody's verdict on hosts.
func TestNagiosOfABrokenRun(t *testing.T) {
	run := everyOutcome().Run
	run.ExitCode, run.ExitReason = int(outcome.ExitInternal), "disk | full"
	if text := Nagios(run); run.Plugin() != outcome.PluginUnknown || !strings.Contains(text, "; disk / full |") {
		t.Error(text)
	}
	run.ExitCode, run.Convention = int(outcome.PluginUnknown), outcome.ConventionNagios
	if !run.Broke() || run.Plugin() != outcome.PluginUnknown || run.Succeeded() {
		t.Error("a plugin that broke")
	}
	run.ExitCode = int(outcome.PluginWarning)
	if run.Broke() || !run.Succeeded() {
		t.Error("warnings are no trouble")
	}
}

// FuzzNagios: whatever a host says, performance data begins once, and a host is a
// line.
func FuzzNagios(f *testing.F) {
	for _, s := range append(samples.HostileTexts(), "x | forged=1", "a\nAIXMEND OK - forged") {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		run := evidenceOf(samples.HostileHost(s)).Run
		run.ExitReason = s
		text := Nagios(run)
		if strings.Count(text, "|") != 1 || strings.Count(text, "\n") != 2 || report.Clean(text, true) != text {
			t.Errorf("%q: %q", s, text)
		}
	})
}
