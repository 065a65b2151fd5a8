package formats

import (
	"fmt"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/samples"
	"aixmend/transport/lab/golden"
)

func TestHostText(t *testing.T) {
	for _, width := range []int{0, 60, 120} {
		text := HostText(samples.Typical(), report.TextOptions{Width: width})
		golden.Check(t, fmt.Sprintf("testdata/host-%d.golden.txt", width), text)
		if colored := HostText(samples.Typical(), report.TextOptions{Width: width, Color: true}); ansi.Strip(colored) != text || colored == text {
			t.Errorf("%d columns: colours change more than colours", width)
		}
	}
}

// Of everything that Markdown shows, nothing is left out.
func TestHostTextIsWhole(t *testing.T) {
	h := samples.Typical()
	text := HostText(h, report.TextOptions{})
	for _, s := range h.Stages {
		for _, step := range s.Steps {
			for line := range strings.Lines(step.Command + "\n" + step.Stdout + "\n" + step.Stderr) {
				if line = strings.TrimSpace(line); !strings.Contains(text, report.Clean(line, true)) {
					t.Errorf("%s: there is no %q", step.ID, line)
				}
			}
		}
	}
	for _, f := range h.Findings {
		for _, part := range append([]string{f.ID, f.Title, f.Remedy, f.Source}, f.Evidence...) {
			if !strings.Contains(text, report.Clean(part, false)) {
				t.Errorf("there is no %q", part)
			}
		}
	}
	for _, c := range h.Changes {
		if !strings.Contains(text, c.Step+": "+c.Status) {
			t.Errorf("there is no %s", c.Step)
		}
	}
}

// Both reports name the sections that the runbook has, and no others.
func TestRunbookSections(t *testing.T) {
	h := outcome.Host{Host: "h", Findings: []outcome.Finding{{ID: "syslogd-down", Remedy: "start it"}, {ID: "node-id-missing"}, {ID: "node-id-missing"}}}
	for _, got := range []string{HostText(h, report.TextOptions{}), string(HostMarkdown(h))} {
		if strings.Count(got, "aixmend runbook ") != 1 || !strings.Contains(got, "aixmend runbook node-id-missing\n") || !strings.Contains(got, "start it") {
			t.Error(got)
		}
	}
	h.Findings = h.Findings[:1]
	for _, got := range []string{HostText(h, report.TextOptions{}), string(HostMarkdown(h))} {
		if strings.Contains(got, "runbook") || strings.Contains(got, "read more") || strings.Contains(got, "by hand") {
			t.Error(got)
		}
	}
}

func TestHostTextStaysText(t *testing.T) {
	for _, s := range samples.HostileTexts() {
		h := samples.HostileHost(s)
		for _, width := range []int{0, 40} {
			text := HostText(h, report.TextOptions{Width: width})
			if text != report.Clean(text, true) {
				t.Errorf("%q comes through", s)
			}
		}
	}
}
