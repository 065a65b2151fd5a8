package story

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"aixmend/controller/report"
)

// page is a part of the story.
type page struct {
	strings.Builder
	width int // of the terminal; 0: no limit
}

// line writes a text behind the beginning of its first line.
func (p *page) line(begin, text string) {
	p.WriteString(report.Hanging(begin, report.Clean(text, false), p.width) + "\n")
}

// head writes the first line of a part.
func (p *page) head(text string) {
	p.WriteString(report.Wrapped(report.Clean(text, false), p.width, "  ") + "\n")
}

// exact writes a label and a path or a command, which is never broken: it can be pasted.
func (p *page) exact(label, text string) {
	gap := strings.Repeat(" ", max(1, labels-len(label)))
	if p.width > 0 && labels+ansi.StringWidth(text) > p.width {
		gap = "\n  "
	}
	p.WriteString(label + gap + report.Clean(text, false) + "\n")
}

// command writes a command to paste, on lines that a shell joins.
func (p *page) command(text string) {
	p.WriteString(report.Pasted(text, p.width, "  ") + "\n")
}

// labels is the width of the column of labels.
const labels = 21

// maxFirst is the widest first column of a table where there is no limit of width.
const maxFirst = 40

// table writes rows with their first cells below one another, and so their second ones. A
// first cell without room in its column has a line of its own.
func (p *page) table(rows [][2]string) {
	limit := maxFirst
	if p.width > 0 {
		limit = p.width / 2
	}
	wide := 0
	for _, row := range rows {
		if n := ansi.StringWidth(report.Clean(row[0], false)); n <= limit {
			wide = max(wide, n)
		}
	}
	for _, row := range rows {
		first := report.Clean(row[0], false)
		if n := ansi.StringWidth(first); n <= wide {
			p.line("  "+first+strings.Repeat(" ", wide-n)+"  ", row[1])
			continue
		}
		p.line("  ", first)
		p.line("      ", row[1])
	}
}
