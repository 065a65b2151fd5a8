package sshconfig

import (
	"strings"

	"aixmend/transport/sshtext"
)

// matchHost matches the patterns of a Host line as sshtext.MatchList does; the case of
// letters counts, as it does for ssh.
func matchHost(s string, patterns []string) bool {
	found := false
	for _, pattern := range patterns {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if found && !negated || !sshtext.Match(s, pattern) {
			continue
		}
		if negated {
			return false
		}
		found = true
	}
	return found
}
