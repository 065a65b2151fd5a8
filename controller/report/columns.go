package report

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"aixmend/controller/outcome"
)

const (
	// maxWhich is the longest list of hosts on a terminal, in columns.
	maxWhich = 120
	// minWhich and minWhat are the narrowest readable columns; a terminal without room
	// for them gets the cells of a row below one another.
	minWhich, minWhat = 12, 24
	// maxPadded is how far a column is padded if there is no limit of width: one long
	// cell does not shift all rows.
	maxPadded = 80
	// gap is the space between columns.
	gap = "  "
)

// row is a line of a summary.
type row struct {
	outcome            outcome.Outcome
	hosts, which, what string
	next               []string
}

// columns lays out rows as a table. On a terminal too narrow for the next command,
// the command stands below its row and can still be pasted.
func columns(rows []row, o TextOptions) string {
	head := row{outcome: "OUTCOME", hosts: "COUNT", which: "HOSTS", what: "CAUSE"}
	for _, r := range rows {
		if len(r.next) > 0 {
			head.next = []string{"NEXT"}
		}
	}
	all := append([]row{head}, rows...)
	var l layout
	next := 0
	for _, r := range all {
		l.outcome = max(l.outcome, len(r.outcome))
		l.hosts = max(l.hosts, len(r.hosts))
		l.which = max(l.which, ansi.StringWidth(r.which))
		l.what = max(l.what, ansi.StringWidth(r.what))
		next = max(next, ansi.StringWidth(strings.Join(r.next, " ")))
	}
	left := 1 + l.outcome + len(gap) + l.hosts + len(gap)
	full := left + l.which + len(gap) + l.what
	switch room := o.Width - left - len(gap); {
	case o.Width <= 0:
		l.which, l.what, l.beside, l.whole = min(l.which, maxPadded), min(l.what, maxPadded), true, true
	case full+len(gap)+next <= o.Width:
		l.beside = true
	case full <= o.Width:
	case room >= minWhich+minWhat:
		l.which = min(l.which, max(room/3, minWhich, room-l.what))
		l.what = room - l.which
	default:
		return stacked(rows, o)
	}
	var b strings.Builder
	for i, r := range all {
		b.WriteString(l.line(r, o.Color && i > 0))
		if !l.beside && i > 0 {
			b.WriteString(below(r.next, o.Width))
		}
	}
	return b.String()
}

// layout has the widths of the columns.
type layout struct {
	outcome, hosts, which, what int
	beside                      bool // the next command has a column
	whole                       bool // no cell is wrapped
}

// line renders a row, on as many lines as its cells need.
func (l layout) line(r row, color bool) string {
	which, what := []string{r.which}, []string{r.what}
	if !l.whole {
		which, what = lines(r.which, l.which), lines(r.what, l.what)
	}
	var b strings.Builder
	for i := range max(len(which), len(what)) {
		first := []string{"", "", ""}
		if i == 0 {
			first = []string{paint(r.outcome, color), r.hosts, strings.Join(r.next, " ")}
		}
		line := " " + pad(first[0], l.outcome) + gap + strings.Repeat(" ", l.hosts-len(first[1])) + first[1] +
			gap + pad(at(which, i), l.which) + gap + pad(at(what, i), l.what)
		if l.beside {
			line += gap + first[2]
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// stacked renders rows for a window without room for columns.
func stacked(rows []row, o TextOptions) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(" " + wrapped(paint(r.outcome, o.Color)+" "+r.hosts+" "+r.which, o.Width-1, "  ") + "\n")
		if r.what != "" {
			b.WriteString("   " + wrapped(r.what, o.Width-3, "   ") + "\n")
		}
		b.WriteString(below(r.next, o.Width))
	}
	return b.String()
}

// below renders a command on lines of its own, "" for none. The lines end so that a
// shell joins them; a word longer than a line is not broken.
func below(command []string, width int) string {
	if len(command) == 0 {
		return ""
	}
	const by = "    "
	var b strings.Builder
	line := by
	for i, word := range command {
		if i > 0 && ansi.StringWidth(line)+1+ansi.StringWidth(word)+len(" \\") > width {
			b.WriteString(line + " \\\n")
			line = by + by[2:] + word
			continue
		}
		if i > 0 {
			line += " "
		}
		line += word
	}
	return b.String() + line + "\n"
}

// wrapped breaks text into lines of a width, 0 for no limit; all but the first begin
// with indent.
func wrapped(text string, width int, indent string) string {
	if width <= 0 || ansi.StringWidth(text) <= width {
		return text
	}
	return strings.Join(lines(text, max(width-len(indent), 2)), "\n"+indent)
}

// lines breaks a text into lines of a column, between words; a word that is too long
// is broken after a comma, as in lists of hosts, else anywhere.
func lines(text string, width int) []string {
	if ansi.StringWidth(text) <= width {
		return []string{text}
	}
	var list []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && ansi.StringWidth(line)+1+ansi.StringWidth(word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			list = append(list, line)
		}
		for ansi.StringWidth(word) > width {
			piece := ansi.Truncate(word, width, "")
			if comma := strings.LastIndex(piece, ","); comma > 0 {
				piece = piece[:comma+1]
			}
			if piece == "" { // a character wider than the column
				break
			}
			list = append(list, piece)
			word = word[len(piece):]
		}
		line = word
	}
	return append(list, line)
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// pad fills a text up to a width. Colour sequences have no width.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(width-ansi.StringWidth(text), 0))
}
