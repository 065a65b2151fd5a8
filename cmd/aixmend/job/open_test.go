package job

import (
	"io"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/console"
	"aixmend/controller/approval"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/playbooks/onhost"
)

// An open run holds a host from the lease that it took until it gave it back, or until the
// lease has ended. A run that has finished holds none.
func TestHeldBy(t *testing.T) {
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
	got := heldBy(store, []string{"taken", "renewed", "given-back", "over", "both", "done", "other"}, now)
	if diff := cmp.Diff(map[string]string{"taken": open, "renewed": open, "both": older}, got); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	var j Job
	free, err := j.leaveOut(console.New(console.Streams{Err: io.Discard}, nil, os.Getenv), []string{"taken", "done"}, map[string]string{"taken": open})
	if err != nil || !slices.Equal(free, []string{"done"}) {
		t.Errorf("asked about %q: %v", free, err)
	}
	for host, want := range map[string]string{"taken": outcome.ReasonHeld + open + " (open when the question was asked; aixmend resume " + open + ")", "done": ""} {
		if got := j.consented(func(string) *approval.Host { return &approval.Host{} })(host); got.Held != want {
			t.Errorf("%s: held: %q, want %q", host, got.Held, want)
		}
	}
	if got := j.consented(nil)("done"); got != nil {
		t.Errorf("without a plan: %+v", got)
	}
	if diff := cmp.Diff(map[string]string{open: "aixmend resume " + open, older: "aixmend resume " + older}, resumes(store)); diff != "" {
		t.Errorf("advice (-want +got):\n%s", diff)
	}
}
