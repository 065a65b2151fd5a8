package report

import (
	"regexp"
	"slices"
	"strings"
)

// splitWords splits a text into words. A command of this program is one word: broken into lines
// it could not be pasted. name is its plain name where that is another than aixmend.
func splitWords(text, name string) []string {
	var list []string
	for rest := strings.Fields(text); len(rest) > 0; {
		n := max(command(rest, name), 1)
		list = append(list, strings.Join(rest[:n], " "))
		rest = rest[n:]
	}
	return list
}

var (
	program = regexp.MustCompile("^[(`\"]?(?:[^ ]*/)?aixmend'?$")
	verb    = regexp.MustCompile("^[a-z]+(?:-[a-z]+)*[,;:.)`\"]*$")
	// argument matches a word that is part of no sentence.
	argument = regexp.MustCompile(`[0-9A-Z/_=*\[]|^'`)
)

// Verbs are the verbs of this program: with a path before it, each is a command, however the
// file is called.
var Verbs = []string{
	"approve", "audit", "capture", "completion", "demo", "diff", "explain", "help", "hostkeys", "hub", "init", "inventory", "man", "mcp", "plan",
	"playbook", "record", "recover", "replay", "report", "resume", "runbook", "runs", "serve", "version", "worker",
}

// subverbs stand behind a verb, and behind one of naming stands a name.
var (
	subverbs = []string{"check", "diff", "import", "list", "prune", "schema", "show", "sudoers"}
	naming   = []string{"diff", "explain", "report", "runbook", "show"}
)

// command returns how many words at the beginning of a text are a command, 0 for none. A
// word too many does no harm.
func command(list []string, name string) int {
	at := called(list, name)
	if at == 0 {
		return 0
	}
	if more := arguments(append([]string{"aixmend"}, list[at:]...)); more > 0 {
		return at - 1 + more
	}
	return 0
}

// called returns how many words at the beginning of a text call this program, 0 where none do:
// its plain name, a path, or go run with one.
func called(list []string, name string) int {
	at := 1
	if len(list) > 2 && strings.TrimLeft(list[0], "(`\"") == "go" && list[1] == "run" {
		at = 3
	}
	if quote := strings.TrimLeft(list[0], "(`\""); strings.HasPrefix(quote, "'") {
		for at < len(list) && strings.Count(strings.Join(list[:at], " "), "'")%2 == 1 {
			at++
		}
	}
	if at >= len(list) {
		return 0
	}
	last := list[at-1]
	plain := program.MatchString(last) || name != "" && strings.TrimLeft(last, "(`\"") == name
	path := strings.Contains(strings.Join(list[:at], " "), "/") && slices.Contains(Verbs, strings.TrimRight(list[at], ",;:.)`\""))
	if !plain && !path {
		return 0
	}
	return at
}

// arguments returns how many words at the beginning of a text are a command, the first of which
// is the program; 0 where no verb follows it.
func arguments(list []string) int {
	if len(list) < 2 || !verb.MatchString(list[1]) {
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
