package sshconfig

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"aixmend/transport/endpoint"
)

// none is the value of several keywords that takes something away.
const none = "none"

// canonical is an address as ssh writes it: a name in lower case, or the usual
// form of an IP address.
func canonical(s string) string {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.String()
	}
	return strings.ToLower(s)
}

// portOf reads the number of a port.
func portOf(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is not a port", short(s))
	}
	return int(n), nil
}

// jumps reads the bastions of ProxyJump and writes them as transport.Target
// has them: [user@]name[:port], commas between.
func jumps(s string) (string, error) {
	if strings.EqualFold(s, none) {
		return none, nil
	}
	hops := strings.Split(s, ",")
	for i, hop := range hops {
		hop, err := jump(strings.TrimSuffix(strings.TrimPrefix(hop, "ssh://"), "/"))
		if err != nil {
			return "", fmt.Errorf("%q %w", short(hops[i]), err)
		}
		hops[i] = hop
	}
	return strings.Join(hops, ","), nil
}

// jump reads one bastion. Like ssh, it takes an IPv6 address in brackets only.
func jump(s string) (string, error) {
	e, err := endpoint.Parse(s)
	switch {
	case err != nil:
		return "", err
	case strings.Contains(e.Host, ":") && !strings.Contains(s, "["):
		return "", errors.New("is not [user@]host[:port]: an IPv6 address stands in brackets")
	case e.User != "" && !plainUser(e.User), !plainHost(e.Host):
		return "", errors.New("is not [user@]host[:port]: it holds a character that a shell may change")
	}
	return e.String(), nil
}

// plainHost reports whether a name or an address can stand in an argument list
// and in the text of a shell command.
func plainHost(s string) bool { return plain(s, ":%") }

// plainUser reports the same for a login.
func plainUser(s string) bool { return plain(s, "@+\\") }

func plain(s, more string) bool {
	return s != "" && s[0] != '-' && len(s) < 1025 && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-"+more, r))
	})
}

// short is the beginning of a text, for a message.
func short(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "..."
	}
	return s
}
