// Package journal stores runs as plain files below a state folder: JSON, JSON lines and
// evidence as received. People read them with less and archive them with tar. Files are
// 0600, folders 0700. Files are replaced atomically; a record that a change depends on is
// synced to the disk before the change.
package journal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"aixmend/controller/journal/captures"
	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/transport/ownership"
)

const latest = "latest"

// Store is a state folder with its runs and captures.
type Store struct {
	captures.Folder // of the hosts, below "captures"

	root     string
	disk     durable.Disk
	group    *durable.Group // of the runs
	plans    durable.Once
	printing bool // files that others can change are read, too
}

// Open returns the store in a folder. It creates the folder if it does not exist. The
// error wraps an *ownership.Fault if anybody but this user and root can change it.
func Open(root string) (*Store, error) { return OpenOn(durable.Disk{}, root) }

// OpenOn is Open on another disk than that of the operating system.
func OpenOn(disk durable.Disk, root string) (*Store, error) {
	if err := Trusted(root); err != nil { // before anything is created in it
		return nil, err
	}
	for _, dir := range []string{root, filepath.Join(root, "runs"), filepath.Join(root, "captures")} {
		if err := disk.MakeFolder(dir); err != nil {
			return nil, fmt.Errorf("state folder: %w", err)
		}
	}
	if err := Trusted(root); err != nil {
		return nil, err
	}
	return storeOn(disk, root), nil
}

func storeOn(disk durable.Disk, root string) *Store {
	return &Store{Folder: captures.On(disk, root), root: root, disk: disk, group: disk.NewGroup(filepath.Join(root, "runs"))}
}

// OpenExisting returns the store in a folder that must exist, for verbs that act on its
// content. The error wraps an *ownership.Fault as for Open.
func OpenExisting(root string) (*Store, error) {
	if err := isState(root); err != nil {
		return nil, err
	}
	if err := Trusted(root); err != nil {
		return nil, err
	}
	return storeOn(durable.Disk{}, root), nil
}

// OpenToPrint is OpenExisting for verbs that only print. It opens a folder that others
// can change, too; doubt is then the error of Trusted.
func OpenToPrint(root string) (s *Store, doubt, err error) {
	if err := isState(root); err != nil {
		return nil, nil, err
	}
	s = storeOn(durable.Disk{}, root)
	s.Folder, s.printing = captures.ToPrint(root), true
	return s, Trusted(root), nil
}

// isState reports why a folder is no state folder, or can't be read.
func isState(root string) error {
	for _, dir := range []string{root, filepath.Join(root, "runs"), filepath.Join(root, "captures")} {
		var unreadable *durable.Unreadable
		if _, err := durable.ReadDir(dir); errors.As(err, &unreadable) {
			return fmt.Errorf("state folder: %w", err)
		}
	}
	if at, err := filepath.Abs(root); err == nil {
		if _, err := os.Lstat(at); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("state folder %s does not exist in %s", filepath.Base(at), filepath.Dir(at))
		}
	}
	if info, err := os.Stat(filepath.Join(root, "runs")); err != nil || !info.IsDir() {
		return fmt.Errorf("%s is not a state folder: it has no runs", root)
	}
	return nil
}

// Trusted returns an error that wraps an *ownership.Fault if anybody but this user and
// root can change a state folder: that decides what resume and recover run. A
// folder that does not exist yet is trusted if those above it are.
func Trusted(root string) error {
	for _, dir := range []string{root, filepath.Join(root, "runs"), filepath.Join(root, "captures"), filepath.Join(root, "plans")} {
		if err := trusted(dir); err != nil {
			return err
		}
	}
	return nil
}

// trusted is Trusted of one file or folder.
func trusted(path string) error {
	err := ownership.Check(path)
	var fault *ownership.Fault
	switch {
	case !errors.As(err, &fault) || fault.At != path:
	case strings.HasPrefix(fault.Remedy, "chmod "): // its files are likely to need the same
		fault.Remedy = strings.Replace(fault.Remedy, " ", " -R ", 1)
	default: // its owner may have planted commands
		fault.Remedy = "name a state folder of your own (--state), or run aixmend as its owner"
	}
	if err != nil {
		return fmt.Errorf("state folder: %w", err)
	}
	return nil
}

// trusted returns an error if others can change a file of the state folder, unless it is
// only printed.
func (s *Store) trusted(path string) error {
	if s.printing {
		return nil
	}
	return trusted(path)
}

// Root is the path of the state folder.
func (s *Store) Root() string { return s.root }

// ErrLocked: another changing run holds the state folder.
var ErrLocked = errors.New("another changing run holds this state folder")

// Lock locks the state folder for a changing run and returns the unlock function. The
// operating system releases the lock when the process dies.
func (s *Store) Lock() (func(), error) {
	lock := durable.NewLock(filepath.Join(s.root, "lock"))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	if !held {
		return nil, cmp.Or(s.Busy(), fmt.Errorf("%w: %s", ErrLocked, s.root))
	}
	return func() { _ = lock.Unlock() }, nil
}

// Busy returns an error that wraps ErrLocked and names the run while a process works on a
// changing run of the state folder: Lock would fail. It takes no lock.
func (s *Store) Busy() error {
	ids, err := s.RunIDs()
	if err != nil {
		return err
	}
	for _, id := range ids {
		var asked struct{ Verb string }
		if !s.Running(id) || s.LoadRequestHead(id, &asked) != nil || asked.Verb != "recover" {
			continue
		}
		by := ""
		entries, _ := s.ReadJournal(id)
		for _, e := range entries {
			if e.Event == outcome.EventRun && e.By != nil {
				by = ", by " + e.By.String() // who resumed it, where somebody did
			}
		}
		return fmt.Errorf("%w: %s: run %s%s", ErrLocked, s.root, id, by)
	}
	return nil
}

// Readable returns an error that wraps a *durable.Unreadable if this user may not read the
// folder of a run.
func (s *Store) Readable(id string) error {
	var unreadable *durable.Unreadable
	if _, err := durable.ReadDir(s.RunDir(id)); errors.As(err, &unreadable) {
		return fmt.Errorf("run %s: %w", id, err)
	}
	return nil
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
	lock := durable.NewLock(s.runLock(id))
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
