package retention

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

// changes counts the changes of a trail that are in effect.
func changes(t outcome.Trail) int {
	n := 0
	for _, c := range t.Changes {
		if c.Status == outcome.Applied {
			n++
		}
	}
	return n
}

// wrote writes a run with a request and a journal.
func wrote(t *testing.T, s *journal.Store, id string, asked requested, finished bool, entries ...outcome.Entry) {
	t.Helper()
	r := newRun(t, s, id)
	err := r.WriteRequest(asked)
	for _, e := range append([]outcome.Entry{{Event: outcome.EventRun, State: outcome.RunStarted, Format: outcome.JournalFormat}}, entries...) {
		err = errors.Join(err, r.Append(e))
	}
	if finished {
		err = errors.Join(err, r.Finish(outcome.Run{Schema: outcome.RunSchema, ID: id, Command: asked.Verb}))
	}
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
}

// A capture stays while a run needs it: to be resumed, or to be rolled back.
func TestHolds(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	changed := []outcome.Entry{
		{Time: at, Event: outcome.EventIntent, Host: "h1", Change: 1, Rung: "r", Step: "s", Command: "c", Undo: "u"},
		{Time: at, Event: outcome.EventResult, Host: "h1", Change: 1, Status: string(outcome.Applied)},
	}
	undone := outcome.Entry{Time: at.Add(time.Minute), Event: outcome.EventEnded, Host: "h1", Status: string(outcome.OutcomeUndone)}
	failed := undone
	failed.Status = string(outcome.Failed)
	run, other := oldRun(1), oldRun(2)
	recovers := requested{Verb: recoverVerb}
	for name, c := range map[string]struct {
		write   func(t *testing.T, s *journal.Store)
		purpose string
		why     string // "": it goes
	}{
		"the run can be rolled back": {func(t *testing.T, s *journal.Store) { wrote(t, s, run, recovers, true, changed...) }, "", "needed by aixmend recover --undo " + run},
		"it changed nothing":         {func(t *testing.T, s *journal.Store) { wrote(t, s, run, recovers, true) }, "", ""},
		"it is gone":                 {func(*testing.T, *journal.Store) {}, "", ""},
		"it was rolled back": {func(t *testing.T, s *journal.Store) {
			wrote(t, s, run, recovers, true, changed...)
			wrote(t, s, other, requested{Verb: recoverVerb, Undoes: run}, true, undone)
		}, "", ""},
		"its rollback failed": {func(t *testing.T, s *journal.Store) {
			wrote(t, s, run, recovers, true, changed...)
			wrote(t, s, other, requested{Verb: recoverVerb, Undoes: run}, true, failed)
		}, "", "needed by aixmend recover --undo " + run},
		"it is itself a rollback": {func(t *testing.T, s *journal.Store) {
			wrote(t, s, run, requested{Verb: recoverVerb, Undoes: other}, true, changed...)
		}, "", ""},
		"it was killed":             {func(t *testing.T, s *journal.Store) { wrote(t, s, run, recovers, false, changed...) }, "", "run " + run + " is open: aixmend resume " + run},
		"it was killed before that": {func(t *testing.T, s *journal.Store) { newRun(t, s, run).Close() }, "", ""},
		"a capture that was killed": {func(t *testing.T, s *journal.Store) { wrote(t, s, run, requested{Verb: "capture"}, false) }, outcome.PurposeCapture, "run " + run + " is open"},
		"a capture that ended":      {func(t *testing.T, s *journal.Store) { wrote(t, s, run, requested{Verb: "capture"}, true) }, outcome.PurposeCapture, ""},
		"an open run names it": {func(t *testing.T, s *journal.Store) {
			wrote(t, s, other, requested{Verb: recoverVerb, Set: []string{"capture=h1/c1"}}, false)
		}, outcome.PurposeCapture, "run " + other + " is open"},
		"an open run compares with it": {func(t *testing.T, s *journal.Store) {
			wrote(t, s, other, requested{Verb: "audit", Set: []string{"baseline=h1/c1"}}, false)
		}, outcome.PurposeCapture, "run " + other + " is open"},
		"it still runs": {func(t *testing.T, s *journal.Store) {
			if err := newRun(t, s, run).WriteRequest(recovers); err != nil {
				t.Fatal(err)
			}
		}, "", "run " + run + " is still running"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			c.write(t, s)
			purpose := c.purpose
			if purpose == "" {
				purpose = outcome.PurposePreImage
			}
			holds, err := NewHolds(s, changes)
			if err != nil {
				t.Fatal(err)
			}
			why := holds.Why(&outcome.Capture{ID: "c1", Host: "h1", RunID: run, Purpose: purpose})
			if (why == "") != (c.why == "") || !strings.HasPrefix(why, c.why) {
				t.Errorf("kept because %q, want %q", why, c.why)
			}
		})
	}
}

// A run that was rolled back on a host has nothing left to roll back there.
func TestUndoableAfterARollback(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	change := func(host string) []outcome.Entry {
		return []outcome.Entry{
			{Time: at, Event: outcome.EventIntent, Host: host, Change: 1, Rung: "r", Step: "s", Command: "c", Undo: "u"},
			{Time: at, Event: outcome.EventResult, Host: host, Change: 1, Status: string(outcome.Applied)},
		}
	}
	s, err := journal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	run := oldRun(1)
	wrote(t, s, run, requested{Verb: recoverVerb}, true, append(change("h1"), change("h2")...)...)
	wrote(t, s, oldRun(2), requested{Verb: recoverVerb, Undoes: run}, true,
		outcome.Entry{Time: at.Add(time.Minute), Event: outcome.EventEnded, Host: "h1", Status: string(outcome.OutcomeUndone)})
	undone, err := s.Undone(func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	if n, err := (Rules{Undoable: changes}).undoable(s, run, undone); n != 1 || err != nil {
		t.Errorf("%d changes, %v; want 1", n, err)
	}
}

// A capture without a manifest stays while a run is at work: it may be written just now.
func TestHoldsOfACaptureThatIsWritten(t *testing.T) {
	s := open(t)
	dir := filepath.Join(s.Root(), "captures", "h1", "c1")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	why := func() string {
		t.Helper()
		kept, err := s.Kept("h1")
		if err != nil || len(kept) != 1 || kept[0].Capture != nil {
			t.Fatalf("%v, %v", kept, err)
		}
		holds, err := NewHolds(s, changes)
		if err != nil {
			t.Fatal(err)
		}
		why, err := holds.WhyDamaged(kept[0])
		if err != nil {
			t.Fatal(err)
		}
		return why
	}
	run := newRun(t, s, oldRun(1))
	if got, want := why(), "run "+oldRun(1)+" is still running, and may be writing it"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	if got := why(); got != "" {
		t.Errorf("of a run that was killed: %q", got)
	}
	run = newRun(t, s, oldRun(2))
	defer run.Close()
	if err := os.WriteFile(filepath.Join(dir, "manifest.sha256"), []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := why(); got != "" {
		t.Errorf("of a damaged one: %q", got)
	}
}
