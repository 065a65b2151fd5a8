package course

import (
	"strings"

	"aixmend/controller/outcome"
)

// Event is a line of the journal, or one of the events that are not written there.
type Event struct {
	outcome.Entry
	// Look is what Looked and Gathered have seen; nil where the event is read from a
	// journal: then it says that there was a look, and no more.
	Look *Look
	// Says is what a note says, without what was said of the change before.
	Says string
	// End is how a host that is parked ends where nothing more comes of it; its
	// outcome is empty where it waits to be changed.
	End End
}

// Name is how reports and the journal call a part of a step.
func Name(step string, part Part) string {
	return step + map[Part]string{Main: "", Arming: armSuffix, Ending: disarmSuffix, Undo: undoSuffix}[part]
}

// PartOf takes such a name apart.
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

// Events that are not written into the journal: they end with the process.
const (
	Linked     = "linked"     // a connection is open
	Unlinked   = "unlinked"   // one could not be opened: Status is the kind, How "brief" where it may pass
	Broke      = "broke"      // the connection broke while something was read
	Closed     = "closed"     // it was closed
	Paused     = "paused"     // the controller itself was not running for a while
	Waited     = "waited"     // a time was waited for
	Released   = "released"   // the host's wave has begun
	Gathered   = "gathered"   // every host has been read; Look is the host judged among them
	Awaited    = "awaited"    // what was waited for of other hosts has come
	Leased     = "leased"     // the host was asked for its lease: Status says what came of it
	Checked    = "checked"    // a step that changes nothing has ended
	Fetched    = "fetched"    // files were fetched, or were not
	Spoiled    = "spoiled"    // the capture is not good any more
	Uncaptured = "uncaptured" // there is no good capture
	Parked     = "parked"     // the host waits for others: what is known of it stands in its report alone
)

// What came of asking a host for its lease: Status of Leased.
const (
	LeaseHeld    = "held"    // it is this run's, and was all the time
	LeaseTaken   = "taken"   // it is this run's now
	LeaseBusy    = "busy"    // somebody else has it
	LeaseTwice   = "twice"   // this run has it under another name
	LeaseRefused = "refused" // it can't be had
	LeaseBroke   = "broke"   // the link broke
	LeaseShut    = "shut"    // the gate is shut
	LeaseBack    = "back"    // it was given back
)

// Why a rung ended: Status of outcome.EventLeft.
const (
	LeftDone      = "done"
	LeftReplan    = "replan"     // the rest of it would differ now: the host is planned again
	LeftNotNeeded = "not_needed" // its findings are gone
	LeftStopped   = "stopped"    // the rest of it may not be sent
)

// Names of what surrounds a step.
const (
	armSuffix    = "-arm-undo"
	disarmSuffix = "-disarm-undo"
	undoSuffix   = "-undo"
)
