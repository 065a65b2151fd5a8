//go:build unix

package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/transport/ownership"
)

// opened is a state folder with a run, a capture and a plan.
func opened(t *testing.T) *Store {
	t.Helper()
	s := open(t)
	r := newRun(t, s, "r1")
	_, kept := s.Keep(outcome.Capture{Host: "a", ID: "c1", RunID: "r1"}, []outcome.CaptureFile{{Name: "files/etc/hosts", Data: []byte("x")}})
	err := errors.Join(r.WriteRequest("request"), r.Append(outcome.Entry{Time: at, Event: outcome.EventRun}),
		r.WriteHost(outcome.Host{Host: "a", HostKey: "SHA256:x"}, nil), r.WriteCheckpoint(outcome.Host{Host: "a"}),
		r.Finish(outcome.Run{ID: "r1", Unfinished: 1}), s.MarkApplied("p1", "a", "r1"), kept, r.Close())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// acts are the ways to act on the content of a state folder.
var acts = map[string]func(*Store) error{
	"open":       func(s *Store) error { _, err := OpenExisting(s.Root()); return err },
	"open again": func(s *Store) error { _, err := Open(s.Root()); return err },
	"run":        func(s *Store) error { _, err := s.LoadRun("r1"); return err },
	"request":    func(s *Store) error { var text string; return s.LoadRequest("r1", &text) },
	"journal":    func(s *Store) error { _, err := s.ReadJournal("r1"); return err },
	"host":       func(s *Store) error { _, err := s.LoadHost("r1", "a"); return err },
	"checkpoint": func(s *Store) error { _, err := s.LoadCheckpoint("r1", "a"); return err },
	"applied":    func(s *Store) error { _, err := s.Applied("p1"); return err },
	"apply":      func(s *Store) error { return s.MarkApplied("p1", "b", "r1") },
	"capture":    func(s *Store) error { _, err := s.Load("captures/a/c1"); return err },
	"reopen": func(s *Store) error {
		r, err := s.Reopen("r1")
		if err == nil {
			err = r.Close()
		}
		return err
	},
}

// Someone who can change a file that resume or recover reads, or a folder above it, decides
// what they do: each way to act on it refuses it, and printing does not.
func TestFilesOfOthers(t *testing.T) {
	const run, capture = "runs/r1/", "captures/a/c1"
	all := []string{"applied", "apply", "capture", "checkpoint", "host", "journal", "open", "open again", "reopen", "request", "run"}
	ofRun := []string{"checkpoint", "host", "journal", "reopen", "request", "run"}
	for open, want := range map[string][]string{
		"..":                         all,
		".":                          all,
		"runs":                       {"checkpoint", "host", "journal", "open", "open again", "reopen", "request", "run"},
		"captures":                   {"capture", "open", "open again"},
		"plans":                      {"applied", "apply", "open", "open again"},
		"plans/p1.jsonl":             {"applied", "apply"},
		run:                          ofRun,
		run + "run.json":             {"reopen", "run"},
		run + "request.json":         {"reopen", "request"},
		run + "journal.jsonl":        {"journal", "reopen"},
		run + "lock":                 {"reopen"},
		run + "hosts":                {"host", "reopen"},
		run + "hosts/a.json":         {"host", "reopen"},
		run + "checkpoints":          {"checkpoint", "reopen"},
		"captures/a":                 {"capture"},
		capture:                      {"capture"},
		capture + "/files/etc":       {"capture"},
		capture + "/files/etc/hosts": {"capture"},
		capture + "/manifest.sha256": {"capture"},
	} {
		t.Run(open, func(t *testing.T) {
			s := opened(t)
			if err := os.Chmod(filepath.Join(s.Root(), open), 0o777); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, name := range all {
				err := acts[name](s)
				var fault *ownership.Fault
				switch {
				case errors.As(err, &fault) && strings.Contains(err.Error(), "is writable by everybody (mode 0777)"):
					got = append(got, name)
				case err != nil:
					t.Errorf("%s: %v", name, err)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("refused (-want +got):\n%s", diff)
			}
			printed, _, err := OpenToPrint(s.Root())
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"applied", "capture", "checkpoint", "host", "journal", "request", "run"} {
				if err := acts[name](printed); err != nil {
					t.Errorf("printing: %s: %v", name, err)
				}
			}
		})
	}
}

// A missing file is no error, and all verbs work on a folder of one's own.
func TestOwnFiles(t *testing.T) {
	s := opened(t)
	for name, act := range acts {
		if err := act(s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, doubt, err := OpenToPrint(s.Root()); doubt != nil || err != nil {
		t.Errorf("%v, %v", doubt, err)
	}
}

// Nothing is created in a folder that others can change, or in one that they made.
func TestNothingIsCreatedInAFolderOfOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to others")
	}
	folder := t.TempDir()
	theirs := filepath.Join(folder, "theirs")
	if err := errors.Join(os.Mkdir(theirs, 0o755), os.Chown(theirs, 4711, -1), os.Chmod(folder, 0o777|fs.ModeSticky)); err != nil {
		t.Fatal(err)
	}
	_, err := Open(filepath.Join(theirs, "state"))
	if err == nil || !strings.Contains(err.Error(), theirs+" belongs to user 4711") {
		t.Errorf("below it: %v", err)
	}
	_, err = Open(theirs)
	var fault *ownership.Fault
	if !errors.As(err, &fault) || fault.Remedy != "name a state folder of your own (--state), or run aixmend as its owner" {
		t.Errorf("in it: %v, remedy %+v", err, fault)
	}
	if entries, err := os.ReadDir(theirs); err != nil || len(entries) > 0 {
		t.Errorf("%v is created, %v", entries, err)
	}
	if _, err := Open(filepath.Join(folder, "ours")); err != nil {
		t.Errorf("beside it: %v", err)
	}
}

// A verb that only prints neither waits nor fills the memory, whatever lies in the folder.
func TestPrintingReadsNoPlantedFile(t *testing.T) {
	root := t.TempDir()
	store, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	id := NewRunID(time.Now())
	dir := store.RunDir(id)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, plant := range map[string]func(path string) error{
		"a pipe":      func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a device":    func(path string) error { return os.Symlink("/dev/zero", path) },
		"a huge file": func(path string) error { return errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, 1<<40)) },
	} {
		for _, file := range []string{"run.json", "journal.jsonl", "request.json"} {
			path := filepath.Join(dir, file)
			if err := plant(path); err != nil {
				t.Fatal(err)
			}
			printed, _, err := OpenToPrint(root)
			if err != nil {
				t.Fatal(err)
			}
			_, runErr := printed.LoadRun(id)
			_, journalErr := printed.ReadJournal(id)
			requestErr := printed.LoadRequest(id, new(any))
			if runErr == nil || journalErr == nil || requestErr == nil {
				t.Errorf("%s as %s: %v, %v, %v", name, file, runErr, journalErr, requestErr)
			}
			printed.Format(id)
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
	}
}
