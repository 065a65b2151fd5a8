package ansible

import (
	"errors"
	"strings"
)

// Marks that stand for the tokens of a ProxyCommand: no command holds them.
const (
	tokenHost  = "\uE000"
	tokenPort  = "\uE001"
	tokenOther = "\uE002"
)

// proxyTokens are the tokens of a ProxyCommand.
var proxyTokens = map[byte]string{'h': tokenHost, 'p': tokenPort, 'r': tokenOther, 'n': tokenOther, 'k': tokenOther, 'd': tokenOther, 'u': tokenOther, 'i': tokenOther, 'l': tokenOther, 'L': tokenOther}

// splitWords splits a line as Python's shlex does, for Ansible takes arguments apart
// with it. Ansible strips each word, and leaves out those that are empty.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, quote := false, rune(0)
	escaped := false
	end := func() {
		if text := strings.TrimSpace(word.String()); text != "" {
			words = append(words, text)
		}
		word.Reset()
		inWord = false
	}
	for _, c := range line {
		switch {
		case escaped:
			if quote == '"' && c != '"' && c != '\\' {
				word.WriteByte('\\')
			}
			word.WriteRune(c)
			escaped = false
		case c == '\\' && quote != '\'':
			escaped, inWord = true, true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '"' || c == '\'':
			quote, inWord = c, true
		case strings.ContainsRune(" \t\r\n", c):
			if inWord {
				end()
			}
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	switch {
	case quote != 0:
		return nil, errors.New("a quote is not closed")
	case escaped:
		return nil, errors.New("a backslash stands at its end")
	}
	end()
	return words, nil
}

var errShell = errors.New("the shell would change it")

// shellWords splits a command that a POSIX shell runs. One in which the shell would do
// more than take words apart is an error.
func shellWords(command string) ([]string, error) {
	command = strings.TrimSpace(command)
	for _, quiet := range []string{"2>/dev/null", "2> /dev/null"} {
		if before, found := strings.CutSuffix(command, quiet); found && strings.HasSuffix(before, " ") {
			command = before
		}
	}
	var words []string
	var word strings.Builder
	inWord, quote := false, byte(0)
	for i := 0; i < len(command); i++ {
		c := command[i]
		switch {
		case quote == '\'' && c != '\'', quote == '"' && !strings.ContainsRune("\"\\$`", rune(c)):
			word.WriteByte(c)
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\':
			if i++; i == len(command) || command[i] == '\n' {
				return nil, errShell
			}
			if quote == '"' && !strings.ContainsRune("\"\\$`", rune(command[i])) {
				word.WriteByte('\\')
			}
			word.WriteByte(command[i])
			inWord = true
		case quote != 0:
			return nil, errShell // a $ or ` in double quotes
		case c == '"' || c == '\'':
			quote, inWord = c, true
		case c == ' ' || c == '\t':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		case strings.ContainsRune("$`;&|<>()*?{}!\n\r", rune(c)), c == '#' && !inWord, c == '[' && !forwardsBracketed(command[i:]):
			return nil, errShell
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// forwardsBracketed reports whether a bracket begins the place to forward to, or an
// IPv6 address: a pattern that no file matches.
func forwardsBracketed(s string) bool {
	inside, _, closed := strings.Cut(s[1:], "]")
	return closed && (inside == tokenHost || strings.Contains(inside, ":"))
}
