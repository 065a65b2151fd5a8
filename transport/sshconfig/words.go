package sshconfig

import (
	"errors"
	"strings"
)

// splitWords takes a line apart as OpenSSH does: words with blanks between, in
// either kind of quotes, a backslash before a quote, a backslash or (outside of
// quotes) a blank; a # at the beginning of a word begins a comment.
func splitWords(s string) ([]string, error) {
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

// cutKeyword takes the keyword off a line: it ends at a blank or at one "=",
// with blanks around it.
func cutKeyword(s string) (keyword, rest string) {
	at := strings.IndexAny(s, " \t=")
	if at < 0 {
		return strings.ToLower(s), ""
	}
	keyword, rest = strings.ToLower(s[:at]), strings.TrimLeft(s[at:], " \t")
	rest, _ = strings.CutPrefix(rest, "=")
	return keyword, strings.TrimLeft(rest, " \t")
}

// matchPattern matches a pattern in which * stands for any text and ? for one
// byte.
func matchPattern(s, pattern string) bool {
	back, from := -1, 0 // where to continue behind the last *, and how far it reached
	i, p := 0, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			back, from = p+1, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			i, p = i+1, p+1
		case back >= 0:
			from++
			i, p = from, back
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchList matches a list of patterns with commas between: at least one must
// match, and none that has a ! before it.
func matchList(s, list string) bool {
	found := false
	for _, pattern := range strings.Split(list, ",") {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if !matchPattern(s, pattern) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found
}

// matchHost matches the patterns of a Host line as matchList does; the case of
// letters counts, as it does for ssh.
func matchHost(s string, patterns []string) bool {
	found := false
	for _, pattern := range patterns {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if found && !negated || !matchPattern(s, pattern) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found
}
