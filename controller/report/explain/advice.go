package explain

import (
	"slices"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/transport/shell"
)

// advice lists what a person can do now. It names no remedy for a finding that a rung
// of the plan fixes: the rung runs, or the person clears its block first.
func advice(h outcome.Host) []string {
	switch {
	case h.Interrupted && h.Outcome == outcome.Unknown:
		return []string{continues(h), "until then: " + h.Reason}
	case h.Interrupted:
		return []string{continues(h)}
	}
	switch h.Outcome {
	case outcome.Unreachable:
		return connectionAdvice(h)
	case outcome.Skipped:
		return []string{notJudged(h)}
	case outcome.Healthy, outcome.Recovered:
		for _, f := range h.Findings {
			if len(f.Next) > 0 {
				return nil
			}
		}
		return left(h)
	case outcome.OutcomeUndone:
		if len(outcome.OpenIDs(h.Findings)) == 0 {
			return []string{"nothing"}
		}
		return []string{"the rollback is complete: the host is as it was before that run, and recover fixes its findings again"}
	case outcome.Unknown:
		return []string{"check the host yourself before any further change: " + h.Reason}
	}
	var list []string
	planned, runs := map[string]bool{}, false
	for _, s := range h.Plan {
		for _, id := range s.Fixes {
			planned[id] = true
		}
		runs = runs || s.BlockedBy == ""
		if s.Conditional {
			continue
		}
		blocked := "rung " + s.Rung + " is blocked: " + s.BlockedBy
		if s.AllowedBy != "" && strings.Contains(s.BlockedBy, "--allow "+s.AllowedBy) {
			blocked += "; " + allows(h, s.AllowedBy)
		}
		if s.BlockedBy != "" && !slices.Contains(list, blocked) {
			list = append(list, blocked)
		}
	}
	for _, f := range h.Findings {
		if f.Open() && f.Remedy != "" && !planned[f.ID] && f.Severity == outcome.Critical {
			list = append(list, f.ID+": "+f.Remedy)
		}
	}
	switch {
	case h.Outcome == outcome.Failed:
		list = append(list, "the changes and their undo commands are listed above; if the problem persists, open a case with the text in "+shell.Word("runs/"+h.RunID+"/support/"+h.Host+"/case.txt")+" below the state folder")
	case len(h.Changes) > 0:
		list = append(list, "the changes and their undo commands are listed above; audit again before anything else")
	case runs:
		list = append(list, "aixmend recover -l "+shell.Word(h.Host)+" runs the steps above")
	case len(h.Plan) == 0:
		list = append(list, "aixmend plan -l "+shell.Word(h.Host)+" shows the commands that recover would run; add --mend-warnings to include warnings")
	}
	return list
}

// left is the advice on a host that is well: about the warnings that it is left with.
func left(h outcome.Host) []string {
	var list []string
	for _, f := range h.Findings {
		if f.Open() && f.Remedy != "" {
			list = append(list, f.ID+": "+f.Remedy)
		}
	}
	if len(list) == 0 {
		return []string{"nothing"}
	}
	return list
}

// notJudged is the advice on a host that was left alone: when its turn comes again, or that
// it does not belong here.
func notJudged(h outcome.Host) string {
	again := ": aixmend recover -l " + shell.Word(h.Host) + " begins with it"
	switch {
	case strings.HasPrefix(h.Reason, outcome.ReasonDrifted):
		return "left alone, it changed since the plan: aixmend recover -l " + shell.Word(h.Host) + " reads it again"
	case strings.HasPrefix(h.Reason, outcome.ReasonBrake):
		return "not judged, the brake kept it back: look at the hosts that failed first, then" + again
	case strings.HasPrefix(h.Reason, outcome.ReasonHeld):
		return "not judged (" + h.Reason + "): aixmend runs shows the runs of this folder; when it has ended" + again
	}
	return "not judged (" + h.Reason + "); if the host does not belong here, remove it from the inventory"
}

// continues is the advice on a host that was cut off.
func continues(h outcome.Host) string {
	return "aixmend resume " + shell.Word(h.RunID) + " reads the host again and continues"
}

// Closed replaces the advice to resume the run, which can't be resumed any more.
func (e *Explanation) Closed() {
	lists := [][]string{e.Next}
	for _, c := range e.Chains {
		lists = append(lists, c.Next)
	}
	for _, list := range lists {
		for i, line := range list {
			if strings.HasPrefix(line, "aixmend resume ") {
				list[i] = "the run can't be resumed any more; a new one reads the host first: aixmend recover -l " + shell.Word(e.Host) + " "
			}
		}
	}
}

// ReadOnly replaces the advice to plan, where the playbook of the run fixes nothing: the
// findings say how to go on.
func ReadOnly(e *Explanation) {
	e.Next = slices.DeleteFunc(e.Next, func(line string) bool { return strings.HasPrefix(line, "aixmend plan ") })
	for _, c := range e.Chains {
		for _, line := range c.Next {
			if line = c.Finding + ": " + line; !slices.Contains(e.Next, line) && c.Severity != outcome.Critical {
				e.Next = append(e.Next, line)
			}
		}
	}
	if len(e.Next) == 0 {
		e.Next = []string{"nothing"}
	}
}

// Type completes the commands in the advice so that they can be pasted: complete adds the
// inventory, state folder and flags of the run to the commands in a line.
func (e *Explanation) Type(complete func(line string) string) {
	if complete == nil {
		return
	}
	lists := [][]string{e.Next}
	for _, c := range e.Chains {
		lists = append(lists, c.Next)
	}
	for _, list := range lists {
		for i, line := range list {
			list[i] = complete(line)
		}
	}
}
