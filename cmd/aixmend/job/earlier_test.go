package job

import (
	"errors"
	"testing"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
)

// The journal of a hub has the ends of hosts, and none of their changes: one that ended has
// ended, whatever was changed on it, and is not waited for again.
func TestEndedAtAHub(t *testing.T) {
	t.Parallel()
	p, err := playbooks.Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	store, err := journal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const id = "20261201T070000.000Z-3f9ac2"
	dir, err := store.NewRun(id)
	if err != nil {
		t.Fatal(err)
	}
	changed := []outcome.Change{{Step: "set-address", Status: outcome.Applied}}
	for _, h := range []outcome.Host{
		{Host: "recovered", Site: "fra", Outcome: outcome.Recovered, Changes: changed},
		{Host: "cut", Site: "fra", Outcome: outcome.Unknown, Interrupted: true, Changes: changed},
		{Host: "here", Outcome: outcome.Recovered, Changes: changed}, // its journal lacks a change: the report is of another time
	} {
		h.Schema, h.RunID = outcome.HostSchema, id
		err = errors.Join(err, dir.WriteHost(h, nil))
		if h.Interrupted {
			err = errors.Join(err, dir.Append(outcome.Entry{Event: outcome.EventTurn, Host: h.Host, Process: "f1.x"}))
		} else {
			err = errors.Join(err, dir.Append(outcome.EndEntry(h)))
		}
	}
	if err = errors.Join(err, dir.Append(outcome.Entry{Event: outcome.EventEnded, Host: "lost"})); err != nil {
		t.Fatal(err)
	}
	e, err := LoadEarlier(store, id, p)
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{"recovered": true, "cut": false, "here": false, "lost": false, "new": false} {
		if b, err := e.begun(host); err != nil || (b.Done != nil) != want || e.Done(host) != want {
			t.Errorf("%s: %+v, want %v; %v", host, b, want, err)
		}
	}
}
