package formats

import (
	"regexp"
	"strings"
	"testing"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/samples"
)

// command is a line that a runner of GitHub takes for a workflow command, as this
// report writes it.
var command = regexp.MustCompile(`^::(error|warning|notice) (file=[^,:]*,)?(line=[0-9]+,)?title=[^,:]*::[^\r\n]*\n$`)

// What does not count as trouble is a warning, and a host that was skipped a
// remark.
func TestAnnotationsFailOn(t *testing.T) {
	for _, c := range []struct {
		failOn []outcome.Outcome
		levels string
	}{
		{nil, "error error error error error notice warning"},
		{[]outcome.Outcome{outcome.Degraded}, "warning warning warning warning warning notice error"},
		{[]outcome.Outcome{outcome.Healthy, outcome.Skipped}, "warning warning warning warning warning error warning error error"},
	} {
		run := everyOutcome().Run
		run.FailOn = c.failOn
		var levels []string
		for line := range strings.Lines(Annotations(run)) {
			levels = append(levels, strings.TrimLeft(strings.Fields(line)[0], ":"))
		}
		if got := strings.Join(levels, " "); got != c.levels {
			t.Errorf("%v: %s, want %s", c.failOn, got, c.levels)
		}
	}
	if text := Annotations(outcome.Run{Hosts: []outcome.HostSummary{{Name: "a", Outcome: outcome.Healthy}}}); text != "" {
		t.Errorf("healthy: %q", text)
	}
}

// FuzzAnnotations: whatever a host says, its annotation is one line, and one
// command.
func FuzzAnnotations(f *testing.F) {
	for _, s := range append(samples.HostileTexts(), "a\n::error::b", "%0A::error::b", "x##[add-mask]y", ",line=9::forged", "a:b,c%") {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := evidenceOf(samples.HostileHost(s))
		e.Run.Hosts[0].Defined.File = s
		text := Annotations(e.Run)
		if !command.MatchString(text) {
			t.Errorf("%q: %q", s, text)
		}
		if report.Defuse(text) != text || report.Clean(text, true) != text {
			t.Errorf("%q comes through: %q", s, text)
		}
	})
}
