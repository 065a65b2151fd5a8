package course

import "time"

// Do names an action: what the executor does next with a host.
type Do string

// The actions.
const (
	Connect      Do = "connect"       // open a connection
	LookAt       Do = "look"          // read the host and judge it
	AwaitChanges Do = "await changes" // wait until every host's open change is resolved
	AwaitWave    Do = "await wave"    // wait until the host's wave begins
	AwaitFleet   Do = "await fleet"   // wait until every host has been read, and judge this one among them
	AwaitEnd     Do = "await end"     // wait until other hosts have ended
	TakeLease    Do = "take lease"    // ask for the host's lease, and take or renew it
	Capture      Do = "capture"       // keep what recovery may touch
	Enter        Do = "enter"         // write down that a rung begins
	Leave        Do = "leave"         // write down that a rung is over
	Arm          Do = "arm"           // leave the undo of a step behind on the host
	Send         Do = "send"          // send a step
	AskUndo      Do = "ask undo"      // ask the host whether a timed undo is armed
	Disarm       Do = "disarm"        // end the wait of a timed undo
	Revert       Do = "revert"        // send the undo of a step
	Note         Do = "note"          // write down what a look has shown of a change
	Settle       Do = "settle"        // wait
	Finish       Do = "finish"        // the host has ended
)

// Dos lists the actions in the order in which a host that is healed meets them.
func Dos() []Do {
	return []Do{Connect, LookAt, AwaitWave, AwaitFleet, AwaitEnd, TakeLease, Capture, AwaitChanges, Enter, Arm, Send, AskUndo, Disarm, Revert, Leave, Settle, Note, Finish}
}

// Action is what is to be done next.
type Action struct {
	Do Do
	// Rung is that of Enter, Leave, Arm, Send and TakeLease.
	Rung Rung
	// Step is that of Arm and Send.
	Step Step
	// Change is the index of the change that Disarm, Revert and Note are about.
	Change int
	// Finishes marks a change that finishes what was begun: a gate that is shut for
	// new ones lets it pass.
	Finishes bool
	// Part says that a look reads only what the proof rests on.
	Part bool
	// For bounds Settle.
	For time.Duration
	// Firm is a Settle that the first signal does not end.
	Firm bool
	// Status and Detail are what Note writes down.
	Status, Detail string
	// End is that of Finish.
	End End
	// Why says what the action is for, in a few words: it stands in the journal.
	Why string
}

// Wishes are what the run wants of the host at this moment.
type Wishes struct {
	Verb Verb
	// Rollback says that an earlier run is taken back.
	Rollback string
	// Stop says that nothing new may begin.
	Stop bool
	// Cut is why nothing at all can be done any more, "" when something can.
	Cut string
	// Brake is why no further host may begin, "" when one may.
	Brake string
	// Waves says that the host waits for its wave before it is changed.
	Waves bool
	// Leases says that hosts are held by leases.
	Leases bool
	// OthersOpen says that it is not known yet of another host what became of its
	// open change, or which machine it is.
	OthersOpen bool
	// Settle is the time between two rungs, Wait that from the last change on, and
	// Every that between two looks.
	Settle, Wait, Every time.Duration
}

// Verb is what a run is to do with its hosts.
type Verb string

// The verbs that walk hosts.
const (
	VerbAudit   Verb = "audit"
	VerbCapture Verb = "capture"
	VerbPlan    Verb = "plan"
	VerbRecover Verb = "recover"
)
