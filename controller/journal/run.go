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

	unlock      func() error
	checkpoints durable.Once

	begun durable.Since // before the first report was written

	mu      sync.Mutex
	journal *durable.File
	size    int64 // of its complete lines, in bytes
}

// NewRun creates the folder of a run and opens its journal.
func (s *Store) NewRun(id string) (*Run, error) {
	if err := naming.CheckFile("run", id); err != nil {
		return nil, err
	}
	// The folder of the runs may have been made by a process that was killed before it was synced.
	if err := errors.Join(s.disk.MakeFolder(filepath.Join(s.RunDir(id), "hosts")), s.disk.SyncDir(s.root)); err != nil {
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
	begun := s.group.Begin()
	file, err := s.disk.Open(journalFile(s.RunDir(id)))
	if err != nil {
		_ = unlock()
		return nil, fmt.Errorf("journal: %w", err)
	}
	size, err := file.Size()
	if err == nil {
		err = s.disk.SyncDir(s.RunDir(id))
	}
	if err != nil {
		_ = file.Close()
		_ = unlock()
		return nil, fmt.Errorf("run folder: %w", err)
	}
	return &Run{store: s, id: id, unlock: unlock, journal: file, size: size, begun: begun}, nil
}

// cutTail cuts off a torn line at the end of the journal.
func (r *Run) cutTail() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	path := journalFile(r.store.RunDir(r.id))
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if r.size = int64(readable(text)); r.size == int64(len(text)) {
		return nil
	}
	// By name: not every system can truncate a file that is open for appending.
	return r.store.disk.Truncate(path, r.size)
}

// journalFile is the journal of the run in a folder.
func journalFile(dir string) string { return filepath.Join(dir, "journal.jsonl") }

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
			_ = r.journal.Cut(r.size) // half a line would corrupt the next
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
