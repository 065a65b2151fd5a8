package journal

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"aixmend/controller/outcome"
)

// NewRunID returns an id that sorts by time: 20261122T103000.123Z-3f9ac2.
func NewRunID(at time.Time) string {
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return at.UTC().Format(idTime) + "-" + hex.EncodeToString(b[:])
}

// idTime is the time that a run's id begins with.
const idTime = "20060102T150405.000Z"

// Run is the folder of a run that is being written.
type Run struct {
	store *Store
	id    string

	mu      sync.Mutex
	journal *os.File
	size    int64 // of the whole lines in it
}

// NewRun makes the folder of a run and opens its journal.
func (s *Store) NewRun(id string) (*Run, error) {
	if err := checkName("run", id); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(s.RunDir(id), "hosts"), dirMode); err != nil {
		return nil, fmt.Errorf("run folder: %w", err)
	}
	path := filepath.Join(s.RunDir(id), "journal.jsonl")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, fileMode)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	info, err := file.Stat()
	if err == nil {
		err = syncDir(s.RunDir(id))
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("run folder: %w", err)
	}
	return &Run{store: s, id: id, journal: file, size: info.Size()}, nil
}

// Append writes one line. Intents and results are on the disk when it returns.
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
			_ = r.journal.Truncate(r.size) // a half line would spoil the next one
		}
		return fmt.Errorf("journal: %w", err)
	}
	r.size += int64(n)
	if e.Event == outcome.EventIntent || e.Event == outcome.EventResult {
		if err := r.journal.Sync(); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	return nil
}

// WriteHost writes a host's report for machines and the one for people. They
// are complete files at any moment; the run's end makes them durable.
func (r *Run) WriteHost(h outcome.Host, markdown []byte) error {
	if err := checkName("host", h.Host); err != nil {
		return err
	}
	text, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("report of %s: %w", h.Host, err)
	}
	dir := filepath.Join(r.store.RunDir(r.id), "hosts")
	if err := writeWhole(filepath.Join(dir, h.Host+".json"), append(text, '\n')); err != nil {
		return fmt.Errorf("report of %s: %w", h.Host, err)
	}
	if err := writeWhole(filepath.Join(dir, h.Host+".md"), markdown); err != nil {
		return fmt.Errorf("report of %s: %w", h.Host, err)
	}
	return nil
}

// Support makes the folder for the support data of a host and returns its path,
// and its name relative to the state folder.
func (r *Run) Support(host string) (path, name string, err error) {
	if err := checkName("host", host); err != nil {
		return "", "", err
	}
	path = filepath.Join(r.store.RunDir(r.id), "support", host)
	if err := os.MkdirAll(path, dirMode); err != nil {
		return "", "", fmt.Errorf("support data: %w", err)
	}
	return path, "runs/" + r.id + "/support/" + host, nil
}

// WriteCase writes the text of a support case.
func (r *Run) WriteCase(host string, text []byte) error {
	path, _, err := r.Support(host)
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(path, "case.txt"), text)
}

// LoadHost reads a report that WriteHost has written.
func (r *Run) LoadHost(host string) (*outcome.Host, error) { return r.store.LoadHost(r.id, host) }

// Finish writes run.json and points latest to the run.
func (r *Run) Finish(run outcome.Run) error {
	text, err := json.MarshalIndent(run, "", "  ")
	if err != nil {
		return fmt.Errorf("run.json: %w", err)
	}
	dir := r.store.RunDir(r.id)
	if err := syncDir(filepath.Join(dir, "hosts")); err != nil {
		return fmt.Errorf("run folder: %w", err)
	}
	if err := writeSynced(filepath.Join(dir, "run.json"), append(text, '\n')); err != nil {
		return fmt.Errorf("run.json: %w", err)
	}
	return r.store.pointLatest(r.id)
}

// Close closes the journal.
func (r *Run) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.journal.Close()
}

// pointLatest replaces the link latest in one step.
func (s *Store) pointLatest(id string) error {
	dir := filepath.Join(s.root, "runs")
	temporary := filepath.Join(dir, "."+latest+"-"+id)
	_ = os.Remove(temporary) // of a process that was killed here
	if err := os.Symlink(id, temporary); err != nil {
		return writeSynced(filepath.Join(dir, latest), []byte(id+"\n")) // no links here
	}
	if err := os.Rename(temporary, filepath.Join(dir, latest)); err != nil {
		_ = os.Remove(temporary)
		return fmt.Errorf("latest: %w", err)
	}
	return syncDir(dir)
}
