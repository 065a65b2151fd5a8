package formats

import (
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/transport/shell"
)

// Shares of the summary's sections, in bytes. Together they stay below 1 MiB, the limit
// of a step summary.
const (
	foldsShare   = 300 << 10
	fleetShare   = 50 << 10
	personsShare = 300 << 10
	changesShare = 250 << 10
	waiversShare = 50 << 10
)

// digest is the summary as it is written.
type digest struct{ b strings.Builder }

func (d *digest) add(format string, args ...any) { fmt.Fprintf(&d.b, format+"\n", args...) }

// list writes a section of lines, and counts the lines that its share has no room for.
func (d *digest) list(heading, header string, share int, lines iter.Seq[string]) {
	most, begun, left := d.b.Len()+share, false, 0
	for text := range lines {
		if !begun {
			begun = true
			d.add("\n## %s\n%s", heading, header)
		}
		if left > 0 || d.b.Len()+len(text) >= most {
			left++
			continue
		}
		d.add("%s", text)
	}
	if left > 0 {
		are := "are"
		if left == 1 {
			are = "is"
		}
		d.add("\n%d more %s not shown.", left, are)
	}
}

// Markdown writes a summary in Markdown for the page of a pipeline: counts, groups of
// hosts with the same result, hosts that need a person, and changes. It is always below
// 1 MiB.
func Markdown(to io.Writer, e report.Evidence) error {
	run := e.Run
	d := &digest{}
	d.add("# aixmend %s: %s\n", md(line(run.Kind())), md(report.Counts(run)))
	d.add("Run %s, playbook %s, exit code %d: %s\n", md(line(run.ID)), md(line(run.Playbook.Name)), run.ExitCode, md(line(run.ExitReason)))
	if by := run.StartedBy(); by != "" {
		d.add("Started by %s\n", md(line(by)))
	}
	if by := run.ApprovedBy(); by != "" {
		d.add("Plan approved by %s\n", md(line(by)))
	}
	if run.Limit != "" {
		d.add("Limit: %s\n", md(line(run.Limit)))
	}
	if e.Folder != "" {
		d.add("Commands: on %s, in %s\n", md(line(run.By.Machine)), md(line(e.Folder)))
	}
	d.add("| outcome | hosts |\n| --- | ---: |")
	counts := run.ShownCounts()
	for _, o := range outcome.ShownOutcomes() {
		if o != outcome.CutOff || counts[o] > 0 {
			d.add("| %s | %d |", md(string(o)), counts[o])
		}
	}
	if health := report.CloudCounts(run); health != "" {
		d.add("\n%s: %s", report.CloudName, health)
	}
	if run.Unfinished > 0 {
		d.add("\n%s cut off; to continue: `%s`", md(report.Hosts(run.Unfinished)), code(e.Typed("aixmend resume "+shell.Word(run.ID))))
	}
	for _, o := range run.LeftOpen {
		d.add("\nNot finished: %s; to continue: `%s`", md(line(report.LeftOpen(o))), code(e.Typed("aixmend resume "+shell.Word(o.ID))))
	}
	d.list("Problems", "\n| outcome | count | hosts | cause |\n| --- | ---: | --- | --- |", foldsShare, foldRows(run))
	d.list("Findings across hosts", "", fleetShare, fleetLines(run))
	d.list("Hosts that need a person", "", personsShare, persons(e))
	var failed error
	d.list("Changes made", "", changesShare, changeLines(e, &failed))
	if failed != nil {
		return failed
	}
	d.list("Waivers", "", waiversShare, waivers(run))
	_, err := io.WriteString(to, d.b.String())
	return err
}

// foldRows yields a row per group of hosts with the same result, without the healthy
// ones.
func foldRows(run outcome.Run) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, f := range report.Folds(run.Hosts) {
			row := fmt.Sprintf("| %s | %d | %s | %s |", md(string(f.Outcome)), len(f.Hosts), md(line(report.Compact(f.Hosts))), md(line(f.What())))
			if f.Outcome != outcome.Healthy && !yield(row) {
				return
			}
		}
	}
}

func fleetLines(run outcome.Run) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, f := range run.Fleet {
			if !yield(fmt.Sprintf("- %s: %s; %s", md(line(f.ID)), md(line(f.Title)), md(line(report.Compact(f.Hosts))))) {
				return
			}
		}
	}
}

// changeLines yields the changes on the hosts. An error ends the sequence.
func changeLines(e report.Evidence, failed *error) iter.Seq[string] {
	return func(yield func(string) bool) {
		for h, err := range e.Hosts {
			if err != nil {
				*failed = err
				return
			}
			for _, made := range changesMade(h.Changes) {
				if !yield(fmt.Sprintf("- %s: %s", md(line(h.Host)), md(made))) {
					return
				}
			}
		}
	}
}

// persons yields the hosts that need a person, the worst first, each with its reason
// and the next command.
func persons(e report.Evidence) iter.Seq[string] {
	return func(yield func(string) bool) {
		run := e.Run
		for _, h := range worst(run) {
			next := "aixmend explain " + code(shell.Word(run.ID)) + " " + code(shell.Word(h.Name))
			if h.Interrupted {
				next = "aixmend resume " + code(shell.Word(run.ID))
			}
			said := fmt.Sprintf("- %s, %s: %s; next: `%s`", md(line(h.Name)), md(string(h.Shown())), md(line(h.Reason)), code(e.Typed(next)))
			if needsPerson(h.Outcome) && !yield(said) {
				return
			}
		}
	}
}

// needsPerson reports whether a host with this outcome needs a person.
func needsPerson(o outcome.Outcome) bool {
	switch o {
	case outcome.Unknown, outcome.Failed, outcome.NeedsAction, outcome.Unreachable:
		return true
	}
	return false
}

// worst returns the hosts of a run, the worst outcome first.
func worst(run outcome.Run) []outcome.HostSummary {
	hosts := make([]outcome.HostSummary, 0, len(run.Hosts))
	for _, o := range outcome.Outcomes() {
		for _, h := range run.Hosts {
			if h.Outcome == o {
				hosts = append(hosts, h)
			}
		}
	}
	return hosts
}

// waivers yields the findings whose waiver has expired, then the waived ones, each with
// its hosts.
func waivers(run outcome.Run) iter.Seq[string] {
	waived, expired := map[string][]string{}, map[string][]string{}
	for _, h := range run.Hosts {
		for _, id := range h.Waived {
			waived[id] = append(waived[id], h.Name)
		}
		for _, id := range h.Expired {
			expired[id] = append(expired[id], h.Name)
		}
	}
	return func(yield func(string) bool) {
		say := func(what string, hosts map[string][]string) bool {
			for _, id := range slices.Sorted(maps.Keys(hosts)) {
				if !yield(fmt.Sprintf("- %s %s: %s, %s", md(line(id)), what, report.Hosts(len(hosts[id])), md(line(report.Compact(hosts[id]))))) {
					return false
				}
			}
			return true
		}
		if say("counts again, waiver expired", expired) {
			say("waived", waived)
		}
	}
}

// code makes untrusted text safe inside a code span: the text cannot end it.
func code(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '`' || r == '|' {
			return '?'
		}
		return r
	}, line(s))
}
