package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/controller/outcome"
)

// cutOff returns a run whose process died. Its journal has three entries, followed by
// after.
func cutOff(t *testing.T, after string) (s *Store, path string) {
	t.Helper()
	s = open(t)
	r := newRun(t, s, "r1")
	for _, e := range []outcome.Entry{
		{Time: at, Event: outcome.EventRun, State: outcome.RunStarted, Detail: "recover"},
		{Time: at, Event: outcome.EventIntent, Host: "a", Step: "set", Change: 1, Command: "true"},
		{Time: at, Event: outcome.EventResult, Host: "a", Step: "set", Change: 1, Status: outcome.Applied, Detail: "\"quoted\"\n\u00e9"},
	} {
		if err := r.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(s.RunDir("r1"), "journal.jsonl")
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = file.WriteString(after)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	return s, path
}

// reopen reopens the run, appends one entry and returns all entries.
func reopen(t *testing.T, s *Store) []outcome.Entry {
	t.Helper()
	r, err := s.Reopen("r1")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Append(outcome.Entry{Time: at, Event: outcome.EventRun, State: outcome.RunResumed}), r.Close()); err != nil {
		t.Fatal(err)
	}
	entries, err := s.ReadJournal("r1")
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// events lists the events of entries.
func events(entries []outcome.Entry) string {
	var list []string
	for _, e := range entries {
		list = append(list, strings.TrimSpace(e.Event+" "+e.State))
	}
	return strings.Join(list, ", ")
}

// A crash may tear the last line anywhere. ReadJournal skips it and Reopen cuts it off.
func TestReopenCutsTornLine(t *testing.T) {
	whole := func(t *testing.T) (*Store, string, []byte, int) {
		s, path := cutOff(t, "")
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return s, path, text, bytes.LastIndexByte(text[:len(text)-1], '\n') + 1
	}
	_, _, text, last := whole(t)
	for cut := last; cut < len(text); cut++ {
		s, path, text, last := whole(t)
		if err := os.WriteFile(path, text[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		// Without its line end the line can be read, but was never acted on.
		readable := map[bool]int{false: 2, true: 3}[cut == len(text)-1]
		if entries, err := s.ReadJournal("r1"); err != nil || len(entries) != readable {
			t.Errorf("cut at byte %d of %d: %d entries, %v", cut-last, len(text)-last, len(entries), err)
		}
		if got := events(reopen(t, s)); got != "run started, intent, run resumed" {
			t.Errorf("cut at byte %d of %d: %s", cut-last, len(text)-last, got)
		}
	}
}

// Other damage that a crash or a disk leaves at the end of a journal is cut off too.
func TestReopenCutsDamagedEnd(t *testing.T) {
	for name, end := range map[string]string{
		"a zero byte":                "\x00",
		"a block of zeros":           strings.Repeat("\x00", 4096),
		"more zeros than a block":    strings.Repeat("\x00", 70<<10),
		"zeros and a line end":       strings.Repeat("\x00", 100) + "\n",
		"half a line and zeros":      `{"time":"2026-11-22T10:30:00Z","event":"in` + strings.Repeat("\x00", 100),
		"half a line, zeros, end":    `{"time":"2026-11-22T10:30:00Z","event":"in` + strings.Repeat("\x00", 100) + "\n",
		"garbage with a line end":    "garbage\n",
		"an extra line end":          "\n",
		"a word of JSON":             "true\n",
		"a long line without an end": strings.Repeat("x", 200<<10),
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := cutOff(t, end)
			if entries, err := s.ReadJournal("r1"); err != nil || len(entries) != 3 {
				t.Errorf("%d entries, %v", len(entries), err)
			}
			if got := events(reopen(t, s)); got != "run started, intent, result, run resumed" {
				t.Errorf("%s", got)
			}
		})
	}
	s, path := cutOff(t, "")
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if got := events(reopen(t, s)); got != "run resumed" {
		t.Errorf("an empty journal: %s", got)
	}
}

// An unreadable line in the middle was not left by a crash: the error names the file and
// the line, and Reopen changes nothing.
func TestReopenKeepsDamagedMiddle(t *testing.T) {
	for name, line := range map[string]string{"garbage": "garbage", "zeros": "\x00\x00\x00", "half a line": `{"time":"2026`, "a number": "17", "an empty line": ""} {
		t.Run(name, func(t *testing.T) {
			s, path := cutOff(t, line+"\n"+`{"time":"2026-11-22T10:30:00Z","event":"state","host":"b"}`+"\n")
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.ReadJournal("r1"); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "line 4") {
				t.Errorf("%v", err)
			}
			r, err := s.Reopen("r1")
			if err == nil {
				err = r.Close()
			}
			after, read := os.ReadFile(path)
			if err != nil || read != nil || !bytes.Equal(before, after) {
				t.Errorf("it was changed: %v, %v\n%s", err, read, after)
			}
		})
	}
}

// Only one process at a time can open a run.
func TestReopenLocksRun(t *testing.T) {
	s, _ := cutOff(t, "")
	r, err := s.Reopen("r1")
	if err != nil {
		t.Fatal(err)
	}
	if other, err := s.Reopen("r1"); !errors.Is(err, ErrRunning) || !s.Running("r1") {
		t.Errorf("%v, %v, running %v", other, err, s.Running("r1"))
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if s.Running("r1") {
		t.Error("still running after Close")
	}
	reopen(t, s)
	if r, err := s.Reopen("../r1"); err == nil {
		t.Errorf("a name that leaves the folder: %v", r)
	}
}

// A damaged file that resume needs is an error that names the file. A missing checkpoint is
// not an error.
func TestLoadNamesDamagedFile(t *testing.T) {
	for _, text := range []string{"", "garbage", "{", "[]", "\x00\x00"} {
		t.Run(fmt.Sprintf("%q", text), func(t *testing.T) {
			s, _ := cutOff(t, "")
			dir := s.RunDir("r1")
			if h, err := s.LoadCheckpoint("r1", "a"); h != nil || err != nil {
				t.Errorf("no checkpoint: %v, %v", h, err)
			}
			if err := os.Mkdir(filepath.Join(dir, "checkpoints"), 0o700); err != nil {
				t.Fatal(err)
			}
			for name, load := range map[string]func() error{
				"request.json":       func() error { return s.LoadRequest("r1", &struct{}{}) },
				"run.json":           func() error { _, err := s.LoadRun("r1"); return err },
				"checkpoints/a.json": func() error { _, err := s.LoadCheckpoint("r1", "a"); return err },
				"hosts/a.json":       func() error { _, err := s.LoadHost("r1", "a"); return err },
			} {
				path := filepath.Join(dir, filepath.FromSlash(name))
				write(t, path, text)
				if err := load(); err == nil || !strings.Contains(err.Error(), path) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}
