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

// JournalFormat is the format of the journals that this version writes and can go
// on with. Journals before it have no number: what they say of armed undos and of
// leases is not what a host of a run of this version has.
const JournalFormat = 2

// Entry is one line of journal.jsonl.
type Entry struct {
	Time  time.Time `json:"time"`
	Event string    `json:"event"`
	// Format is JournalFormat; of EventRun alone.
	Format int    `json:"format,omitempty"`
	Host   string `json:"host,omitempty"`
	State  string `json:"state,omitempty"`
	Rung   string `json:"rung,omitempty"`
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
