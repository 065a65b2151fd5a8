// Package remote reads the runs of a hub at the machine of an operator: their reports,
// their plans, their comparison with earlier ones and the steps of a rollback. It has both ends:
// the hub answers with documents, and the operator's process makes files and text of them, as it
// does of its own runs.
package remote

import (
	"encoding/json"
	"time"

	"aixmend/cmd/aixmend/job"
	"aixmend/controller/drift"
	"aixmend/controller/report"
)

// The questions about kept runs.
const (
	AskReports = "reports" // Reading asks for a run and reports of its hosts
	AskNews    = "news"    // Comparing asks for the changes since an earlier run
	AskPlan    = "plan"    // Planned asks for the plan of a run without its hosts: their reports have them
)

// Reading asks for the reports of a run's hosts, from one on: as many as fit into an answer.
type Reading struct {
	Run  string `json:"run"`
	From int    `json:"from,omitempty"`
	// Runs asks for the earlier runs, too, that report.Evidence names.
	Runs bool `json:"runs,omitempty"`
}

// Reports is the answer to Reading.
type Reports struct {
	// Run is the id of the run.
	Run string `json:"run"`
	// LastWhole, LastSuccess and Before are those of report.Evidence.
	LastWhole   time.Time         `json:"last_whole,omitzero"`
	LastSuccess time.Time         `json:"last_success,omitzero"`
	Before      *report.Before    `json:"before,omitempty"`
	Hosts       []json.RawMessage `json:"hosts"`
}

// Comparing asks for the changes in a run that has ended: since the run of its --since, or
// since the newest one that covered each host.
type Comparing struct {
	Run   string `json:"run"`
	Since bool   `json:"since,omitempty"`
}

// News is the answer to Comparing.
type News struct {
	// Drift is nil where there is no earlier run.
	Drift *drift.Drift `json:"drift,omitempty"`
	// Problem is why the run can't be compared, "" where it can.
	Problem string `json:"problem,omitempty"`
}

// Planned names the run that made a plan.
type Planned struct {
	Run string `json:"run"`
}

// Back lists the steps that a rollback would undo. Rest explains why it does nothing on other
// hosts.
type Back struct {
	Document job.RollbackDocument `json:"document"`
	Rest     string               `json:"rest,omitempty"`
}
