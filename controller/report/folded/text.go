package folded

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/jedib0t/go-pretty/v6/text"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// maxRows is how many hosts of a block show their own values.
const maxRows = 12

// Text renders the plans of all hosts: a block for those that have the same steps, then a
// line that counts. It is safe for a terminal, whatever a host or a plan file holds.
func Text(hosts []outcome.HostSummary, o report.TextOptions) string {
	var b strings.Builder
	w := writer{b: &b, o: o}
	list := append(blocks(hosts, false), blocks(hosts, true)...)
	for _, block := range list {
		w.block(block)
		b.WriteByte('\n')
	}
	if len(list) > 0 {
		b.WriteString(report.Wrapped(legend, o.Width, "  ") + "\n")
	}
	b.WriteString(report.Wrapped(Counted(hosts), o.Width, "  ") + "\n")
	return b.String()
}

// legend explains the marks of steps.
const legend = "~ has an undo, + has none, ! is blocked; -v prints every command"

// Rollback renders the commands of a rollback as Text does a plan: a block for hosts on which the
// same would be undone. It is safe for a terminal, as Text is.
func Rollback(hosts []outcome.HostSummary, o report.TextOptions) string {
	var b strings.Builder
	w := writer{b: &b, o: o, back: true}
	for _, block := range blocks(hosts, false) {
		w.block(block)
		b.WriteByte('\n')
	}
	b.WriteString(report.Wrapped(legendBack, o.Width, "  ") + "\n")
	return b.String()
}

// legendBack explains the marks of the steps of a rollback.
const legendBack = "- is undone, ! can't be undone; -v prints every command"

// Rungs renders the plans of all hosts as one line for each rung that would be climbed, one
// for the hosts on which a rung is blocked, and the line of Counted. It is safe for a
// terminal, as Text is.
func Rungs(hosts []outcome.HostSummary, o report.TextOptions) string {
	var b strings.Builder
	w := writer{b: &b, o: o}
	b.WriteString(report.Wrapped(Counted(hosts), o.Width, "  ") + "\n")
	list := climbed(hosts)
	if len(list) == 0 {
		return b.String()
	}
	wide, count := 0, 0
	for _, r := range list {
		wide = max(wide, ansi.StringWidth(report.Clean(r.id, false)))
		count = max(count, len(report.Hosts(len(r.hosts))))
	}
	for _, r := range list {
		w.line(w.mark(r.mark)+padded(report.Clean(r.id, false), wide)+"  "+padded(report.Hosts(len(r.hosts)), count)+"  ",
			report.Clean(report.Compact(r.hosts), false))
	}
	w.line("  ~ ", strings.TrimPrefix(legend, "~ "))
	return b.String()
}

// Counted counts hosts, steps and rungs of the plans in one line, and names the hosts that need
// a person; of these, hosts that are changed as well are named apart. All other hosts are
// counted by outcome. Steps of the last resort count apart.
func Counted(hosts []outcome.HostSummary) string {
	var t tally
	for _, h := range hosts {
		t.add(h)
	}
	parts := []string{t.steps()}
	switch first, after := len(t.first), len(t.after); {
	case first > 0 && after > 0:
		parts = append(parts, needing(t.first)+": "+report.Compact(t.first), fmt.Sprintf("%d more after these steps: %s", after, report.Compact(t.after)))
	case first > 0:
		parts = append(parts, needing(t.first)+": "+report.Compact(t.first))
	case after > 0:
		parts = append(parts, needing(t.after)+" after these steps: "+report.Compact(t.after))
	}
	switch n := len(t.maybe); {
	case n > 0 && len(t.first)+len(t.after) > 0:
		parts = append(parts, fmt.Sprintf("%d more if these steps do not help: %s", n, report.Compact(t.maybe)))
	case n > 0:
		parts = append(parts, needing(t.maybe)+" if these steps do not help: "+report.Compact(t.maybe))
	}
	for _, o := range outcome.ShownOutcomes() {
		if n := t.others[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	return report.Clean(strings.Join(parts, "; ")+".", false)
}

func needing(hosts []string) string {
	if len(hosts) == 1 {
		return "1 host needs you"
	}
	return fmt.Sprintf("%d hosts need you", len(hosts))
}

// tally are the counts of Counted.
type tally struct {
	change, sent int
	last, held   int // steps of the last resort; held: while a rung is blocked
	rungs        []string
	first, after []string // hosts that need a person; after: that are changed before
	maybe        []string // hosts that need one if the steps do not help, since another rung is blocked
	others       map[outcome.Outcome]int
}

// add counts a host.
func (t *tally) add(h outcome.HostSummary) {
	sent := 0
	for _, s := range h.Plan {
		switch {
		case !shown(s) || s.Step == "":
		case s.Conditional && h.Blocked():
			t.held++
		case s.Conditional:
			t.last++
		case s.Runs():
			sent++
			if !slices.Contains(t.rungs, s.Rung) {
				t.rungs = append(t.rungs, s.Rung)
			}
		}
	}
	if sent > 0 {
		t.change++
		t.sent += sent
	}
	switch {
	case h.NeedsPerson() && sent > 0:
		t.after = append(t.after, h.Name)
	case h.NeedsPerson():
		t.first = append(t.first, h.Name)
	case sent > 0 && h.Blocked() && h.Outcome == outcome.NeedsAction:
		t.maybe = append(t.maybe, h.Name)
	case sent == 0:
		if t.others == nil {
			t.others = map[outcome.Outcome]int{}
		}
		t.others[h.Shown()]++
	}
}

// steps are the counts of steps.
func (t *tally) steps() string {
	if t.change == 0 {
		return "Plan: nothing to change"
	}
	line := fmt.Sprintf("Plan: %s to change, up to %s, %s", report.Hosts(t.change), report.Number(t.sent, "step"), report.Number(len(t.rungs), "rung"))
	more := func(n int) string { return report.More(n, "step") }
	switch {
	case t.last > 0 && t.held > 0:
		return fmt.Sprintf("%s, %s %s, %d more not while a rung is blocked", line, more(t.last), outcome.LastResort, t.held)
	case t.last > 0:
		return line + ", " + more(t.last) + " " + outcome.LastResort
	case t.held > 0:
		return line + ", " + more(t.held) + " " + outcome.LastResort + ", and not while a rung is blocked"
	}
	return line
}

// writer writes blocks for one terminal.
type writer struct {
	b    *strings.Builder
	o    report.TextOptions
	back bool // the commands are those of a rollback
}

// block writes one block.
func (w writer) block(b block) {
	head := report.Compact(b.hosts)
	if len(b.why) > 0 {
		head += ": " + strings.Join(b.why, ", ")
	}
	w.b.WriteString(report.Wrapped(report.Clean(head, false), w.o.Width, "  ") + "\n")
	wide := 0
	for _, r := range b.rungs {
		wide = max(wide, ansi.StringWidth(report.Clean(r.id, false)))
	}
	for i, r := range b.rungs {
		id := padded(report.Clean(r.id, false), wide)
		if w.back && i > 0 && b.rungs[i-1].id == r.id {
			id = padded("", wide)
		}
		if r.blocked != "" {
			w.line(w.mark('!')+id+"  ", w.refused(r))
			continue
		}
		for _, s := range r.steps {
			mark := '+'
			switch {
			case w.back:
				mark = '-'
			case s.undone:
				mark = '~'
			}
			begin := w.mark(mark) + id + "  "
			if s.lines > 0 {
				w.line(begin, report.Clean(fmt.Sprintf("%s, a script of %d lines", s.id, s.lines)+s.note(w.back), false))
			} else {
				w.command(begin, s.command, s.note(w.back))
			}
			w.commands(s.commands, ansi.StringWidth(begin))
			id = padded("", wide)
		}
	}
	w.rows(b.rows)
}

// refused is the line of a rung that is blocked, or of steps that can't be undone.
func (w writer) refused(r rung) string {
	if !w.back {
		return "blocked: " + report.Clean(r.blocked, false)
	}
	var steps []string
	for _, s := range r.steps {
		steps = append(steps, s.id)
	}
	return report.Clean(strings.Join(steps, ", ")+": "+r.blocked, false)
}

func padded(s string, wide int) string { return s + strings.Repeat(" ", wide-ansi.StringWidth(s)) }

// note is the text behind the command of a step.
func (s step) note(back bool) string {
	note := ""
	switch {
	case s.timed == "":
	case back:
		note = ", by the host itself after " + s.timed + " if the connection is lost"
	default:
		note = " (timed undo, " + s.timed + ")"
	}
	if s.because != "" {
		note += ": " + s.because
	}
	return note
}

// maxCommands is how many commands of a script are shown.
const maxCommands = 4

// commands writes the commands of a script below its line.
func (w writer) commands(list []string, by int) {
	for i, command := range list {
		begin := strings.Repeat(" ", by+2)
		if i == maxCommands {
			w.line(begin, fmt.Sprintf("and %d more", len(list)-i))
			return
		}
		w.command(begin, command, "")
	}
}

// rows writes the values of each host.
func (w writer) rows(rows []row) {
	if len(rows) == 0 {
		return
	}
	wide := make([]int, 1+len(rows[0].values))
	cells := make([][]string, 0, len(rows))
	for _, r := range rows[:min(len(rows), maxRows)] {
		line := make([]string, 0, len(wide))
		for i, value := range append([]string{r.host}, r.values...) {
			line = append(line, report.Clean(value, false))
			wide[i] = max(wide[i], ansi.StringWidth(line[i]))
		}
		cells = append(cells, line)
	}
	for _, line := range cells {
		for i, cell := range line[:len(line)-1] {
			line[i] = padded(cell, wide[i])
		}
		w.line("      ", strings.Join(line, "  "))
	}
	if more := len(rows) - maxRows; more > 0 {
		w.line("      ", fmt.Sprintf("and %d more: -v shows them", more))
	}
}

// line writes a text behind the beginning of its line.
func (w writer) line(begin, text string) {
	w.b.WriteString(report.Hanging(begin, text, w.o.Width) + "\n")
}

// command writes a command, and a note on it, behind the beginning of its line.
func (w writer) command(begin, command, note string) {
	w.b.WriteString(report.HangingCommand(begin, report.Clean(command, false), report.Clean(note, false), w.o.Width) + "\n")
}

// mark is the beginning of a line.
func (w writer) mark(mark rune) string {
	shown := string(mark)
	if w.o.Color {
		color := map[rune]text.Color{'+': text.FgGreen, '~': text.FgYellow, '-': text.FgYellow, '!': text.FgRed}[mark]
		shown = color.EscapeSeq() + shown + text.Reset.EscapeSeq()
	}
	return "  " + shown + " "
}
