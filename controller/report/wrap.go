package report

import (
	"regexp"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Wrapped breaks text into lines of a width, 0 for no limit; all but the first begin
// with indent. A list of hosts that is too long becomes several lists, so that each can be
// pasted and no number is cut.
func Wrapped(text string, width int, indent string) string {
	if width <= 0 || ansi.StringWidth(text) <= width {
		return text
	}
	return strings.Join(lines(text, max(width-len(indent), 2)), "\n"+indent)
}

const (
	// minRoom is the narrowest readable column behind the beginning of a line.
	minRoom = 24
	// belowBy is how far a text is indented that stands below the beginning of its line.
	belowBy = 6
)

// Hanging renders a text behind the beginning of its first line, its further lines indented
// as far. Where a terminal has no room for that, the text stands below.
func Hanging(begin, text string, width int) string {
	by := ansi.StringWidth(begin)
	switch room := width - by; {
	case width <= 0 || by+ansi.StringWidth(text) <= width:
		return begin + text
	case room >= minRoom:
		return begin + indented(text, room, by)
	}
	return strings.TrimRight(begin, " ") + "\n" + strings.Repeat(" ", belowBy) + indented(text, max(width-belowBy, 4), belowBy)
}

// indented wraps a text into a column, with all but its first line indented.
func indented(text string, room, by int) string {
	return strings.ReplaceAll(Wrapped(text, room, ""), "\n", "\n"+strings.Repeat(" ", by))
}

// lines breaks a text into lines of a column, between words; a word that is too long
// is broken as pieces does.
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
		parts := pieces(word, width)
		list = append(list, parts[:len(parts)-1]...)
		line = parts[len(parts)-1]
	}
	return append(list, line)
}

// pieces breaks a word into parts of at most width columns, at least one.
func pieces(word string, width int) []string {
	if ansi.StringWidth(word) <= width {
		return []string{word}
	}
	if l, ok := listOf(word); ok {
		if parts := l.parts(width); len(parts) > 1 {
			var all []string
			for _, part := range parts {
				all = append(all, pieces(part, width)...)
			}
			return all
		}
	}
	var parts []string
	for ansi.StringWidth(word) > width {
		n := cut(word, width)
		if n == 0 { // a character wider than the column
			break
		}
		parts = append(parts, word[:n])
		word = word[n:]
	}
	return append(parts, word)
}

// cut returns how many bytes of a word that is too long go on the first line: up to a
// comma, else not within brackets or a number, else as many as fit.
func cut(word string, width int) int {
	fits := len(ansi.Truncate(word, width, ""))
	n := fits
	if open := strings.LastIndex(word[:n], "["); open > 0 && numbers.MatchString(word[open+1:n]) {
		n = open
	}
	if comma := strings.LastIndex(word[:n], ","); comma > 0 {
		return comma + 1
	}
	for n > 0 && n < len(word) && digit(word[n-1]) && digit(word[n]) {
		n--
	}
	if n == 0 {
		return fits
	}
	return n
}

// numbers matches brackets that are cut off.
var numbers = regexp.MustCompile(`^[0-9,-]*$`)

func digit(c byte) bool { return c >= '0' && c <= '9' }

// hostList is a list of hosts in one word: aix[01-07,12]-a.
type hostList struct {
	prefix, suffix string
	spans          []string
	ends           string // punctuation behind the list
}

// list matches a hostList. One in quotes is an argument for a shell: it stays.
var list = regexp.MustCompile(`^([^][\'"]*)\[([0-9]+(?:-[0-9]+)?(?:,[0-9]+(?:-[0-9]+)?)*)\]([^][\'"]*?)([:;,.)]*)$`)

func listOf(word string) (hostList, bool) {
	m := list.FindStringSubmatch(word)
	if m == nil {
		return hostList{}, false
	}
	return hostList{prefix: m[1], spans: strings.Split(m[2], ","), suffix: m[3], ends: m[4]}, true
}

// of is the list of some of the spans.
func (l hostList) of(spans []string) string {
	text := strings.Join(spans, ",")
	if strings.ContainsAny(text, ",-") {
		text = "[" + text + "]"
	}
	return l.prefix + text + l.suffix
}

// parts splits the list into lists of at most width columns, where it can.
func (l hostList) parts(width int) []string {
	var parts []string
	for from := 0; from < len(l.spans); {
		to := from + 1
		for to < len(l.spans) && ansi.StringWidth(l.of(l.spans[from:to+1]))+len(l.ends) <= width {
			to++
		}
		part := l.of(l.spans[from:to])
		if to == len(l.spans) {
			part += l.ends
		}
		parts, from = append(parts, part), to
	}
	return parts
}

// widest returns the columns of the widest list of hosts in a text when each is split as
// far as it goes.
func widest(text string) int {
	wide := 0
	for word := range strings.FieldsSeq(text) {
		if l, ok := listOf(word); ok {
			for _, part := range l.parts(1) {
				wide = max(wide, ansi.StringWidth(part))
			}
		}
	}
	return wide
}
