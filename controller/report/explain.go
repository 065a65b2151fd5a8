package report

import (
	"fmt"
	"strings"

	"aixmend/controller/outcome"
)

// Explain says in plain text which observation led to which verdict, what was
// done or refused and why, and what to do next.
func Explain(h outcome.Host) string {
	var b strings.Builder
	line := func(format string, args ...any) {
		for i := range args {
			if s, ok := args[i].(string); ok {
				args[i] = Clean(s, false)
			}
		}
		fmt.Fprintf(&b, format+"\n", args...)
	}
	command := func(label, text string) { // its further lines below the first
		b.WriteString(label + indentRest(text, strings.Repeat(" ", len(label))) + "\n")
	}
	line("%s (%s): %s", h.Host, h.Address, string(h.Outcome))
	if h.Reason != "" {
		line("  %s", h.Reason)
	}
	line("\nWhat was found")
	if len(h.Findings) == 0 {
		line("  nothing")
	}
	for _, f := range h.Findings {
		line("  %s, %s: %s", f.ID, string(f.Severity), f.Title)
		for _, e := range f.Evidence {
			line("    because  %s", e)
		}
		line("    rule     %s", f.Source)
		if f.Waived {
			line("    waived   %s", f.Waiver)
		}
	}
	for _, name := range sorted(h.FactErrors) {
		line("  not known: %s: %s", name, h.FactErrors[name])
	}
	explainPlan(h, line, command)
	line("\nWhat was done")
	if len(h.Changes) == 0 {
		line("  nothing was changed")
	}
	for _, c := range h.Changes {
		line("  %s: %s %s", c.Step, c.Status, c.Detail)
		command("    ran   ", c.Command)
		command("    undo  ", c.Undo)
	}
	if h.Capture != "" {
		line("  kept before that: %s", h.Capture)
	}
	line("\nWhat to do next")
	for _, advice := range advice(h) {
		line("  %s", advice)
	}
	return b.String()
}

func explainPlan(h outcome.Host, line func(string, ...any), command func(label, text string)) {
	if len(h.Plan) == 0 {
		return
	}
	line("\nWhat recover would run")
	for _, s := range h.Plan {
		line("  rung %s, step %s", s.Rung, s.Step)
		command("    runs     ", s.Command)
		if s.BlockedBy != "" {
			line("    blocked: %s", s.BlockedBy)
		}
	}
}

// advice is what a person can do now.
func advice(h outcome.Host) []string {
	var list []string
	switch h.Outcome {
	case outcome.Unreachable:
		return []string{"mend the connection, then audit again: " + h.Reason}
	case outcome.Healthy, outcome.Recovered:
		return []string{"nothing"}
	}
	for _, f := range h.Findings {
		if f.Open() && f.Remedy != "" {
			list = append(list, f.ID+": "+f.Remedy)
		}
	}
	if len(list) == 0 {
		list = append(list, "nothing is known that would help: open a case, with this host's report")
	}
	return list
}
