// Package help lays out the help of a command for the width of the terminal.
package help

import (
	"regexp"
	"strings"

	"aixmend/controller/report"
)

const (
	// usual is the width where none is known.
	usual = 80
	// widest is the longest line that reads well.
	widest = 120
	// minRoom is the narrowest second column; with less room it stands below the first.
	minRoom = 30
	// below is the indent of a second column that stands below the first.
	below = "          "
)

// layout breaks text into lines of a width. Lines of a paragraph are joined first; an
// indented line stays a line, and goes on below its second column where it has one. A line
// that begins with a tab is a command to paste: it stays whole.
func layout(text string, width int) string {
	if width <= 0 {
		width = usual
	}
	width = min(width, widest)
	var b strings.Builder
	paragraph := ""
	end := func() {
		if paragraph != "" {
			b.WriteString(report.Wrapped(paragraph, width, "") + "\n")
		}
		paragraph = ""
	}
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		line = strings.TrimRight(line, " ")
		switch {
		case line != "" && line[0] != ' ' && line[0] != '\t':
			paragraph = strings.TrimSpace(paragraph + " " + line)
			if strings.HasSuffix(line, ":") { // a heading, or the line above a list
				end()
			}
			continue
		case strings.HasPrefix(line, "\t"):
			end()
			b.WriteString(line + "\n")
			continue
		}
		end()
		b.WriteString(hang(line, width) + "\n")
	}
	end()
	return b.String()
}

// columns matches an indented line with two columns.
var columns = regexp.MustCompile(`^( +\S+(?: \S+)*  +)(\S.*)$`)

// hang breaks an indented line.
func hang(line string, width int) string {
	if len(line) <= width {
		return line
	}
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	first, rest := indent, line[len(indent):]
	by := indent + "  "
	if m := columns.FindStringSubmatch(line); m != nil {
		first, rest = m[1], m[2]
		by = strings.Repeat(" ", len(first))
		if width-len(first) < minRoom {
			first, by = strings.TrimRight(first, " ")+"\n"+below, below
		}
	}
	return first + strings.ReplaceAll(report.Wrapped(rest, width-len(by), ""), "\n", "\n"+by)
}
