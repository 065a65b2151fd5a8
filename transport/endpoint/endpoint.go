// Package endpoint parses [user@]host[:port], the notation for a bastion in
// ssh.jump, in ssh_config's ProxyJump and in the arguments of ssh.
package endpoint

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Endpoint is a parsed [user@]host[:port].
type Endpoint struct {
	// User is the login; "" when there is none.
	User string
	// Host is an address or a name, without brackets and never empty.
	Host string
	// Port is from 1 to 65535; 0 when there is none.
	Port int
}

// Faults of a text that is no endpoint.
var (
	errForm     = errors.New("is not [user@]host[:port]")
	errUser     = fmt.Errorf("%w: the user is empty", errForm)
	errHost     = fmt.Errorf("%w: the host is empty", errForm)
	errBrackets = fmt.Errorf("%w: a bracket is not closed", errForm)
	errAfter    = fmt.Errorf("%w: only a port can follow the bracket", errForm)
	errPort     = fmt.Errorf("%w: the port must be from 1 to 65535", errForm)
)

// Parse parses [user@]host[:port]. The user ends at the last @. An IPv6 address
// with a port stands in brackets; without a port the brackets may be left out.
// Characters of the user and the host are not checked. Errors begin with "is not
// [user@]host[:port]" and do not quote the text.
func Parse(text string) (Endpoint, error) {
	var e Endpoint
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		if e.User, text = text[:at], text[at+1:]; e.User == "" {
			return Endpoint{}, errUser
		}
	}
	port, hasPort := "", false
	if inner, bracketed := strings.CutPrefix(text, "["); bracketed {
		host, after, closed := strings.Cut(inner, "]")
		if !closed {
			return Endpoint{}, errBrackets
		}
		e.Host = host
		if port, hasPort = strings.CutPrefix(after, ":"); !hasPort && after != "" {
			return Endpoint{}, errAfter
		}
	} else if e.Host = text; strings.Count(text, ":") == 1 {
		e.Host, port, hasPort = strings.Cut(text, ":")
	}
	if e.Host == "" {
		return Endpoint{}, errHost
	}
	if hasPort {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return Endpoint{}, errPort
		}
		e.Port = int(n)
	}
	return e, nil
}

// String returns the endpoint in the notation that Parse reads.
func (e Endpoint) String() string {
	text := e.Host
	if strings.Contains(text, ":") {
		text = "[" + text + "]"
	}
	if e.Port != 0 {
		text += ":" + strconv.Itoa(e.Port)
	}
	if e.User != "" {
		text = e.User + "@" + text
	}
	return text
}
