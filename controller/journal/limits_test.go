//go:build unix

package journal

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"aixmend/controller/outcome"
)

// inChild runs the test in a child process, because umask and limits apply to a whole
// process. It reports whether this is the child.
func inChild(t *testing.T) bool {
	t.Helper()
	if os.Getenv("JOURNAL_TEST_CHILD") == t.Name() {
		return true
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), "JOURNAL_TEST_CHILD="+t.Name())
	out, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
	return false
}

// Modes are 0600 and 0700 whatever the umask.
func TestModesWithoutUmask(t *testing.T) {
	if !inChild(t) {
		return
	}
	syscall.Umask(0)
	TestLayout(t)
}

// If the disk is full, the error names the file and no partial file is left. A limit on
// file sizes stands in for a full disk.
func TestDiskFull(t *testing.T) {
	if !inChild(t) {
		return
	}
	s := open(t)
	r := newRun(t, s, "r1")
	if err := r.WriteHost(outcome.Host{Host: "a", Reason: "before"}, []byte("# before\n")); err != nil {
		t.Fatal(err)
	}
	if err := r.Append(outcome.Entry{Time: at, Event: outcome.EventIntent, Host: "a"}); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 8192, Max: 8192}); err != nil {
		t.Skip("a limit on the size of files can't be set here: ", err)
	}
	big := strings.Repeat("x", 20000)

	err := r.WriteHost(outcome.Host{Host: "a", Reason: big}, []byte("# after\n"))
	if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), "report of a") || !strings.Contains(err.Error(), s.Root()) {
		t.Errorf("WriteHost: %v", err)
	}
	if h, err := s.LoadHost("r1", "a"); err != nil || h.Reason != "before" {
		t.Errorf("the report before: %v", err)
	}

	err = r.Finish(outcome.Run{ID: "r1", ExitReason: big})
	if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), s.Root()) {
		t.Errorf("Finish: %v", err)
	}
	if _, err := s.LoadRun("r1"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("run.json: %v", err)
	}

	where, err := s.Keep(outcome.Capture{Host: "a", ID: "c1"}, []outcome.CaptureFile{{Name: "files/big", Data: []byte(big)}})
	if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), "big") || !strings.Contains(err.Error(), s.Root()) {
		t.Errorf("Keep: %q, %v", where, err)
	}
	if s.Check("captures/a/c1") == nil {
		t.Error("a partial capture is accepted")
	}

	// A line that does not fit leaves no part of it: later lines still parse.
	if err := r.Append(outcome.Entry{Time: at, Event: outcome.EventResult, Host: "a", Detail: big}); !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), s.Root()) {
		t.Errorf("Append: %v", err)
	}
	if err := r.Append(outcome.Entry{Time: at, Event: outcome.EventRun, Status: "ended"}); err != nil {
		t.Errorf("Append of a line that fits: %v", err)
	}
	if n := len(readJournal(t, filepath.Join(s.RunDir("r1"), "journal.jsonl"))); n != 2 {
		t.Errorf("%d lines in the journal", n)
	}
	for _, name := range tree(t, s.Root()) {
		if base := filepath.Base(strings.Fields(name)[0]); strings.HasPrefix(base, ".") && base != "." || strings.Contains(name, "big") {
			t.Errorf("%s is left behind", name)
		}
	}
}
