package sshtext

import (
	"errors"
	"fmt"
	"strings"

	"aixmend/transport/endpoint"
)

const none = "none"

// Jumps reads the bastions of ProxyJump and writes them as transport.Target
// has them: [user@]name[:port], commas between.
func Jumps(s string) (string, error) {
	if strings.EqualFold(s, none) {
		return none, nil
	}
	hops := strings.Split(s, ",")
	for i, hop := range hops {
		hop, err := jump(strings.TrimSuffix(strings.TrimPrefix(hop, "ssh://"), "/"))
		if err != nil {
			return "", fmt.Errorf("%q %w", Short(hops[i]), err)
		}
		hops[i] = hop
	}
	return strings.Join(hops, ","), nil
}

// jump reads one bastion. Like ssh, it takes an IPv6 address in brackets only.
func jump(s string) (string, error) {
	e, err := endpoint.Parse(s)
	if err != nil {
		return "", err
	}
	e.User, e.Host = unquoted(e.User), unquoted(e.Host)
	switch {
	case strings.Contains(e.Host, ":") && !strings.Contains(s, "["):
		return "", errors.New("is not [user@]host[:port]: an IPv6 address stands in brackets")
	case strings.Contains(s, "%"): // ssh makes a ProxyCommand of it, in which this is a token
		return "", errors.New("holds a token, which is not expanded here")
	case e.User != "" && !PlainUser(e.User), !PlainHost(e.Host):
		return "", errors.New("is not [user@]host[:port]: it holds a character that a shell may change")
	}
	return e.String(), nil
}

// unquoted takes the quotes off a name in quotes: ssh keeps them in ProxyJump, and the
// shell that runs the next ssh takes them away.
func unquoted(s string) string {
	if len(s) > 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// PlainHost reports whether a name or an address can stand in an argument list
// and in the text of a shell command.
func PlainHost(s string) bool { return plain(s, ":%") }

// PlainUser reports the same for a login.
func PlainUser(s string) bool { return plain(s, "@+\\") }

func plain(s, more string) bool {
	return s != "" && s[0] != '-' && len(s) < 1025 && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-"+more, r))
	})
}
