package controller_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport/aixsim"
	"aixmend/transport/sshtest"
)

// recovered recovers a bench's hosts as run r1 and returns an engine that takes
// that back as run r2.
func recovered(t *testing.T, b *bench, allow ...string) *controller.Engine {
	t.Helper()
	e := b.engine(controller.Recover)
	e.Allowed, e.MendWarnings = allow, true
	captures := map[string]string{}
	for host, h := range b.runEngine(e) {
		if h.Outcome != outcome.Recovered {
			t.Fatalf("%s: %s: %s", host, h.Outcome, h.Reason)
		}
		captures[host] = h.Capture
	}
	trails := outcome.Trails(b.journal())
	dir, err := b.store.NewRun("r2")
	must(t, err)
	t.Cleanup(func() { _ = dir.Close() })
	back := b.engine(controller.Recover)
	back.RunID, back.Journal = "r2", dir
	back.Earlier = func(host string) (controller.Earlier, error) {
		c, err := b.store.Load(captures[host])
		if err != nil {
			return controller.Earlier{}, err
		}
		return controller.Earlier{Run: "r1", Changes: controller.Undoables(*trails[host]), Facts: c.Facts}, nil
	}
	return back
}

// What a run has applied is taken back, the newest first, and the host has again
// what it had.
func TestTakeBackARun(t *testing.T) {
	for _, c := range []struct {
		illness string
		allow   []string
		left    []string // steps that can't be taken back
	}{
		{illness: "address-removed-smitty"},
		{illness: "address-of-clone"},
		{illness: "session-on-rmc-nic"},
		{illness: "customer-netaddr6-on-rmc-nic"},
		{illness: "node-id-mismatch", allow: []string{"node-id"}, left: []string{"save-node-id", "refresh-management-domain"}},
	} {
		t.Run(c.illness, func(t *testing.T) {
			b := newBench(t, c.illness)
			before := b.run(controller.Audit)[c.illness]
			files := b.fleet.Host(c.illness).Snapshot().Files
			back := recovered(t, b, c.allow...)
			done := b.ended[c.illness]
			got := b.runEngine(back)[c.illness]
			if diff := cmp.Diff(outcome.OpenIDs(before.Findings), outcome.OpenIDs(got.Findings)); diff != "" || got.Outcome != before.Outcome || !strings.Contains(got.Reason, "of run r1 taken back") {
				t.Errorf("%s: %s; findings (-before the run +after taking it back)\n%s", got.Outcome, got.Reason, diff)
			}
			now := b.fleet.Host(c.illness).Snapshot().Files
			for _, name := range []string{"/etc/rc.tcpip", "/etc/ct_node_id", "/var/ct/cfg/ct_node_id"} {
				if now[name].Content != files[name].Content {
					t.Errorf("%s holds %q, held %q", name, now[name].Content, files[name].Content)
				}
			}
			wantOrder(t, done, got, c.left)
			for _, step := range c.left {
				if !strings.Contains(got.Reason, step+" can't be taken back: ") {
					t.Errorf("nothing is said of %s: %s", step, got.Reason)
				}
			}
		})
	}
}

// wantOrder compares the undo of one run with what the next has run.
func wantOrder(t *testing.T, done, back outcome.Host, left []string) {
	t.Helper()
	var want, got []string
	for _, c := range slices.Backward(done.Changes) {
		if !strings.HasSuffix(c.Step, "arm-undo") && c.Status == outcome.Applied && !slices.Contains(left, c.Step) {
			want = append(want, c.Undo)
		}
	}
	for _, c := range back.Changes {
		if !strings.HasSuffix(c.Step, "arm-undo") {
			got = append(got, c.Command)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) == 0 {
		t.Errorf("taken back (-want +got)\n%s", diff)
	}
}

// What somebody has changed since is left alone.
func TestTakeBackNotInEffect(t *testing.T) {
	const host = "address-removed-smitty"
	b := newBench(t, host)
	back := recovered(t, b)
	run(t, b, host, "/usr/sbin/chdev -l en1 -a netaddr6= -a state=up")
	sent := len(b.sent(host))
	got := b.runEngine(back)[host]
	if len(got.Changes) > 0 || len(b.sent(host)) > sent || !strings.Contains(got.Reason, "set-address is not in effect any more") {
		t.Errorf("%s: %s; sent %q", got.Outcome, got.Reason, b.sent(host)[sent:])
	}
}

// An undo that fails, or whose link dies, is no success.
func TestTakeBackFails(t *testing.T) {
	const host = "address-removed-smitty"
	b := newBench(t, host)
	back := recovered(t, b)
	b.fleet.Host(host).Mutate(func(s *aixsim.State) {
		s.Behaviours = map[string]aixsim.Behaviour{"chdev": {Exit: 1, Stderr: "0514-018 no\n"}}
	})
	got := b.runEngine(back)[host]
	if got.Outcome != outcome.Failed || !strings.Contains(got.Reason, "undo-set-address ended with status 1") {
		t.Errorf("%s: %s", got.Outcome, got.Reason)
	}

	b = newBench(t, host)
	back = recovered(t, b)
	b.fleet.Server(host).SetFaults(sshtest.Faults{CutAfterRun: "netaddr6=  -a state=up", Times: 1})
	got = b.runEngine(back)[host]
	if got.Outcome != outcome.NeedsAction || !slices.Contains(statuses(got), "undo-set-address applied") {
		t.Errorf("%s: %s %q", got.Outcome, got.Reason, statuses(got))
	}
}

// Steps around a step, and what is known not to be in effect, are not taken back.
func TestUndoables(t *testing.T) {
	change := func(step, status string) outcome.TrailChange {
		return outcome.TrailChange{Change: outcome.Change{Step: step, Command: "c " + step, Undo: "u " + step, Status: status, Rung: "r"}}
	}
	got := controller.Undoables(outcome.Trail{Changes: []outcome.TrailChange{
		change("a-arm-undo", outcome.Applied), change("a", outcome.Applied), change("a-disarm-undo", outcome.Applied), change("b", outcome.NotApplied),
		change("c", outcome.Undone), change("c-undo", outcome.Applied), change("d", outcome.UnknownIf),
	}})
	want := []playbooks.Undoable{{Rung: "r", Step: "a", Command: "c a", Undo: "u a"}, {Rung: "r", Step: "d", Command: "c d", Undo: "u d", Unknown: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
