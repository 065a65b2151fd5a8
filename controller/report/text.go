package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"aixmend/controller/outcome"
)

// TextOptions describes the terminal.
type TextOptions struct {
	// Width is the number of columns; 0: no limit.
	Width int
	// Color reports whether colours may be used.
	Color bool
	// Next returns the next step for a fold. nil: none is shown.
	Next func(Fold) Next
}

// Next is the next step for the hosts of a fold. The zero value is none.
type Next struct {
	// Step is a person's step in words; "" for none.
	Step string
	// Command is the command to type, as quoted shell words; empty for none.
	Command []string
}

// String renders the step and the command on one line, which ends with the command.
func (n Next) String() string {
	command := strings.Join(n.Command, " ")
	if n.Step == "" {
		return command
	}
	return strings.TrimSuffix(Clean(n.Step, false)+": "+command, ": ")
}

// none reports whether there is no next step.
func (n Next) none() bool { return n.Step == "" && len(n.Command) == 0 }

// Text renders the summary of a run: one line for hosts with the same findings, the
// worst first, each with the next command to type.
func Text(run outcome.Run, o TextOptions) string {
	var rows []row
	for _, f := range Folds(run.Hosts) {
		r := row{outcome: f.Outcome, hosts: strconv.Itoa(len(f.Hosts)), what: Clean(f.What(), false)}
		r.which, r.cloud = Clean(Compact(f.Hosts), false), f.Cloud()
		if o.Width > 0 {
			r.which = Clean(clip(f.Hosts, maxWhich), false)
		}
		if o.Next != nil {
			r.next = o.Next(f)
		}
		rows = append(rows, r)
	}
	var b strings.Builder
	b.WriteString(columns(rows, o))
	below := func(format string, args ...any) {
		b.WriteString(Wrapped(fmt.Sprintf(format, args...), o.Width, "  ") + "\n")
	}
	for _, f := range run.Fleet {
		below("fleet: %s: %s", Clean(f.ID, false), Clean(f.Title, false))
	}
	for _, label := range []struct {
		word string
		ids  func(outcome.HostSummary) []string
	}{
		{"waived", func(h outcome.HostSummary) []string { return h.Waived }},
		{"waiver expired", func(h outcome.HostSummary) []string { return h.Expired }},
	} {
		hosts := byFinding(run.Hosts, label.ids)
		for _, id := range slices.Sorted(maps.Keys(hosts)) {
			which := Compact(hosts[id])
			if o.Width > 0 {
				which = clip(hosts[id], maxWhich)
			}
			below("%s: %s: %s: %s", label.word, Clean(id, false), Hosts(len(hosts[id])), Clean(which, false))
		}
	}
	b.WriteString("\n")
	below("%s", Counts(run))
	return b.String()
}

// byFinding returns the hosts of each finding.
func byFinding(hosts []outcome.HostSummary, ids func(outcome.HostSummary) []string) map[string][]string {
	of := map[string][]string{}
	for _, h := range hosts {
		for _, id := range ids(h) {
			of[id] = append(of[id], h.Name)
		}
	}
	return of
}

// Counts renders the number of hosts with each outcome in one line.
func Counts(run outcome.Run) string {
	var parts []string
	counts := run.ShownCounts()
	for _, o := range outcome.ShownOutcomes() {
		if n := counts[o]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	total := 0
	for _, n := range run.Counts {
		total += n
	}
	return Hosts(total) + ": " + strings.Join(parts, ", ")
}

// Hosts renders a number of hosts: 1 host, 24 hosts.
func Hosts(n int) string { return Number(n, "host") }

// Number renders a number of things, by a noun that takes an s: 1 group, 2 groups.
func Number(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func paint(o outcome.Outcome, color bool) string {
	if !color {
		return string(o)
	}
	c := text.FgGreen
	switch o {
	case outcome.NeedsAction, outcome.Failed, outcome.Unknown:
		c = text.FgRed
	case outcome.Degraded:
		c = text.FgYellow
	case outcome.Unreachable, outcome.Skipped, outcome.CutOff:
		c = text.FgMagenta
	}
	return c.EscapeSeq() + string(o) + text.Reset.EscapeSeq()
}

// PlanText renders every command that recover may run on one host, with its undo. It is
// safe for a terminal, although the plan may be from a file. All but the commands is wrapped
// at a width, 0 for no limit.
func PlanText(h outcome.HostSummary, width int) string {
	var b strings.Builder
	line := func(text string) { b.WriteString(Fit(text, width) + "\n") }
	head := Clean(h.Name, false) + ": " + Clean(string(h.Shown()), false)
	if h.Reason != "" {
		head += ": " + Clean(h.Reason, false)
	}
	line(head)
	if len(h.Plan) == 0 {
		b.WriteString("  no command would be run\n")
	}
	rung, blocked := "", ""
	for _, s := range h.Plan {
		if s.Rung != rung || s.BlockedBy != blocked {
			rung, blocked = s.Rung, s.BlockedBy
			held := s.Held()
			if s.Conditional {
				held = ", " + h.LastResort()
			}
			line("  rung " + Clean(rung+held, false))
		}
		if s.Step == "" && s.Command == "" {
			continue
		}
		because := ""
		if s.Because != "" {
			because = ": " + Clean(s.Because, false)
		}
		line("    " + Clean(s.Step, false) + because)
		b.WriteString(indent(s.Command, "      ") + "\n")
		undo := "      undo: " + indentRest(s.Undo, "            ")
		if strings.HasPrefix(s.Undo, "none: ") { // a reason, and no command
			undo = Fit(undo, width)
		}
		b.WriteString(undo + "\n")
	}
	return b.String()
}

// RollbackText renders every command of the rollback of one host, the newest step of the run
// first, and the steps that can't be undone. It is safe for a terminal. All but the commands is
// wrapped at a width, 0 for no limit.
func RollbackText(h outcome.HostSummary, width int) string {
	var b strings.Builder
	line := func(text string) { b.WriteString(Fit(text, width) + "\n") }
	line(Clean(h.Name, false) + ":")
	rung := ""
	for _, s := range h.Plan {
		if s.Rung != rung {
			rung = s.Rung
			line("  rung " + Clean(rung, false))
		}
		if s.BlockedBy != "" {
			line("    " + Clean(s.Step+" can't be undone: "+s.BlockedBy, false))
			continue
		}
		itself := ""
		if s.TimedUndo != "" {
			itself = ", by the host itself after " + strings.TrimSuffix(s.TimedUndo, "0s") + " if the connection is lost"
		}
		line("    " + Clean(s.Step, false) + itself)
		b.WriteString(indent(strings.TrimSpace(s.Command), "      ") + "\n")
	}
	return b.String()
}

func indent(s, by string) string { return by + indentRest(s, by) }

func indentRest(s, by string) string {
	return strings.ReplaceAll(Clean(s, true), "\n", "\n"+by)
}
