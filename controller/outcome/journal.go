package outcome

import "time"

// Events of the journal.
const (
	EventRun    = "run"    // the run began, was resumed or ended
	EventState  = "state"  // a host moved to another state
	EventRung   = "rung"   // a rung is begun on a host
	EventIntent = "intent" // a changing command is about to be sent
	EventResult = "result" // what came of it
	EventLease  = "lease"  // the host's lease is about to be taken or given back
	EventEnded  = "ended"  // the host's walk is over and its report is written
)

// States of EventRun.
const (
	RunStarted = "started"
	RunResumed = "resumed"
)

// Entry is one line of journal.jsonl.
type Entry struct {
	Time  time.Time `json:"time"`
	Event string    `json:"event"`
	Host  string    `json:"host,omitempty"`
	State string    `json:"state,omitempty"`
	Rung  string    `json:"rung,omitempty"`
	// Mends are the findings that call for a rung that is begun.
	Mends []string `json:"mends,omitempty"`
	Step  string   `json:"step,omitempty"`
	// Change is the number of the change in the host's report, from 1 on. A
	// change may have several results: the last one counts.
	Change  int    `json:"change,omitempty"`
	Command string `json:"command,omitempty"`
	Undo    string `json:"undo,omitempty"`
	Status  string `json:"status,omitempty"`
	// Exit is the exit status of a result; nil when there was none.
	Exit   *int   `json:"exit,omitempty"`
	Detail string `json:"detail,omitempty"`
}
