package sshconfig

import "strings"

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
