package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Quote returns s as one POSIX sh word in single quotes.
func Quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// special are the characters that a shell may treat specially in a word.
const special = " \t\n'\"\\$`!*?[]{}()<>|&;#~"

// Word returns s as one POSIX sh word that is easy to read: quoted only where a
// shell would change or split it. It is not for the word that a command begins
// with: see First.
func Word(s string) string {
	if s != "" && !strings.ContainsAny(s, special) {
		return s
	}
	return Quote(s)
}

// First returns s as the word that a command begins with: where Word does not
// quote it, a keyword and NAME=VALUE are quoted as well.
func First(s string) string {
	if syntax.IsKeyword(s) || strings.Contains(s, "=") {
		return Quote(s)
	}
	return Word(s)
}

// Line returns a command line that a person can paste into a shell.
func Line(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = Word(word)
		if i == 0 {
			quoted[i] = First(word)
		}
	}
	return strings.Join(quoted, " ")
}
