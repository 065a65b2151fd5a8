package outcome

import (
	"regexp"
	"slices"
	"strings"
)

// Need is the next step about an open finding that recover would not fix: a person's.
type Need struct {
	Finding string `json:"finding"`
	// Step says in words how to go on: the remedy of the finding, or why its rung is blocked.
	Step string `json:"step"`
	// Rung is the blocked rung that would fix the finding; "" where Step is the remedy.
	Rung string `json:"rung,omitempty"`
	// Allow is the word of --allow that lets the rung run, where flags are all that the rung
	// lacks: the word, or a parameter; "" for none.
	Allow string `json:"allow,omitempty"`
}

// Text renders the step in words.
func (n Need) Text() string {
	switch {
	case n.Allow != "":
		return "to allow rung " + n.Rung
	case n.Rung != "":
		return "unblock rung " + n.Rung + ": " + n.Step
	}
	return n.Step
}

// Parameter returns the parameter that the rung waits for, with a name in capitals for a value
// that only a person knows: "upload=FOLDER"; "" for none. Of alternatives it is the last.
func (n Need) Parameter() string { return Parameter(n.Step) }

// Parameter returns the parameter that a blocked rung waits for, as the reason of the block
// names it; "" for none.
func Parameter(reason string) string {
	all := parameter.FindAllStringSubmatch(reason, -1)
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1][1]
}

// parameter matches a parameter in the reason of a block.
var parameter = regexp.MustCompile(`--set ([a-z_]+=[A-Z]+)\b`)

// Need returns the step of a person about a finding; none where a step of the plan would
// fix it, where there is nothing to say, and where the finding does not count.
func (h Host) Need(f Finding) (Need, bool) {
	need := Need{Finding: f.ID, Step: f.Remedy}
	for _, s := range h.Plan {
		if !slices.Contains(s.Fixes, f.ID) || h.Sent(s) {
			continue
		}
		if s.BlockedBy == "" {
			return Need{}, false
		}
		if need.Rung != "" {
			continue
		}
		need.Rung, need.Step = s.Rung, s.BlockedBy
		if s.LacksFlags() {
			need.Allow = s.AllowedBy
		}
	}
	return need, f.Open() && need.Step != ""
}

// LacksFlags reports whether a word of --allow, or a parameter beside that word, would unblock
// the step.
func (s PlanStep) LacksFlags() bool {
	return s.AllowedBy != "" && (strings.Contains(s.BlockedBy, "--allow "+s.AllowedBy) || Parameter(s.BlockedBy) != "")
}

// Sent reports whether a step of the plan was sent.
func (h Host) Sent(s PlanStep) bool {
	return slices.ContainsFunc(h.Changes, func(c Change) bool { return c.Step == s.Step && (c.Rung == s.Rung || c.Rung == "") })
}

// Needs returns the steps that a person has to take before recover can fix the critical
// findings of a host that was planned.
func (h Host) Needs() []Need {
	if h.Plan == nil || h.Outcome != NeedsAction || h.Interrupted {
		return nil
	}
	var list []Need
	for _, f := range h.Findings {
		if need, ok := h.Need(f); ok && f.Severity == Critical {
			list = append(list, need)
		}
	}
	return list
}

// NeedsPerson reports whether recover alone would not heal a host that was planned: no step
// would be sent, or none for one of its critical findings.
func (h HostSummary) NeedsPerson() bool {
	return h.Outcome == NeedsAction && (len(h.Needs) > 0 || !slices.ContainsFunc(h.Plan, PlanStep.Runs))
}

// Blocked reports whether a rung of the host's plan is blocked.
func (h HostSummary) Blocked() bool {
	return slices.ContainsFunc(h.Plan, func(s PlanStep) bool { return s.BlockedBy != "" && !s.Conditional })
}

// LastResort is the condition of the conditional steps of the host, in words. While a rung is
// blocked not everything was tried, and they are not sent.
func (h HostSummary) LastResort() string {
	if h.Blocked() {
		return LastResort + ", and not while a rung is blocked"
	}
	return LastResort
}
