package guide

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aixmend/cmd/aixmend/openrun"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// held says on which hosts the run is open, so that it can't be rolled back there before it is
// resumed; "" for none.
func (g Guide) held() string {
	store, _, err := journal.OpenToPrint(g.state)
	if err != nil || g.run.Unfinished == 0 {
		return ""
	}
	hosts := make([]string, len(g.run.Hosts))
	for i, h := range g.run.Hosts {
		hosts[i] = h.Name
	}
	by := openrun.Holding(store, hosts, time.Now())
	maps.DeleteFunc(by, func(_, run string) bool { return run != g.run.ID })
	if len(by) == 0 {
		return ""
	}
	return g.Complete(report.Clean(openrun.BeforeRollback(store, g.run.ID, by)[0], false)) + "\n"
}

// Resumes reports whether the run can be continued with hosts that were cut off.
func (g Guide) Resumes() bool { return !g.closed }

// Unfinished says how many hosts were cut off, and how to go on with them; "" for none. Those
// that have their verdict are counted apart: there is nothing to do on them.
func (g Guide) Unfinished() string {
	if g.run.Unfinished == 0 {
		return ""
	}
	return g.unfinishedHosts() + "; " + g.Continue() + "\n"
}

// unfinishedHosts is the part of Unfinished that counts the hosts.
func (g Guide) unfinishedHosts() string {
	compare := 0
	for _, h := range g.run.Hosts {
		if outcome.ToCompare(h.Outcome, h.Interrupted) {
			compare++
		}
	}
	cut, wait := g.run.Unfinished-compare, "have their verdict and wait only to be compared"
	if compare == 1 {
		wait = "has its verdict and waits only to be compared"
	}
	text := "not finished: " + report.Hosts(cut)
	switch {
	case compare > 0 && cut > 0:
		text += fmt.Sprintf("; %d more %s with them", compare, wait)
	case compare > 0:
		text = fmt.Sprintf("not finished: %s %s", report.Hosts(compare), wait)
	}
	return text
}

// Continue says how to go on with hosts that were cut off.
func (g Guide) Continue() string {
	if g.closed {
		return "the run can't be resumed any more: a new one reads the hosts first"
	}
	command, more := g.resumes()
	if more {
		return "to continue with more time: " + strings.Join(command, " ")
	}
	return "to continue: " + strings.Join(command, " ")
}

// resumes is the command that continues the run; more reports that it has a longer deadline: the
// same one would cut the run again.
func (g Guide) resumes() (command []string, more bool) {
	cut := func(h outcome.HostSummary) bool {
		return h.Interrupted && strings.Contains(h.Reason, outcome.ReasonDeadline)
	}
	if g.asked.Deadline > 0 && slices.ContainsFunc(g.run.Hosts, cut) {
		return append(g.Resume(), "--deadline", request.Longer(g.asked.Deadline)), true
	}
	return g.Resume(), false
}

// LeftOpen says which other runs of the state folder have changed hosts of this run and have
// not ended there, with the command that continues each; "" for none: a host that was changed
// half may look healthy.
func (g Guide) LeftOpen() string {
	store, _, err := journal.OpenToPrint(g.state)
	if err != nil {
		return ""
	}
	hosts := make([]string, len(g.run.Hosts))
	for i, h := range g.run.Hosts {
		hosts[i] = h.Name
	}
	open, _ := store.LeftOpen(hosts) // where runs can't be listed, there is nothing to say
	text := ""
	for _, o := range open {
		if o.ID != g.run.ID && o.ID != g.run.Undoes {
			text += report.Cleanf("not finished: run %s %s %s; ", o.ID, o.Did(), report.Compact(o.Hosts)) +
				"to continue: " + strings.Join(g.Quoted("aixmend", "resume", o.ID), " ") + "\n"
		}
	}
	return text
}

// Interrupted explains the exit code of a run that a signal stopped, and how to go on.
// signal is the exit code of the signal, which a graver one replaces; told says that the summary
// above has the command that goes on.
func (g Guide) Interrupted(signal outcome.Code, told bool) string {
	text := fmt.Sprintf("interrupted: exit code %d", g.run.ExitCode)
	if g.run.ExitCode != int(signal) {
		text += fmt.Sprintf(" (%s), which counts before %d", report.Clean(g.run.ExitReason, false), signal)
	}
	if g.run.Unfinished == 0 {
		return text + "; all hosts had ended"
	}
	if told {
		return text
	}
	return text + "; " + g.Continue()
}
