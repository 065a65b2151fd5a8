package formats

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/docs"
	"aixmend/transport/shell"
)

// Open says with which runs the report of a host is not at its end.
type Open struct {
	// Others are the other runs that have changed the host and have not ended there.
	Others []outcome.OpenRun
	// Typed adds the flags of the run to a command; nil adds none.
	Typed func(command string) string
}

// HostMarkdown renders the report of a host for people.
func HostMarkdown(h outcome.Host, open Open) []byte { return AppendHostMarkdown(nil, h, open) }

// AppendHostMarkdown appends HostMarkdown to room.
func AppendHostMarkdown(room []byte, h outcome.Host, open Open) []byte {
	m := &markdown{b: *bytes.NewBuffer(room)}
	m.b.Grow(size(h))
	m.line("# %s: %s", md(h.Host), shown(h))
	m.line("")
	m.open(h, open)
	if h.Reason != "" {
		m.line("%s", md(h.Reason))
		m.line("")
	}
	m.line("Run %s, address %s, %s, %s.", md(h.RunID), md(h.Address), h.Started.UTC().Format(time.RFC3339), ms(h.Duration))
	m.about(h)
	m.findings(h.Findings)
	for _, f := range h.Fixed {
		m.line("- fixed since the first change: %s: %s", md(f.ID), md(f.Title))
	}
	for _, d := range h.Drift {
		m.line("- differs from the approved plan: %s", md(d))
	}
	m.reads(h)
	m.plan(h.Plan)
	m.changes(h.Changes)
	m.support(h.Support)
	m.unread(h)
	for _, s := range h.Stages {
		m.stage(s)
	}
	return m.b.Bytes()
}

// shown is the outcome of a host as people see it, in words where it has none yet.
func shown(h outcome.Host) string { return cmp.Or(string(h.Shown()), "not finished") }

// open names the runs that have not finished with a host, each with the command that continues it.
// The hub continues those of its sites.
func (m *markdown) open(h outcome.Host, open Open) {
	say := func(why, id string) {
		command := "aixmend resume " + shell.Word(id)
		if open.Typed != nil {
			command = open.Typed(command)
		}
		m.line("Not finished: %s; to continue: `%s`", md(why), code(command))
		m.line("")
	}
	switch {
	case h.Site != "":
	case h.Outcome == "":
		say("run "+h.RunID+" had not ended when this was written", h.RunID)
	case h.Interrupted && !outcome.ToCompare(h.Outcome, h.Interrupted):
		say("run "+h.RunID+" was cut off", h.RunID)
	}
	for _, o := range open.Others {
		if o.ID != h.RunID {
			say(o.Changed(), o.ID)
		}
	}
}

// about lists the health in the cloud, the capture, the connection and the lease of a host.
func (m *markdown) about(h outcome.Host) {
	var list [][2]string
	if h.Cloud != nil {
		list = append(list, [2]string{report.CloudName, report.CloudDetail(*h.Cloud)})
	}
	if h.Capture != "" {
		list = append(list, [2]string{"Capture", h.Capture})
	}
	if h.SSH != nil {
		list = append(list, [2]string{"SSH", report.Connection(*h.SSH)})
	}
	if h.Lease != nil && h.Lease.Text != "" {
		list = append(list, [2]string{"Lease", report.Lease(*h.Lease)})
	}
	if len(list) > 0 {
		m.line("")
	}
	for _, row := range list {
		m.line("- %s: %s", row[0], md(row[1]))
	}
}

// size estimates the length of a report: most of it is output of the host.
func size(h outcome.Host) int {
	n := 4 << 10
	for _, s := range h.Stages {
		for _, step := range s.Steps {
			n += 128 + len(step.Command) + len(step.Stdout) + len(step.Stderr)
		}
	}
	return n
}

type markdown struct{ b bytes.Buffer }

func (m *markdown) line(format string, args ...any) {
	fmt.Fprintf(&m.b, format, args...)
	m.b.WriteByte('\n')
}

func (m *markdown) heading(text string) {
	m.line("\n## %s\n", text)
}

func (m *markdown) findings(findings []outcome.Finding) {
	m.heading("Findings")
	if len(findings) == 0 {
		m.line("None.")
	}
	for _, f := range findings {
		waived := ""
		if f.Waived {
			waived = " (waived: " + md(f.Waiver) + ")"
		}
		if f.Expired != "" {
			waived = " (counts again, waiver expired: " + md(f.Expired) + ")"
		}
		m.line("- **%s** %s%s: %s", f.Severity, md(f.ID), waived, md(f.Title))
		for _, e := range f.Evidence {
			m.line("  - evidence: %s", md(e))
		}
		if f.Remedy != "" {
			m.line("  - remedy: %s", md(f.Remedy))
		}
		for _, next := range f.Next {
			m.line("  - next: %s", md(next))
		}
		m.line("  - source: %s", md(f.Source))
	}
}

// reads names the sections of the runbook on the findings of a host, each as a command.
func (m *markdown) reads(h outcome.Host) {
	list := readable(h)
	if len(list) > 0 {
		m.line("\nTheir meaning, and how to check and fix them by hand:\n")
	}
	for _, id := range list {
		m.line("- aixmend runbook %s", md(id))
	}
}

// readable returns the findings of a host that the runbook has a section of. Those that only a
// playbook knows have the playbook's remedy.
func readable(h outcome.Host) []string {
	var ids []string
	for _, f := range slices.Concat(h.Findings, h.Fixed) {
		ids = append(ids, f.ID)
	}
	return docs.Explained(ids)
}

func (m *markdown) plan(plan []outcome.PlanStep) {
	if len(plan) == 0 {
		return
	}
	m.heading("Plan")
	for _, s := range plan {
		held := md(s.Held())
		if s.Step == "" {
			m.line("- rung %s%s", md(s.Rung), held)
			continue
		}
		m.line("- rung %s, step %s%s", md(s.Rung), md(s.Step), held)
		m.fence(s.Command)
		m.line("  undo:")
		m.fence(s.Undo)
	}
}

func (m *markdown) changes(changes []outcome.Change) {
	m.heading("Changes")
	if len(changes) == 0 {
		m.line("None.")
	}
	for _, c := range changes {
		m.line("- %s", strings.TrimSuffix(fmt.Sprintf("%s: %s, %s; %s", md(c.Step), c.Status, c.At.UTC().Format(time.RFC3339), md(c.Detail)), "; "))
		m.fence(c.Command)
		m.line("  undo:")
		m.fence(c.Undo)
	}
}

func (m *markdown) support(files []outcome.SupportFile) {
	if len(files) == 0 {
		return
	}
	m.heading("Support data")
	for _, f := range files {
		m.line("- %s, %d bytes, sha256 %s", md(f.Name), f.Bytes, md(f.SHA256))
	}
}

func (m *markdown) unread(h outcome.Host) {
	if len(h.FactErrors) == 0 {
		return
	}
	m.heading("Not known")
	for _, name := range slices.Sorted(maps.Keys(h.FactErrors)) {
		m.line("- %s: %s", md(name), md(h.FactErrors[name]))
	}
}

func (m *markdown) stage(s outcome.Stage) {
	m.heading("Stage " + s.Name)
	m.line("%s, %s. %s", s.Status, ms(s.DurationMS), md(s.Note))
	for _, step := range s.Steps {
		mark := "read-only"
		if step.Mutating {
			mark = "changing"
		}
		m.line("\n### %s\n\n%s, exit status %d, %s %s\n", md(step.ID), mark, step.ExitStatus, ms(step.DurationMS), md(step.Error))
		m.fence(step.Command)
		m.output("stdout", step.Stdout)
		m.output("stderr", step.Stderr)
		if step.Truncated > 0 {
			m.line("Dropped: %s.", report.More(int(step.Truncated), "byte"))
		}
	}
}

func (m *markdown) output(name, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	m.line("%s:", name)
	m.fence(text)
}

// backticks matches runs of backticks: the fence must be longer than the longest.
var backticks = regexp.MustCompile("`+")

// fence writes untrusted text as a code block that the text cannot end.
func (m *markdown) fence(text string) {
	fence := "```"
	if strings.Contains(text, fence) {
		for _, run := range backticks.FindAllString(text, -1) {
			if len(run) >= len(fence) {
				fence = run + "`"
			}
		}
	}
	for _, part := range [...]string{fence, "text\n", strings.TrimRight(report.Clean(text, true), "\n"), "\n", fence, "\n"} {
		m.b.WriteString(part)
	}
}

// markup lists the characters that Markdown and HTML act on.
const markup = "\\`*_{}[]<>()#!|&~"

// lineStart matches the beginnings of a line that make it a list item or a rule, or the
// line above a heading.
var lineStart = regexp.MustCompile(`^(?:[-+=]|[0-9]+\.(?: |$))`)

// md makes untrusted text plain text in Markdown, on one line.
func md(s string) string {
	s = strings.TrimLeft(report.Clean(s, false), " ")
	if !strings.ContainsAny(s, markup+":.-+=") { // only these can make markup
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	if start := strings.TrimRight(lineStart.FindString(s), " "); start != "" {
		b.WriteString(start[:len(start)-1] + "\\" + start[len(start)-1:])
		s = s[len(start):]
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '<':
			b.WriteString("&lt;")
		case c == '&':
			b.WriteString("&amp;")
		case c == ':' && strings.HasPrefix(s[i:], "://"), // some renderers turn addresses into links
			c == '.' && i >= 3 && strings.EqualFold(s[i-3:i], "www"),
			strings.IndexByte(markup, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func ms(n int64) string { return (time.Duration(n) * time.Millisecond).String() }
