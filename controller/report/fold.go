package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/transport/cause"
)

// Fold is a group of hosts with the same outcome as people see it, the same findings and the same next
// command.
type Fold struct {
	Outcome  outcome.Outcome
	Findings []string // those that count
	Reason   string   // the first host's
	// Differ reports that other hosts of the group have other reasons.
	Differ bool
	Hosts  []string
	// Guided reports that a finding has instructions for a person.
	Guided bool
	// Interrupted reports that resume continues these hosts.
	Interrupted bool
	// Planned reports that a step of the plan would run.
	Planned bool
	// Allow lists the --allow words without which no step of the plan would run, or none for
	// some finding.
	Allow []string
	// Set lists the parameters that blocked rungs wait for, with names in capitals for values
	// that only a person knows: upload=FOLDER.
	Set []string
	// Step is the step that a person has to take before recover can heal the hosts, in words;
	// "" for none.
	Step string
	// Clouds are the VMs of Hosts for which the cloud was asked.
	Clouds []*outcome.Cloud
}

// foldOf returns the fold of one host.
func foldOf(h outcome.HostSummary) Fold {
	f := Fold{
		Outcome: h.Shown(), Findings: h.Open, Reason: h.Reason, Hosts: []string{h.Name},
		Guided: len(h.Guides) > 0, Interrupted: h.Interrupted,
	}
	if f.Outcome == outcome.OutcomeUndone { // its findings stand beside it
		f.Reason, _, _ = strings.Cut(f.Reason, outcome.ReasonNow)
	}
	if h.Cloud != nil {
		f.Clouds = []*outcome.Cloud{h.Cloud}
	}
	waits := func(reason string) {
		if p := outcome.Parameter(reason); p != "" && !slices.Contains(f.Set, p) {
			f.Set = append(f.Set, p)
		}
	}
	for _, s := range h.Plan {
		f.Planned = f.Planned || s.BlockedBy == ""
		waits(s.BlockedBy)
		if s.BlockedBy != "" && s.AllowedBy != "" && !slices.Contains(f.Allow, s.AllowedBy) {
			f.Allow = append(f.Allow, s.AllowedBy)
		}
	}
	if f.Planned {
		f.Allow, f.Set = nil, nil
	}
	var blocked string
	for _, n := range h.Needs {
		waits(n.Step)
		switch {
		case n.Allow != "" && !slices.Contains(f.Allow, n.Allow):
			f.Allow = append(f.Allow, n.Allow)
		case n.Allow == "" && n.Rung != "" && strings.Contains(h.Reason, n.Step): // said already
		case n.Allow == "" && n.Rung != "": // the remedy of another finding may unblock it
			blocked = cmp.Or(blocked, n.Text())
		case n.Allow == "":
			f.Step = cmp.Or(f.Step, n.Text())
		}
	}
	f.Step = cmp.Or(f.Step, blocked)
	return f
}

// key returns the same text for hosts of one fold.
func (f Fold) key() string {
	what := strings.Join(f.Findings, ",")
	switch f.Outcome {
	case outcome.Unreachable, outcome.Skipped:
		what = cause.Head(f.Reason)
	case outcome.Recovered, outcome.OutcomeUndone:
		what += "|" + f.Reason
	case outcome.NeedsAction:
		if blocked(f.Reason, f.Findings) {
			what += "|" + f.Reason
		}
	}
	return fmt.Sprint(f.Outcome, "|", what, "|", f.Guided, f.Interrupted, f.Planned, f.Allow, f.Set, "|", f.Step)
}

// Folds groups hosts, the worst outcome first, the larger group first.
func Folds(hosts []outcome.HostSummary) []Fold {
	index := map[string]int{}
	var folds []Fold
	for _, h := range hosts {
		f := foldOf(h)
		key := f.key()
		at, ok := index[key]
		if !ok {
			index[key] = len(folds)
			folds = append(folds, f)
			continue
		}
		folds[at].Hosts = append(folds[at].Hosts, h.Name)
		folds[at].Clouds = append(folds[at].Clouds, f.Clouds...)
		folds[at].Differ = folds[at].Differ || f.Reason != folds[at].Reason
	}
	order := outcome.ShownOutcomes()
	slices.SortStableFunc(folds, func(a, b Fold) int {
		if d := slices.Index(order, a.Outcome) - slices.Index(order, b.Outcome); d != 0 {
			return d
		}
		return len(b.Hosts) - len(a.Hosts)
	})
	return folds
}

// blocked reports whether a reason names none of the findings.
func blocked(reason string, findings []string) bool {
	id, _, _ := strings.Cut(reason, ":")
	return !slices.Contains(findings, id)
}

// firstLine is the first line of a text, a command of several lines for example; explain has the
// rest.
func firstLine(text string) string {
	first, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	if more {
		first += " ... (see explain)"
	}
	return first
}

// What renders in one line the findings, the reason or both, whichever the hosts of
// the fold share.
func (f Fold) What() string {
	findings := strings.Join(f.Findings, ", ")
	reason := firstLine(f.Reason)
	if f.Differ { // a reason of one host is not true of the others
		kind := cause.Head(f.Reason)
		if f.Outcome == outcome.Failed || f.Outcome == outcome.CutOff || f.Outcome == outcome.Unknown {
			kind = "reasons differ"
		}
		reason = kind + " (see explain)"
	}
	both := findings
	if reason != "" {
		both = strings.TrimPrefix(findings+"; "+reason, "; ")
	}
	switch f.Outcome {
	case outcome.Unreachable, outcome.Skipped, outcome.Recovered:
		return reason
	case outcome.Failed, outcome.CutOff, outcome.Unknown, outcome.OutcomeUndone:
		return both
	case outcome.NeedsAction:
		if blocked(f.Reason, f.Findings) {
			return both
		}
	}
	return findings
}
