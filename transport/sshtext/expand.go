package sshtext

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// Expand replaces the %-tokens of a text; %% is one %.
func Expand(s string, tokens map[byte]string) (string, error) {
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
			return "", fmt.Errorf("the token %q is not known here", Short(s[i-1:i+1]))
		}
		b.WriteString(value)
	}
	return b.String(), nil
}

// Environment replaces ${NAME} by the variables of the environment.
func Environment(s string) (string, error) {
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
			return "", fmt.Errorf("the variable %s is not set", Short(name))
		}
		b.WriteString(value)
		s = rest
	}
}

// Tilde expands ~ at the beginning of a path.
func Tilde(path, home string) (string, error) {
	if path == "~" || strings.HasPrefix(path, "~/") {
		return home + path[1:], nil
	}
	if strings.HasPrefix(path, "~") {
		return "", errors.New("the home of another user is not looked up")
	}
	return path, nil
}
