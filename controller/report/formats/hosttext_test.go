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
		text := HostText(samples.Typical(), HostView{TextOptions: report.TextOptions{Width: width}})
		golden.Check(t, fmt.Sprintf("testdata/host-%d.golden.txt", width), text)
		if colored := HostText(samples.Typical(), HostView{TextOptions: report.TextOptions{Width: width, Color: true}}); ansi.Strip(colored) != text || colored == text {
			t.Errorf("%d columns: colours change more than colours", width)
		}
	}
}

// Of everything that Markdown shows, nothing is left out.
func TestHostTextIsWhole(t *testing.T) {
	h := samples.Typical()
	text := HostText(h, HostView{Whole: true})
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
	for _, got := range []string{HostText(h, HostView{}), string(HostMarkdown(h, Open{}))} {
		if strings.Count(got, "aixmend runbook ") != 1 || !strings.Contains(got, "aixmend runbook node-id-missing\n") || !strings.Contains(got, "start it") {
			t.Error(got)
		}
	}
	h.Findings = h.Findings[:1]
	for _, got := range []string{HostText(h, HostView{}), string(HostMarkdown(h, Open{}))} {
		if strings.Contains(got, "runbook") || strings.Contains(got, "read more") || strings.Contains(got, "by hand") {
			t.Error(got)
		}
	}
}

func TestHostTextStaysText(t *testing.T) {
	for _, s := range samples.HostileTexts() {
		h := samples.HostileHost(s)
		for _, width := range []int{0, 40} {
			text := HostText(h, HostView{TextOptions: report.TextOptions{Width: width}})
			if text != report.Clean(text, true) {
				t.Errorf("%q comes through", s)
			}
		}
	}
}

// The commands around a timed undo are told in words, and whole where that is asked for, or
// where the undo may still be armed.
func TestHostTextFoldsTimedUndos(t *testing.T) {
	change := func(step, status string) outcome.Change {
		return outcome.Change{Rung: "address", Step: step, Command: "do " + step, Undo: "undo " + step, Status: status}
	}
	planned := func(step, part, after string) outcome.PlanStep {
		return outcome.PlanStep{Rung: "address", Step: step, Command: "do " + step, Undo: "undo " + step, Part: part, TimedUndo: after}
	}
	sent := func(steps ...string) outcome.Host {
		h := outcome.Host{Host: "h", Plan: []outcome.PlanStep{planned("set-arm-undo", "arm", ""), planned("set", "", "4m0s"), planned("set-disarm-undo", "disarm", "")}}
		stage := outcome.Stage{Name: outcome.StageRecover}
		for _, step := range steps {
			h.Changes = append(h.Changes, change(step, outcome.Applied))
			stage.Steps = append(stage.Steps, outcome.Command{ID: step, Command: "do " + step, Mutating: true})
		}
		h.Stages = []outcome.Stage{stage}
		return h
	}
	back := sent("undo-set-arm-undo", "undo-set", "undo-set-disarm-undo")
	back.Plan = nil
	for _, c := range []struct {
		name       string
		host       outcome.Host
		whole      bool
		has, hides []string
	}{
		{"planned", sent(), false, []string{"step set (timed undo, 4m)\n      do set\n", "-v prints the commands of timed undos"}, []string{"do set-", "step set-arm-undo"}},
		{"planned, whole", sent(), true, []string{"do set-arm-undo", "do set-disarm-undo"}, []string{"-v prints"}},
		{"disarmed", sent("set-arm-undo", "set", "set-disarm-undo"), false, []string{"arms the timed undo of set, 4m\n", "disarms the timed undo of set\n", "    $ do set\n"}, []string{"do set-"}},
		{"disarmed, whole", sent("set-arm-undo", "set", "set-disarm-undo"), true, []string{"    $ do set-arm-undo\n"}, nil},
		{"still armed", sent("set-arm-undo", "set"), false, []string{"      do set-arm-undo\n", "    $ do set-arm-undo\n"}, []string{"-v prints"}},
		{"disarmed, and armed again", sent("set-arm-undo", "set", "set-disarm-undo", "set-arm-undo", "set"), false, []string{"      do set-arm-undo\n"}, []string{"-v prints"}},
		{"of a rollback", back, false, []string{"arms the timed undo of undo-set\n", "    $ do undo-set\n"}, []string{"do undo-set-"}},
	} {
		text := HostText(c.host, HostView{Whole: c.whole})
		for _, want := range c.has {
			if !strings.Contains(text, want) {
				t.Errorf("%s: there is no %q in\n%s", c.name, want, text)
			}
		}
		for _, hidden := range c.hides {
			if strings.Contains(text, hidden) {
				t.Errorf("%s: there is %q in\n%s", c.name, hidden, text)
			}
		}
	}
}

// A report of a run says which changes another run that is still open has sent.
func TestHostTextOfAnOpenRun(t *testing.T) {
	open := []outcome.OpenRun{{ID: "r2", Changes: []outcome.Change{{Step: "set", Status: outcome.Applied}, {Step: "start", Status: outcome.UnknownIf, Detail: "the controller ended"}}}, {ID: "r1", Unread: true}}
	text := HostText(outcome.Host{Host: "h"}, HostView{LeftOpen: open})
	const want = "CHANGES\n  none in this run\n  run r2, which has not finished, has sent:\n    set: applied\n    start: unknown; the controller ended\n  run r1, which has not finished, may have changed the host: its journal can't be read\n"
	if !strings.Contains(text, want) {
		t.Error(text)
	}
}
