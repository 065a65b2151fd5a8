package inventory

import (
	"fmt"
	"path"
	"strings"

	"aixmend/inventory/strictyaml"
)

// limitFile stands for a file name in problems with patterns.
const limitFile = "--limit"

// maxGlobs is how many patterns with * or ? the ranges of one element may
// expand to; each is held against every host.
const maxGlobs = 1000

// Select returns the hosts that the patterns of --limit name, sorted by name;
// all hosts when there is no pattern.
//
// A pattern is a list with commas of hosts, groups, `all`, ranges
// (aix[01-05]) and globs on the names of hosts (`*` and `?`), case counts.
// What begins with `!` is left out, whatever the order; when nothing else is
// named that is left out of all. An element that matches no host is an error,
// so are an empty one and a selection that is empty: a slip must not widen or
// empty a run. The error holds a strictyaml.Problem for each.
func (inv *Inventory) Select(patterns ...string) ([]Host, error) {
	if len(patterns) == 0 {
		return inv.Hosts, nil
	}
	s := selection{inv: inv, in: map[string]bool{}, out: map[string]bool{}}
	for _, p := range patterns {
		for _, element := range splitPattern(p) {
			s.element(strings.TrimSpace(element))
		}
	}
	var hosts []Host
	for _, h := range inv.Hosts {
		if (s.in[h.Name] || !s.including) && !s.out[h.Name] {
			hosts = append(hosts, h)
		}
	}
	if len(hosts) == 0 && len(s.problems) == 0 {
		s.add("", "%q leaves no host", strings.Join(patterns, ","))
	}
	if err := s.problems.Err(); err != nil {
		return nil, err
	}
	return hosts, nil
}

// splitPattern splits at the commas that are not inside brackets.
func splitPattern(p string) []string {
	var elements []string
	start, depth := 0, 0
	for i, r := range p {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		case ',':
			if depth <= 0 {
				elements = append(elements, p[start:i])
				start = i + 1
			}
		}
	}
	return append(elements, p[start:])
}

// selection is the state of one Select.
type selection struct {
	inv       *Inventory
	in, out   map[string]bool // names of hosts
	including bool            // there was an element without !
	problems  strictyaml.Problems
}

func (s *selection) add(hint, format string, args ...any) {
	s.problems.Add(strictyaml.Pos{File: limitFile}, hint, format, args...)
}

// element adds what one element names to the hosts that are in, or out.
func (s *selection) element(element string) {
	rest, leaveOut := strings.CutPrefix(element, "!")
	into := s.out
	if !leaveOut {
		s.including = true
		into = s.in
	}
	switch {
	case rest == "":
		s.add("leave --limit out to select all hosts", "%q holds an empty element", element)
		return
	case strings.HasPrefix(rest, "@"):
		s.add("", "%q: hosts of a run are not supported yet", clip(element))
		return
	case strings.ContainsAny(rest[:1], "!&~"):
		s.add("", "%q: %c is not supported here", clip(element), rest[0])
		return
	}
	names, err := s.names(rest)
	if err != nil {
		s.add("", "%q: %v", clip(element), err)
		return
	}
	if len(names) == 0 {
		s.add(s.nearest(rest), "%q matches no host or group", clip(element))
	}
	for _, name := range names {
		into[name] = true
	}
}

// names returns the hosts that an element without its ! names.
func (s *selection) names(element string) ([]string, error) {
	p, err := parsePattern(element)
	if err != nil {
		return nil, err
	}
	if strings.ContainsAny(element, "*?") && p.count() > maxGlobs {
		return nil, fmt.Errorf("more than %d globs", maxGlobs)
	}
	var names []string
	for i := range p.count() {
		names = append(names, s.named(p.at(i))...)
	}
	if len(names) == 0 {
		if g, found := s.inv.Group(element); found {
			return nil, fmt.Errorf("group %s has no host", g.Name)
		}
	}
	return names, nil
}

// named returns the hosts that a name, a group or a glob stands for.
func (s *selection) named(name string) []string {
	if _, found := s.inv.Host(name); found {
		return []string{name}
	}
	if g, found := s.inv.Group(name); found {
		return g.Hosts
	}
	var names []string
	if name != "all" && !strings.ContainsAny(name, "*?") {
		return nil
	}
	for _, h := range s.inv.Hosts {
		// The only bad glob ends in a backslash, and matches nothing.
		if matches, _ := path.Match(name, h.Name); matches || name == "all" {
			names = append(names, h.Name)
		}
	}
	return names
}

// nearest returns a hint on what element may have been meant to be.
func (s *selection) nearest(element string) string {
	candidates := []string{"all"}
	for _, g := range s.inv.Groups {
		candidates = append(candidates, g.Name)
	}
	for _, h := range s.inv.Hosts {
		candidates = append(candidates, h.Name)
	}
	return strictyaml.DidYouMean(element, candidates)
}
