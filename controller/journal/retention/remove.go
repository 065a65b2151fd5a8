package retention

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"aixmend/controller/journal"
	"aixmend/controller/journal/captures"
	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
)

// buried is the prefix of a tombstone: the hidden name of a run or capture that is being
// removed. No reader sees it; the next prune erases it if a crash left it behind.
const buried = ".gone-"

// Remover removes runs, and the captures that only they need. It never follows a link out
// of the state folder.
type Remover struct {
	store  *journal.Store
	root   *os.Root
	values captures.Values
}

// ErrLink: the folder of runs or captures is a link.
var ErrLink = errors.New("nothing is removed through a link")

// NewRemover opens a state folder for removal. values finds the unique values in the facts
// of captures that do not list them themselves.
func NewRemover(store *journal.Store, values captures.Values) (*Remover, error) {
	root, err := os.OpenRoot(store.Root())
	if err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	for _, name := range []string{"runs", "captures"} {
		info, err := root.Lstat(name)
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("%s is not a folder: %w", filepath.Join(store.Root(), name), ErrLink)
		}
		if err != nil && (name == "runs" || !errors.Is(err, fs.ErrNotExist)) {
			return nil, errors.Join(fmt.Errorf("state folder: %w", err), root.Close())
		}
	}
	return &Remover{store: store, root: root, values: values}, nil
}

// Close closes the state folder.
func (r *Remover) Close() error { return r.root.Close() }

// IsRun reports whether a name below runs is the folder of a run: it has the form of a
// run's id, and a lock, a journal or run.json in it.
func (r *Remover) IsRun(id string) bool {
	if !journal.IsRunID(id) {
		return false
	}
	for _, name := range []string{"lock", "journal.jsonl", "run.json"} {
		if info, err := r.root.Lstat(path.Join("runs", id, name)); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// Bury renames a run to a hidden tombstone while holding its lock; Sweep erases it. The
// error wraps journal.ErrRunning if another process works on the run. check is called
// under the lock; if it fails, the run stays.
func (r *Remover) Bury(id string, check func() error) error {
	if !r.IsRun(id) {
		return fmt.Errorf("run %s: %w", id, fs.ErrNotExist)
	}
	lock := path.Join("runs", id, "lock")
	if info, err := r.root.Lstat(lock); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("run %s: its lock is not a regular file", id)
	}
	unlock, err := r.store.LockRun(id)
	if err != nil {
		return err
	}
	defer func() { _ = unlock() }()
	if err := check(); err != nil {
		return fmt.Errorf("run %s: %w", id, err)
	}
	if runtime.GOOS == "windows" {
		// Windows does not rename a folder with an open file in it. A process that takes
		// the lock now has it open, so that the rename fails and the run stays.
		_ = unlock()
	}
	if err := r.root.Rename(path.Join("runs", id), path.Join("runs", buried+id)); err != nil {
		return fmt.Errorf("run %s: %w", id, err)
	}
	return durable.SyncDir(filepath.Join(r.store.Root(), "runs"))
}

// Swept is the result of Sweep.
type Swept struct {
	// Captures are the removed captures, as HOST/ID.
	Captures []string
	// Bytes is the space freed.
	Bytes int64
}

// Sweep erases the buried runs, also those of an earlier process, and the captures that
// only they need (see Spare). wanted are the ids of captures that stay.
func (r *Remover) Sweep(wanted []string) (Swept, error) {
	var done Swept
	runs, err := r.Buried()
	if err != nil {
		return done, err
	}
	var problems []error
	ids := map[string]bool{}
	for _, id := range runs {
		ids[id] = true
	}
	spare, err := r.Spare(ids, wanted)
	problems = append(problems, err)
	for _, c := range spare {
		host, id := path.Split(c)
		from := path.Join("captures", host, id)
		if err := r.root.Rename(from, path.Join("captures", host, buried+id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			problems = append(problems, err)
			continue
		}
		done.Captures = append(done.Captures, c)
	}
	hosts, err := r.store.CapturedHosts()
	problems = append(problems, err)
	for _, host := range hosts {
		names, err := r.hidden(path.Join("captures", host))
		problems = append(problems, err)
		for _, name := range names {
			problems = append(problems, r.erase(path.Join("captures", host, name), &done.Bytes))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return done, err // the runs stay: they name the captures that the next Sweep removes
	}
	for _, id := range runs {
		problems = append(problems, r.erase(path.Join("runs", buried+id), &done.Bytes))
	}
	return done, errors.Join(problems...)
}

// hidden returns the tombstones in a folder.
func (r *Remover) hidden(dir string) ([]string, error) {
	entries, err := fs.ReadDir(r.root.FS(), dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), buried) {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// erase removes a file or folder and adds its bytes to freed.
func (r *Remover) erase(name string, freed *int64) error {
	bytes := r.size(name)
	if err := r.root.RemoveAll(name); err != nil {
		return err
	}
	*freed += bytes
	return nil
}

// size returns the bytes of the regular files at and below a path relative to the state
// folder.
func (r *Remover) size(name string) int64 {
	var sum int64
	_ = fs.WalkDir(r.root.FS(), name, func(_ string, e fs.DirEntry, err error) error {
		if err == nil { // otherwise another process is removing it too
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
				sum += info.Size()
			}
		}
		return nil
	})
	return sum
}

// Buried returns the ids of the runs that are buried and not yet erased.
func (r *Remover) Buried() ([]string, error) {
	names, err := r.hidden("runs")
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], buried)
	}
	return names, err
}

// BuriedSize returns the bytes of a buried run.
func (r *Remover) BuriedSize(id string) int64 { return r.size(path.Join("runs", buried+id)) }

// RunSize returns the bytes of a run.
func (r *Remover) RunSize(id string) int64 { return r.size(path.Join("runs", id)) }

// CaptureSize returns the bytes of a capture, by HOST/ID.
func (r *Remover) CaptureSize(name string) int64 { return r.size(path.Join("captures", name)) }

// Spare returns the captures, as HOST/ID, that the given runs took before a change and
// that can go with them. A host keeps its newest good capture, captures with a label or
// from the capture verb, and for each unique value the oldest good capture with it, which
// shows the host that held the value first.
func (r *Remover) Spare(runs map[string]bool, wanted []string) ([]string, error) {
	if len(runs) == 0 {
		return nil, nil
	}
	hosts, err := r.store.CapturedHosts()
	if err != nil {
		return nil, err
	}
	var list []string
	for _, host := range hosts {
		ids, err := r.store.CaptureIDs(host)
		if err != nil {
			return nil, err
		}
		mine := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
			return slices.Contains(wanted, id) || !r.preImageOf(host, id, runs)
		})
		if len(mine) == 0 {
			continue
		}
		needed := r.needed(host, ids)
		for _, id := range mine {
			if !needed[id] {
				list = append(list, host+"/"+id)
			}
		}
	}
	return list, nil
}

// preImageOf reports whether one of the given runs took a capture before a change. The
// capture is not verified: a damaged one may go.
func (r *Remover) preImageOf(host, id string, runs map[string]bool) bool {
	text, err := r.root.ReadFile(path.Join("captures", host, id, "capture.json"))
	var c outcome.Capture
	return err == nil && json.Unmarshal(text, &c) == nil && c.Purpose == outcome.PurposePreImage && c.Label == "" && runs[c.RunID]
}

// needed returns the captures of a host that stay, whichever run took them. ids are all
// its captures, oldest first.
func (r *Remover) needed(host string, ids []string) map[string]bool {
	stay := map[string]bool{}
	seen := map[[2]string]bool{}
	newest := ""
	for _, id := range ids {
		c, err := r.store.LoadCapture(host, id)
		if err != nil {
			continue
		}
		newest = id
		unique := c.Unique
		if unique == nil { // written by an older version
			unique = r.values(c.Facts)
		}
		for name, value := range unique {
			if of := [2]string{name, value}; !seen[of] {
				seen[of], stay[id] = true, true
			}
		}
	}
	if newest != "" {
		stay[newest] = true
	}
	return stay
}
