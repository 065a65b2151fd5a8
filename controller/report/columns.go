package report

import (
	"slices"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"aixmend/controller/outcome"
)

const (
	// maxWhich is the longest list of hosts on a terminal, in columns.
	maxWhich = 120
	// minWhich and minWhat are the narrowest readable columns; a terminal without room
	// for them gets the cells of a row below one another.
	minWhich, minWhat = 12, 24
	// maxCloud is the widest column of the health on a terminal: "2 WARNING, 3 OK".
	maxCloud = 16
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
	cloud              string // the health of the VMs, "" where it was not asked
	next               Next
}

// columns lays out rows as a table. On a terminal too narrow for the next command,
// the command stands below its row and can still be pasted.
func columns(rows []row, o TextOptions) string {
	head := row{outcome: "OUTCOME", hosts: "COUNT", which: "HOSTS", what: "CAUSE"}
	for _, r := range rows {
		if r.next.Step != "" {
			head.next.Step = "BY HAND"
		}
		if len(r.next.Command) > 0 {
			head.next.Command = []string{"NEXT"}
		}
		if r.cloud != "" {
			head.cloud = "CLOUD"
		}
	}
	all := append([]row{head}, rows...)
	var l layout
	next := 0 // of the command
	for _, r := range all {
		l.outcome = max(l.outcome, len(r.outcome))
		l.hosts = max(l.hosts, len(r.hosts))
		l.which = max(l.which, ansi.StringWidth(r.which))
		l.cloud = max(l.cloud, len(r.cloud))
		l.what = max(l.what, ansi.StringWidth(r.what))
		l.step = max(l.step, ansi.StringWidth(Clean(r.next.Step, false)))
		next = max(next, ansi.StringWidth(strings.Join(r.next.Command, " ")))
	}
	if l.step > 0 {
		next += l.step + len(gap)
	}
	whole, word := minWhich, minWhat // with the widest words
	for _, r := range all {
		whole = max(whole, Widest(r.which))
		if n := Widest(r.what); n <= o.Width { // else it is too long anywhere
			word = max(word, n)
		}
	}
	if o.Width > 0 {
		l.cloud = min(l.cloud, maxCloud)
	}
	left := 1 + l.outcome + len(gap) + l.hosts + len(gap)
	if l.cloud > 0 {
		left += l.cloud + len(gap)
	}
	full := left + l.which + len(gap) + l.what
	switch room := o.Width - left - len(gap); {
	case o.Width <= 0:
		l.which, l.what, l.step, l.beside, l.whole = min(l.which, maxPadded), min(l.what, maxPadded), min(l.step, maxPadded), true, true
	case full+len(gap)+next <= o.Width:
		l.beside = true
	case full <= o.Width:
	case room >= whole+word:
		l.which = min(l.which, max(min(room/3, room-word), whole, room-l.what))
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
	outcome, hosts, cloud, which, what int  // cloud is 0 for no column
	step                               int  // of a person; 0 for no column
	beside                             bool // the next step has columns: its words, and the command
	whole                              bool // no cell is wrapped
}

// line renders a row, on as many lines as its cells need.
func (l layout) line(r row, color bool) string {
	which, health, what := []string{r.which}, []string{r.cloud}, []string{r.what}
	if !l.whole {
		which, health, what = lines(r.which, l.which), lines(r.cloud, l.cloud), lines(r.what, l.what)
	}
	var b strings.Builder
	for i := range max(len(which), len(health), len(what)) {
		first := []string{"", "", ""}
		if i == 0 {
			first = []string{paint(r.outcome, color), r.hosts, l.next(r.next)}
		}
		line := " " + pad(first[0], l.outcome) + gap + strings.Repeat(" ", l.hosts-len(first[1])) + first[1] +
			gap + pad(at(which, i), l.which)
		if l.cloud > 0 {
			line += gap + pad(at(health, i), l.cloud)
		}
		line += gap + pad(at(what, i), l.what)
		if l.beside {
			line += gap + first[2]
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// next renders the columns of a next step.
func (l layout) next(n Next) string {
	command := strings.Join(n.Command, " ")
	if l.step == 0 {
		return command
	}
	return pad(Clean(n.Step, false), l.step) + gap + command
}

// stacked renders rows for a window without room for columns.
func stacked(rows []row, o TextOptions) string {
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(flow(" ", paint(r.outcome, o.Color)+" "+r.hosts+" "+r.which, o.Width, 3, "") + "\n")
		if r.cloud != "" {
			b.WriteString(flow("   ", "cloud: "+r.cloud, o.Width, 3, "") + "\n")
		}
		if r.what != "" {
			b.WriteString(flow("   ", r.what, o.Width, 3, "") + "\n")
		}
		b.WriteString(below(r.next, o.Width))
	}
	return b.String()
}

// below renders a step and a command on lines of their own, "" for none.
func below(next Next, width int) string {
	const by = "    "
	text := ""
	if next.Step != "" {
		text = Hanging(by, Clean(next.Step, false), width) + "\n"
	}
	if len(next.Command) > 0 {
		text += pasted(next.Command, width, by) + "\n"
	}
	return text
}

// Pasted renders a command of quoted shell words behind an indent, on lines that end so that a
// shell joins them where it is wider than width, 0 for no limit. A word is not broken.
func Pasted(command string, width int, indent string) string {
	return pasted(quotedWords(Clean(command, false)), width, indent)
}

func pasted(words []string, width int, by string) string {
	var b strings.Builder
	line := by
	words = withValues(words, width-len(by)-len("   \\"))
	for i, word := range words {
		ends := ""
		if i < len(words)-1 {
			ends = " \\"
		}
		if i > 0 && width > 0 && ansi.StringWidth(line+" "+word+ends) > width {
			b.WriteString(line + " \\\n")
			line = by + "  " + word
			continue
		}
		if i > 0 {
			line += " "
		}
		line += word
	}
	return b.String() + line
}

// withValues joins a flag and the word behind it, its value, where both fit a width.
func withValues(words []string, width int) []string {
	var list []string
	for i := 0; i < len(words); i++ {
		word := words[i]
		if i+1 < len(words) && strings.HasPrefix(word, "-") && !strings.Contains(word, "=") && !strings.HasPrefix(words[i+1], "-") {
			if both := word + " " + words[i+1]; ansi.StringWidth(both) <= width {
				word, i = both, i+1
			}
		}
		list = append(list, word)
	}
	return list
}

// quotedWords splits a command at the blanks outside of quotes.
func quotedWords(command string) []string {
	quoted := false
	return strings.FieldsFunc(command, func(c rune) bool {
		if c == '\'' {
			quoted = !quoted
		}
		return !quoted && unicode.IsSpace(c)
	})
}

// HangingCommand renders a command of a host, with a note behind it, as Hanging does a text, but so
// that it can be pasted: its lines end so that a shell joins them, and an option keeps its value
// where there is room.
func HangingCommand(begin, command, note string, width int) string {
	by := ansi.StringWidth(begin)
	const joins = " \\"
	words, whole := commandWords(command)
	switch {
	case width <= 0 || by+ansi.StringWidth(command+note) <= width:
		return begin + command + note
	case !whole || slices.ContainsFunc(words, func(word string) bool { return ansi.StringWidth(word+joins) > width }):
		return Hanging(begin, command+note, width)
	}
	var done []string
	line, bare := begin, true // bare: no word of the command is on the line
	if width-by < minRoom {
		done, line, by = []string{strings.TrimRight(begin, " ")}, strings.Repeat(" ", belowBy), belowBy
	}
	words = withValues(words, width-by-len("  ")-len(joins))
	for i, word := range words {
		ends, gap := joins, " "
		if i == len(words)-1 {
			ends = ""
		}
		if bare {
			gap = ""
		}
		if ansi.StringWidth(line+gap+word+ends) <= width {
			line, bare = line+gap+word, false
			continue
		}
		if line = strings.TrimRight(line, " "); !bare {
			line += joins
		}
		if line != "" {
			done = append(done, line)
		}
		line, bare = strings.Repeat(" ", max(min(by+2, width-ansi.StringWidth(word+ends)), 0))+word, false
	}
	if ansi.StringWidth(line+note) <= width {
		return strings.Join(append(done, line+note), "\n")
	}
	return strings.Join(append(done, line, Hanging(strings.Repeat(" ", by), strings.TrimLeft(note, " ,:"), width)), "\n")
}

// commandWords splits a command of a host at the blanks outside of quotes. It reports whether a
// line may end behind each word: not in a comment, and not where a quote stays open.
func commandWords(command string) ([]string, bool) {
	var list []string
	var quote rune
	begin, escaped := 0, false
	for i, c := range command {
		switch {
		case escaped:
			escaped = false
		case c == '\\' && quote != '\'':
			escaped = true
		case c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote == 0 && c == ' ':
			list, begin = append(list, command[begin:i]), i+1
		}
	}
	list = slices.DeleteFunc(append(list, command[begin:]), func(word string) bool { return word == "" })
	comment := slices.ContainsFunc(list, func(word string) bool { return strings.HasPrefix(word, "#") })
	return list, quote == 0 && !escaped && !comment
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
