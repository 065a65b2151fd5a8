package journal

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
)

var at = time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC)

func open(t *testing.T) *Store {
	t.Helper()
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o700); err != nil { // a test may run without umask
		t.Fatal(err)
	}
	s, err := Open(filepath.Join(folder, "state"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newRun(t *testing.T, s *Store, id string) *Run {
	t.Helper()
	r, err := s.NewRun(id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// finish writes a complete run and closes it.
func finish(t *testing.T, s *Store, id string) *Run {
	t.Helper()
	r := newRun(t, s, id)
	if err := errors.Join(r.Finish(outcome.Run{Schema: outcome.RunSchema, ID: id}), r.Close()); err != nil {
		t.Fatal(err)
	}
	return r
}

// tree lists what is below a folder with its modes, links with their targets.
func tree(t *testing.T, root string) []string {
	t.Helper()
	list := []string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		if target, err := os.Readlink(path); err == nil {
			list = append(list, name+" -> "+target)
			return nil
		}
		list = append(list, fmt.Sprintf("%s %04o", filepath.ToSlash(name), info.Mode().Perm()))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestRunID(t *testing.T) {
	id, next := NewRunID(at.In(time.FixedZone("", 3600))), NewRunID(at.Add(time.Millisecond))
	if !strings.HasPrefix(id, "20261122T103000.000Z-") || len(id) != 27 || id >= next || naming.CheckFile("run", id) != nil {
		t.Errorf("%s, then %s", id, next)
	}
	if first, second := NewRunID(at), NewRunID(at); first == second {
		t.Error("two runs of one millisecond have the same id")
	}
}

// Every line of the journal parses, even if many hosts write at once.
func TestAppendFromManyHosts(t *testing.T) {
	s := open(t)
	r := newRun(t, s, "r1")
	zero := 0
	first := []outcome.Entry{
		{Time: at, Event: outcome.EventRun, Status: "began"},
		{Time: at, Event: outcome.EventIntent, Host: "a", Step: "set-address", Command: "line one\nline \"two\"\t\x1b[31m", Undo: "u"},
		{Time: at, Event: outcome.EventResult, Host: "a", Step: "set-address", Status: outcome.Applied, Exit: &zero},
	}
	for _, e := range first {
		if err := r.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			if err := r.Append(outcome.Entry{Time: at, Event: outcome.EventState, Host: fmt.Sprint("h", i), State: strings.Repeat("s", 5000)}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	entries := readJournal(t, filepath.Join(s.RunDir("r1"), "journal.jsonl"))
	if len(entries) != 23 {
		t.Fatalf("%d lines", len(entries))
	}
	if diff := cmp.Diff(first, entries[:3]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := r.Append(first[0]); err == nil {
		t.Error("Append after Close")
	}
	// A resumed run appends to the journal.
	again := newRun(t, s, "r1")
	if err := again.Append(first[0]); err != nil {
		t.Fatal(err)
	}
	if n := len(readJournal(t, filepath.Join(s.RunDir("r1"), "journal.jsonl"))); n != 24 {
		t.Errorf("%d lines after resuming", n)
	}
}

func readJournal(t *testing.T, path string) []outcome.Entry {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var entries []outcome.Entry
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var e outcome.Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("line %d: %v: %q", len(entries)+1, err, lines.Text())
		}
		entries = append(entries, e)
	}
	return entries
}

// The names and modes of the files are part of the contract.
func TestLayout(t *testing.T) {
	s := open(t)
	r := newRun(t, s, "r1")
	host := outcome.Host{Schema: outcome.HostSchema, Host: "aixprd01", Outcome: outcome.Healthy, Findings: []outcome.Finding{}}
	if err := r.WriteHost(host, []byte("# old\n")); err != nil {
		t.Fatal(err)
	}
	host.Outcome = outcome.Recovered
	if err := r.WriteHost(host, []byte("# new\n")); err != nil {
		t.Fatal(err)
	}
	run := outcome.Run{Schema: outcome.RunSchema, ID: "r1", Command: "audit", Started: at, Finished: at}
	if err := r.Finish(run); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Keep(outcome.Capture{Schema: outcome.CaptureSchema, Host: "aixprd01", ID: "c1"}, []outcome.CaptureFile{
		{Name: "probes/empty"}, {Name: "files/etc/it's a name", Data: []byte("x")},
	}); err != nil {
		t.Fatal(err)
	}
	unlock, err := s.Lock()
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	want := []string{
		". 0700", "captures 0700", "captures/aixprd01 0700", "captures/aixprd01/c1 0700", "captures/aixprd01/c1/capture.json 0600",
		"captures/aixprd01/c1/files 0700", "captures/aixprd01/c1/files/etc 0700",
		"captures/aixprd01/c1/files/etc/it's a name 0600", "captures/aixprd01/c1/manifest.sha256 0600", "captures/aixprd01/c1/probes 0700",
		"captures/aixprd01/c1/probes/empty 0600", "lock 0600",
		"runs 0700", "runs/latest -> r1", "runs/r1 0700", "runs/r1/hosts 0700", "runs/r1/hosts/aixprd01.json 0600", "runs/r1/hosts/aixprd01.md 0600",
		"runs/r1/journal.jsonl 0600", "runs/r1/lock 0600", "runs/r1/run.json 0600",
	}
	if diff := cmp.Diff(want, tree(t, s.Root())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	loaded, err := s.LoadRun("r1")
	if diff := cmp.Diff(&run, loaded); diff != "" || err != nil {
		t.Errorf("run: %v (-want +got):\n%s", err, diff)
	}
	got, err := s.LoadHost("r1", "aixprd01")
	if diff := cmp.Diff(&host, got); diff != "" || err != nil {
		t.Errorf("host: %v (-want +got):\n%s", err, diff)
	}
	if text, _ := os.ReadFile(filepath.Join(s.RunDir("r1"), "hosts", "aixprd01.md")); string(text) != "# new\n" {
		t.Errorf("markdown %q", text)
	}
}

// Unsafe names are refused before anything is written.
func TestUnsafeNamesAreRefused(t *testing.T) {
	s := open(t)
	r := finish(t, s, "r1")
	before := tree(t, filepath.Dir(s.Root()))
	for _, name := range []string{"", ".", "..", "../r1", "a/b", "/etc", `a\b`, ".hidden", "-x", "a\nb", "a\x00b", "ä", strings.Repeat("a", 254)} {
		if _, err := s.NewRun(name); err == nil {
			t.Errorf("NewRun(%q)", name)
		}
		if _, err := s.Resolve(name); err == nil {
			t.Errorf("Resolve(%q)", name)
		}
		if err := r.WriteHost(outcome.Host{Host: name}, nil); err == nil {
			t.Errorf("WriteHost(%q)", name)
		}
		if _, err := s.LoadHost("r1", name); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("LoadHost(%q): %v", name, err)
		}
		if _, err := s.Keep(outcome.Capture{Host: name, ID: "c1"}, nil); err == nil {
			t.Errorf("Keep of host %q", name)
		}
		if _, err := s.Keep(outcome.Capture{Host: "a", ID: name}, nil); err == nil {
			t.Errorf("Keep as %q", name)
		}
	}
	if diff := cmp.Diff(before, tree(t, filepath.Dir(s.Root()))); diff != "" {
		t.Errorf("something was written (-before +after):\n%s", diff)
	}
}

func TestResolve(t *testing.T) {
	s := open(t)
	if _, err := s.Resolve("latest"); err == nil || !strings.Contains(err.Error(), "no finished run in "+s.Root()) {
		t.Errorf("latest of none: %v", err)
	}
	finish(t, s, "20261122T103000Z-aaaaaa")
	finish(t, s, "20261122T103100Z-bbbbbb")
	newRun(t, s, "20261122T103200Z-cccccc") // killed
	for ref, want := range map[string]string{
		"latest":                  "20261122T103100Z-bbbbbb",
		"20261122T103000Z-aaaaaa": "20261122T103000Z-aaaaaa",
		"20261122T103200Z-cccccc": "20261122T103200Z-cccccc",
	} {
		if got, err := s.Resolve(ref); got != want || err != nil {
			t.Errorf("%s: %s, %v", ref, got, err)
		}
	}
	if _, err := s.Resolve("20261122"); err == nil || !strings.Contains(err.Error(), "there is no run 20261122") {
		t.Errorf("unknown: %v", err)
	}
	// Newest first, without the link.
	ids, err := s.RunIDs()
	if diff := cmp.Diff([]string{"20261122T103200Z-cccccc", "20261122T103100Z-bbbbbb", "20261122T103000Z-aaaaaa"}, ids); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	// A run that was killed has no run.json, and is not the latest.
	if _, err := s.LoadRun(ids[0]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("killed: %v", err)
	}
	// An operator removed the latest run.
	if err := os.RemoveAll(s.RunDir(ids[1])); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Resolve("latest"); err == nil {
		t.Errorf("latest is %s, which is gone", got)
	}
}

// Concurrent readers of latest always see a run. A temporary link of a process that was
// killed is replaced.
func TestLatestIsReplacedAtomically(t *testing.T) {
	s := open(t)
	finish(t, s, "r0")
	if err := os.Symlink("r1", filepath.Join(s.Root(), "runs", ".latest-r1")); err != nil {
		t.Skip("symbolic links are not supported here: ", err)
	}
	stop := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			if got, err := s.Resolve("latest"); err != nil {
				t.Errorf("%q, %v", got, err)
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	for i := range 20 {
		finish(t, s, fmt.Sprint("r", i%3+1))
	}
	close(stop)
	wait.Wait()
	if target, err := os.Readlink(filepath.Join(s.Root(), "runs", "latest")); target != "r2" || err != nil {
		t.Errorf("latest -> %q, %v", target, err)
	}
	entries, err := os.ReadDir(filepath.Join(s.Root(), "runs"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			t.Errorf("%s is left behind", e.Name())
		}
	}
}

// latest is a file where links are not supported.
func TestLatestAsFile(t *testing.T) {
	s := open(t)
	finish(t, s, "r1")
	finish(t, s, "r2")
	path := filepath.Join(s.Root(), "runs", "latest")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := durable.Write(path, []byte("r1\n")); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Resolve("latest"); got != "r1" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if err := os.WriteFile(path, []byte("../../etc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Resolve("latest"); err == nil {
		t.Errorf("latest is %s", got)
	}
}

func TestLock(t *testing.T) {
	s := open(t)
	unlock, err := s.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Lock(); !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), s.Root()) {
		t.Errorf("twice: %v", err)
	}
	other, err := OpenExisting(s.Root())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Lock(); !errors.Is(err, ErrLocked) {
		t.Errorf("from elsewhere: %v", err)
	}
	unlock()
	unlock, err = other.Lock()
	if err != nil {
		t.Fatalf("after the unlock: %v", err)
	}
	unlock()
	broken := &Store{root: filepath.Join(s.Root(), "nowhere")}
	if _, err := broken.Lock(); err == nil || errors.Is(err, ErrLocked) {
		t.Errorf("no folder: %v", err)
	}
}

// The run that holds the state folder is named, with who began or resumed it. One that reads, or
// was killed, holds nothing.
func TestBusy(t *testing.T) {
	s := open(t)
	run := func(id, verb string) *Run {
		r := newRun(t, s, id)
		err := errors.Join(r.WriteRequest(map[string]string{"verb": verb}), r.Append(outcome.Entry{Time: at, Event: outcome.EventRun, State: outcome.RunStarted, By: &outcome.By{User: "ana", Machine: "ctl1"}}))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	changes := run("r1", "recover")
	run("r2", "audit")
	if err := run("r3", "recover").Close(); err != nil {
		t.Fatal(err)
	}
	want := "another changing run holds this state folder: " + s.Root() + ": run r1, by ana on ctl1"
	if err := s.Busy(); !errors.Is(err, ErrLocked) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if err := changes.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Busy(); err != nil {
		t.Errorf("no changing run is at work: %v", err)
	}
}

// The operating system releases the lock of a process that dies.
func TestLockOfDeadProcess(t *testing.T) {
	if root := os.Getenv("JOURNAL_TEST_LOCK"); root != "" {
		s, err := OpenExisting(root)
		if err == nil {
			_, err = s.Lock()
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0) // without unlocking
	}
	s := open(t)
	child := exec.Command(os.Args[0], "-test.run=^TestLockOfDeadProcess$")
	child.Env = append(os.Environ(), "JOURNAL_TEST_LOCK="+s.Root())
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	unlock, err := s.Lock()
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestOpenExisting(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenExisting(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("no runs: %v", err)
	}
	if left := tree(t, dir); len(left) != 1 {
		t.Errorf("a reading verb wrote %q", left)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Write errors name the path.
func TestWriteErrorsNamePath(t *testing.T) {
	s := open(t)
	taken := filepath.Join(s.Root(), "captures", "aixprd01")
	write(t, taken, "a file instead of a folder")
	if _, err := s.Keep(outcome.Capture{Host: "aixprd01", ID: "c1"}, nil); err == nil || !strings.Contains(err.Error(), taken) {
		t.Errorf("Keep: %v", err)
	}
	write(t, s.RunDir("r1"), "another")
	if _, err := s.NewRun("r1"); err == nil || !strings.Contains(err.Error(), s.RunDir("r1")) {
		t.Errorf("NewRun: %v", err)
	}
	if _, err := Open(filepath.Join(taken, "state")); err == nil || !strings.Contains(err.Error(), taken) {
		t.Errorf("Open: %v", err)
	}
	r := newRun(t, s, "r2")
	if err := os.Mkdir(filepath.Join(s.RunDir("r2"), "hosts", "a.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteHost(outcome.Host{Host: "a"}, []byte("# a\n")); err == nil || !strings.Contains(err.Error(), "a.json") {
		t.Errorf("WriteHost: %v", err)
	}
	entries, _ := os.ReadDir(filepath.Join(s.RunDir("r2"), "hosts"))
	if names := nameOf(entries); !slices.Equal(names, []string{"a.json"}) {
		t.Errorf("extra files: %q", names)
	}
	if err := os.Mkdir(filepath.Join(s.RunDir("r2"), "run.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(outcome.Run{ID: "r2"}); err == nil || !strings.Contains(err.Error(), "run.json") {
		t.Errorf("Finish: %v", err)
	}
	if _, err := s.Resolve("latest"); err == nil {
		t.Error("latest is a run that could not write its report")
	}
	entries, _ = os.ReadDir(s.RunDir("r2"))
	if names := nameOf(entries); !slices.Equal(names, []string{"hosts", "journal.jsonl", "lock", "run.json"}) {
		t.Errorf("extra files: %q", names)
	}
}

func nameOf(entries []os.DirEntry) []string {
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
