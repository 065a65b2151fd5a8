package outcome

import "time"

// Events of the journal.
const (
	EventRun    = "run"    // the run began or ended
	EventState  = "state"  // a host moved to another state
	EventRung   = "rung"   // a rung is begun on a host
	EventIntent = "intent" // a changing command is about to be sent
	EventResult = "result" // what came of it
)

// Entry is one line of journal.jsonl.
type Entry struct {
	Time    time.Time `json:"time"`
	Event   string    `json:"event"`
	Host    string    `json:"host,omitempty"`
	State   string    `json:"state,omitempty"`
	Rung    string    `json:"rung,omitempty"`
	Step    string    `json:"step,omitempty"`
	Command string    `json:"command,omitempty"`
	Undo    string    `json:"undo,omitempty"`
	Status  string    `json:"status,omitempty"`
	// Exit is the exit status of a result; nil when there was none.
	Exit   *int   `json:"exit,omitempty"`
	Detail string `json:"detail,omitempty"`
}
