package sshconfig

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"aixmend/transport/program"
)

// Bounds of a call of ssh.
const (
	// askTimeout bounds it in time: a Match exec runs in it.
	askTimeout = 10 * time.Second
	// askGrace is how long its streams may stay open when it is gone.
	askGrace = time.Second
	// maxAnswer is how much it may print, in bytes.
	maxAnswer = 1 << 20
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
func (c *Config) ask(ctx context.Context, files []string, q query) (answer, error) {
	args := append([]string{"-G"}, files...)
	if q.user != "" {
		args = append(args, "-l", q.user)
	}
	if q.port != 0 {
		args = append(args, "-p", strconv.Itoa(q.port))
	}
	text, err := program.Command{
		Argv: append(append([]string{c.program}, args...), "--", q.address),
		Dir:  c.folder, Timeout: c.timeout, Grace: askGrace, Limit: maxAnswer, Strict: true,
		Lines: 2, // ssh names the place in one and the number of faults in the other
	}.Run(ctx)
	var failed *program.Error
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.As(err, &failed):
		return nil, errors.New(failed.Reason())
	case err != nil:
		return nil, err
	}
	return readAnswer(string(text))
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
