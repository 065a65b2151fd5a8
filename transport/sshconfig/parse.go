package sshconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"aixmend/transport/ownership"
	"aixmend/transport/sshtext"
)

// parser reads a file and those that it includes.
type parser struct {
	loader *loader
	blocks int
	// final: a Match line asks for a second pass.
	final bool
	// relevant: something stands there that a target depends on.
	relevant bool
}

// bad adds a line that can't be read to a block: a fault of the hosts to which the block
// applies.
func (p *parser) bad(b *block, at place, keyword string, err error) {
	p.relevant = true
	others := (*ownership.Fault)(nil)
	b.items = append(b.items, item{at: at, keyword: keyword, fault: err.Error(), unsafe: errors.As(err, &others)})
}

// newBlock begins a block.
func (p *parser) newBlock(f *file, at place, kind blockKind) *block {
	p.blocks++
	b := &block{id: p.blocks, at: at, kind: kind}
	f.blocks = append(f.blocks, b)
	return b
}

// text parses the text of a file. from is its place, and the folder in which its
// includes are looked for.
func (p *parser) text(text string, from source) *file {
	f := &file{}
	b := p.newBlock(f, place{from.path, 1}, blockAlways)
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		n++
		line = strings.Trim(line, " \t\r\n\f")
		if line == "" || line[0] == '#' {
			continue
		}
		b = p.line(f, b, place{from.path, n}, line, from)
	}
	return f
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// line parses one line and gives the block that the next one belongs to.
func (p *parser) line(f *file, b *block, at place, line string, from source) *block {
	keyword, rest := keywordOf(line)
	known := keywords[keyword]
	if known.effect == tunes { // ssh checks those itself
		return b
	}
	condition := keyword == "host" || keyword == "match"
	words, err := sshtext.Words(rest)
	switch {
	case strings.ContainsFunc(line, isControl):
		err = errors.New("the line holds a control character")
	case known.effect == unheard:
		p.relevant = true
		b.items = append(b.items, item{at: at, keyword: keyword, fault: "no such keyword is known here, and IgnoreUnknown does not name it"})
		return b
	case err == nil && (len(words) == 0 || slices.Contains(words, "") && keyword != "match"):
		err = errors.New("it has no value")
	case err == nil && len(words) > 1 && !known.many && keyword != "proxycommand" && keyword != "proxyjump" && keyword != "knownhostscommand":
		err = errors.New("there is more than one value")
	}
	switch {
	case err != nil && condition:
		b = p.newBlock(f, at, blockBroken)
		b.fault = known.name + " can't be read: " + err.Error()
	case err != nil:
		p.bad(b, at, keyword, err)
	case keyword == "host":
		b = p.newBlock(f, at, blockHost)
		b.hosts = words
	case keyword == "match":
		b = p.match(f, at, words)
	case keyword == "include":
		p.include(b, at, words, from)
	case keyword == "ignoreunknown":
		b.items = append(b.items, item{at: at, keyword: keyword, words: words})
	default:
		p.setting(b, item{at: at, keyword: keyword, words: words, rest: rest})
	}
	return b
}

// keywordOf takes the keyword off a line; it may stand in quotes.
func keywordOf(line string) (keyword, rest string) {
	if inner, quoted := strings.CutPrefix(line, `"`); quoted {
		if word, after, closed := strings.Cut(inner, `"`); closed {
			line = word + " " + after
		}
	}
	return sshtext.Keyword(line)
}

// setting adds a setting to a block when it can be read.
func (p *parser) setting(b *block, i item) {
	p.relevant = true
	var err error
	switch i.keyword {
	case "proxycommand", "knownhostscommand":
		i.rest = strings.TrimLeft(i.rest, " \t=")
	case "proxyjump": // ssh does not look behind the first blank or #
		i.rest = strings.TrimLeft(i.rest, " \t=")
		if end := strings.IndexAny(i.rest, " \t#"); end >= 0 {
			i.rest = i.rest[:end]
		}
		i.rest, err = sshtext.Jumps(i.rest)
	case "port":
		_, err = portOf(i.words[0])
	case "addressfamily":
		if !oneOf(i.words[0], "any", "inet", "inet6") {
			err = fmt.Errorf("%q is not any, inet or inet6", short(i.words[0]))
		}
	case "requiredrsasize":
		_, err = strconv.Atoi(i.words[0])
	}
	if err != nil {
		p.bad(b, i.at, i.keyword, err)
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
		b.fault = "Match can't be read: " + fmt.Sprintf(format, args...)
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
			return wrong("%q is not a known condition", short(name))
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
		p.final = p.final || c.name == "final"
		b.criteria = append(b.criteria, c)
	}
	for i, c := range b.criteria {
		if c.name == "all" && (i != len(b.criteria)-1 || i > 1) {
			return wrong("all stands beside other conditions")
		}
	}
	return b
}

// include reads the files that the patterns of an Include line name; they stand
// at the place of the line.
func (p *parser) include(b *block, at place, patterns []string, from source) {
	if from.depth >= maxDepth {
		p.bad(b, at, "include", fmt.Errorf("files include each other %d deep", maxDepth))
		return
	}
	into := item{at: at, keyword: "include"}
	for _, pattern := range patterns {
		path, err := p.loader.anchor(pattern, from.system)
		if err != nil {
			p.bad(b, at, "include", fmt.Errorf("%s: %w", short(pattern), err))
			continue
		}
		found, err := glob(path)
		if err != nil {
			p.bad(b, at, "include", fmt.Errorf("%s: %w", short(pattern), err))
		}
		for _, name := range found {
			text, err := p.loader.read(name, true)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				p.bad(b, at, "include", fmt.Errorf("%s: %w", name, err))
				continue
			}
			into.files = append(into.files, p.text(text, source{name, from.system, from.depth + 1}))
		}
	}
	b.items = append(b.items, into)
}
