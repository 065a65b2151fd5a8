package guide

import (
	"errors"
	"testing"
	"time"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

// Where the run is open and holds a host by its lease, the command that continues it comes before
// the one that rolls it back.
func TestRollBackOfAnOpenRun(t *testing.T) {
	root, at := t.TempDir(), time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	store, err := journal.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	const id = "20261130T110000.000Z-aaaaaa"
	entries := []outcome.Entry{
		{Time: at, Event: outcome.EventRun, Format: outcome.JournalFormat, State: outcome.RunStarted},
		{Time: at, Event: outcome.EventIntent, Host: "a1", Change: 1, Step: "set", Command: "c", Undo: "u"},
		{Time: at, Event: outcome.EventResult, Host: "a1", Change: 1, Step: "set", Command: "c", Undo: "u", Status: outcome.Applied},
		{Time: at, Event: outcome.EventLease, Host: "a2", Step: "lease-take", Detail: "run=" + id + ",until=29990101T000000Z"},
	}
	dir, err := store.NewRun(id)
	if err != nil {
		t.Fatal(err)
	}
	err = dir.WriteRequest(map[string]string{"verb": "recover"})
	for _, e := range entries {
		err = errors.Join(err, dir.Append(e))
	}
	run := outcome.Run{Schema: outcome.RunSchema, ID: id, Command: "recover", Unfinished: 1, Hosts: []outcome.HostSummary{{Name: "a1", Outcome: outcome.Recovered}, {Name: "a2", Outcome: outcome.Unknown, Interrupted: true}}}
	if err := errors.Join(err, dir.Finish(run), dir.Close()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		unfinished int
		want       string
	}{
		{1, "run " + id + " is open on a2: it must be resumed before it can be rolled back there: aixmend resume --state " + root + " " + id + "\nto roll back: aixmend recover --undo " + id + " --state " + root + "\n"},
		{0, "to roll back: aixmend recover --undo " + id + " --state " + root + "\n"},
	} {
		run.Unfinished = c.unfinished
		if got := Bare(run, root).RollBack(entries); got != c.want {
			t.Errorf("%d unfinished: %q, want %q", c.unfinished, got, c.want)
		}
	}
}
