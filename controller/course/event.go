package course

import (
	"strings"

	"aixmend/controller/outcome"
)

// Event is a line of the journal, or an event that is not written there.
type Event struct {
	outcome.Entry
	// Look is that of Looked and Gathered; nil where the event was read from a journal,
	// which has no looks.
	Look *Look
	// Says is the text of a note, without the earlier detail of the change.
	Says string
	// End is that of a parked host if the others change nothing; its outcome is empty for a
	// host that needs a change.
	End End
}

// Name is the name of a part of a step in reports and the journal.
func Name(step string, part Part) string {
	return step + map[Part]string{Main: "", Arming: armSuffix, Ending: disarmSuffix, Undo: undoSuffix}[part]
}

// PartOf is the inverse of Name.
func PartOf(name string) (step string, part Part) {
	for _, part := range []Part{Arming, Ending, Undo} { // an undo's suffix ends the others
		if step, ok := strings.CutSuffix(name, Name("", part)); ok {
			return step, part
		}
	}
	return name, Main
}

// Brief is How of Unlinked, where the failure may pass soon.
const Brief = "brief"

// Events that are not in the journal: they end with the process.
const (
	Linked     = "linked"     // a connection is open
	Unlinked   = "unlinked"   // one could not be opened: Status is the kind, How is Brief where it may pass
	Broke      = "broke"      // the connection broke while something was read
	Closed     = "closed"     // the executor closed it
	Paused     = "paused"     // the controller itself was asleep
	Waited     = "waited"     // a wait has passed
	Released   = "released"   // the host's wave has begun
	Gathered   = "gathered"   // every host has been read; Look judges this one among them
	Awaited    = "awaited"    // the other hosts are where they were to be
	Leased     = "leased"     // the host was asked for its lease: Status is the answer
	Checked    = "checked"    // a checking step has ended
	Fetched    = "fetched"    // a fetch of files has ended
	Spoiled    = "spoiled"    // the capture is damaged, or the plan can't be applied: no rung may begin
	Uncaptured = "uncaptured" // there is no good capture
	Parked     = "parked"     // the host waits for others, with its report on disk alone
)

// The answers to a question for the lease: Status of Leased.
const (
	LeaseHeld    = "held"    // this run's, without a break
	LeaseTaken   = "taken"   // this run's now
	LeaseBusy    = "busy"    // another run's
	LeaseTwice   = "twice"   // this run's, under another name of the host
	LeaseRefused = "refused" // it can't be taken
	LeaseBroke   = "broke"   // the link broke
	LeaseShut    = "shut"    // the gate is shut
	LeaseBack    = "back"    // released
)

// Why a rung ended: Status of outcome.EventLeft.
const (
	LeftDone      = "done"
	LeftReplan    = "replan"     // the rest of it would differ now: the host is planned again
	LeftNotNeeded = "not_needed" // its findings are gone
	LeftStopped   = "stopped"    // the rest of it may not be sent
)

// Suffixes of the parts of a step.
const (
	armSuffix    = "-arm-undo"
	disarmSuffix = "-disarm-undo"
	undoSuffix   = "-undo"
)
