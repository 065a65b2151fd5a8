package sshconfig

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	"aixmend/transport/sshtext"
)

// answer is the output of `ssh -G`: the values of each keyword, in its order.
type answer map[string][]string

func (a answer) first(keyword string) string {
	if len(a[keyword]) == 0 {
		return ""
	}
	return a[keyword][0]
}

var errGarbage = errors.New("what it prints is not a configuration")

// readAnswer parses the output of `ssh -G`.
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

// settings returns the settings of an answer that differ from base, the answer when
// nothing is configured. A value that equals the built-in one may be configured or not;
// then the parser decides.
func (a answer) settings(base answer, q query, own evaluation) settings {
	s := settings{
		words: a.words(base, own), user: q.user, port: q.port, expanded: true,
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
		if hops, err := sshtext.Jumps(chain); err == nil {
			chain = hops
		}
		s.proxyJump, s.proxyCommand = chain, ""
	}
	return s
}

// words are the values of the keywords that have no field; the parser knows their lines.
func (a answer) words(base answer, own evaluation) map[string]word {
	words := map[string]word{}
	for name, known := range keywords {
		if known.effect != followed && known.effect != refuses {
			continue
		}
		if text := a.first(name); text != base.first(name) {
			words[name] = word{text, own.words[name].at}
		}
	}
	return words
}

// paths are the paths of a keyword, which stand in one line with blanks between;
// the parser's own result tells a blank between paths from one inside a path.
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
