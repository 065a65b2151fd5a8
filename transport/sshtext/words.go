package sshtext

import (
	"errors"
	"strings"
)

// Words takes a line apart as OpenSSH does: words with blanks between, in
// either kind of quotes, a backslash before a quote, a backslash or (outside of
// quotes) a blank; a # at the beginning of a word begins a comment.
func Words(s string) ([]string, error) {
	var words []string
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" || s[0] == '#' {
			return words, nil
		}
		word, rest, err := oneWord(s)
		if err != nil {
			return nil, err
		}
		words, s = append(words, word), rest
	}
}

var errQuotes = errors.New("a quote has no end")

// oneWord takes the first word off a text that does not begin with a blank.
func oneWord(s string) (word, rest string, err error) {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s) && escapes(s[i+1], quote):
			i++
			b.WriteByte(s[i])
		case quote == 0 && (c == ' ' || c == '\t'):
			return b.String(), s[i:], nil
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		default:
			b.WriteByte(c)
		}
	}
	if quote != 0 {
		return "", "", errQuotes
	}
	return b.String(), "", nil
}

// escapes reports whether a backslash before c takes its meaning from it.
func escapes(c, quote byte) bool {
	return c == '\'' || c == '"' || c == '\\' || quote == 0 && c == ' '
}

// Keyword takes the keyword, in lower case, off a line: it ends at a blank or at one "=",
// with blanks around it.
func Keyword(s string) (keyword, rest string) {
	at := strings.IndexAny(s, " \t=")
	if at < 0 {
		return strings.ToLower(s), ""
	}
	keyword, rest = strings.ToLower(s[:at]), strings.TrimLeft(s[at:], " \t")
	rest, _ = strings.CutPrefix(rest, "=")
	return keyword, strings.TrimLeft(rest, " \t")
}
