package journal

import (
	"testing"
	"time"

	"aixmend/controller/outcome"
)

// A rollback of an earlier version is read with the present name of its rung; a rung of that
// name in another run keeps it.
func TestOlderRollback(t *testing.T) {
	for undoes, want := range map[string]string{"20260101T000000.000Z-000000": "rollback", "": "take-back"} {
		s := open(t)
		r := newRun(t, s, NewRunID(time.Now()))
		for _, err := range []error{
			r.WriteRequest(map[string]string{"undoes": undoes}),
			r.Append(outcome.Entry{Event: outcome.EventRung, Host: "a", Rung: "take-back"}),
			r.Append(outcome.Entry{Event: outcome.EventRung, Host: "a", Rung: "address"}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		plan := []outcome.PlanStep{{Rung: "take-back", Step: "undo-set"}}
		h := outcome.Host{Host: "a", RunID: r.id, Plan: plan, Changes: []outcome.Change{{Rung: "take-back"}, {Rung: "address"}}}
		if err := r.WriteCheckpoint(h); err != nil {
			t.Fatal(err)
		}
		if err := r.WriteHost(h, nil); err != nil {
			t.Fatal(err)
		}
		if err := r.Finish(outcome.Run{ID: r.id, Undoes: undoes, Unfinished: 1, Hosts: []outcome.HostSummary{{Name: "a", Plan: plan}}}); err != nil {
			t.Fatal(err)
		}
		entries, err := s.ReadJournal(r.id)
		if err != nil || len(entries) != 2 || entries[0].Rung != want || entries[1].Rung != "address" {
			t.Errorf("the journal: %v, %+v", err, entries)
		}
		for name, load := range map[string]func(id, host string) (*outcome.Host, error){"report": s.LoadHost, "checkpoint": s.LoadCheckpoint} {
			if h, err := load(r.id, "a"); err != nil || h.Changes[0].Rung != want || h.Changes[1].Rung != "address" || h.Plan[0].Rung != want {
				t.Errorf("the %s: %v, %+v", name, err, h)
			}
		}
		run, err := s.LoadRun(r.id)
		if err != nil || run.Hosts[0].Plan[0].Rung != want {
			t.Errorf("run.json: %v, %+v", err, run)
		}
	}
}
