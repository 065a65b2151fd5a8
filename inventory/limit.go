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
// A pattern is a list of hosts, groups, `all`, ranges (aix[01-05]) and globs on the names of
// hosts (`*` and `?`), case counts; commas stand between, or colons as in Ansible's
// patterns. An element that begins with `&` keeps only the hosts that it names too, one with
// `!` is left out, whatever the order; when nothing else is named that is left out of all.
// The whole name of a host or a group counts first, whatever is in it. An element that
// matches no host is an error, so are an empty one and a selection that is empty: a slip must
// not widen or empty a run. So is a host that can't be selected. The error holds a
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
		s.pattern(p)
	}
	if !s.including && len(s.only) > 0 && len(s.problems) == 0 {
		s.add("name the hosts first, such as all:"+s.first, "%q: & keeps some of the hosts that are named, and none are", ranges.Clip(s.first))
	}
	var hosts []Host
	for _, h := range inv.Hosts {
		if s.selects(h.Name) {
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

// splitPattern splits at a separator that is not inside brackets.
func splitPattern(p string, separator rune) []string {
	var elements []string
	start, depth := 0, 0
	for i, r := range p {
		switch r {
		case '[':
			depth++
		case ']':
			depth--
		case separator:
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
	past      Past              // nil: no earlier run is known
	in, out   map[string]bool   // names of hosts
	only      []map[string]bool // of the elements with &
	first     string            // of these
	including bool              // there was an element without ! and &
	problems  strictyaml.Problems
	warnings  strictyaml.Problems
}

// selects reports whether a host is selected.
func (s *selection) selects(host string) bool {
	for _, names := range s.only {
		if !names[host] {
			return false
		}
	}
	return (s.in[host] || !s.including) && !s.out[host]
}

func (s *selection) add(hint, format string, args ...any) {
	s.problems.Add(strictyaml.Pos{File: limitFile}, hint, format, args...)
}

// pattern takes a pattern apart. A name is whole, whatever it holds: those of hosts that
// can't be selected may hold anything.
func (s *selection) pattern(pattern string) {
	if s.isName(pattern) {
		s.element(pattern)
		return
	}
	for _, element := range splitPattern(pattern, ',') {
		element = strings.TrimSpace(element)
		parts := splitPattern(element, ':')
		switch _, name := sign(element); {
		case len(parts) == 1, s.isName(name), strings.HasPrefix(name, "@") && len(parts) == 2:
			s.element(element)
			continue
		}
		for i := 0; i < len(parts); i++ {
			part := parts[i]
			if _, name := sign(part); strings.HasPrefix(name, "@") && i+1 < len(parts) {
				i++
				part += ":" + parts[i] // @RUN:OUTCOME
			}
			s.element(strings.TrimSpace(part))
		}
	}
}

// isName reports whether text is the whole name of a host or a group.
func (s *selection) isName(text string) bool {
	_, host := s.inv.Host(text)
	_, group := s.inv.Group(text)
	return host || group
}

// sign returns the ! or & that an element begins with, 0 for none, and the rest.
func sign(element string) (byte, string) {
	if element != "" && (element[0] == '!' || element[0] == '&') {
		return element[0], element[1:]
	}
	return 0, element
}

// element adds the hosts that one element names to those that are in, out or alone.
func (s *selection) element(element string) {
	how, rest := sign(element)
	if s.isName(element) {
		how, rest = 0, element
	}
	into := s.out
	switch how {
	case 0:
		s.including = true
		into = s.in
	case '&':
		into = map[string]bool{}
		s.only = append(s.only, into)
		s.first = cmp.Or(s.first, element)
	}
	switch {
	case s.isName(rest):
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
		hint := ""
		if strings.Count(rest, "[") != strings.Count(rest, "]") {
			hint = "a range is written aix[01-05], in quotes for a shell: -l 'aix[01-05]'"
		} else if strings.Contains(rest, "[") && strings.Contains(rest, ":") {
			hint = "a range is written aix[01-05] here; Ansible's [0:2] picks hosts of a group by their number, which is not supported"
		}
		s.add(hint, "%q: %v", ranges.Clip(element), err)
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
	if names := s.named(element); len(names) > 0 && !strings.ContainsAny(element, "*?") {
		return names, nil
	}
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
	if _, found := s.inv.Host(name); found && name != "all" {
		return []string{name}
	}
	if g, found := s.inv.Group(name); found {
		return g.Hosts
	}
	var names []string
	if name != "all" && !strings.ContainsAny(name, "*?") {
		return nil
	}
	whole := func(s string) string { return strings.ReplaceAll(s, "/", "\x00") } // * stands for a slash too
	for _, h := range s.inv.Hosts {
		// The only bad glob ends in a backslash, and matches nothing.
		if matches, _ := path.Match(whole(name), whole(h.Name)); matches || name == "all" {
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
