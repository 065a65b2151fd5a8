package formats

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/jedib0t/go-pretty/v6/text"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// HostView is how HostText shows a host.
type HostView struct {
	report.TextOptions
	// Whole prints the commands around timed undos, too.
	Whole bool
	// LeftOpen are the other runs that have changed the host and have not ended there.
	LeftOpen []outcome.OpenRun
}

// HostText renders the report of a host for a terminal: prose is wrapped to its width,
// commands and their output stay as they are.
func HostText(h outcome.Host, v HostView) string {
	t := &hostText{options: v.TextOptions, timers: timers{}}
	if !v.Whole {
		t.timers = timersOf(h)
	}
	t.head(h)
	t.findings(h)
	t.reads(h)
	t.plan(h.Plan)
	t.changes(h.Changes, v.LeftOpen)
	t.files(h.Support)
	t.unread(h.FactErrors)
	for _, s := range h.Stages {
		t.stage(s)
	}
	return t.b.String()
}

type hostText struct {
	b       strings.Builder
	options report.TextOptions
	timers  timers // of the steps that are told in words
}

// bold is text that stands out where the terminal has colours.
func (t *hostText) bold(s string) string {
	if !t.options.Color {
		return s
	}
	return text.Bold.EscapeSeq() + s + text.Reset.EscapeSeq()
}

// heading begins a part of the report.
func (t *hostText) heading(s string) {
	t.b.WriteString("\n" + t.bold(strings.ToUpper(report.Clean(s, false))) + "\n")
}

// prose writes a label and cleaned text behind it, wrapped beside the label.
func (t *hostText) prose(label, s string) {
	room := 0
	if wide := ansi.StringWidth(label); t.options.Width > wide+20 {
		room = t.options.Width - wide
	}
	by := strings.Repeat(" ", ansi.StringWidth(label))
	t.b.WriteString(label + strings.ReplaceAll(report.Wrapped(report.Clean(s, false), room, ""), "\n", "\n"+by) + "\n")
}

// block writes a command or its output as it is.
func (t *hostText) block(indent, s string) {
	s = strings.TrimRight(report.Clean(s, true), "\n")
	t.b.WriteString(indent + strings.ReplaceAll(s, "\n", "\n"+indent) + "\n")
}

func (t *hostText) head(h outcome.Host) {
	t.b.WriteString(t.bold(report.Clean(fmt.Sprintf("%s: %s", h.Host, shown(h)), false)) + "\n")
	for _, row := range [][2]string{
		{"reason", h.Reason}, {"run", h.RunID}, {"address", h.Address}, {"started", h.Started.UTC().Format(time.RFC3339) + ", took " + ms(h.Duration)}, {"capture", h.Capture},
	} {
		if row[1] != "" {
			t.prose(fmt.Sprintf("  %-8s  ", row[0]), row[1])
		}
	}
	if h.Cloud != nil {
		t.prose("  cloud     ", report.CloudDetail(*h.Cloud))
	}
	if h.SSH != nil {
		t.prose("  ssh       ", report.Connection(*h.SSH))
	}
	if h.Lease != nil && h.Lease.Text != "" {
		t.prose("  lease     ", report.Lease(*h.Lease))
	}
}

func (t *hostText) findings(h outcome.Host) {
	t.heading("Findings")
	if len(h.Findings) == 0 {
		t.b.WriteString("  none\n")
	}
	for _, f := range h.Findings {
		waived := ""
		switch {
		case f.Waived:
			waived = " (waived: " + f.Waiver + ")"
		case f.Expired != "":
			waived = " (counts again, waiver expired: " + f.Expired + ")"
		}
		t.prose(fmt.Sprintf("  %-8s  ", report.Clean(string(f.Severity), false)), f.ID+waived+": "+f.Title)
		for _, e := range f.Evidence {
			t.prose("    evidence  ", e)
		}
		switch {
		case report.IsCommand(f.Remedy):
			t.block("    remedy    ", report.Clean(f.Remedy, false))
		case f.Remedy != "":
			t.prose("    remedy    ", f.Remedy)
		}
		if f.Source != "" {
			t.prose("    source    ", f.Source)
		}
		for _, next := range f.Next {
			t.next(next)
		}
	}
	for _, f := range h.Fixed {
		t.prose("  fixed     ", f.ID+": "+f.Title)
	}
	for _, d := range h.Drift {
		t.prose("  differs   ", "from the approved plan: "+d)
	}
}

// next writes a step of a person: words, or a command to paste.
func (t *hostText) next(next string) {
	const label = "    next      "
	switch {
	case strings.HasPrefix(next, "aixmend "):
		t.b.WriteString("    next\n" + report.Pasted(next, t.options.Width, strings.Repeat(" ", len(label))) + "\n")
	case report.IsCommand(next):
		t.block(label, next)
	default:
		t.prose(label, next)
	}
}

// reads names the sections of the runbook on the findings of a host, each as a command.
func (t *hostText) reads(h outcome.Host) {
	for i, id := range readable(h) {
		if i == 0 {
			t.b.WriteString("  to read more:\n")
		}
		t.block("    ", "aixmend runbook "+id)
	}
}

func (t *hostText) plan(plan []outcome.PlanStep) {
	if len(plan) == 0 {
		return
	}
	t.heading("Plan")
	for _, s := range plan {
		line := "rung " + s.Rung
		if s.Step != "" {
			line += ", step " + s.Step
		}
		if s.Part != "" && t.timers[s.Step] != "" {
			continue // it stands beside the step
		}
		t.prose("  ", line+report.Timed(s)+s.Held())
		if s.Step != "" {
			t.pair(s.Command, s.Undo)
		}
	}
}

// pair writes a command and its undo.
func (t *hostText) pair(command, undo string) {
	t.block("      ", command)
	if strings.HasPrefix(undo, "none: ") { // a reason, and no command
		t.prose("    undo ", undo)
		return
	}
	t.b.WriteString("    undo\n")
	t.block("      ", undo)
}

func (t *hostText) changes(changes []outcome.Change, open []outcome.OpenRun) {
	t.heading("Changes")
	switch {
	case len(changes) == 0 && len(open) > 0:
		t.b.WriteString("  none in this run\n")
	case len(changes) == 0:
		t.b.WriteString("  none\n")
	}
	for _, c := range changes {
		t.prose("  ", strings.TrimSuffix(fmt.Sprintf("%s: %s, %s; %s", c.Step, c.Status, c.At.UTC().Format(time.RFC3339), c.Detail), "; "))
		if told := t.timers[c.Step]; told != "" {
			t.prose("      ", told)
			continue
		}
		t.pair(c.Command, c.Undo)
	}
	for _, line := range report.OpenChanges(open) {
		t.prose("  ", line)
	}
	if len(t.timers) > 0 {
		t.prose("  ", "-v prints the commands of timed undos, too")
	}
}

func (t *hostText) files(files []outcome.SupportFile) {
	if len(files) == 0 {
		return
	}
	t.heading("Support data")
	for _, f := range files {
		t.prose("  ", fmt.Sprintf("%s, %d bytes, sha256 %s", f.Name, f.Bytes, f.SHA256))
	}
}

func (t *hostText) unread(problems map[string]string) {
	if len(problems) == 0 {
		return
	}
	t.heading("Not known")
	for _, name := range slices.Sorted(maps.Keys(problems)) {
		t.prose("  ", name+": "+problems[name])
	}
}

// stage writes the commands of a stage: a table of their names and results, each with its
// output below.
func (t *hostText) stage(s outcome.Stage) {
	t.heading("Stage " + s.Name)
	t.prose("  ", strings.TrimSpace(fmt.Sprintf("%s, %s. %s", s.Status, ms(s.DurationMS), s.Note)))
	wide := 0
	for _, step := range s.Steps {
		wide = max(wide, min(ansi.StringWidth(report.Clean(step.ID, false)), 32))
	}
	for _, step := range s.Steps {
		mark := "read-only"
		if step.Mutating {
			mark = "changing"
		}
		id := report.Clean(step.ID, false)
		id = t.bold(id) + strings.Repeat(" ", max(wide-ansi.StringWidth(id), 0))
		t.b.WriteString("\n")
		t.prose("  "+id+"  ", strings.TrimSpace(fmt.Sprintf("%-9s  exit %-3d  %s  %s", mark, step.ExitStatus, ms(step.DurationMS), step.Error)))
		if told := t.timers[step.ID]; told != "" && step.Mutating {
			t.prose("      ", told)
		} else {
			t.block("    $ ", step.Command)
		}
		for _, stream := range [][2]string{{"      ", step.Stdout}, {"    ! ", step.Stderr}} {
			if strings.TrimSpace(stream[1]) != "" {
				t.block(stream[0], stream[1])
			}
		}
		if step.Truncated > 0 {
			t.prose("      ", "dropped: "+report.More(int(step.Truncated), "byte"))
		}
	}
}
