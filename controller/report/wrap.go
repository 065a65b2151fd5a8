package report

import (
	"regexp"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Wrapped breaks text into lines of a width, 0 for no limit; all but the first begin
// with indent. A word is never broken: not a path, not a number, and not a command to paste,
// which is one word here. One that is too long for its line has a line of its own. A list of
// hosts that is too long becomes several lists, so that each can be pasted.
func Wrapped(text string, width int, indent string) string {
	if width <= 0 || ansi.StringWidth(text) <= width {
		return text
	}
	return flow("", text, width, len(indent), "")
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
	switch {
	case width <= 0 || by+ansi.StringWidth(text) <= width:
		return begin + text
	case width-by >= minRoom:
		return flow(begin, text, width, by, "")
	}
	return strings.TrimRight(begin, " ") + "\n" + flow(strings.Repeat(" ", belowBy), text, width, belowBy, "")
}

// label matches the beginning of a line behind which its further lines are indented: that
// of a list, or a first column.
var label = regexp.MustCompile(`^ *(?:- |\S+(?: \S+)? {2,})`)

// Fit breaks those lines of a text that are longer than a width, 0 for no limit, as Wrapped
// does: behind a label as Hanging does, else indented by two more.
func Fit(text string, width int) string { return FitAs(text, width, "") }

// FitAs is Fit of a text with commands of this program, where its plain name is another than
// aixmend.
func FitAs(text string, width int, name string) string {
	if width <= 0 {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if ansi.StringWidth(line) <= width {
			continue
		}
		if begin := label.FindString(line); begin != "" && width-len(begin) >= minRoom {
			lines[i] = flow(begin, line[len(begin):], width, len(begin), name)
			continue
		}
		body := strings.TrimLeft(line, " ")
		begin := line[:len(line)-len(body)]
		lines[i] = flow(begin, body, width, len(begin)+2, name)
	}
	return strings.Join(lines, "\n")
}

// flow puts the words of a text behind the beginning of a line, and then on lines that are
// indented by so many columns, or by less where a word is as long as that. name is that of FitAs.
func flow(begin, text string, width, by int, name string) string {
	var done []string
	line, bare := begin, true // bare: no word of the text is on the line
	for _, word := range splitWords(text, name) {
		for _, piece := range pieces(word, max(width-by, 2)) {
			wide, at := ansi.StringWidth(piece), ansi.StringWidth(line)
			switch {
			case bare && at+wide <= width:
				line += piece
			case !bare && at+1+wide <= width:
				line += " " + piece
			default:
				if line = strings.TrimRight(line, " "); line != "" {
					done = append(done, line)
				}
				line = strings.Repeat(" ", max(min(by, width-wide), 0)) + piece
			}
			bare = false
		}
	}
	return strings.Join(append(done, line), "\n")
}

// rangeWord matches a word with a range of hosts: a comma in it separates no words.
var rangeWord = regexp.MustCompile(`\[[0-9]`)

// lines breaks a text into lines of a column.
func lines(text string, width int) []string {
	if ansi.StringWidth(text) <= width {
		return []string{text}
	}
	return strings.Split(flow("", text, width, 0, ""), "\n")
}

// pieces breaks a word that is wider than a column where it can be: a list of hosts into
// lists, another word behind its commas.
func pieces(word string, width int) []string {
	if ansi.StringWidth(word) <= width || strings.ContainsAny(word, " '\"") {
		return []string{word}
	}
	if l, ok := listOf(word); ok {
		return l.parts(width)
	}
	if rangeWord.MatchString(word) {
		return []string{word}
	}
	var list []string
	for part := range strings.SplitAfterSeq(word, ",") {
		if n := len(list); n > 0 && ansi.StringWidth(list[n-1]+part) <= width {
			list[n-1] += part
		} else if part != "" {
			list = append(list, part)
		}
	}
	return list
}

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

// Widest returns the columns of the widest word of a text when each is broken as far as
// it can be.
func Widest(text string) int {
	wide := 0
	for _, word := range splitWords(text, "") {
		for _, piece := range pieces(word, 1) {
			wide = max(wide, ansi.StringWidth(piece))
		}
	}
	return wide
}
