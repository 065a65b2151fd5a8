package controller

import "aixmend/controller/course"

// State is the state of a host that is shown. Nothing is decided by it.
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

// stateOf is the state that an action belongs to. An action that may stand anywhere
// belongs to the state that is shown.
func stateOf(a course.Action, r *course.Record, shown State) State {
	begun := r.Begun()
	switch a.Do {
	case course.Connect, course.TakeLease, course.AskUndo, course.Disarm, course.Revert, course.Note, course.AwaitChanges:
		switch {
		case begun && (shown == Recovering || shown == Verifying), a.Do == course.Note || a.Do == course.AwaitChanges:
			return shown
		case begun:
			return Verifying
		case a.Do == course.TakeLease:
			return Capturing
		}
		return Connecting
	case course.LookAt:
		if begun {
			return Verifying
		}
		return Diagnosing
	case course.Capture:
		return Capturing
	case course.Settle:
		if a.Firm {
			return shown
		}
		return Settling
	case course.AwaitWave:
		return Waiting
	case course.AwaitFleet, course.AwaitEnd:
		return Gathering
	case course.Finish:
		return Done
	}
	return Recovering
}
