package openrun

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/playbooks/onhost"
)

// An open run holds a host from the lease that it took until it gave it back, or until the
// lease has ended. A run that has finished holds none.
func TestHolding(t *testing.T) {
	store, err := journal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	lease := func(run, host, step string, until time.Time) outcome.Entry {
		text := onhost.NewLease(run, host, "root@ctl", "a.b", until).String()
		return outcome.Entry{Time: now, Event: outcome.EventLease, Host: host, Step: step, Detail: text}
	}
	later, over := now.Add(time.Hour), now.Add(-onhost.LeaseGrace)
	const open, older, ended = "20261130T110000.000Z-aaaaaa", "20261129T110000.000Z-aaaaaa", "20261128T110000.000Z-aaaaaa"
	for id, entries := range map[string][]outcome.Entry{
		open: {
			lease(open, "taken", "lease-take", later),
			lease(open, "renewed", "lease-take", over), lease(open, "renewed", "lease-replace", later), {Time: now, Event: outcome.EventLease, Host: "renewed", Step: onhost.MarkAppliedStep, Detail: open},
			lease(open, "given-back", "lease-take", later), lease(open, "given-back", "lease-release", later),
			lease(open, "over", "lease-take", over),
			lease(open, "not-asked-about", "lease-take", later),
		},
		older: {lease(older, "taken", "lease-take", over), lease(older, "both", "lease-take", later)},
		ended: {lease(ended, "done", "lease-take", later)},
	} {
		dir, err := store.NewRun(id)
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.WriteRequest(map[string]string{"verb": "recover"}); err != nil {
			t.Fatal(err)
		}
		begins := outcome.Entry{Time: now, Event: outcome.EventRun, Format: outcome.JournalFormat, State: outcome.RunStarted}
		for _, e := range append([]outcome.Entry{begins}, entries...) {
			if err := dir.Append(e); err != nil {
				t.Fatal(err)
			}
		}
		if id == ended {
			if err := dir.Finish(outcome.Run{Schema: outcome.RunSchema, ID: id}); err != nil {
				t.Fatal(err)
			}
		}
		if err := dir.Close(); err != nil {
			t.Fatal(err)
		}
	}
	got := Holding(store, []string{"taken", "renewed", "given-back", "over", "both", "done", "other"}, now)
	if diff := cmp.Diff(map[string]string{"taken": open, "renewed": open, "both": older}, got); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]outcome.LeftOpen{{ID: older, Hosts: []string{"both"}}, {ID: open, Hosts: []string{"renewed", "taken"}}}, Held(got)); diff != "" {
		t.Errorf("by run (-want +got):\n%s", diff)
	}
	const resume = ": aixmend resume "
	for _, c := range []struct {
		run  string
		by   map[string]string
		want []string
	}{
		{open, got, []string{"run " + older + " is open on both" + resume + older, "run " + open + " is open on renewed taken: it must be resumed before it can be rolled back there" + resume + open}},
		{older, map[string]string{"taken": open}, []string{"run " + open + " is open on taken" + resume + open, "run " + older + " has not finished; to continue it instead of rolling it back" + resume + older}},
		{ended, nil, nil},
	} {
		if diff := cmp.Diff(c.want, BeforeRollback(store, c.run, c.by)); diff != "" {
			t.Errorf("before a rollback of %s (-want +got):\n%s", c.run, diff)
		}
	}
	if diff := cmp.Diff(map[string]string{open: "aixmend resume " + open, older: "aixmend resume " + older}, Resumes(store)); diff != "" {
		t.Errorf("advice (-want +got):\n%s", diff)
	}
}
