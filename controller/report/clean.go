// Package report renders outcomes as text for a terminal, and has the helpers that all
// formats share: cleaning, folding, host ranges. A renderer returns bytes and an error, never an exit code. Everything that
// came from a host is untrusted: it reaches a terminal without escape sequences and
// a document without markup.
package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes untrusted text safe for a terminal: control characters, escape
// sequences and characters that reorder text become visible. With keepLines, line
// ends and tabs stay.
func Clean(s string, keepLines bool) string {
	if plain(s, keepLines) {
		return s
	}
	// A terminal may take a byte that is not UTF-8 for a control character.
	if utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return unsafeRune(r, keepLines) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !unsafeRune(r, keepLines):
			b.WriteRune(r)
		case r < 0x20:
			b.WriteByte('^')
			b.WriteByte(byte(r) + '@')
		default:
			b.WriteRune('\uFFFD')
		}
	}
	return b.String()
}

// Cleanf formats a line. Strings among args are untrusted: each is cleaned first.
func Cleanf(format string, args ...any) string {
	for i := range args {
		if s, ok := args[i].(string); ok {
			args[i] = Clean(s, false)
		}
	}
	return fmt.Sprintf(format, args...)
}

// plain reports whether s is printable ASCII, as nearly all output of hosts is: the
// fast path of Clean.
func plain(s string, keepLines bool) bool {
	for i := range len(s) {
		if c := s[i]; (c < ' ' || c > '~') && (!keepLines || c != '\n' && c != '\t') {
			return false
		}
	}
	return true
}

func unsafeRune(r rune, keepLines bool) bool {
	if r == '\n' || r == '\t' {
		return !keepLines
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) || r == '\uFFFE'
}
