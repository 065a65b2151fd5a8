package inventory

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"aixmend/inventory/ranges"
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
// An element that begins with `!` is left out, whatever the order; when nothing else is
// named that is left out of all. An element that matches no host is an error,
// so are an empty one and a selection that is empty: a slip must not widen or
// empty a run. So is a host that can't be selected. The error holds a
// strictyaml.Problem for each.
func (inv *Inventory) Select(patterns ...string) ([]Host, error) {
	hosts, _, err := inv.SelectOf(nil, patterns...)
	return hosts, err
}

// A Past returns the hosts that ended with an outcome in an earlier run.
type Past func(run, outcome string) ([]string, error)

// SelectOf is Select that also knows @RUN:OUTCOME, the hosts with that outcome
// in that run. The warnings name those that the inventory does not hold any more.
func (inv *Inventory) SelectOf(past Past, patterns ...string) ([]Host, strictyaml.Problems, error) {
	if len(patterns) == 0 {
		return inv.Hosts, nil, inv.faultsOf(inv.Hosts)
	}
	s := selection{inv: inv, past: past, in: map[string]bool{}, out: map[string]bool{}}
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
		s.add("", "%q selects no host", strings.Join(patterns, ","))
	}
	if err := s.problems.Err(); err != nil {
		return nil, s.warnings, err
	}
	return hosts, s.warnings, inv.faultsOf(hosts)
}

// faultsOf says why hosts can't be selected; the same reason of many hosts
// once.
func (inv *Inventory) faultsOf(hosts []Host) error {
	if len(inv.Faults) == 0 {
		return nil
	}
	type reason struct {
		pos           strictyaml.Pos
		message, hint string
	}
	first, count := map[reason]string{}, map[reason]int{}
	for _, h := range hosts {
		for _, p := range inv.Faults[h.Name] {
			why := reason{p.Pos, p.Message, p.Hint}
			if count[why] == 0 {
				first[why] = h.Name
			}
			count[why]++
		}
	}
	var problems strictyaml.Problems
	order := slices.SortedFunc(maps.Keys(count), func(x, y reason) int {
		return cmp.Or(x.pos.Compare(y.pos), strings.Compare(x.message, y.message))
	})
	for _, why := range order {
		n := count[why]
		whose := fmt.Sprintf("host %q", first[why])
		if n > 1 {
			whose += fmt.Sprintf(" and %d more", n-1)
		}
		problems.Add(why.pos, why.hint, "%s: %s", whose, why.message)
	}
	return problems.Err()
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
	past      Past            // nil: no earlier run is known
	in, out   map[string]bool // names of hosts
	including bool            // there was an element without !
	problems  strictyaml.Problems
	warnings  strictyaml.Problems
}

func (s *selection) add(hint, format string, args ...any) {
	s.problems.Add(strictyaml.Pos{File: limitFile}, hint, format, args...)
}

// element adds the hosts that one element names to those that are in, or out.
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
	case strings.ContainsAny(rest[:1], "!&~"):
		s.add("", "%q: %c is not supported here", ranges.Clip(element), rest[0])
		return
	}
	lookup := s.names
	if strings.HasPrefix(rest, "@") {
		lookup = s.ofRun
	}
	names, err := lookup(rest)
	if err != nil {
		s.add("", "%q: %v", ranges.Clip(element), err)
		return
	}
	if len(names) == 0 {
		s.add(s.nearest(rest), "%q matches no host or group", ranges.Clip(element))
	}
	for _, name := range names {
		into[name] = true
	}
}

// ofRun returns the hosts of @RUN:OUTCOME.
func (s *selection) ofRun(element string) ([]string, error) {
	run, outcome, found := strings.Cut(element[1:], ":")
	switch {
	case !found || run == "" || outcome == "":
		return nil, errors.New("write @RUN:OUTCOME, such as @latest:failed")
	case s.past == nil:
		return nil, errors.New("no earlier run is known here")
	}
	ended, err := s.past(run, outcome)
	if err != nil {
		return nil, err
	}
	var names, gone []string
	for _, name := range ended {
		if _, there := s.inv.Host(name); there {
			names = append(names, name)
		} else {
			gone = append(gone, name)
		}
	}
	if len(gone) > 0 {
		more := ""
		if len(gone) > 1 {
			more = fmt.Sprintf(" and %d more", len(gone)-1)
		}
		s.warnings.Add(strictyaml.Pos{File: limitFile}, "", "%q: host %q%s of that run: not in the inventory any more", ranges.Clip(element), gone[0], more)
	}
	if len(names) == 0 {
		return nil, errors.New("no host of the inventory ended so in that run")
	}
	return names, nil
}

// names returns the hosts that an element without its ! names.
func (s *selection) names(element string) ([]string, error) {
	p, err := ranges.Parse(element)
	if err != nil {
		return nil, err
	}
	if strings.ContainsAny(element, "*?") && p.Count() > maxGlobs {
		return nil, fmt.Errorf("more than %d globs", maxGlobs)
	}
	var names []string
	for i := range p.Count() {
		names = append(names, s.named(p.At(i))...)
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

// nearest returns a hint with the name that element is a misspelling of.
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
