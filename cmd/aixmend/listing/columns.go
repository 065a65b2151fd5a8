package listing

import (
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// gap is the space between columns.
const gap = "  "

// A column of a list.
type column struct {
	head string
	// whole are the cells where the width is not bounded.
	whole []string
	// forms are the cells on a terminal, the longest form first; form is the one that is
	// shown, len(forms) for none.
	forms [][]string
	form  int
}

// cells are the cells of the form that is shown; nil for none, or where each is empty.
func (c column) cells() []string {
	if c.form == len(c.forms) || !slices.ContainsFunc(c.forms[c.form], func(cell string) bool { return cell != "" }) {
		return nil
	}
	return c.forms[c.form]
}

// render lays out columns, one line a row. On a terminal of a width the columns that are
// named in order give way, each to its next shorter form and at last altogether, until a
// row fits; then those that still have room come back, the last first. With width 0 every
// column is whole, and an empty cell is a dash.
func render(columns []column, order []string, width int) string {
	shown := columns[:0:0]
	for _, c := range columns {
		if width <= 0 {
			c.forms = [][]string{dashed(c.whole)}
		}
		if width <= 0 || slices.ContainsFunc(c.forms[0], func(cell string) bool { return cell != "" }) {
			shown = append(shown, c)
		}
	}
	if width <= 0 {
		return text(shown)
	}
	var steps []*column // that gave way
	for _, head := range order {
		at := slices.IndexFunc(shown, func(c column) bool { return c.head == head })
		if at >= 0 && shown[at].form < len(shown[at].forms) && total(shown) > width {
			shown[at].form++
			steps = append(steps, &shown[at])
		}
	}
	for _, c := range slices.Backward(steps) {
		if c.form--; total(shown) > width {
			c.form++
		}
	}
	return text(shown)
}

func dashed(cells []string) []string {
	cells = slices.Clone(cells)
	for i, cell := range cells {
		if cell == "" {
			cells[i] = "-"
		}
	}
	return cells
}

// wide is the width of a column.
func (c column) wide() int {
	wide := ansi.StringWidth(c.head)
	for _, cell := range c.cells() {
		wide = max(wide, ansi.StringWidth(cell))
	}
	return wide
}

// total is the width of the widest row.
func total(columns []column) int {
	sum := -len(gap)
	for _, c := range columns {
		if c.cells() != nil {
			sum += len(gap) + c.wide()
		}
	}
	return sum
}

func text(columns []column) string {
	lines := []string{}
	for _, c := range columns {
		if c.cells() == nil {
			continue
		}
		for i, cell := range append([]string{c.head}, c.cells()...) {
			if i == len(lines) {
				lines = append(lines, "")
			}
			lines[i] += cell + strings.Repeat(" ", c.wide()-ansi.StringWidth(cell)) + gap
		}
	}
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ") + "\n"
	}
	return strings.Join(lines, "")
}

// clip shortens a name to a number of columns, not within a number.
func clip(name string, columns int) string {
	if ansi.StringWidth(name) <= columns {
		return name
	}
	short := ansi.Truncate(name, columns-1, "")
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	for n := len(short); n > 1 && digit(name[n-1]) && digit(name[n]); n-- {
		short = name[:n-1]
	}
	return short + "~"
}
