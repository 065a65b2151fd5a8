package report

import (
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
	if run.Limit != "" {
		text += Cleanf("limit %s", run.Limit) + "\n"
	}
	return text
}
