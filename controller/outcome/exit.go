package outcome

import (
	"fmt"
	"slices"
	"strings"
)

// Code is an exit code of the command.
type Code int

// The exit codes. Where several hold, the first in Codes wins.
const (
	ExitOK          Code = 0
	ExitInternal    Code = 1
	ExitUsage       Code = 2
	ExitNeedsPerson Code = 3
	ExitUnreachable Code = 4
	ExitChanges     Code = 5
	ExitBrake       Code = 6
	ExitLocked      Code = 7
	ExitUnknown     Code = 8
	ExitInterrupted Code = 130
	ExitPipe        Code = 141 // of SIGPIPE, in no table: the reader of stdout has gone
	ExitTerminated  Code = 143
)

// Meaning is one row of the table of exit codes.
type Meaning struct {
	Code  Code
	Means string
}

// Codes is the table of exit codes, in the order of gravity. The help text and
// the documentation print this table.
func Codes() []Meaning {
	return []Meaning{
		{ExitInternal, "internal error (disk full, a bug)"},
		{ExitUsage, "usage, inventory or playbook is wrong, no host matched, or not confirmed: nothing was run"},
		{ExitLocked, "another changing run holds this state folder, or the lease of every selected host"},
		{ExitUnknown, "on at least one host it is not known whether a change happened"},
		{ExitBrake, "stopped by the safety brake: it kept at least one host back"},
		{ExitNeedsPerson, "at least one host still needs a person, or failed, or was cut by --deadline, also where the run was interrupted; or no host was judged"},
		{ExitUnreachable, "the only trouble is unreachable hosts, also where the run was interrupted"},
		{ExitChanges, "only with --detailed-exitcode: all well, but changes would be made, or there is drift"},
		{ExitOK, "every selected host is healthy, degraded only by warnings, recovered or undone; of capture: every capture was kept"},
		{ExitInterrupted, "interrupted by SIGINT, and no code above holds; the reports of what was done are there"},
		{ExitTerminated, "interrupted by SIGTERM, and no code above holds; the reports of what was done are there"},
	}
}

// DefaultFailOn lists the outcomes that count as trouble.
func DefaultFailOn() []Outcome { return []Outcome{NeedsAction, Failed, Unknown, Unreachable} }

// CaptureFailOn lists the outcomes that count as trouble of the capture verb: its exit code
// is about captures, so findings do not count. A host without a capture counts by
// Ending.Uncaptured.
func CaptureFailOn() []Outcome { return []Outcome{Failed, Unknown, Unreachable} }

// Ending is everything that the exit code of a run depends on.
type Ending struct {
	// Broken is the internal error, "" for none.
	Broken string
	// Held says who holds the leases of the hosts where others hold each of them.
	Held string
	// Counts are the hosts by outcome, FailOn the outcomes that count as trouble.
	Counts map[Outcome]int
	FailOn []Outcome
	// Brake is why the brake has tripped, KeptBack how many hosts it kept from
	// beginning: where it kept none, it stopped nothing.
	Brake    string
	KeptBack int
	// CutOff are those of the failed hosts that were cut off after a change.
	CutOff int
	// Drifted are the skipped hosts that differ from their approved plan and need action.
	Drifted int
	// Uncaptured words the hosts whose capture was not kept, or is not good enough; "" for
	// none, and for verbs other than capture.
	Uncaptured string
	// Deadline reports whether --deadline cut the run.
	Deadline bool
	// Signal is ExitInterrupted or ExitTerminated where a signal came, else 0; Cut is
	// how many hosts have not come to their end.
	Signal Code
	Cut    int
	// Changes words the changes or the drift that --detailed-exitcode reports; "" for none.
	Changes string
}

// Code decides the exit code of a run that is over, and says why: of all codes that
// hold, the first of Codes.
func (e Ending) Code() (Code, string) {
	holds := e.holds()
	for _, m := range Codes() {
		if why, ok := holds[m.Code]; ok {
			return m.Code, why
		}
	}
	return ExitInternal, "no exit code holds" // a bug: TestEndingHolds
}

// holds are the codes that hold, with the reason.
func (e Ending) holds() map[Code]string {
	total := 0
	for _, n := range e.Counts {
		total += n
	}
	var trouble []string
	person := false
	for _, o := range Outcomes() {
		if e.Counts[o] == 0 || !slices.Contains(e.FailOn, o) {
			continue
		}
		n, cut := e.Counts[o], 0
		if o == Failed {
			n, cut = n-e.CutOff, e.CutOff
		}
		if n > 0 {
			trouble = append(trouble, fmt.Sprintf("%d %s", n, o))
		}
		if cut > 0 {
			trouble = append(trouble, fmt.Sprintf("%d %s", cut, CutOff))
		}
		person = person || (o != Unreachable && o != Unknown)
	}
	text := strings.Join(trouble, ", ")
	cut := e.Signal != 0 && e.Cut > 0 // it was the signal that left hosts unjudged
	list := map[Code]string{}
	add := func(code Code, holds bool, why string) {
		if _, there := list[code]; holds && !there {
			list[code] = why
		}
	}
	add(ExitInternal, e.Broken != "", e.Broken)
	add(ExitLocked, e.Held != "", e.Held)
	add(ExitUnknown, e.Counts[Unknown] > 0 && slices.Contains(e.FailOn, Unknown), text)
	add(ExitBrake, e.KeptBack > 0, e.Brake)
	add(ExitNeedsPerson, person, text)
	add(ExitNeedsPerson, e.Deadline, "cut by --deadline")
	add(ExitNeedsPerson, e.Cut > 0 && e.Signal == 0, "cut off before the end: "+hosts(e.Cut)) // by a site
	drifted := e.Drifted > 0 && slices.Contains(e.FailOn, NeedsAction)
	add(ExitNeedsPerson, drifted, "drifted since the plan and not recovered: "+hosts(e.Drifted))
	add(ExitNeedsPerson, e.Uncaptured != "", e.Uncaptured)
	add(ExitNeedsPerson, e.Counts[Skipped] == total && !cut, fmt.Sprintf("no host was judged: %d skipped", total))
	add(ExitUnreachable, e.Counts[Unreachable] > 0 && slices.Contains(e.FailOn, Unreachable), text)
	well := len(trouble) == 0 && !drifted && e.Uncaptured == "" && e.Signal == 0 && e.Cut == 0 // an interrupted run must not look successful
	add(ExitChanges, e.Changes != "" && well, e.Changes)
	add(ExitOK, well, "no trouble")
	add(e.Signal, e.Signal != 0, "interrupted")
	return list
}

func hosts(n int) string {
	if n == 1 {
		return "1 host"
	}
	return fmt.Sprintf("%d hosts", n)
}

// ExitFor decides the exit code of a run that came to its end by itself, from its
// counts, and says why. failOn lists the outcomes that count as trouble.
func ExitFor(counts map[Outcome]int, failOn []Outcome) (Code, string) {
	return Ending{Counts: counts, FailOn: failOn}.Code()
}

// ConventionNagios is the convention of monitoring plugins.
const ConventionNagios = "nagios"

// The exit codes of monitoring plugins.
const (
	PluginOK       Code = 0
	PluginWarning  Code = 1
	PluginCritical Code = 2
	PluginUnknown  Code = 3
)

// PluginCodes is the table of the exit codes of plugins.
func PluginCodes() []Meaning {
	return []Meaning{
		{PluginUnknown, "plugin UNKNOWN: nothing could be judged"},
		{PluginCritical, "plugin CRITICAL: at least one host is neither healthy nor degraded only by warnings"},
		{PluginWarning, "plugin WARNING: at least one host has warnings"},
		{PluginOK, "plugin OK: every host is healthy"},
	}
}

// Fails reports whether an outcome counts as trouble in this run.
func (r Run) Fails(o Outcome) bool {
	if r.FailOn == nil {
		return slices.Contains(DefaultFailOn(), o)
	}
	return slices.Contains(r.FailOn, o)
}

// Troubled returns the hosts that are the reason of an exit code other than 0: those whose outcome
// counts as trouble, and those that were kept from their turn. Where there is none of them, it is
// every host that is not well, unless only changes or drift made the code.
func (r Run) Troubled() []HostSummary {
	var trouble, unwell []HostSummary
	for _, h := range r.Hosts {
		kept := h.Outcome == Skipped && slices.ContainsFunc([]string{ReasonHeld, ReasonBrake, ReasonDrifted, ReasonDeadline}, func(begin string) bool {
			return strings.HasPrefix(h.Reason, begin)
		})
		if r.Fails(h.Outcome) || kept {
			trouble = append(trouble, h)
		}
		if h.Outcome != Healthy && h.Outcome != Recovered && h.Outcome != OutcomeUndone && h.Outcome != Degraded {
			unwell = append(unwell, h)
		}
	}
	if len(trouble) == 0 && Code(r.ExitCode) != ExitChanges {
		return unwell
	}
	return trouble
}

// Broke reports whether this run had an internal error: its list of hosts may be
// incomplete.
func (r Run) Broke() bool {
	if r.Convention == ConventionNagios {
		return Code(r.ExitCode) == PluginUnknown && PluginFor(r.Counts) != PluginUnknown
	}
	return Code(r.ExitCode) == ExitInternal
}

// Succeeded reports whether the run ended without trouble, by its own convention.
func (r Run) Succeeded() bool {
	if r.Convention == ConventionNagios {
		return Code(r.ExitCode) == PluginOK || Code(r.ExitCode) == PluginWarning
	}
	return Code(r.ExitCode) == ExitOK
}

// Plugin is the exit code of a run by the convention of plugins.
func (r Run) Plugin() Code {
	if r.Broke() {
		return PluginUnknown
	}
	return PluginFor(r.Counts)
}

// PluginFor decides the exit code of a plugin from the counts of a run: 0 all
// healthy (recovered ones are), 1 warnings, 2 any other outcome, 3 nothing was
// judged. It ignores --fail-on: a plugin reports the state.
func PluginFor(counts map[Outcome]int) Code {
	total := 0
	for _, n := range counts {
		total += n
	}
	switch good, warned := counts[Healthy]+counts[Recovered], counts[Degraded]; {
	case counts[Skipped] == total:
		return PluginUnknown
	case good == total:
		return PluginOK
	case good+warned == total:
		return PluginWarning
	}
	return PluginCritical
}
