package console

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"aixmend/controller/report"
)

const (
	// columnGap is the space between columns.
	columnGap = "  "
	// minLast is the narrowest last column that is wrapped beside the others.
	minLast = 24
	// belowBy is how far cells are indented that stand below their row.
	belowBy = 5
)

// Table lays out rows below a header, escaped. On a terminal, columns without any cell are
// left out. Where the others do not fit, the last one is wrapped, or else as many of the last
// ones as need it stand below their row. No cell is shortened.
func (c *Console) Table(header []string, rows [][]string) string {
	all := [][]string{header}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = report.Clean(cell, false)
		}
		all = append(all, cells)
	}
	width := c.Width()
	if width > 0 {
		all = filled(all)
	}
	l := arranged(all, width)
	var b strings.Builder
	for _, row := range all {
		b.WriteString(l.row(row))
	}
	return b.String()
}

// filled leaves out the columns that have nothing but a head.
func filled(all [][]string) [][]string {
	kept := make([][]string, len(all))
	for i := range all[0] {
		if !slices.ContainsFunc(all[1:], func(row []string) bool { return row[i] != "" }) {
			continue
		}
		for n, row := range all {
			kept[n] = append(kept[n], row[i])
		}
	}
	return kept
}

// arrangement is how the columns of a table stand on a terminal.
type arrangement struct {
	width  int   // of the terminal; 0: no limit
	wide   []int // the columns
	beside int   // how many stand side by side, each padded; the rest is below
	wraps  bool  // the last one is wrapped beside them
}

// arranged returns the arrangement of the columns of rows.
func arranged(all [][]string, width int) arrangement {
	l := arrangement{width: width, wide: make([]int, len(all[0])), beside: len(all[0])}
	word := 0 // the widest of the last column
	for _, row := range all {
		for i, cell := range row {
			l.wide[i] = max(l.wide[i], ansi.StringWidth(cell))
		}
		word = max(word, report.Widest(row[len(row)-1]))
	}
	if width <= 0 || l.total(l.beside) <= width {
		return l
	}
	l.beside--
	if room := width - l.total(l.beside) - len(columnGap); room >= max(minLast, word) {
		l.wraps = true
		return l
	}
	for l.beside > 1 && l.total(l.beside) > width {
		l.beside--
	}
	return l
}

// total is the width of so many columns side by side.
func (l arrangement) total(columns int) int {
	sum := 1 - len(columnGap)
	for _, wide := range l.wide[:columns] {
		sum += len(columnGap) + wide
	}
	return sum
}

// row renders a row.
func (l arrangement) row(cells []string) string {
	line := ""
	for i, cell := range cells[:l.beside] {
		line += strings.Repeat(" ", max(1, min(i, 1)*len(columnGap))) + cell + strings.Repeat(" ", l.wide[i]-ansi.StringWidth(cell))
	}
	rest := cells[l.beside:]
	if l.wraps {
		return strings.TrimRight(report.Hanging(line+columnGap, rest[0], l.width), " ") + "\n"
	}
	text := strings.TrimRight(line, " ") + "\n"
	if below := strings.Join(slices.DeleteFunc(slices.Clone(rest), func(cell string) bool { return cell == "" }), columnGap); below != "" {
		text += report.Fit(strings.Repeat(" ", belowBy)+below, l.width) + "\n"
	}
	return text
}
