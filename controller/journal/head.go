package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
)

// A run's head is the part of run.json, or of request.json, before the hosts. It is no file of
// its own, so it can't be missing, stale or of another run. Lists, completion, drift, prune and
// notices read heads: of 300 runs over 10,000 hosts, the hosts are 2 GB.

// hostsKey is the first key behind the head of run.json and of request.json.
const hostsKey = "hosts"

// LoadHead is LoadRun without the hosts: Hosts and Fleet are nil. It does not see damage
// behind the head: a decision about hosts, or to remove a run, uses LoadRun.
func (s *Store) LoadHead(id string) (*outcome.Run, error) {
	var run outcome.Run
	found := false
	if err := s.read(filepath.Join(s.RunDir(id), "run.json"), func(path string) error {
		run, found = readHead(path)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("run %s: %w", id, err)
	}
	if !found {
		whole, err := s.LoadRun(id)
		if err != nil {
			return nil, err
		}
		run = whole.Head()
		return &run, nil
	}
	return s.checked(id, &run)
}

func readHead(path string) (run outcome.Run, found bool) {
	text, found := durable.ReadHead(path, hostsKey)
	if !found || json.Unmarshal(text, &run) != nil {
		return outcome.Run{}, false
	}
	return run.Head(), true
}

// errHead is the error for a document that has a key of its head again, with another value.
var errHead = errors.New("a key stands in it twice, with two values")

// checkHead checks that a document says nothing else than its head.
func checkHead(text []byte, run outcome.Run) error {
	head, found := durable.Head(text, hostsKey)
	var alone outcome.Run
	if !found || json.Unmarshal(head, &alone) != nil {
		return nil // LoadHead reads the whole, too
	}
	if !reflect.DeepEqual(alone.Head(), run.Head()) {
		return errHead
	}
	return nil
}

// StateByHead is State by the head of run.json, for lists of runs.
func (s *Store) StateByHead(id string) State {
	if s.Running(id) {
		return StateRunning
	}
	return s.stateBy(id, s.LoadHead)
}

// LoadRequestHead reads the keys of request.json that stand before its hosts: the flags of a run.
func (s *Store) LoadRequestHead(id string, into any) error {
	found := false
	err := s.read(filepath.Join(s.RunDir(id), "request.json"), func(path string) error {
		text, is := durable.ReadHead(path, hostsKey)
		found = is && json.Unmarshal(text, into) == nil
		return nil
	})
	if err != nil || !found {
		return s.LoadRequest(id, into)
	}
	return nil
}
