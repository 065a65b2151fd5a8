package sshtext

import "strings"

// Match matches a pattern in which * stands for any text and ? for one
// byte.
func Match(s, pattern string) bool {
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

// MatchList matches a list of patterns with commas between: at least one must
// match, and none that has a ! before it.
func MatchList(s, list string) bool {
	found := false
	for _, pattern := range strings.Split(list, ",") {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if !Match(s, pattern) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found
}
