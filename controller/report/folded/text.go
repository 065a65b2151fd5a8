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
	w := writer{&b, o}
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

// Rungs renders the plans of all hosts as one line for each rung that would be climbed, one
// for the hosts on which a rung is blocked, and the line of Counted. It is safe for a
// terminal, as Text is.
func Rungs(hosts []outcome.HostSummary, o report.TextOptions) string {
	var b strings.Builder
	w := writer{&b, o}
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

// Counted counts hosts, steps and rungs of the plans in one line. A host needs a person
// where it needs action and a rung is blocked or nothing would be sent; it may count as one
// to change, too. All other hosts are counted by outcome. Steps of the last resort count
// apart.
func Counted(hosts []outcome.HostSummary) string {
	change, steps, last, person, after := 0, 0, 0, 0, 0
	others := map[outcome.Outcome]int{}
	var rungs []string
	for _, h := range hosts {
		sent, blocked := 0, false
		for _, s := range h.Plan {
			blocked = blocked || shown(s) && !s.Conditional && s.BlockedBy != ""
			if shown(s) && s.Conditional && s.Step != "" {
				last++
			}
			if shown(s) && s.Runs() {
				sent++
				if !slices.Contains(rungs, s.Rung) {
					rungs = append(rungs, s.Rung)
				}
			}
		}
		if sent > 0 {
			change++
			steps += sent
		}
		switch {
		case sent > 0 && blocked && h.Outcome == outcome.NeedsAction:
			person++
			after++
		case sent > 0:
		case h.Outcome == outcome.NeedsAction:
			person++
		default:
			others[h.Shown()]++
		}
	}
	line := "Plan: nothing to change"
	if change > 0 {
		line = fmt.Sprintf("Plan: %s to change, up to %s, %s", report.Hosts(change), report.Number(steps, "step"), report.Number(len(rungs), "rung"))
		if last > 0 {
			line += fmt.Sprintf(", %s %s", strings.Replace(report.Number(last, "step"), " ", " more ", 1), outcome.LastResort)
		}
	}
	var rest []string
	if person > 0 {
		needs := "1 host needs you"
		if person > 1 {
			needs = fmt.Sprintf("%d hosts need you", person)
		}
		switch {
		case after == person:
			needs += " after these steps"
		case after > 0:
			needs += fmt.Sprintf(", %d of them after these steps", after)
		}
		rest = append(rest, needs)
	}
	for _, o := range outcome.ShownOutcomes() {
		if n := others[o]; n > 0 {
			rest = append(rest, fmt.Sprintf("%d %s", n, o))
		}
	}
	return strings.Join(append([]string{line}, rest...), "; ") + "."
}

// writer writes blocks for one terminal.
type writer struct {
	b *strings.Builder
	o report.TextOptions
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
	for _, r := range b.rungs {
		id := padded(report.Clean(r.id, false), wide)
		if r.blocked != "" {
			w.line(w.mark('!')+id+"  ", "blocked: "+report.Clean(r.blocked, false))
			continue
		}
		for _, s := range r.steps {
			mark := w.mark('+')
			if s.undone {
				mark = w.mark('~')
			}
			w.line(mark+id+"  ", s.text())
			id = padded("", wide)
		}
	}
	w.rows(b.rows)
}

func padded(s string, wide int) string { return s + strings.Repeat(" ", wide-ansi.StringWidth(s)) }

// text is the line of a step.
func (s step) text() string {
	line := s.command
	if s.lines > 0 {
		line = fmt.Sprintf("%s, a script of %d lines", s.id, s.lines)
	}
	if s.timed != "" {
		line += " (timed undo, " + strings.TrimSuffix(s.timed, "0s") + ")"
	}
	if s.because != "" {
		line += ": " + s.because
	}
	return report.Clean(line, false)
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

// mark is the beginning of a line.
func (w writer) mark(mark rune) string {
	shown := string(mark)
	if w.o.Color {
		color := map[rune]text.Color{'+': text.FgGreen, '~': text.FgYellow, '!': text.FgRed}[mark]
		shown = color.EscapeSeq() + shown + text.Reset.EscapeSeq()
	}
	return "  " + shown + " "
}
