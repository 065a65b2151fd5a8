// Package sshtext splits and expands text as ssh does: lines of an ssh_config and
// arguments of the same form, %-tokens, and bastions.
package sshtext

// Short is the beginning of a text, for a message.
func Short(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "..."
	}
	return s
}
