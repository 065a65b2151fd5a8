package outcome

import (
	"strings"
	"time"
)

// Events of the journal.
const (
	EventRun      = "run"      // the run began, was resumed or ended
	EventState    = "state"    // a host moved to another state
	EventRung     = "rung"     // a rung is begun on a host
	EventIntent   = "intent"   // a changing command is about to be sent
	EventResult   = "result"   // its result
	EventLease    = "lease"    // the host's lease is about to be taken or given back
	EventLeft     = "left"     // a rung is over
	EventLooked   = "looked"   // the host was read and judged
	EventCaptured = "captured" // a capture was taken
	EventTurn     = "turn"     // a host at another site is let begin
	EventEnded    = "ended"    // the host's walk is over and its report is written
)

// States of EventRun.
const (
	RunStarted = "started"
	RunResumed = "resumed"
	// RunAdopted: a hub that had lost the run has made its folder anew, from those of the sites.
	RunAdopted = "adopted"
)

// JournalFormat is the format of the journals that this version writes and can resume.
// Format 2 had other names for events and keys; journals before it have no number.
const JournalFormat = 3

// Entry is one line of journal.jsonl.
type Entry struct {
	Time  time.Time `json:"time"`
	Event string    `json:"event"`
	// Format is JournalFormat; of EventRun alone.
	Format int `json:"format,omitempty"`
	// By, Limit and Ticket say who started or resumed the run, on which hosts and for
	// which ticket; of EventRun alone.
	By     *By    `json:"by,omitempty"`
	Limit  string `json:"limit,omitempty"`
	Ticket string `json:"ticket,omitempty"`
	// Approvals are those of the plan that the run applies; of EventRun alone.
	Approvals []Approval `json:"approvals,omitempty"`
	Host      string     `json:"host,omitempty"`
	State     string     `json:"state,omitempty"`
	Rung      string     `json:"rung,omitempty"`
	// Fixes are the findings that call for a rung that is begun.
	Fixes []string `json:"fixes,omitempty"`
	Step  string   `json:"step,omitempty"`
	// Change is the number of the change in the host's report, from 1 on. A
	// change may have several results: the last one counts.
	Change  int    `json:"change,omitempty"`
	Command string `json:"command,omitempty"`
	Undo    string `json:"undo,omitempty"`
	Status  string `json:"status,omitempty"`
	// Exit is the exit status of a result; nil when there was none.
	Exit *int `json:"exit,omitempty"`
	// How says why there is none.
	How string `json:"how,omitempty"`
	// Started says that the host has answered that the command had begun.
	Started bool `json:"started,omitempty"`
	// Answer is the first line of the output of a disarming, or of a command that failed.
	Answer string `json:"answer,omitempty"`
	// Part is the role of a change in its step, Of the number of the change that it undoes
	// or disarms.
	Part string `json:"part,omitempty"`
	Of   int    `json:"of,omitempty"`
	// Process is the process that may begin the host of EventTurn, as leases name it.
	Process string `json:"process,omitempty"`
	// Begun is the rung of EventRung.
	Begun  *RungBegun `json:"begun,omitempty"`
	Detail string     `json:"detail,omitempty"`
}

// EndEntry is the entry of a host that has ended and whose report is written.
func EndEntry(h Host) Entry {
	return Entry{Time: time.Now().UTC(), Event: EventEnded, Host: h.Host, Status: string(h.Outcome), Detail: h.Reason}
}

// Why a change has no exit status: How of an entry.
const (
	HowUnsent      = "unsent"      // it certainly never reached the host
	HowShut        = "shut"        // the gate was shut
	HowRefused     = "refused"     // the gate never lets it pass, or the login may not run it
	HowFenced      = "fenced"      // the fence refused it: the lease is no longer this run's
	HowLost        = "lost"        // the link died
	HowHung        = "hung"        // it exceeded its timeout
	HowTransferred = "transferred" // a transfer of files was completed
	HowFailed      = "failed"      // a transfer failed, for a reason of its own
)

// The answers of a disarming: the undo has run, it will not run, and no marker of it is
// left.
const (
	UndoFired    = "fired"
	UndoDisarmed = "disarmed"
	UndoNowhere  = "nowhere"
)

// RungBegun is a rung that is begun, with everything that resume needs.
type RungBegun struct {
	Number int    `json:"number"`
	Title  string `json:"title,omitempty"`
	// Collects says that the rung fixes nothing and collects support data.
	Collects bool `json:"collects,omitempty"`
	// NoSettle says that it needs no time to take effect.
	NoSettle bool   `json:"no_settle,omitempty"`
	Steps    []Step `json:"steps,omitempty"`
}

// Step is a step of a rung that is begun.
type Step struct {
	ID      string `json:"id"`
	Command string `json:"command"`
	Undo    string `json:"undo"`
	// Timeout is how long it may take.
	Timeout time.Duration `json:"timeout,omitempty"`
	// Check says that it changes nothing and is to succeed before more is sent.
	Check bool `json:"check,omitempty"`
	// Transfer is "upload" or "fetch" for a step that moves files, else "".
	Transfer  string `json:"transfer,omitempty"`
	MayFail   bool   `json:"may_fail,omitempty"`
	Prove     bool   `json:"prove,omitempty"`
	Revert    bool   `json:"revert,omitempty"`
	Temporary bool   `json:"temporary,omitempty"`
	// Finishes are the later steps of the rung that finish this one.
	Finishes []string `json:"finishes,omitempty"`
	// Timer is that of a step with a timed undo; nil for the others.
	Timer *UndoTimer `json:"timer,omitempty"`
}

// ReadOnly reports whether the step changes nothing on the host.
func (s Step) ReadOnly() bool { return s.Check || s.Transfer == TransferFetch }

// Transfers.
const (
	TransferUpload = "upload"
	TransferFetch  = "fetch"
)

// NoUndo reports whether the step can't be undone.
func (s Step) NoUndo() bool { return noUndo(s.Undo) }

// noUndo reports whether the text of an undo is a reason for there being none.
func noUndo(undo string) bool { return strings.HasPrefix(undo, "none: ") }

// UndoTimer holds the commands around a step with a timed undo.
type UndoTimer struct {
	Arm    string        `json:"arm"`
	Disarm string        `json:"disarm"`
	After  time.Duration `json:"after"`
}
