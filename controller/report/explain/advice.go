package explain

import (
	"slices"
	"strings"

	"aixmend/controller/outcome"
)

// advice lists what a person can do now. It names no remedy for a finding that a rung
// of the plan fixes: the rung runs, or the person clears its block first.
func advice(h outcome.Host) []string {
	switch h.Outcome {
	case outcome.Unreachable:
		return []string{connectionAdvice(h.Reason)}
	case outcome.Skipped:
		return []string{"not judged (" + h.Reason + "); if the host does not belong here, remove it from the inventory"}
	case outcome.Healthy, outcome.Recovered:
		for _, f := range h.Findings {
			if len(f.Next) > 0 {
				return nil
			}
		}
		return []string{"nothing"}
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
		if blocked := "rung " + s.Rung + " is blocked: " + s.BlockedBy; s.BlockedBy != "" && !slices.Contains(list, blocked) {
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
		list = append(list, "the changes and their undo commands are listed above; if the problem persists, open a case with the text in runs/"+h.RunID+"/support/"+h.Host+"/case.txt below the state folder")
	case len(h.Changes) > 0:
		list = append(list, "the changes and their undo commands are listed above; audit again before anything else")
	case runs:
		list = append(list, "aixmend recover -l "+h.Host+" runs the steps above")
	case len(h.Plan) == 0:
		list = append(list, "aixmend plan -l "+h.Host+" shows the commands that recover would run; add --mend-warnings to include warnings")
	}
	return list
}

// Type completes the commands in the advice so that they can be pasted. command
// returns the command line of a verb for this host, with the inventory, state folder
// and flags of the run.
func (e *Explanation) Type(command func(verb string) string) {
	lists := [][]string{e.Next}
	for _, c := range e.Chains {
		lists = append(lists, c.Next)
	}
	for _, verb := range []string{"plan", "recover"} {
		short, complete := "aixmend "+verb+" -l "+e.Host+" ", command(verb)+" "
		for _, list := range lists {
			for i, line := range list {
				list[i] = strings.Replace(line, short, complete, 1)
			}
		}
	}
}

// connectionAdvice returns the remedy for a connection that failed, by the kind of
// its error.
func connectionAdvice(reason string) string {
	kind, _, _ := strings.Cut(reason, ":")
	switch kind {
	case "host-key-unknown":
		return "compare the fingerprint with the host's console, then add the key to known_hosts (ssh-keyscan)"
	case "host-key-changed":
		return "if the host was redeployed, compare the fingerprint with its console, then replace the key (ssh-keygen -R); otherwise find out which machine answers"
	case "auth":
		return "check the user and the identity, and that the host accepts its public key (ssh-copy-id)"
	case "dns":
		return "the name does not resolve: check the address in the inventory"
	}
	return "check that the host is up and reachable on its SSH port, then audit again"
}
