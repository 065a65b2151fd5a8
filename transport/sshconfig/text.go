package sshconfig

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"aixmend/transport/sshtext"
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

// short is the beginning of a text, for a message.
func short(s string) string { return sshtext.Short(s) }
