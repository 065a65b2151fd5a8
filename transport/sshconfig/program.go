package sshconfig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Bounds of a call of ssh.
const (
	// askTimeout bounds it in time: a Match exec runs in it.
	askTimeout = 10 * time.Second
	// askGrace is how long its streams may stay open when it is gone.
	askGrace = time.Second
	maxSaid  = 1 << 20
	maxWords = 2 << 10
)

// answer is what `ssh -G` printed: the values of each keyword, in its order.
type answer map[string][]string

func (a answer) first(keyword string) string {
	if len(a[keyword]) == 0 {
		return ""
	}
	return a[keyword][0]
}

// ask runs `ssh -G` for a host. files are its flags that say which files it
// reads.
func (c *Config) ask(parent context.Context, files []string, q query) (answer, error) {
	args := append([]string{"-G"}, files...)
	if q.user != "" {
		args = append(args, "-l", q.user)
	}
	if q.port != 0 {
		args = append(args, "-p", strconv.Itoa(q.port))
	}
	ctx, cancel := context.WithTimeout(parent, c.timeout)
	defer cancel()
	said, words := &bounded{limit: maxSaid, strict: true}, &bounded{limit: maxWords}
	cmd := exec.CommandContext(ctx, c.program, append(args, "--", q.address)...)
	cmd.Dir = c.folder
	alone(cmd)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = said, words, askGrace
	err := cmd.Run()
	switch {
	case parent.Err() != nil:
		return nil, context.Cause(parent)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("no end within %s%s", c.timeout, lastWords(words.kept))
	case said.dropped:
		return nil, fmt.Errorf("it prints more than %d bytes", maxSaid)
	case err != nil:
		return nil, fmt.Errorf("%w%s", err, lastWords(words.kept))
	}
	return readAnswer(string(said.kept))
}

var errGarbage = errors.New("what it prints is not a configuration")

// readAnswer reads what `ssh -G` printed.
func readAnswer(text string) (answer, error) {
	a := answer{}
	for line := range strings.Lines(text) {
		keyword, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		if !ok {
			continue
		}
		if strings.ContainsFunc(value, unicode.IsControl) {
			return nil, errGarbage
		}
		a[strings.ToLower(keyword)] = append(a[strings.ToLower(keyword)], value)
	}
	if _, err := portOf(a.first("port")); err != nil || a.first("hostname") == "" || a.first("user") == "" {
		return nil, errGarbage
	}
	return a, nil
}

// settings are what an answer says beyond what holds when nothing is
// configured. Where it can't be told whether a value is configured, because it
// is the same as the one that is built in, what the parser saw decides.
func (a answer) settings(base answer, q query, own evaluation) settings {
	s := settings{
		user: q.user, port: q.port, expanded: true,
		agent: a.first("identityagent"), alias: a.first("hostkeyalias"), proxyCommand: a.first("proxycommand"),
		certificates: a["certificatefile"],
	}
	if name := canonical(a.first("hostname")); name != canonical(q.address) {
		s.hostName = name
	}
	if name := a.first("user"); q.user == "" && (name != base.first("user") || slices.Contains(own.users, name)) {
		s.user = name
	}
	if port, _ := portOf(a.first("port")); q.port == 0 && (a.first("port") != base.first("port") || port == own.port) {
		s.port = port
	}
	if !slices.Equal(a["identityfile"], base["identityfile"]) {
		s.identities = a["identityfile"]
	}
	s.userHosts = a.paths("userknownhostsfile", base, own.userHosts)
	s.globalHosts = a.paths("globalknownhostsfile", base, own.globalHosts)
	if chain := a.first("proxyjump"); chain != "" {
		if hops, err := jumps(chain); err == nil {
			chain = hops
		}
		s.proxyJump, s.proxyCommand = chain, ""
	}
	return s
}

// paths are the paths of a keyword, which stand in one line with blanks between;
// what the parser saw tells a blank between from one inside.
func (a answer) paths(keyword string, base answer, own []string) []string {
	line := a.first(keyword)
	switch {
	case line == base.first(keyword):
		return nil
	case line == strings.Join(own, " "):
		return own
	}
	return strings.Fields(line)
}

// bounded keeps the beginning of what is written to it. Is it strict, who writes
// more is cut off.
type bounded struct {
	kept    []byte
	limit   int
	strict  bool
	dropped bool
}

var errTooMuch = errors.New("too much output")

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p[:min(len(p), b.limit-len(b.kept))]...)
	if len(b.kept) == b.limit {
		b.dropped = true
		if b.strict {
			return 0, errTooMuch
		}
	}
	return len(p), nil
}

// lastWords are the last two lines of what a program said, safe to print: ssh
// names the place in the one and how many there are in the other.
func lastWords(stderr []byte) string {
	lines := bytes.Split(bytes.TrimSpace(stderr), []byte("\n"))
	lines = lines[max(0, len(lines)-2):]
	for i, line := range lines {
		lines[i] = bytes.TrimSpace(line)
	}
	text := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(string(bytes.Join(lines, []byte("; "))), "?"))
	if text == "" {
		return ""
	}
	if r := []rune(text); len(r) > 300 {
		text = string(r[:300]) + "..."
	}
	return ": " + text
}
