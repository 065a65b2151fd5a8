package report

import (
	"strings"
	"time"

	"aixmend/controller/outcome"
)

// Head says in a few lines which run it is, how it ended, and who started it.
func Head(run outcome.Run) string {
	text := Cleanf("run %s: %s, playbook %s, %s, exit code %d (%s)", run.ID, run.Kind(), run.Playbook.Name,
		run.Started.Format(time.RFC3339), run.ExitCode, run.ExitReason) + "\n"
	if by := run.StartedBy(); by != "" {
		text += Cleanf("started by %s", by) + "\n"
	}
	if by := run.ApprovedBy(); by != "" {
		text += Cleanf("plan approved by %s", by) + "\n"
	}
	if len(run.Adopted) > 0 {
		text += "adopted from " + adoptedFrom(run) + "\n"
	}
	if run.Limit != "" {
		text += Cleanf("limit %s", run.Limit) + "\n"
	}
	return text
}

// adoptedFrom names the sites from which a run was adopted, and when.
func adoptedFrom(run outcome.Run) string {
	var sites []string
	for _, a := range run.Adopted {
		sites = append(sites, Cleanf("site %s at %s", a.Site, a.At.Format(time.RFC3339)))
	}
	return strings.Join(sites, ", ")
}
