package report

import (
	"fmt"
	"slices"
	"strings"

	"aixmend/controller/outcome"
)

// Fold is hosts that ended alike: the same outcome with the same findings, and the
// same is to be done about them.
type Fold struct {
	Outcome  outcome.Outcome
	Findings []string // those that count
	Reason   string   // the first host's
	// Differ tells that the reasons of the others are others.
	Differ bool
	Hosts  []string
	// Guided tells that findings say to a person how to go on.
	Guided bool
	// Interrupted hosts are what resume goes on with.
	Interrupted bool
	// Planned tells that a step of the plan would run.
	Planned bool
	// Allow are the words of --allow without which no step of the plan would run.
	Allow []string
}

// foldOf is the fold of one host.
func foldOf(h outcome.HostSummary) Fold {
	f := Fold{
		Outcome: h.Outcome, Findings: h.Open, Reason: h.Reason, Hosts: []string{h.Name},
		Guided: len(h.Guides) > 0, Interrupted: h.Interrupted,
	}
	for _, s := range h.Plan {
		f.Planned = f.Planned || s.BlockedBy == ""
		if s.BlockedBy != "" && s.AllowedBy != "" && !slices.Contains(f.Allow, s.AllowedBy) {
			f.Allow = append(f.Allow, s.AllowedBy)
		}
	}
	if f.Planned {
		f.Allow = nil
	}
	return f
}

// key is the same for hosts that are one fold.
func (f Fold) key() string {
	what := strings.Join(f.Findings, ",")
	switch f.Outcome {
	case outcome.Unreachable, outcome.Skipped:
		what, _, _ = strings.Cut(f.Reason, ":")
	case outcome.Recovered:
		what += "|" + f.Reason
	case outcome.NeedsAction:
		if blocked(f.Reason, f.Findings) {
			what += "|" + f.Reason
		}
	}
	return fmt.Sprint(f.Outcome, "|", what, "|", f.Guided, f.Interrupted, f.Planned, f.Allow)
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
		folds[at].Differ = folds[at].Differ || h.Reason != folds[at].Reason
	}
	order := outcome.Outcomes()
	slices.SortStableFunc(folds, func(a, b Fold) int {
		if d := slices.Index(order, a.Outcome) - slices.Index(order, b.Outcome); d != 0 {
			return d
		}
		return len(b.Hosts) - len(a.Hosts)
	})
	return folds
}

// blocked tells whether a reason is another than the first finding.
func blocked(reason string, findings []string) bool {
	id, _, _ := strings.Cut(reason, ":")
	return !slices.Contains(findings, id)
}

// What is what the hosts of a fold have in common, in one line: findings, reason, or both.
func (f Fold) What() string {
	findings := strings.Join(f.Findings, ", ")
	reason := f.Reason
	if f.Differ { // what one host says is not said of the others
		kind, _, _ := strings.Cut(f.Reason, ":")
		if f.Outcome == outcome.Failed || f.Outcome == outcome.Unknown || f.Outcome == outcome.OutcomeUndone {
			kind = "each for its own reason"
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
	case outcome.Failed, outcome.Unknown, outcome.OutcomeUndone:
		return both
	case outcome.NeedsAction:
		if blocked(f.Reason, f.Findings) {
			return both
		}
	}
	return findings
}
