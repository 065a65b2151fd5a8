package report

import (
	"strings"

	"aixmend/controller/outcome"
)

// OpenChanges lists the changes that open runs have sent to a host, a line each: a report of
// another run has none of them.
func OpenChanges(runs []outcome.OpenRun) []string {
	var lines []string
	for _, run := range runs {
		begins := "run " + run.ID + ", which has not finished, "
		if run.Unread {
			lines = append(lines, begins+"may have changed the host: its journal can't be read")
			continue
		}
		lines = append(lines, begins+"has sent:")
		for _, c := range run.Changes {
			lines = append(lines, "  "+strings.TrimSuffix(c.Step+": "+c.Status+"; "+c.Detail, "; "))
		}
	}
	return lines
}

// LeftOpen says that an open run has changed hosts and has not ended there.
func LeftOpen(o outcome.LeftOpen) string {
	return Clean("run "+o.ID+" "+o.Did()+" "+Compact(o.Hosts)+" and has not finished", false)
}
