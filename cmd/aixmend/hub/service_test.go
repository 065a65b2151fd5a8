package hub

import (
	"testing"
	"time"

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
	s := &Service{store: store, runs: map[string]*going{}}
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

// A hub runs for years: it keeps the newest runs that have ended, and all that go on.
func TestEndedRunsAreForgotten(t *testing.T) {
	t.Parallel()
	s := &Service{runs: map[string]*going{}}
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
