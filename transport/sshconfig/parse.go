package sshconfig

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"aixmend/transport/endpoint"
)

// place is a line of a file.
type place struct {
	file string
	line int
}

func (p place) String() string { return p.file + ":" + strconv.Itoa(p.line) }

// problem is what is wrong with a line; what else stands in the file holds.
type problem struct {
	at   place
	text string
}

func (p problem) String() string { return p.at.String() + ": " + p.text }

// file is what one file says: blocks in their order. The first has no condition.
type file struct{ blocks []*block }

// block is what stands under one Host or Match line.
type block struct {
	// id tells the blocks of all files apart.
	id   int
	at   place
	kind blockKind
	// hosts are the patterns of a Host line.
	hosts []string
	// criteria are those of a Match line.
	criteria []criterion
	items    []item
}

type blockKind int

const (
	blockAlways blockKind = iota
	blockHost
	blockMatch
	// blockBroken: its condition can't be read, so it holds for no host.
	blockBroken
)

// criterion is one condition of a Match line; all of them must hold.
type criterion struct {
	name    string // lower case
	negated bool
	arg     string
}

// item is a setting, or files that stand at its place.
type item struct {
	at      place
	keyword string // lower case; include for files
	words   []string
	// rest is the line behind the keyword, as it stands.
	rest  string
	files []*file
}

// parser reads a file and those that it includes.
type parser struct {
	loader   *loader
	problems []problem
	blocks   int
	// final: a Match line asks for a second pass.
	final bool
	// relevant: something stands there that a target depends on.
	relevant bool
}

// lists are the keywords that take several words.
var lists = []string{"userknownhostsfile", "globalknownhostsfile", "canonicalizepermittedcnames"}

// singles are the other keywords that a target depends on.
var singles = []string{
	"hostname", "user", "port", "identityfile", "identityagent", "certificatefile",
	"hostkeyalias", "proxyjump", "proxycommand", "canonicalizehostname", "tag",
}

func (p *parser) complain(at place, format string, args ...any) {
	p.problems = append(p.problems, problem{at, fmt.Sprintf(format, args...)})
}

// newBlock begins a block.
func (p *parser) newBlock(f *file, at place, kind blockKind) *block {
	p.blocks++
	b := &block{id: p.blocks, at: at, kind: kind}
	f.blocks = append(f.blocks, b)
	return b
}

// text parses the text of a file. from says where it lies and where what it
// includes is looked for.
func (p *parser) text(text string, from source) *file {
	f := &file{}
	b := p.newBlock(f, place{from.path, 1}, blockAlways)
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		n++
		at := place{from.path, n}
		line = strings.Trim(line, " \t\r\n\f")
		if line == "" || line[0] == '#' {
			continue
		}
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			p.complain(at, "the line holds a control character and is left out")
			continue
		}
		b = p.line(f, b, at, line, from)
	}
	return f
}

// line parses one line and gives the block that the next one belongs to.
func (p *parser) line(f *file, b *block, at place, line string, from source) *block {
	keyword, rest := cutKeyword(line)
	words, err := splitWords(rest)
	condition := keyword == "host" || keyword == "match"
	ours := condition || keyword == "include" || slices.Contains(singles, keyword) || slices.Contains(lists, keyword)
	switch {
	case !ours: // ssh has many more keywords; what is wrong with them is its business
		return b
	case err == nil && (len(words) == 0 || slices.Contains(words, "") && keyword != "match"):
		err = fmt.Errorf("it says nothing")
	}
	if err != nil {
		p.complain(at, "%s is left out: %v", keyword, err)
		if condition {
			return p.newBlock(f, at, blockBroken)
		}
		return b
	}
	switch keyword {
	case "host":
		b = p.newBlock(f, at, blockHost)
		b.hosts = words
	case "match":
		b = p.match(f, at, words)
	case "include":
		b.items = append(b.items, item{at: at, keyword: keyword, files: p.include(at, words, from)})
	default:
		p.setting(b, item{at: at, keyword: keyword, words: words, rest: rest})
	}
	return b
}

// setting adds a setting to a block when it can be read.
func (p *parser) setting(b *block, i item) {
	p.relevant = true
	var err error
	switch {
	case i.keyword == "proxycommand":
		i.rest = strings.TrimLeft(i.rest, " \t=")
	case i.keyword == "proxyjump":
		i.rest, _, _ = strings.Cut(strings.TrimLeft(i.rest, " \t="), "#")
		i.rest, err = jumps(strings.TrimSpace(i.rest))
	case len(i.words) > 1 && !slices.Contains(lists, i.keyword):
		err = fmt.Errorf("there is more than one value")
	case i.keyword == "port":
		_, err = portOf(i.words[0])
	}
	if err != nil {
		p.complain(i.at, "%s is left out: %v", i.keyword, err)
		return
	}
	b.items = append(b.items, i)
}

// criteria are the conditions that are known, and whether they have a value.
var criteria = map[string]bool{
	"all": false, "canonical": false, "final": false,
	"host": true, "originalhost": true, "user": true, "localuser": true, "localnetwork": true,
	"tagged": true, "command": true, "version": true, "sessiontype": true, "exec": true,
}

// match parses the conditions of a Match line.
func (p *parser) match(f *file, at place, words []string) *block {
	b := p.newBlock(f, at, blockMatch)
	wrong := func(format string, args ...any) *block {
		p.complain(at, "Match does not apply: "+format, args...)
		b.kind = blockBroken
		return b
	}
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		var c criterion
		name, negated := strings.CutPrefix(word, "!")
		name, arg, given := strings.Cut(name, "=")
		c.name, c.negated, c.arg = strings.ToLower(name), negated, arg
		valued, known := criteria[c.name]
		switch {
		case !known:
			return wrong("%q is no condition that is known here", name)
		case valued && !given && len(words) == 0:
			return wrong("%s has no value", c.name)
		case valued && !given:
			c.arg, words = words[0], words[1:]
		case !valued && given:
			return wrong("%s takes no value", c.name)
		}
		if valued && c.arg == "" && c.name != "tagged" && c.name != "command" {
			return wrong("%s has no value", c.name)
		}
		p.final = p.final || c.name == "final" && !negated
		b.criteria = append(b.criteria, c)
	}
	for i, c := range b.criteria {
		if c.name == "all" && (i != len(b.criteria)-1 || i > 1) {
			return wrong("all stands beside other conditions")
		}
	}
	return b
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

// plainHost tells whether a name or an address can stand in an argument list
// and in the text of a shell command.
func plainHost(s string) bool { return plain(s, ":%") }

// plainUser tells the same of a login.
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
