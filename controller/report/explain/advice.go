package explain

import (
	"slices"
	"strings"

	"aixmend/controller/outcome"
)

// advice is what a person can do now. What a rung would mend is not advised by
// hand: the rung runs, or what blocks it comes first.
func advice(h outcome.Host) []string {
	switch h.Outcome {
	case outcome.Unreachable:
		return []string{connectionAdvice(h.Reason)}
	case outcome.Skipped:
		return []string{"it was not judged (" + h.Reason + "); if it does not belong here, take it out of the inventory"}
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
		return []string{"nothing for the rollback: the host is as it was before that run, and recover mends what it has again"}
	case outcome.Unknown:
		return []string{"look at the host yourself before anything else is done to it: " + h.Reason}
	}
	var list []string
	planned, runs := map[string]bool{}, false
	for _, s := range h.Plan {
		for _, id := range s.Mends {
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
		list = append(list, "what was changed, and how to take it back, stands above; if it stays like this, open a case: its text is runs/"+h.RunID+"/support/"+h.Host+"/case.txt below the state folder")
	case len(h.Changes) > 0:
		list = append(list, "what was changed, and how to take it back, stands above; audit again before anything else")
	case runs:
		list = append(list, "aixmend recover -l "+h.Host+" runs the steps above")
	case len(h.Plan) == 0:
		list = append(list, "aixmend plan -l "+h.Host+" shows what would be run; for warnings add --mend-warnings")
	}
	return list
}

// Type says the commands of the advice as they can be pasted: command is a verb with
// the host, and the inventory, state folder and flags of the run.
func (e *Explanation) Type(command func(verb string) string) {
	lists := [][]string{e.Next}
	for _, c := range e.Chains {
		lists = append(lists, c.Next)
	}
	for _, verb := range []string{"plan", "recover"} {
		short, whole := "aixmend "+verb+" -l "+e.Host+" ", command(verb)+" "
		for _, list := range lists {
			for i, line := range list {
				list[i] = strings.Replace(line, short, whole, 1)
			}
		}
	}
}

// connectionAdvice says what mends a connection, by the kind of its trouble.
func connectionAdvice(reason string) string {
	kind, _, _ := strings.Cut(reason, ":")
	switch kind {
	case "host-key-unknown":
		return "compare the fingerprint with the host's console, then add the key to known_hosts (ssh-keyscan)"
	case "host-key-changed":
		return "if the host was redeployed, compare the fingerprint with its console, then replace the key (ssh-keygen -R); otherwise find out who answers"
	case "auth":
		return "check the user and the identity, and that the host knows its public key (ssh-copy-id)"
	case "dns":
		return "the name does not resolve: check address in the inventory"
	}
	return "check that the host is up and reachable on its SSH port, then audit again"
}
