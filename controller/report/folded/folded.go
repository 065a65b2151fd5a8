// Package folded renders the plan of a fleet for a person who is about to say yes to it:
// hosts with the same steps are one block, values that differ stand in lines below, and a
// step with a timed undo is one line. Commands in full are report.PlanText's.
package folded

import (
	"fmt"
	"slices"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/transport/shell"
)

// A block is the plan of hosts that have the same steps.
type block struct {
	hosts []string
	why   []string // the findings that count
	rungs []rung
	rows  []row // one a host, where commands differ
}

// A rung is the part of a block about one rung.
type rung struct {
	id, blocked string
	steps       []step
}

// A step is one line: a command without the values that differ between the hosts.
type step struct {
	id, command, because string
	undone               bool     // there is a command that undoes it
	timed                string   // the timed undo, "" for none
	lines                int      // of a script, else 0
	commands             []string // of a script: those that may change something
}

// A row has the values of one host, in the order in which they stand in the block.
type row struct {
	host   string
	values []string
}

// A member is a host with its plan, as far as a line is shown for it.
type member struct {
	name  string
	open  []string
	steps []planned
}

// planned is a step with the words of its command.
type planned struct {
	outcome.PlanStep
	words []string
	lines int // of a script, else 0
}

// memberOf returns a host with the shown steps of its plan: those of the last resort, or
// the others. Most hosts share the former, whatever else their plans hold.
func memberOf(h outcome.HostSummary, last bool) member {
	m := member{name: h.Name, open: h.Open}
	if last {
		m.open = []string{h.LastResort()}
	}
	for _, s := range h.Plan {
		if !shown(s) || s.Conditional != last || last && s.Step == "" {
			continue
		}
		if last {
			s.BlockedBy = "" // it says the same as the head of the block
		}
		p := planned{PlanStep: s, words: strings.Fields(s.Command)}
		if command := strings.TrimSpace(s.Command); strings.Contains(command, "\n") {
			p.lines = strings.Count(command, "\n") + 1
		}
		m.steps = append(m.steps, p)
	}
	return m
}

// shown reports whether a step of a plan has a line: those around a timed undo are part of
// its step.
func shown(s outcome.PlanStep) bool { return s.Part == "" }

// shape is the same for hosts of one block: everything but the values in commands.
func (m member) shape() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q\n", m.open)
	for _, s := range m.steps {
		fmt.Fprintf(&b, "%q %q %q %q %q %q %t %q %q\n", s.Rung, s.Step, s.BlockedBy, s.AllowedBy, s.Because, s.TimedUndo, s.Undoes(), m.masked(s.Command), m.masked(s.Undo))
	}
	return b.String()
}

// masked is a command without its values: words with a digit or with the name of the host.
// Rows show values that differ; any other difference makes another block.
func (m member) masked(command string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(command)) {
		for _, word := range strings.Fields(line) {
			name, value, named := strings.Cut(word, "=")
			if !named {
				name, value = "", word
			}
			if strings.ContainsAny(value, "0123456789") || strings.Contains(value, m.name) {
				value = "..."
			}
			fmt.Fprintf(&b, "%s=%s ", name, value)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// blocks folds the hosts that have such steps in their plan (see memberOf): those on which
// something would run first, else in the order of the hosts.
func blocks(hosts []outcome.HostSummary, last bool) []block {
	byShape := map[string]int{}
	var groups [][]member
	for _, h := range hosts {
		m := memberOf(h, last)
		if len(m.steps) == 0 {
			continue
		}
		key := m.shape()
		at, known := byShape[key]
		if !known {
			at = len(groups)
			byShape[key] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], m)
	}
	list := make([]block, len(groups))
	for i, g := range groups {
		list[i] = fold(g)
	}
	slices.SortStableFunc(list, func(a, b block) int { return b.running() - a.running() })
	return list
}

// running is the number of hosts on which a block would change something.
func (b block) running() int {
	if slices.ContainsFunc(b.rungs, func(r rung) bool { return r.blocked == "" }) {
		return len(b.hosts)
	}
	return 0
}

// fold makes the block of hosts that have one shape.
func fold(hosts []member) block {
	b := block{why: hosts[0].open, rows: make([]row, len(hosts))}
	for i, h := range hosts {
		b.hosts = append(b.hosts, h.name)
		b.rows[i].host = h.name
	}
	for i, s := range hosts[0].steps {
		if n := len(b.rungs); n == 0 || b.rungs[n-1].id != s.Rung || b.rungs[n-1].blocked != s.BlockedBy {
			b.rungs = append(b.rungs, rung{id: s.Rung, blocked: s.BlockedBy})
		}
		if s.Step == "" {
			continue
		}
		r := &b.rungs[len(b.rungs)-1]
		shown := step{id: s.Step, command: b.common(hosts, i), because: s.Because, undone: s.Undoes(), timed: s.UndoAfter(), lines: s.lines}
		if s.lines > 0 {
			shown.commands = shell.Commands(shown.command)
		}
		r.steps = append(r.steps, shown)
	}
	if len(b.rows[0].values) == 0 {
		b.rows = nil
	}
	return b
}

// common returns the command of a step with "..." for each value that is not the same on
// all hosts, and puts the values of a step that would run into the rows.
func (b *block) common(hosts []member, at int) string {
	first := hosts[0].steps[at]
	text, rest := "", strings.TrimSpace(first.Command)
	for i, word := range first.words {
		before, after, _ := strings.Cut(rest, word)
		text, rest = text+before, after
		if !slices.ContainsFunc(hosts, func(h member) bool { return h.steps[at].words[i] != word }) {
			text += word
			continue
		}
		if name, _, named := strings.Cut(word, "="); named {
			text += name + "="
		}
		text += "..."
		if strings.HasSuffix(word, ";") && first.lines > 0 {
			text += ";"
		}
		if first.BlockedBy != "" {
			continue
		}
		for n, h := range hosts {
			b.rows[n].values = append(b.rows[n].values, strings.TrimSuffix(h.steps[at].words[i], ";"))
		}
	}
	if first.lines > 0 {
		return text // its lines are those of the script
	}
	return strings.Join(strings.Fields(text), " ")
}

// climb is a rung with the hosts on which it would be climbed, or all rungs with those on
// which one is blocked.
type climb struct {
	id    string
	mark  rune
	hosts []string
}

// climbed lists the rungs that would be climbed, then the hosts on which one is blocked.
func climbed(hosts []outcome.HostSummary) []climb {
	var list []climb
	blocked := climb{id: "blocked", mark: '!'}
	for _, h := range hosts {
		for _, s := range memberOf(h, false).steps {
			if !s.Runs() {
				blocked.add(h.Name)
				continue
			}
			at := slices.IndexFunc(list, func(c climb) bool { return c.id == s.Rung })
			if at < 0 {
				at = len(list)
				list = append(list, climb{id: s.Rung, mark: '+'})
			}
			list[at].add(h.Name)
			if s.Undoes() {
				list[at].mark = '~'
			}
		}
	}
	if len(blocked.hosts) > 0 {
		list = append(list, blocked)
	}
	return list
}

// add adds a host, once.
func (c *climb) add(host string) {
	if n := len(c.hosts); n == 0 || c.hosts[n-1] != host {
		c.hosts = append(c.hosts, host)
	}
}
