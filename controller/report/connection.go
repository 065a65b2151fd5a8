package report

import (
	"slices"
	"strings"

	"aixmend/controller/outcome"
)

// Connection describes an SSH connection in one line. The server's own words in it
// are untrusted.
func Connection(s outcome.SSH) string {
	line := "by " + s.Login
	if len(s.Via) > 0 {
		line += ", via " + strings.Join(s.Via, ", ")
	}
	algorithms := slices.DeleteFunc([]string{s.Kex, s.HostKey, s.Cipher, s.MAC}, func(a string) bool { return a == "" })
	line += "; " + strings.Join(algorithms, ", ")
	if s.Legacy {
		line += " (insecure: legacy algorithms)"
	}
	if s.Server != "" {
		line += "; " + s.Server
	}
	return line
}
