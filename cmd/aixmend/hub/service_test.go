package hub

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

// An operator may ask after, or stop, a run that ended before the hub began: the answer is that
// it is over, and the hub lives on.
func TestRunOfAnEarlierProcess(t *testing.T) {
	t.Parallel()
	store, err := journal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir, err := store.NewRun(run)
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Finish(outcome.Run{ID: run, ExitCode: 3}); err != nil {
		t.Fatal(err)
	}
	if err := dir.Close(); err != nil {
		t.Fatal(err)
	}
	s := &Service{store: store, present: present{runs: map[string]*going{}}}
	g, err := s.of(run)
	if err != nil {
		t.Fatal(err)
	}
	g.stop.Interrupt()
	if p := g.follow(following{Known: 0}); !p.Over || g.ended().Run.ExitCode != 3 {
		t.Error(p)
	}
	for _, none := range []string{"", "latest", "../" + run, "20261201T070000.000Z-000000"} {
		if _, err := s.of(none); err == nil {
			t.Errorf("there is a run %q", none)
		}
	}
}

// A hub that was killed before the request of a run was on the disk has promised nobody that
// run: its operator asks again, and it begins. Any other run stays as it is.
func TestRunThatDidNotBegin(t *testing.T) {
	t.Parallel()
	store, err := journal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &Service{store: store}
	for _, begun := range []bool{false, true} {
		dir, err := store.NewRun(run)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.unused(run); err == nil {
			t.Error("a run that goes on counts as unused")
		}
		if begun {
			if err := dir.WriteRequest(map[string]string{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := dir.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.unused(run); (err != nil) != begun {
			t.Errorf("begun %v: %v", begun, err)
		}
		if _, err := os.Stat(store.RunDir(run)); (err == nil) != begun {
			t.Errorf("begun %v: its folder: %v", begun, err)
		}
	}
	if err := s.unused("20261201T080000.000Z-000000"); err != nil {
		t.Error(err)
	}
	const lost = "20261201T090000.000Z-000000" // its request was lost later
	dir, err := store.NewRun(lost)
	must(t, err)
	must(t, dir.Append(outcome.Entry{Event: outcome.EventTurn, Host: "a", Process: "f1.x"}))
	must(t, dir.Close())
	if err := s.unused(lost); err == nil {
		t.Error("a run that let a host begin counts as unused")
	}
	if _, err := os.Stat(store.RunDir(lost)); err != nil {
		t.Error(err)
	}
}

// A hub runs for years: it keeps the newest runs that have ended, and all that go on.
func TestEndedRunsAreForgotten(t *testing.T) {
	t.Parallel()
	s := &Service{present: present{runs: map[string]*going{}}}
	began := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	var ids []string
	for i := range 3 * maxRuns {
		id := journal.NewRunID(began.Add(time.Duration(i) * time.Hour))
		ids, s.runs[id] = append(ids, id), newGoing("ops")
		if i > 0 { // the first one goes on
			s.runs[id].end = &result{}
		}
	}
	s.forget()
	if len(s.runs) != maxRuns+1 || s.runs[ids[0]] == nil || s.runs[ids[len(ids)-1]] == nil || s.runs[ids[1]] != nil {
		t.Errorf("%d runs are kept", len(s.runs))
	}
}

// A hub that drains stops when the operators of its runs have said that they have the end: an
// answer that was sent is not one that came.
func TestDrainWaitsForOperators(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancelCause(t.Context())
	g := newGoing("ops")
	g.end = &result{Run: outcome.Run{ID: run}}
	s := &Service{ctx: ctx, stop: stop, say: t.Logf, present: present{runs: map[string]*going{run: g}}}
	s.drain()
	for range 2 { // the first answer was lost
		if _, err := s.result("ops", fetching{Run: run}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.take("another", named{run}); err != nil || ctx.Err() != nil {
		t.Error("the hub has stopped:", context.Cause(ctx), err)
	}
	select {
	case <-g.taken:
		t.Error("the run counts as taken")
	default:
	}
	if _, err := s.take("ops", named{run}); err != nil {
		t.Fatal(err)
	}
	if <-ctx.Done(); !errors.Is(context.Cause(ctx), errDrained) {
		t.Error(context.Cause(ctx))
	}
}

// The folder of a hub and its join files are read by later versions, whose messages may be other
// ones: an upgrade needs no new member.
func TestFilesOutliveAnUpgrade(t *testing.T) {
	t.Parallel()
	f, err := Init(t.TempDir(), "127.0.0.1:7422", []string{"127.0.0.1"})
	must(t, err)
	settings, err := os.ReadFile(f.file("hub.json"))
	must(t, err)
	site, err := f.Add(fleet.RoleSite, "fra")
	must(t, err)
	pass, err := json.Marshal(site)
	must(t, err)
	for name, text := range map[string][]byte{"hub.json": settings, "a join file": pass} {
		var file struct{ V int }
		if err := json.Unmarshal(text, &file); err != nil || file.V != 1 {
			t.Errorf("%s has version %d: %v", name, file.V, err)
		}
	}
}
