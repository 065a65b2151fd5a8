package durable

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// group returns a group whose file system is synced by a function.
func group(sync func() error) *Group {
	g := Disk{}.NewGroup("")
	g.once.Do(func() { g.whole = &fileSystem{has: func(string) bool { return true }, sync: sync} })
	return g
}

// All that wait at one time share a sync, which began after each of them had written.
func TestGroupShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var written, safe, syncs atomic.Int64
		g := group(func() error {
			syncs.Add(1)
			begun := written.Load()
			time.Sleep(time.Second) // of the bubble: all others come meanwhile
			safe.Store(begun)
			return nil
		})
		const callers = 100
		var wait sync.WaitGroup
		for range callers {
			wait.Go(func() {
				mine := written.Add(1)
				if err := g.Sync(Written{}); err != nil || safe.Load() < mine {
					t.Errorf("%v: %d writes were safe, and not the one of number %d", err, safe.Load(), mine)
				}
			})
		}
		wait.Wait()
		if n := syncs.Load(); n > 2 {
			t.Errorf("%d syncs for %d callers that came during the first", n, callers)
		}
	})
}

// After an error of the file system, which may be another program's, each of the caller's own
// files is asked.
func TestGroupAfterAnError(t *testing.T) {
	dir := t.TempDir()
	there, gone := filepath.Join(dir, "there"), filepath.Join(dir, "gone")
	if err := (Disk{}).New(there, nil); err != nil {
		t.Fatal(err)
	}
	g := group(func() error { return errors.New("a disk of others is full") })
	if err := g.Sync(Written{Files: []string{there}, Folders: []string{dir}}); err != nil {
		t.Error(err)
	}
	if err := g.Sync(Written{Files: []string{there, gone}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// Linux reports an error once to each descriptor. It may be that of a caller who had written
// already, and only syncs later: that one's files are asked, too.
func TestGroupKeepsAnError(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	errs := []error{errors.New("input/output error"), nil, nil}
	g := group(func() error {
		err := errs[0]
		errs = errs[1:]
		return err
	})
	writes := g.Begin()
	if err := g.Sync(Written{Since: g.Begin()}); err != nil {
		t.Errorf("the sync that got the error, of no files: %v", err)
	}
	if err := g.Sync(Written{Files: []string{gone}, Since: writes}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file written before the error: %v", err)
	}
	if err := g.Sync(Written{Files: []string{gone}, Since: g.Begin()}); err != nil {
		t.Errorf("a caller that began after the error: %v", err)
	}
	if len(errs) != 0 {
		t.Errorf("%d syncs were not shared", len(errs))
	}
}

// A link may lead to another file system.
func TestGroupSyncsElsewhere(t *testing.T) {
	g := group(func() error { t.Error("synced as a whole"); return nil })
	g.whole.has = func(folder string) bool { return folder != "elsewhere" }
	if err := g.Sync(Written{Folders: []string{"here", "elsewhere"}}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
