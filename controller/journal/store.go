// Package journal stores runs as plain files below a state folder: JSON, JSON lines and
// evidence as received. People read them with less and archive them with tar. Files are
// 0600, folders 0700. Files are replaced atomically; a record that a change depends on is
// synced to the disk before the change.
package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"aixmend/controller/journal/captures"
	"aixmend/controller/journal/durable"

	"github.com/gofrs/flock"
)

const latest = "latest"

// Store is a state folder with its runs and captures.
type Store struct {
	captures.Folder // of the hosts, below "captures"

	root string
}

// Open returns the store in a folder. It creates the folder if it does not exist.
func Open(root string) (*Store, error) {
	for _, dir := range []string{root, filepath.Join(root, "runs"), filepath.Join(root, "captures")} {
		if err := os.MkdirAll(dir, durable.DirMode); err != nil {
			return nil, fmt.Errorf("state folder: %w", err)
		}
	}
	return &Store{Folder: captures.In(root), root: root}, nil
}

// OpenExisting returns the store in a folder that must exist, for verbs that only read.
func OpenExisting(root string) (*Store, error) {
	if info, err := os.Stat(filepath.Join(root, "runs")); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s is not a state folder: it has no runs", root)
	}
	return &Store{Folder: captures.In(root), root: root}, nil
}

// Root is the path of the state folder.
func (s *Store) Root() string { return s.root }

// ErrLocked: another changing run holds the state folder.
var ErrLocked = errors.New("another changing run holds this state folder")

// Lock locks the state folder for a changing run and returns the unlock function. The
// operating system releases the lock when the process dies.
func (s *Store) Lock() (func(), error) {
	lock := flock.New(filepath.Join(s.root, "lock"), flock.SetPermissions(durable.FileMode))
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

// runLock is the file that the process of a run locks.
func (s *Store) runLock(id string) string { return filepath.Join(s.RunDir(id), "lock") }

// ErrRunning: another process works on the run.
var ErrRunning = errors.New("it is still running")

// LockRun locks a run for this process and returns the unlock function, which may be
// called twice. The error wraps ErrRunning if another process holds the lock.
func (s *Store) LockRun(id string) (unlock func() error, err error) {
	lock := flock.New(s.runLock(id), flock.SetPermissions(durable.FileMode))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", id, err)
	}
	if !held {
		return nil, fmt.Errorf("run %s: %w", id, ErrRunning)
	}
	return lock.Unlock, nil
}

// checkpointsDir holds the checkpoints of a run. Finish removes it when no host is left
// for resume.
func (s *Store) checkpointsDir(id string) string { return filepath.Join(s.RunDir(id), "checkpoints") }
