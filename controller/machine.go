package controller

import (
	"fmt"
	"slices"
)

// State is where a host is on its walk.
type State string

// The states.
const (
	Queued     State = "queued"
	Connecting State = "connecting"
	Diagnosing State = "diagnosing"
	Capturing  State = "capturing"
	Recovering State = "recovering"
	Settling   State = "settling"
	Verifying  State = "verifying"
	Gathering  State = "gathering"
	Waiting    State = "waiting"
	Done       State = "done"
)

// Event is what a state ended with.
type Event string

// The events.
const (
	itsTurn      Event = "its turn"
	stopped      Event = "the run is being stopped"
	connected    Event = "connected"
	unreachable  Event = "no connection"
	linkLost     Event = "the link broke, once"
	judged       Event = "nothing is to be changed"
	toCapture    Event = "a capture is wanted"
	toItsWave    Event = "a change is wanted"
	captured     Event = "captured, that was all"
	mayChange    Event = "captured, a rung may run"
	noCapture    Event = "no good capture"
	rungDone     Event = "the rung's steps have run"
	stepFailed   Event = "a step failed"
	rungRefused  Event = "a check did not let the rung run"
	inDoubt      Event = "the link broke in a step"
	gateShut     Event = "no change may begin any more"
	timeUp       Event = "the time is up"
	nextRung     Event = "another rung can help"
	notYet       Event = "not proved yet"
	walkFinished Event = "proved, or nothing is left to try"
	othersFirst  Event = "nothing more alone: the others must be read"
	aloneAgain   Event = "the others are read, and that was all"
	takenUp      Event = "it was changed before the run was cut off"
	othersRun    Event = "another run holds the host"
	unsaid       Event = "it is not known yet what became of an open step of another host"
	leased       Event = "the lease is taken: another run may have changed the host since it was read"
	readAgain    Event = "the others are read, and that changes something"
)

// Transition is one row of the table: in From, Event leads to To.
type Transition struct {
	From State
	On   Event
	To   State
}

// transitions is the table: what runs, and what the documentation draws. Nothing
// else moves a host.
var transitions = [...]Transition{
	{Queued, itsTurn, Connecting},
	{Queued, stopped, Done},
	{Queued, takenUp, Verifying},
	{Connecting, connected, Diagnosing},
	{Connecting, unreachable, Done},
	{Diagnosing, judged, Done},
	{Diagnosing, linkLost, Connecting},
	{Diagnosing, unreachable, Done},
	{Diagnosing, toCapture, Capturing},
	{Diagnosing, toItsWave, Waiting},
	{Waiting, itsTurn, Connecting},
	{Waiting, stopped, Done},
	{Capturing, leased, Diagnosing},
	{Capturing, othersRun, Done},
	{Capturing, linkLost, Connecting},
	{Capturing, captured, Done},
	{Capturing, noCapture, Done},
	{Capturing, mayChange, Recovering},
	{Recovering, rungDone, Settling},
	{Recovering, stepFailed, Verifying},
	{Recovering, rungRefused, Verifying},
	{Recovering, inDoubt, Verifying},
	{Recovering, gateShut, Verifying},
	{Recovering, othersRun, Done},
	{Recovering, unsaid, Verifying},
	{Verifying, othersRun, Done},
	{Settling, timeUp, Verifying},
	{Verifying, nextRung, Recovering},
	{Verifying, notYet, Settling},
	{Verifying, walkFinished, Done},
	{Diagnosing, othersFirst, Gathering},
	{Verifying, othersFirst, Gathering},
	{Diagnosing, notYet, Settling},
	{Gathering, aloneAgain, Done},
	{Gathering, readAgain, Connecting},
}

// Machine returns the table of transitions.
func Machine() []Transition { return slices.Clone(transitions[:]) }

// next looks an event up. An event that has no row is a bug.
func next(from State, on Event) (State, error) {
	for _, t := range transitions {
		if t.From == from && t.On == on {
			return t.To, nil
		}
	}
	return Done, fmt.Errorf("no transition from %s on %q", from, on)
}
