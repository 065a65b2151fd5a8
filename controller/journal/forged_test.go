package journal

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/controller/outcome"
)

// A document whose names are not those of its folder and file is refused: they reach
// commands that a person pastes.
func TestForgedNames(t *testing.T) {
	const id = "20261122T023000.000Z-3f9ac2"
	hostile := []string{"$(touch x)", "a; touch x", "a\nb", "../a", "-l", "another"}
	write := func(s *Store, path string, document any) {
		t.Helper()
		text, err := json.Marshal(document)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(s.RunDir(id), path)), 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(s.RunDir(id), path), append(text, '\n'), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	summary := func(name string) []outcome.HostSummary { return []outcome.HostSummary{{Name: name}} }
	for _, name := range hostile {
		s, err := Open(filepath.Join(t.TempDir(), "state"))
		if err != nil {
			t.Fatal(err)
		}
		host := func() error { _, err := s.LoadHost(id, "aix1"); return err }
		checkpoint := func() error { _, err := s.LoadCheckpoint(id, "aix1"); return err }
		run := func() error { _, err := s.LoadRun(id); return err }
		journal := func() error { _, err := s.ReadJournal(id); return err }
		for _, c := range []struct {
			what, path string
			document   any
			load       func() error
			other      bool // another name is as good
		}{
			{"the run of a host", "hosts/aix1.json", outcome.Host{RunID: name, Host: "aix1"}, host, false},
			{"the name of a host", "hosts/aix1.json", outcome.Host{RunID: id, Host: name}, host, false},
			{"the run of a checkpoint", "checkpoints/aix1.json", outcome.Host{RunID: name, Host: "aix1"}, checkpoint, false},
			{"the name of a checkpoint", "checkpoints/aix1.json", outcome.Host{RunID: id, Host: name}, checkpoint, false},
			{"the id of a run", "run.json", outcome.Run{ID: name, Hosts: summary("aix1")}, run, false},
			{"a host of a run", "run.json", outcome.Run{ID: id, Hosts: summary(name)}, run, true},
			{"the undone run of a run", "run.json", outcome.Run{ID: id, Hosts: summary("aix1"), Undoes: name}, run, true},
			{"a host of a journal", "journal.jsonl", outcome.Entry{Host: name}, journal, true},
		} {
			if name == "another" && c.other {
				continue
			}
			write(s, c.path, c.document)
			if err := c.load(); err == nil || strings.ContainsAny(err.Error(), "\n") {
				t.Errorf("%s, %q: %v", c.what, name, err)
			}
		}
		if err := os.MkdirAll(filepath.Join(s.Root(), "runs", strings.ReplaceAll(name, "/", "_")), 0o700); err != nil {
			t.Fatal(err)
		}
		ids, err := s.RunIDs()
		if want := 1; name != "another" && (err != nil || len(ids) != want || ids[0] != id) {
			t.Errorf("%q, %v", ids, err)
		}
	}
}
