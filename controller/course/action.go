package course

import "time"

// Do names an action of the executor.
type Do string

// The actions.
const (
	Connect      Do = "connect"       // open a connection
	LookAt       Do = "look"          // read and judge the host
	AwaitChanges Do = "await changes" // wait until every host's open change is resolved
	AwaitWave    Do = "await wave"    // wait until the host's wave begins
	AwaitFleet   Do = "await fleet"   // wait until every host has been read, and judge this one among them
	AwaitEnd     Do = "await end"     // wait until other hosts have ended
	TakeLease    Do = "take lease"    // ask for the host's lease; take or renew it
	Capture      Do = "capture"       // capture everything that recovery may touch
	Enter        Do = "enter"         // journal the begin of a rung
	Leave        Do = "leave"         // journal the end of a rung
	Arm          Do = "arm"           // arm the timed undo of a step
	Send         Do = "send"          // send a step
	AskUndo      Do = "ask undo"      // ask the host whether a timed undo is armed
	Disarm       Do = "disarm"        // disarm a timed undo
	Revert       Do = "revert"        // send the undo of a step
	Note         Do = "note"          // journal the verdict of a look on a change
	Settle       Do = "settle"        // wait
	Finish       Do = "finish"        // end the host
)

// Dos lists the actions in the order in which a recovered host meets them.
func Dos() []Do {
	return []Do{Connect, LookAt, AwaitWave, AwaitFleet, AwaitEnd, TakeLease, Capture, AwaitChanges, Enter, Arm, Send, AskUndo, Disarm, Revert, Leave, Settle, Note, Finish}
}

// Action is the next thing to do with a host.
type Action struct {
	Do Do
	// Rung is that of Enter, Leave, Arm, Send and TakeLease.
	Rung Rung
	// Step is that of Arm and Send.
	Step Step
	// Change is the index of the change that Disarm, Revert and Note are about.
	Change int
	// Finishes marks a change that finishes an earlier one: a gate that is shut for new
	// changes lets it pass.
	Finishes bool
	// Part says that a look reads only the probes of the proof.
	Part bool
	// For bounds Settle.
	For time.Duration
	// Until is when the wait that a Settle is a part of ends at the latest, by the newest look; zero: it is not
	// bounded by the limit since the last change.
	Until time.Time
	// Firm marks a Settle that the first signal does not end.
	Firm bool
	// Status and Detail are those of Note and Leave.
	Status, Detail string
	// End is that of Finish.
	End End
	// Why is the purpose in a few words, for people: the journal has it.
	Why string
}

// Wishes are the run's present wishes.
type Wishes struct {
	Verb Verb
	// Rollback is the run that is rolled back, "" for none.
	Rollback string
	// Stop says that nothing new may begin.
	Stop bool
	// Cut is why nothing can be done any more, "" when something can.
	Cut string
	// Brake is why no further host may begin, "" when one may.
	Brake string
	// Waves says that the host waits for its wave before it is changed.
	Waves bool
	// Leases says that hosts are held by leases.
	Leases bool
	// OthersOpen says that the open change of another host is unresolved, or its machine
	// unknown.
	OthersOpen bool
	// Settle is the wait after a rung, Wait the limit since the last change, and Every the
	// time between two looks.
	Settle, Wait, Every time.Duration
}

// Verb is the task of a run.
type Verb string

// The verbs that walk hosts.
const (
	VerbAudit   Verb = "audit"
	VerbCapture Verb = "capture"
	VerbPlan    Verb = "plan"
	VerbRecover Verb = "recover"
)
