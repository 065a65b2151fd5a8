// Package journal keeps runs and captures as plain files below one state
// folder: JSON, JSON lines and the evidence as it came, to be read with less
// and archived with tar. Files are 0600, folders 0700. What is written is
// written whole or not at all; what a change rests on is synced to the disk.
package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
)

const (
	dirMode  = 0o700
	fileMode = 0o600
	latest   = "latest"
)

// Store is a state folder.
type Store struct{ root string }

// Open returns the store in a folder, which is made when it is not there.
func Open(root string) (*Store, error) {
	for _, dir := range []string{root, filepath.Join(root, "runs"), filepath.Join(root, "captures")} {
		if err := os.MkdirAll(dir, dirMode); err != nil {
			return nil, fmt.Errorf("state folder: %w", err)
		}
	}
	return &Store{root: root}, nil
}

// OpenExisting returns the store in a folder that must be there, for verbs
// that only read it.
func OpenExisting(root string) (*Store, error) {
	if info, err := os.Stat(filepath.Join(root, "runs")); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s is not a state folder: it has no runs", root)
	}
	return &Store{root: root}, nil
}

// Root is the folder.
func (s *Store) Root() string { return s.root }

// ErrLocked says that another changing run holds the state folder.
var ErrLocked = errors.New("another changing run holds this state folder")

// Lock takes the state folder for a changing run and returns how to give it
// back. The operating system gives it back when the process dies.
func (s *Store) Lock() (func(), error) {
	lock := flock.New(filepath.Join(s.root, "lock"), flock.SetPermissions(fileMode))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	if !held {
		return nil, fmt.Errorf("%w: %s", ErrLocked, s.root)
	}
	return func() { _ = lock.Unlock() }, nil
}

// RunDir is the folder of a run.
func (s *Store) RunDir(id string) string { return filepath.Join(s.root, "runs", id) }

// Resolve turns a run's id, or "latest", into the id of a run that is there.
func (s *Store) Resolve(ref string) (string, error) {
	if ref == latest {
		id, err := s.readLatest()
		if err != nil {
			return "", fmt.Errorf("there is no finished run in %s", s.root)
		}
		ref = id
	}
	if err := naming.CheckFile("run", ref); err != nil {
		return "", err
	}
	if _, err := os.Stat(s.RunDir(ref)); err != nil {
		return "", fmt.Errorf("there is no run %s in %s; see aixmend runs", ref, s.root)
	}
	return ref, nil
}

func (s *Store) readLatest() (string, error) {
	path := filepath.Join(s.root, "runs", latest)
	if target, err := os.Readlink(path); err == nil {
		return filepath.Base(target), nil
	}
	text, err := os.ReadFile(path) // where links are not to be had
	return strings.TrimSpace(string(text)), err
}

// RunIDs returns the ids of all runs, the newest first.
func (s *Store) RunIDs() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.root, "runs"))
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") { // hidden ones are being removed
			ids = append(ids, e.Name())
		}
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids, nil
}

// Attempts counts how often each rung was tried on each host by runs that began
// after a time; the key is "HOST RUNG". One of which nothing was sent was not. A
// run whose journal can't be read is left out: what rests on the count only
// refuses.
func (s *Store) Attempts(since time.Time) (map[string]int, error) {
	ids, err := s.RunIDs()
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, id := range ids {
		began, known := RunTime(id)
		if !known || began.Before(since) {
			continue
		}
		entries, err := s.ReadJournal(id)
		if err != nil {
			continue
		}
		for host, trail := range outcome.Trails(entries) {
			for i, rung := range trail.Rungs {
				next := len(trail.Changes)
				if i+1 < len(trail.Rungs) {
					next = trail.Rungs[i+1].At
				}
				if next > rung.At {
					counts[host+" "+rung.ID]++
				}
			}
		}
	}
	return counts, nil
}

// LoadRun reads run.json. A run that was killed has none: fs.ErrNotExist.
func (s *Store) LoadRun(id string) (*outcome.Run, error) {
	var run outcome.Run
	if err := readRun(filepath.Join(s.RunDir(id), "run.json"), &run); err != nil {
		return nil, fmt.Errorf("run %s: %w", id, err)
	}
	return &run, nil
}

// ReadJournal reads a run's journal, also that of a run that was killed: a last
// line that was cut off is left out.
func (s *Store) ReadJournal(id string) ([]outcome.Entry, error) {
	path := filepath.Join(s.RunDir(id), "journal.jsonl")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", id, err)
	}
	var entries []outcome.Entry
	lines := bytes.Split(bytes.TrimRight(text, "\n"), []byte("\n"))
	for i, line := range lines {
		var e outcome.Entry
		if json.Unmarshal(line, &e) != nil {
			if i == len(lines)-1 {
				break // torn by a crash
			}
			return entries, fmt.Errorf("run %s: %s: line %d can't be read", id, path, i+1)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// LoadHost reads a host's report.
func (s *Store) LoadHost(id, host string) (*outcome.Host, error) {
	if err := naming.CheckFile("host", host); err != nil {
		return nil, err
	}
	var h outcome.Host
	err := readHost(filepath.Join(s.RunDir(id), "hosts", host+".json"), &h)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("run %s has no host %s: %w", id, host, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("run %s, host %s: %w", id, host, err)
	}
	return &h, nil
}

func readJSON(path string, into any) error {
	_, err := readJSONText(path, into)
	return err
}

// readJSONText reads a document and returns its text, too.
func readJSONText(path string, into any) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}
