package journal

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
)

// NewRunID returns an id that sorts by time: 20261122T103000.123Z-3f9ac2.
func NewRunID(at time.Time) string {
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return at.UTC().Format(idTime) + "-" + hex.EncodeToString(b[:])
}

var runID = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}\.[0-9]{3}Z-[0-9a-f]{6}$`)

// IsRunID tells whether a text looks like what NewRunID returns.
func IsRunID(id string) bool { return runID.MatchString(id) }

// idTime is the time that a run's id begins with.
const idTime = "20060102T150405.000Z"

// Run is the folder of a run that is being written.
type Run struct {
	store *Store
	id    string

	lock *flock.Flock

	mu      sync.Mutex
	journal *os.File
	size    int64 // of the whole lines in it
}

// NewRun makes the folder of a run and opens its journal.
func (s *Store) NewRun(id string) (*Run, error) {
	if err := naming.CheckFile("run", id); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(s.RunDir(id), "hosts"), dirMode); err != nil {
		return nil, fmt.Errorf("run folder: %w", err)
	}
	return s.openRun(id)
}

// ErrRunning says that another process works on the run.
var ErrRunning = errors.New("it is still running")

// GoOn opens the folder of a run that was cut off. What a crash may have left at
// the end of its journal and is no line is taken away: what it was to say was not
// acted on.
func (s *Store) GoOn(id string) (*Run, error) {
	if err := naming.CheckFile("run", id); err != nil {
		return nil, err
	}
	r, err := s.openRun(id)
	if err != nil {
		return nil, err
	}
	if err := r.mendTail(); err != nil {
		_ = r.Close()
		return nil, fmt.Errorf("journal: %w", err)
	}
	return r, nil
}

// openRun opens the journal of a run for this process alone.
func (s *Store) openRun(id string) (*Run, error) {
	lock := flock.New(s.runLock(id), flock.SetPermissions(fileMode))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("run folder: %w", err)
	}
	if !held {
		return nil, fmt.Errorf("run %s: %w", id, ErrRunning)
	}
	path := filepath.Join(s.RunDir(id), "journal.jsonl")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR, fileMode)
	if err != nil {
		_ = lock.Unlock()
		return nil, fmt.Errorf("journal: %w", err)
	}
	info, err := file.Stat()
	if err == nil {
		err = syncDir(s.RunDir(id))
	}
	if err != nil {
		_ = file.Close()
		_ = lock.Unlock()
		return nil, fmt.Errorf("run folder: %w", err)
	}
	return &Run{store: s, id: id, lock: lock, journal: file, size: info.Size()}, nil
}

// runLock is the file that the process of a run holds a lock on.
func (s *Store) runLock(id string) string { return filepath.Join(s.RunDir(id), "lock") }

// Running tells whether a process works on a run.
func (s *Store) Running(id string) bool {
	if _, err := os.Stat(s.runLock(id)); err != nil {
		return false
	}
	lock := flock.New(s.runLock(id), flock.SetPermissions(fileMode))
	free, err := lock.TryRLock()
	_ = lock.Unlock()
	return err == nil && !free
}

// mendTail cuts what stands behind the last line that can be read.
func (r *Run) mendTail() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	text, err := os.ReadFile(r.journal.Name())
	if err != nil {
		return err
	}
	if r.size = int64(readable(text)); r.size == int64(len(text)) {
		return nil
	}
	// By its name: a file that is open for appending can't be cut on every system.
	return os.Truncate(r.journal.Name(), r.size)
}

// readable is how much of a journal there is without what a crash may leave at
// its end: half a line, or a last one that is none.
func readable(text []byte) int {
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	lines := bytes.TrimRight(text, "\n")
	last := bytes.LastIndexByte(lines, '\n') + 1
	if json.Unmarshal(lines[last:], new(outcome.Entry)) != nil {
		return last
	}
	return len(lines) + 1
}

// Format is the format of a run's journal, as its first line says. known is false
// where there is no such line: then nothing of it was acted on.
func (s *Store) Format(id string) (format int, known bool) {
	file, err := os.Open(filepath.Join(s.RunDir(id), "journal.jsonl"))
	if err != nil {
		return 0, false
	}
	defer file.Close()
	line, err := bufio.NewReader(io.LimitReader(file, maxFirstLine)).ReadBytes('\n')
	var first outcome.Entry
	if err != nil || json.Unmarshal(line, &first) != nil {
		return 0, false
	}
	return first.Format, true
}

// maxFirstLine bounds what is read of a journal for its format.
const maxFirstLine = 64 << 10

// WriteRequest keeps what the run was asked to do, on the disk, before it does
// anything.
func (r *Run) WriteRequest(request any) error {
	text, err := json.MarshalIndent(request, "", "  ")
	if err != nil {
		return fmt.Errorf("request: %w", err)
	}
	if err := writeSynced(filepath.Join(r.store.RunDir(r.id), "request.json"), append(text, '\n')); err != nil {
		return fmt.Errorf("request: %w", err)
	}
	return nil
}

// HasRequest tells whether a run has written down what it was asked to do.
func (s *Store) HasRequest(id string) bool {
	_, err := os.Stat(filepath.Join(s.RunDir(id), "request.json"))
	return err == nil
}

// LoadRequest reads what a run was asked to do.
func (s *Store) LoadRequest(id string, into any) error {
	if err := readJSON(filepath.Join(s.RunDir(id), "request.json"), into); err != nil {
		return fmt.Errorf("run %s: %w", id, err)
	}
	return nil
}

// checkpointsDir holds the checkpoints of a run. It is removed when no host is left for
// resume.
func (s *Store) checkpointsDir(id string) string { return filepath.Join(s.RunDir(id), "checkpoints") }

// WriteCheckpoint writes the checkpoint of a host: its report when a rung begins, from
// which resume continues. It is on the disk when Append of a later intent returns.
func (r *Run) WriteCheckpoint(h outcome.Host) error {
	if err := naming.CheckFile("host", h.Host); err != nil {
		return err
	}
	dir := r.store.checkpointsDir(r.id)
	if err := errors.Join(os.MkdirAll(dir, dirMode), syncDir(r.store.RunDir(r.id))); err != nil {
		return fmt.Errorf("report of %s: %w", h.Host, err)
	}
	if err := writeContent(filepath.Join(dir, h.Host+".json"), jsonOf(h)); err != nil {
		return fmt.Errorf("report of %s: %w", h.Host, err)
	}
	return nil
}

// LoadCheckpoint returns the newest checkpoint of a host; nil: there is none.
func (s *Store) LoadCheckpoint(id, host string) (*outcome.Host, error) {
	if err := naming.CheckFile("host", host); err != nil {
		return nil, err
	}
	var h outcome.Host
	err := readHost(filepath.Join(s.checkpointsDir(id), host+".json"), &h)
	if errors.Is(err, fs.ErrNotExist) {
		err = readHost(filepath.Join(s.RunDir(id), olderCheckpoints, host+".json"), &h)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("run %s, host %s: %w", id, host, err)
	}
	return &h, nil
}

// Append writes one line. What WriteCheckpoint and changes rest on is on the disk when
// it returns: rungs, intents and results.
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
	switch e.Event {
	case outcome.EventRung, outcome.EventIntent, outcome.EventResult:
		if err := r.journal.Sync(); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	return nil
}

// WriteHost writes a host's report for machines and the one for people. They
// are complete files at any moment; the run's end makes them durable.
func (r *Run) WriteHost(h outcome.Host, markdown []byte) error {
	if err := naming.CheckFile("host", h.Host); err != nil {
		return err
	}
	dir := filepath.Join(r.store.RunDir(r.id), "hosts")
	if err := writeFile(filepath.Join(dir, h.Host+".json"), fileMode, false, jsonOf(h)); err != nil {
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
	if err := naming.CheckFile("host", host); err != nil {
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
	if run.Unfinished == 0 { // every report is written: no checkpoint is needed any more
		if err := os.RemoveAll(r.store.checkpointsDir(r.id)); err != nil {
			return fmt.Errorf("run folder: %w", err)
		}
	}
	if err := writeSynced(filepath.Join(dir, "run.json"), append(text, '\n')); err != nil {
		return fmt.Errorf("run.json: %w", err)
	}
	return r.store.pointLatest(r.id)
}

// WritePage writes report.html.
func (r *Run) WritePage(write func(io.Writer) error) error {
	path := filepath.Join(r.store.RunDir(r.id), "report.html")
	if err := writeContent(path, func(to io.Writer) error {
		buffered := bufio.NewWriterSize(to, 1<<16)
		if err := write(buffered); err != nil {
			return err
		}
		return buffered.Flush()
	}); err != nil {
		return fmt.Errorf("report.html: %w", err)
	}
	return nil
}

// Close closes the journal.
func (r *Run) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.journal.Close(), r.lock.Unlock())
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
