package journal

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
	"time"

	"github.com/gofrs/flock"

	"aixmend/controller/outcome"
)

// buried begins the hidden name of what is being removed. Once it has it, it is
// gone to everybody: what is left of it by a crash is taken away the next time.
const buried = ".gone-"

// Remover takes runs away, and the captures that were theirs alone. It follows no
// link out of the state folder.
type Remover struct {
	store  *Store
	root   *os.Root
	values Values
}

// Remover opens the state folder for removing. values finds what must be unique in the
// facts of captures that do not say it themselves.
func (s *Store) Remover(values Values) (*Remover, error) {
	root, err := os.OpenRoot(s.root)
	if err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	for _, name := range []string{"runs", "captures"} {
		info, err := root.Lstat(name)
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("%s is not a folder: %w", filepath.Join(s.root, name), ErrLink)
		}
		if err != nil && (name == "runs" || !errors.Is(err, fs.ErrNotExist)) {
			return nil, errors.Join(fmt.Errorf("state folder: %w", err), root.Close())
		}
	}
	return &Remover{store: s, root: root, values: values}, nil
}

// Close closes the state folder.
func (r *Remover) Close() error { return r.root.Close() }

// IsRun tells whether a name below runs is the folder of a run: it is called like
// one, and holds what a run begins with.
func (r *Remover) IsRun(id string) bool {
	if !IsRunID(id) {
		return false
	}
	for _, name := range []string{"lock", "journal.jsonl", "run.json"} {
		if info, err := r.root.Lstat(path.Join("runs", id, name)); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// Bury takes a run out of everybody's sight, if nobody works on it (ErrRunning)
// and still says so once nobody can begin to. Its bytes are freed by Sweep.
func (r *Remover) Bury(id string, still func() error) error {
	if !r.IsRun(id) {
		return fmt.Errorf("run %s: %w", id, fs.ErrNotExist)
	}
	lock := path.Join("runs", id, "lock")
	if info, err := r.root.Lstat(lock); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("run %s: its lock is no plain file", id)
	}
	held := flock.New(r.store.runLock(id), flock.SetPermissions(fileMode))
	free, err := held.TryLock()
	if err != nil {
		return fmt.Errorf("run %s: %w", id, err)
	}
	if !free {
		return fmt.Errorf("run %s: %w", id, ErrRunning)
	}
	defer func() { _ = held.Unlock() }()
	if err := still(); err != nil {
		return fmt.Errorf("run %s: %w", id, err)
	}
	if runtime.GOOS == "windows" {
		// There a folder with an open file in it keeps its name: who comes between
		// has the lock open, and the run stays.
		_ = held.Unlock()
	}
	if err := r.root.Rename(path.Join("runs", id), path.Join("runs", buried+id)); err != nil {
		return fmt.Errorf("run %s: %w", id, err)
	}
	return syncDir(filepath.Join(r.store.root, "runs"))
}

// Swept is what Sweep has removed.
type Swept struct {
	// Captures are those that were taken before a change, as HOST/ID.
	Captures []string
	// Bytes are those of the files.
	Bytes int64
}

// Sweep removes what is buried, by an earlier process too, and those of its
// pre-images that nobody needs any more. wanted are captures that stay, by their ids.
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
		return done, err // the runs are still there to say which captures were theirs
	}
	for _, id := range runs {
		problems = append(problems, r.erase(path.Join("runs", buried+id), &done.Bytes))
	}
	return done, errors.Join(problems...)
}

// hidden are the names in a folder that are buried.
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

// erase removes what is at a place, and adds what that frees.
func (r *Remover) erase(name string, freed *int64) error {
	bytes := r.size(name)
	if err := r.root.RemoveAll(name); err != nil {
		return err
	}
	*freed += bytes
	return nil
}

// size is how many bytes the plain files hold at a place, relative to the state
// folder, and below it.
func (r *Remover) size(name string) int64 {
	var sum int64
	_ = fs.WalkDir(r.root.FS(), name, func(_ string, e fs.DirEntry, err error) error {
		if err == nil { // else another process removes it too
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
				sum += info.Size()
			}
		}
		return nil
	})
	return sum
}

// Buried are the runs that are gone and of which something is left.
func (r *Remover) Buried() ([]string, error) {
	names, err := r.hidden("runs")
	for i := range names {
		names[i] = strings.TrimPrefix(names[i], buried)
	}
	return names, err
}

// BuriedSize is how many bytes are left of a run that is gone.
func (r *Remover) BuriedSize(id string) int64 { return r.size(path.Join("runs", buried+id)) }

// RunSize is how many bytes a run holds.
func (r *Remover) RunSize(id string) int64 { return r.size(path.Join("runs", id)) }

// CaptureSize is how many bytes a capture holds, by HOST/ID.
func (r *Remover) CaptureSize(name string) int64 { return r.size(path.Join("captures", name)) }

// Spare are the captures, as HOST/ID, that some runs took before a change and
// nobody needs without them. A host keeps its newest good capture, those with a
// label, and of each value that must be unique the oldest good one that holds it: it
// says who held it first. What the capture verb took is never one of them.
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
		needed := r.store.needed(host, ids, r.values)
		for _, id := range mine {
			if !needed[id] {
				list = append(list, host+"/"+id)
			}
		}
	}
	return list, nil
}

// preImageOf tells whether one of some runs took a capture before a change. It is
// not hashed for it: a damaged one is of no use to anybody.
func (r *Remover) preImageOf(host, id string, runs map[string]bool) bool {
	text, err := r.root.ReadFile(path.Join("captures", host, id, "capture.json"))
	var c outcome.Capture
	return err == nil && json.Unmarshal(text, &c) == nil && c.Purpose == outcome.PurposePreImage && c.Label == "" && runs[c.RunID]
}

// needed are the captures of a host, the oldest first, that stay whatever run
// took them.
func (s *Store) needed(host string, ids []string, values Values) map[string]bool {
	stay := map[string]bool{}
	seen := map[[2]string]bool{}
	newest := ""
	for _, id := range ids {
		c, err := s.LoadCapture(host, id)
		if err != nil {
			continue
		}
		newest = id
		unique := c.Unique
		if unique == nil { // as older versions took it
			unique = values(c.Facts)
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

// RunTime is when a run began, as its id says.
func RunTime(id string) (time.Time, bool) {
	stamp, _, _ := strings.Cut(id, "-")
	began, err := time.Parse(idTime, stamp)
	return began, err == nil
}
