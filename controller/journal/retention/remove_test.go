package retention

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/journal"
	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
)

func open(t *testing.T) *journal.Store {
	t.Helper()
	s, err := journal.Open(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newRun(t *testing.T, s *journal.Store, id string) *journal.Run {
	t.Helper()
	r, err := s.NewRun(id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// finish writes a complete run and closes it.
func finish(t *testing.T, s *journal.Store, id string) *journal.Run {
	t.Helper()
	r := newRun(t, s, id)
	if err := errors.Join(r.Finish(outcome.Run{Schema: outcome.RunSchema, ID: id}), r.Close()); err != nil {
		t.Fatal(err)
	}
	return r
}

// oldRun is the id of a run.
func oldRun(n int) string { return fmt.Sprintf("20260101T0000%02d.000Z-00000a", n) }

func remover(t *testing.T, s *journal.Store) *Remover {
	t.Helper()
	r, err := NewRemover(s, commandOf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func always() error { return nil }

// commandOf finds the node id in the facts of a capture.
func commandOf(facts map[string]any) map[string]string {
	ids, _ := facts["node_ids"].(map[string]any)
	if id, _ := ids["Command"].(string); id != "" {
		return map[string]string{"node_id": id}
	}
	return nil
}

// keeps writes a capture of a host with a node id, taken by a run.
func keeps(t *testing.T, s *journal.Store, host, id, purpose, run, node string) {
	t.Helper()
	c := outcome.Capture{Schema: outcome.CaptureSchema, ID: id, Host: host, RunID: run, Purpose: purpose, Facts: map[string]any{"node_ids": map[string]any{"Command": node}}}
	if _, err := s.Keep(c, []outcome.CaptureFile{{Name: "files/etc/hosts", Data: []byte(host)}}); err != nil {
		t.Fatal(err)
	}
}

func TestBuryAndSweep(t *testing.T) {
	s := open(t)
	finish(t, s, oldRun(1))
	finish(t, s, oldRun(2))
	r := remover(t, s)
	size := r.RunSize(oldRun(1))
	if err := r.Bury(oldRun(1), always); err != nil {
		t.Fatal(err)
	}
	ids, err := s.RunIDs()
	if diff := cmp.Diff([]string{oldRun(2)}, ids); err != nil || diff != "" {
		t.Errorf("a buried run is listed: %s%v", diff, err)
	}
	if _, err := s.Reopen(oldRun(1)); err == nil {
		t.Error("a buried run can be reopened")
	}
	// The process dies here; the next one erases the rest.
	swept, err := remover(t, s).Sweep(nil)
	if err != nil || swept.Bytes != size || size == 0 {
		t.Errorf("freed %d bytes of %d: %v", swept.Bytes, size, err)
	}
	if err := filepath.WalkDir(s.Root(), func(path string, _ fs.DirEntry, err error) error {
		if strings.Contains(path, buried) || strings.Contains(path, oldRun(1)) {
			t.Errorf("left: %s", path)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
}

func TestBuryRefuses(t *testing.T) {
	s := open(t)
	running := newRun(t, s, oldRun(1))
	finish(t, s, oldRun(2))
	r := remover(t, s)
	if err := r.Bury(oldRun(1), always); !errors.Is(err, journal.ErrRunning) {
		t.Errorf("a run at work: %v", err)
	}
	if err := running.Append(outcome.Entry{Event: outcome.EventRun}); err != nil {
		t.Error(err)
	}
	needed := errors.New("needed")
	if err := r.Bury(oldRun(2), func() error {
		if !s.Running(oldRun(2)) {
			t.Error("not locked during the check")
		}
		return needed
	}); !errors.Is(err, needed) {
		t.Errorf("a run that is needed: %v", err)
	}
	for _, name := range []string{"../captures", "..", "latest", "notes", oldRun(9)} {
		if err := r.Bury(name, always); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if ids, err := s.RunIDs(); err != nil || len(ids) != 2 {
		t.Errorf("runs %v, %v", ids, err)
	}
}

// No link is followed: not in place of a run, in a run, or in place of the folder of runs.
func TestRemovalFollowsNoLink(t *testing.T) {
	s := open(t)
	outside := t.TempDir()
	precious := filepath.Join(outside, "precious")
	if err := os.WriteFile(precious, []byte("precious"), durable.FileMode); err != nil {
		t.Fatal(err)
	}
	finish(t, s, oldRun(1))
	link := func(target string, path ...string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(append([]string{s.Root()}, path...)...)); err != nil {
			t.Skip("symbolic links are not supported here: ", err)
		}
	}
	link(outside, "runs", oldRun(1), "hosts", "there")
	link(precious, "runs", oldRun(1), "hosts", "file")
	link(outside, "runs", oldRun(2))
	link(outside, "runs", buried+oldRun(3))
	link(outside, "captures", "h1")
	r := remover(t, s)
	if r.IsRun(oldRun(2)) {
		t.Error("IsRun of a link")
	}
	if err := r.Bury(oldRun(1), always); err != nil {
		t.Error(err)
	}
	if _, err := r.Sweep(nil); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(precious); err != nil || string(text) != "precious" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := os.Lstat(filepath.Join(s.Root(), "runs", buried+oldRun(3))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the link itself: %v", err)
	}
	// The lock of a run is a link to a file outside.
	finish(t, s, oldRun(4))
	if err := os.Remove(filepath.Join(s.RunDir(oldRun(4)), "lock")); err != nil {
		t.Fatal(err)
	}
	link(precious, "runs", oldRun(4), "lock")
	if err := r.Bury(oldRun(4), always); err == nil {
		t.Error("a lock was taken through a link")
	}
	// The folder of runs is a link.
	other := filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(other, durable.DirMode); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(s.Root(), "runs"), filepath.Join(other, "runs")); err != nil {
		t.Fatal(err)
	}
	elsewhere, err := journal.OpenExisting(other)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewRemover(elsewhere, commandOf); err == nil || !strings.Contains(err.Error(), "nothing is removed through a link") {
		t.Errorf("the folder of the runs is a link: %v", err)
	}
}

// A capture from before a change is removed with its run, unless it is the host's newest
// good capture or the oldest with a node id.
func TestSweepOfCaptures(t *testing.T) {
	s := open(t)
	gone, stays := oldRun(1), oldRun(2)
	keeps(t, s, "h1", "c1", outcome.PurposePreImage, gone, "aa") // the first with node id aa
	keeps(t, s, "h1", "c2", outcome.PurposePreImage, gone, "aa")
	keeps(t, s, "h1", "c3", outcome.PurposePreImage, gone, "bb") // the first with node id bb
	keeps(t, s, "h1", "c4", outcome.PurposeCapture, gone, "bb")
	keeps(t, s, "h1", "c5", outcome.PurposePreImage, gone, "bb")
	keeps(t, s, "h1", "c6", outcome.PurposePreImage, gone, "bb") // an open run needs it as baseline
	keeps(t, s, "h1", "c7", outcome.PurposePreImage, gone, "bb") // damaged
	keeps(t, s, "h1", "c8", outcome.PurposePreImage, stays, "bb")
	keeps(t, s, "h2", "c1", outcome.PurposePreImage, gone, "cc")
	keeps(t, s, "h2", "c2", outcome.PurposePreImage, gone, "cc") // its newest
	keeps(t, s, "h3", "c1", outcome.PurposePreImage, gone, "")
	keeps(t, s, "h3", "c2", outcome.PurposePreImage, gone, "") // its newest good one
	keeps(t, s, "h3", "c3", outcome.PurposePreImage, gone, "") // damaged
	for _, damaged := range []string{"h1/c7", "h3/c3"} {
		if err := os.Remove(filepath.Join(s.Root(), "captures", damaged, "files/etc/hosts")); err != nil {
			t.Fatal(err)
		}
	}
	finish(t, s, gone)
	finish(t, s, stays)
	r := remover(t, s)
	if err := r.Bury(gone, always); err != nil {
		t.Fatal(err)
	}
	before, err := r.Spare(map[string]bool{gone: true}, []string{"c6"})
	if err != nil {
		t.Fatal(err)
	}
	swept, err := r.Sweep([]string{"c6"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"h1/c2", "h1/c5", "h1/c7", "h3/c1", "h3/c3"}
	if diff := cmp.Diff(want, swept.Captures); diff != "" {
		t.Errorf("captures (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, before); diff != "" {
		t.Errorf("foreseen (-want +got):\n%s", diff)
	}
	left := map[string][]string{}
	for _, host := range []string{"h1", "h2", "h3"} {
		entries, err := os.ReadDir(filepath.Join(s.Root(), "captures", host))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			left[host] = append(left[host], e.Name())
		}
	}
	if diff := cmp.Diff(map[string][]string{"h1": {"c1", "c3", "c4", "c6", "c8"}, "h2": {"c1", "c2"}, "h3": {"c2"}}, left); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

// A crash during a sweep leaves the runs, which name the captures of the next sweep.
func TestSweepAfterACrash(t *testing.T) {
	s := open(t)
	keeps(t, s, "h1", "c1", outcome.PurposePreImage, oldRun(1), "")
	keeps(t, s, "h1", "c2", outcome.PurposePreImage, oldRun(1), "")
	keeps(t, s, "h1", "c3", outcome.PurposeCapture, oldRun(2), "")
	finish(t, s, oldRun(1))
	r := remover(t, s)
	if err := r.Bury(oldRun(1), always); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(s.Root(), "captures", "h1")
	if err := errors.Join(os.Rename(filepath.Join(dir, "c1"), filepath.Join(dir, buried+"c1")), os.Remove(filepath.Join(dir, buried+"c1", "manifest.sha256"))); err != nil {
		t.Fatal(err)
	}
	if ids, err := s.CaptureIDs("h1"); err != nil || len(ids) != 2 {
		t.Errorf("captures %v, %v", ids, err)
	}
	if left, err := r.Buried(); err != nil || len(left) != 1 || left[0] != oldRun(1) || r.BuriedSize(oldRun(1)) == 0 {
		t.Errorf("%v, %v", left, err)
	}
	if _, err := r.Sweep(nil); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 || entries[0].Name() != "c3" {
		t.Errorf("%v, %v", entries, err)
	}
}

// Two processes can remove the same runs while another run begins.
func TestConcurrentRemoval(t *testing.T) {
	s := open(t)
	const n = 20
	for i := range n {
		finish(t, s, oldRun(i))
		keeps(t, s, "h1", fmt.Sprintf("c%02d", i), outcome.PurposePreImage, oldRun(i), "")
	}
	newRun(t, s, "20261122T103000.000Z-00000b")
	var work sync.WaitGroup
	for range 2 {
		work.Go(func() {
			r, err := NewRemover(s, commandOf)
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Close()
			for i := range n {
				if err := r.Bury(oldRun(i), always); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, journal.ErrRunning) {
					t.Error(err)
				}
			}
			if _, err := r.Sweep(nil); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	if _, err := remover(t, s).Sweep(nil); err != nil {
		t.Error(err)
	}
	if ids, err := s.RunIDs(); err != nil || len(ids) != 1 {
		t.Errorf("runs %v, %v", ids, err)
	}
	if ids, err := s.CaptureIDs("h1"); err != nil || len(ids) != 1 {
		t.Errorf("captures %v, %v", ids, err)
	}
}
