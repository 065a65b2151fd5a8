package journal

import "aixmend/controller/outcome"

// State is how far a run has come, in the words of `aixmend runs`.
type State string

// States of a run.
const (
	StateRunning State = "running"
	// StateOpen: not finished; resume continues it.
	StateOpen State = "open"
	// StateCutOff: killed before request.json was on disk, so it can't be resumed.
	StateCutOff State = "cut off"
	// StateOtherVersion: not finished, and its journal has another format. It can be
	// inspected and rolled back, not resumed.
	StateOtherVersion State = "other version"
	StateEnded        State = "ended"
)

// State returns the state of a run.
func (s *Store) State(id string) State {
	if s.Running(id) {
		return StateRunning
	}
	return s.stateAtRest(id)
}

// stateAtRest is the state of a run that no other process works on.
func (s *Store) stateAtRest(id string) State {
	run, err := s.LoadRun(id)
	switch {
	case err == nil && run.Unfinished == 0:
		return StateEnded
	case !s.HasRequest(id):
		return StateCutOff
	}
	if format, known := s.Format(id); known && format != outcome.JournalFormat {
		return StateOtherVersion
	}
	return StateOpen
}
