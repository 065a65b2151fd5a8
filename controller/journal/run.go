package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
	"aixmend/transport/ownership"
)

// Run is the folder of a run that this process writes, and holds the lock of.
type Run struct {
	store *Store
	id    string

	unlock func() error

	mu      sync.Mutex
	journal *os.File
	size    int64 // of its complete lines, in bytes
}

// NewRun creates the folder of a run and opens its journal.
func (s *Store) NewRun(id string) (*Run, error) {
	if err := naming.CheckFile("run", id); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(s.RunDir(id), "hosts"), durable.DirMode); err != nil {
		return nil, fmt.Errorf("run folder: %w", err)
	}
	return s.openRun(id)
}

// Reopen opens the folder of a run that was cut off, in which others can change nothing. A torn line at the end of its
// journal is cut off: it was never acted on.
func (s *Store) Reopen(id string) (*Run, error) {
	if err := naming.CheckFile("run", id); err != nil {
		return nil, err
	}
	if err := ownership.Tree(s.RunDir(id)); err != nil {
		return nil, fmt.Errorf("run %s: %w", id, err)
	}
	r, err := s.openRun(id)
	if err != nil {
		return nil, err
	}
	if err := r.cutTail(); err != nil {
		_ = r.Close()
		return nil, fmt.Errorf("journal: %w", err)
	}
	return r, nil
}

// openRun locks a run and opens its journal.
func (s *Store) openRun(id string) (*Run, error) {
	unlock, err := s.LockRun(id)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(s.RunDir(id), "journal.jsonl")
	file, err := durable.Open(path, os.O_APPEND|os.O_RDWR)
	if err != nil {
		_ = unlock()
		return nil, fmt.Errorf("journal: %w", err)
	}
	info, err := file.Stat()
	if err == nil {
		err = durable.SyncDir(s.RunDir(id))
	}
	if err != nil {
		_ = file.Close()
		_ = unlock()
		return nil, fmt.Errorf("run folder: %w", err)
	}
	return &Run{store: s, id: id, unlock: unlock, journal: file, size: info.Size()}, nil
}

// cutTail cuts off a torn line at the end of the journal.
func (r *Run) cutTail() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	text, err := os.ReadFile(r.journal.Name())
	if err != nil {
		return err
	}
	if r.size = int64(readable(text)); r.size == int64(len(text)) {
		return nil
	}
	// By name: not every system can truncate a file that is open for appending.
	return os.Truncate(r.journal.Name(), r.size)
}

// readable returns the length of a journal without a torn end, in bytes: half a line, or
// a last line that does not parse.
func readable(text []byte) int {
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	lines := bytes.TrimRight(text, "\n")
	last := bytes.LastIndexByte(lines, '\n') + 1
	if json.Unmarshal(lines[last:], new(outcome.Entry)) != nil {
		return last
	}
	return len(lines) + 1
}

// Append writes one line. Rungs, intents and results are on the disk when it returns.
func (r *Run) Append(e outcome.Entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n, err := r.journal.Write(append(line, '\n'))
	if err != nil {
		if n > 0 {
			_ = r.journal.Truncate(r.size) // half a line would corrupt the next
		}
		return fmt.Errorf("journal: %w", err)
	}
	r.size += int64(n)
	switch e.Event {
	case outcome.EventRung, outcome.EventIntent, outcome.EventResult, outcome.EventTurn:
		if err := r.journal.Sync(); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	return nil
}

// Close closes the journal and unlocks the run.
func (r *Run) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.journal.Close(), r.unlock())
}
