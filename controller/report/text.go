package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"aixmend/controller/cloud"
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
	if slices.ContainsFunc(run.Hosts, func(h outcome.HostSummary) bool { return CloudWord(h.Cloud) == cloudPending }) {
		below("CLOUD pending: %s", relations[cloud.Pending])
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

// More renders how many things are left out: 1 more group, 2 more groups.
func More(n int, noun string) string { return strings.Replace(Number(n, noun), " ", " more ", 1) }

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
