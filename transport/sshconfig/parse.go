package sshconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

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

// text parses the text of a file. from is its place, and the folder in which its
// includes are looked for.
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
	case !ours: // ssh has many more keywords and checks them itself
		return b
	case err == nil && (len(words) == 0 || slices.Contains(words, "") && keyword != "match"):
		err = fmt.Errorf("it has no value")
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
			return wrong("%q is not a known condition", name)
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

// include reads the files that the patterns of an Include line name; they stand
// at the place of the line. A file that can't be read is a problem.
func (p *parser) include(at place, patterns []string, from source) []*file {
	var files []*file
	if from.depth >= maxDepth {
		p.complain(at, "include is left out: files include each other %d deep", maxDepth)
		return nil
	}
	for _, pattern := range patterns {
		path, err := p.loader.anchor(pattern, from.system)
		if err != nil {
			p.complain(at, "include %s is left out: %v", short(pattern), err)
			continue
		}
		found, err := glob(path)
		if err != nil {
			p.complain(at, "include %s is left out: %v", short(pattern), err)
		}
		for _, name := range found {
			text, err := p.loader.read(name, true)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				p.complain(at, "include %s is left out: %v", name, err)
				continue
			}
			files = append(files, p.text(text, source{name, from.system, from.depth + 1}))
		}
	}
	return files
}
