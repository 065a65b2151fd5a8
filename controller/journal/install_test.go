package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
)

// made makes a run that has ended with an exit code.
func made(t *testing.T, s *Store, id string, code int) {
	t.Helper()
	dir, err := s.NewRun(id)
	if err == nil {
		err = errors.Join(dir.WriteRequest(map[string]string{"verb": "audit"}), dir.Finish(outcome.Run{Schema: outcome.RunSchema, ID: id, ExitCode: code}), dir.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func exitCode(t *testing.T, s *Store, id string) int {
	t.Helper()
	run, err := s.LoadRun(id)
	if err != nil {
		t.Fatal(err)
	}
	return run.ExitCode
}

// A run that was made elsewhere is moved in whole. One that is there stays, unless it is to be
// replaced, and nobody works on it. The newest one is the latest.
func TestInstall(t *testing.T) {
	t.Parallel()
	const old, young = "20261201T070000.000Z-3f9ac2", "20261202T070000.000Z-3f9ac2"
	s, other := open(t), open(t)
	made(t, s, young, 1)
	made(t, other, old, 2)
	made(t, other, young, 3)
	if err := s.Install(other, old, false); err != nil {
		t.Fatal(err)
	}
	if err := s.Install(other, young, false); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	if got := exitCode(t, s, old)*10 + exitCode(t, s, young); got != 21 {
		t.Error(got)
	}
	if latest, err := s.Resolve("latest"); err != nil || latest != young {
		t.Error(latest, err)
	}
	unlock, err := s.LockRun(young)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Install(other, young, true); !errors.Is(err, ErrRunning) {
		t.Error(err)
	}
	if err := errors.Join(unlock(), s.Install(other, young, true)); err != nil {
		t.Error(err)
	}
	if got := exitCode(t, s, young); got != 3 {
		t.Error(got)
	}
	if err := s.Install(other, "../x", true); err == nil {
		t.Error("a run got out of its folder")
	}
	if ids, err := other.RunIDs(); err != nil || len(ids) > 0 {
		t.Error(ids, err)
	}
}

// A run that was about to be replaced when the process was killed is there again, unless the other
// one has its place.
func TestPutBack(t *testing.T) {
	t.Parallel()
	const id = "20261201T070000.000Z-3f9ac2"
	for name, c := range map[string]struct {
		moved bool // the other one, too
		want  int
	}{"before the other one came": {false, 1}, "after": {true, 2}} {
		s, other := open(t), open(t)
		made(t, s, id, 1)
		made(t, other, id, 2)
		hidden := filepath.Join(s.Root(), "runs", ".replaced-"+id)
		err := os.Rename(s.RunDir(id), hidden)
		if err == nil && c.moved {
			err = os.Rename(other.RunDir(id), s.RunDir(id))
		}
		if err := errors.Join(err, s.PutBack(), s.PutBack()); err != nil {
			t.Fatal(err)
		}
		if got := exitCode(t, s, id); got != c.want {
			t.Errorf("%s: %d", name, got)
		}
		if left, err := durable.ReadDir(filepath.Join(s.Root(), "runs")); err != nil || len(left) != 2 { // with the link
			t.Error(name, left, err)
		}
	}
}
