package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// oldRun makes a recover of the state folder: of host a, which ended, and of host b, which was
// begun.
func oldRun(t *testing.T, store *journal.Store, id string, change func(*request.Request)) {
	t.Helper()
	p, err := playbooks.Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	r := request.Request{
		Verb: controller.Recover, By: outcome.By{Operator: "ops"}, Asked: request.Asked{Playbook: p.Name, FailOn: []string{"failed"}},
		Scope: request.Scope{Hosts: []inventory.Host{{Name: "a"}, {Name: "b"}, {Name: "c"}}, Names: []string{"a", "b", "c"}, Whole: json.RawMessage(`{"verb":"recover"}`)},
	}
	document, err := r.Document()
	document.SHA256 = p.SHA256
	change(&document)
	dir, made := store.NewRun(id)
	if err := errors.Join(err, made); err != nil {
		t.Fatal(err)
	}
	err = dir.WriteRequest(document)
	at := time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)
	for i, e := range []outcome.Entry{
		{Event: outcome.EventRun, State: outcome.RunStarted, Format: outcome.JournalFormat},
		{Event: outcome.EventState, Host: "c", State: "diagnosing"},
		{Event: outcome.EventLease, Host: "b"},
		{Event: outcome.EventRung, Host: "b", Rung: "refresh"},
		{Event: outcome.EventIntent, Host: "b", Rung: "refresh", Step: "refresh"},
		{Event: outcome.EventEnded, Host: "a", Status: string(outcome.Healthy)},
	} {
		e.Time = at.Add(time.Duration(i) * time.Second)
		err = errors.Join(err, dir.Append(e))
	}
	for host, interrupted := range map[string]bool{"a": false, "b": false, "c": true} {
		err = errors.Join(err, dir.WriteHost(outcome.Host{Schema: outcome.HostSchema, RunID: id, Host: host, Outcome: outcome.Healthy, Interrupted: interrupted}, nil))
	}
	if err := errors.Join(err, dir.Close()); err != nil {
		t.Fatal(err)
	}
}

// runID is the id of a run that began n seconds after others.
func runID(n int) string {
	return time.Date(2026, 12, 1, 7, 0, n, 0, time.UTC).Format("20060102T150405.000Z") + "-3f9ac2"
}

// A hub is told the runs that a hub has ordered, those that it has not, the newest first: which
// hosts have begun, and the reports of those that have ended, or were cut off. Runs of the site
// itself are its own.
func TestRunsOfThePast(t *testing.T) {
	t.Parallel()
	store, err := journal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	as := func(*request.Request) {}
	oldRun(t, store, runID(1), as)
	oldRun(t, store, runID(2), as)
	oldRun(t, store, runID(3), func(r *request.Request) { r.By.Operator = "" })
	oldRun(t, store, runID(4), func(r *request.Request) { r.Whole = nil })
	oldRun(t, store, runID(5), func(r *request.Request) { r.SHA256 = "another" })
	oldRun(t, store, runID(6), as)
	oldRun(t, store, "mine", as)
	unlock, err := store.LockRun(runID(6))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unlock() }()
	w := Worker{Settings: job.Settings{Version: "v1"}, Console: console.New(console.Streams{Out: io.Discard, Err: io.Discard}, console.NewInterrupts(), func(string) string { return "" })}
	list, end, err := w.pasts(store, []string{runID(2), runID(9)})
	if err != nil {
		t.Fatal(err)
	}
	why := map[string]string{}
	for _, p := range list {
		why[p.ID] = p.Why
	}
	if diff := cmp.Diff(map[string]string{
		runID(6): "somebody at the site works on it", runID(5): "the output of the worker says why it can't be told",
		runID(4): "an earlier version has ordered it, which did not say enough of it", runID(1): "",
	}, why); diff != "" || end != (fleet.KeptEnd{There: 1}) {
		t.Error(diff, end)
	}
	p := list[len(list)-1]
	if !p.Open || !slices.Equal(p.Begun, []string{"b"}) || !slices.Equal(p.hosts, []string{"a", "c"}) || p.Ended.Second() != 5 || p.Process == "" || len(p.Request) == 0 {
		t.Errorf("%+v", p)
	}
}

// No more than 200 runs are told at once: the newest.
func TestRunsOfThePastAreBounded(t *testing.T) {
	t.Parallel()
	store, err := journal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxAdopted + 3 {
		id := fmt.Sprintf("20261201T07%02d%02d.000Z-3f9ac2", i/60, i%60)
		dir, err := store.NewRun(id)
		if err == nil {
			err = errors.Join(dir.WriteRequest(request.Request{By: outcome.By{Operator: "ops"}}), dir.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w := Worker{Settings: job.Settings{Version: "v1"}}
	list, end, err := w.pasts(store, []string{"20261201T070322.000Z-3f9ac2"})
	if err != nil || len(list) != maxAdopted || end != (fleet.KeptEnd{There: 1, Older: 2}) || list[0].ID != "20261201T070321.000Z-3f9ac2" {
		t.Errorf("%d %+v %v", len(list), end, err)
	}
}
