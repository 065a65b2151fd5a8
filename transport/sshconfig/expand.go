package sshconfig

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"aixmend/transport"
)

// expand replaces the %-tokens of a text; %% is one %.
func expand(s string, tokens map[byte]string) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			return "", errors.New("a % stands at its end")
		}
		value, ok := tokens[s[i]]
		switch {
		case s[i] == '%':
			value = "%"
		case !ok:
			return "", fmt.Errorf("the token %q is not known here", short(s[i-1:i+1]))
		}
		b.WriteString(value)
	}
	return b.String(), nil
}

// environment replaces ${NAME} by the variables of the environment.
func environment(s string) (string, error) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, "${")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, rest, ended := strings.Cut(after, "}")
		if !ended || name == "" {
			return "", errors.New("a ${ has no end")
		}
		value, ok := os.LookupEnv(name)
		if !ok {
			return "", fmt.Errorf("the variable %s is not set", short(name))
		}
		b.WriteString(value)
		s = rest
	}
}

// tokens are what may stand in a value for a host: filled is the target with its
// address, user and port.
func (c *Config) tokens(asked, filled transport.Target) map[byte]string {
	filled = filled.Defaulted()
	alias := filled.HostKeyAlias
	if alias == "" {
		alias = asked.Address
	}
	short, _, _ := strings.Cut(c.machine, ".")
	return map[byte]string{
		'h': filled.Address, 'n': asked.Address, 'p': strconv.Itoa(filled.Port), 'r': filled.User, 'k': alias,
		'd': c.home, 'u': c.local.Username, 'i': c.local.Uid, 'l': c.machine, 'L': short,
	}
}

// path expands what ssh expands in a path.
func (c *Config) path(s string, tokens map[byte]string) (string, error) {
	s, err := tilde(s, c.home)
	if err == nil {
		s, err = expand(s, tokens)
	}
	if err == nil {
		s, err = environment(s)
	}
	return s, err
}
