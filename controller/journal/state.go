package journal

import (
	"os"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
)

// State is the state of a run, in the words of `aixmend runs`.
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
	return s.StateAtRest(id)
}

// StateAtRest is State of a run that no other process works on.
func (s *Store) StateAtRest(id string) State { return s.stateBy(id, s.LoadRun) }

func (s *Store) stateBy(id string, load func(id string) (*outcome.Run, error)) State {
	run, err := load(id)
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

// Running reports whether a process works on a run.
func (s *Store) Running(id string) bool {
	if _, err := os.Stat(s.runLock(id)); err != nil {
		return false
	}
	lock := durable.NewLock(s.runLock(id))
	free, err := lock.TryRLock()
	_ = lock.Unlock()
	return err == nil && !free
}
