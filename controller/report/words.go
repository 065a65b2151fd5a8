package report

import (
	"regexp"
	"slices"
	"strings"
)

// splitWords splits a text into words. A command of this program is one word: broken into lines
// it could not be pasted.
func splitWords(text string) []string {
	var list []string
	for rest := strings.Fields(text); len(rest) > 0; {
		n := max(command(rest), 1)
		list = append(list, strings.Join(rest[:n], " "))
		rest = rest[n:]
	}
	return list
}

var (
	program = regexp.MustCompile("^[(`\"]?(?:[^ ]*/)?aixmend$")
	verb    = regexp.MustCompile("^[a-z]+(?:-[a-z]+)*[,;:.)`\"]*$")
	// argument matches a word that is part of no sentence.
	argument = regexp.MustCompile(`[0-9A-Z/_=*\[]|^'`)
)

// subverbs stand behind a verb, and behind one of naming stands a name.
var (
	subverbs = []string{"check", "diff", "import", "list", "prune", "schema", "show", "sudoers"}
	naming   = []string{"diff", "explain", "report", "runbook", "show"}
)

// command returns how many words at the beginning of a text are a command, 0 for none. A
// word too many does no harm.
func command(list []string) int {
	if len(list) < 2 || !program.MatchString(list[0]) || !verb.MatchString(list[1]) {
		return 0
	}
	n := 2
	for n < len(list) && !ends(list[n-1]) {
		before, word := list[n-1], list[n]
		switch {
		case strings.HasPrefix(word, "-") && len(word) > 1:
		case strings.HasPrefix(before, "-") && !strings.Contains(before, "="): // its value
		case n == 2 && slices.Contains(subverbs, strings.TrimRight(word, ",;:.)`\"")):
		case n <= 3 && slices.Contains(naming, before), n == 3 && list[1] == "explain": // HOST, or RUN HOST
		case argument.MatchString(word):
		default:
			return n
		}
		n++
		if strings.HasPrefix(word, "'") {
			for n < len(list) && strings.Count(strings.Join(list[:n], " "), "'")%2 == 1 {
				n++
			}
		}
	}
	return n
}

// ends reports whether a command ends with a word: a mark of the sentence follows.
func ends(word string) bool { return strings.ContainsAny(word[len(word)-1:], ",;:.)`\"") }

// hostCommand matches a command for a host: a path with anything behind it, or a program with
// nothing but options.
var hostCommand = regexp.MustCompile(`^(?:/.*|[a-z]+(?: -[A-Za-z](?: [^\s,;-][^\s,;]*)?)+)$`)

// IsCommand reports whether the remedy of a finding is a command to paste, which is never
// wrapped.
func IsCommand(remedy string) bool { return hostCommand.MatchString(remedy) }
