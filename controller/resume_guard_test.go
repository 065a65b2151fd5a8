package controller_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/rollout"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/transport"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/wrap"
)

// doomed is a mortal journal that dies when a certain entry comes.
type doomed struct {
	mortal
	at func(outcome.Entry) bool
}

func (d *doomed) Append(e outcome.Entry) error {
	if d.at(e) {
		d.mu.Lock()
		d.left = 0
		d.mu.Unlock()
	}
	return d.mortal.Append(e)
}

// diesAt runs an engine whose process dies when an event of a step is to be
// written.
func (b *bench) diesAt(e *controller.Engine, event, step string, only ...string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), hang)
	defer cancel()
	d := &doomed{mortal: mortal{bench: b, left: 1 << 30, cancel: cancel}, at: func(e outcome.Entry) bool { return e.Event == event && e.Step == step }}
	e.Journal, e.Sink = d, d
	hosts := slices.DeleteFunc(slices.Clone(b.hosts), func(h inventory.Host) bool { return len(only) > 0 && !slices.Contains(only, h.Name) })
	if _, err := e.Run(ctx, hosts); err == nil {
		b.t.Fatalf("no %s of step %s came", event, step)
	}
}

// A resumed walk sends nothing while another run holds the host: no disarming, no
// undo. What is open stays unknown.
func TestResumeAsksForTheLease(t *testing.T) {
	t.Parallel()
	const host = "session-on-rmc-nic"
	b := newBench(t, host)
	b.diesAt(leased(b, "r1"), outcome.EventIntent, "set-address-disarm-undo")
	hold(b, host, "run=other,by=ops@nim2,until="+until(time.Hour))
	before := len(b.changed(host))
	got := b.resume(leased(b, "r1"))[host]
	if sent := b.changed(host)[before:]; len(sent) > 0 || !strings.Contains(got.Reason, "the lease was lost to run other by ops@nim2") {
		t.Errorf("%s: %s; sent %q", got.Outcome, got.Reason, sent)
	}
}

// A lease that changes hands between two rungs ends the walk.
func TestLeaseIsAskedForBeforeEachRung(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	b := newBench(t, host)
	b.fleet.Host(host).Mutate(func(s *aixsim.State) { s.RMC.RemoteClients = false }) // the first rung is not enough
	e := leased(b, "mine")
	o := &thief{bench: b}
	e.Observer = o
	got := b.runEngine(e)[host]
	if sent := b.sent(host)[o.sent:]; len(sent) > 0 || got.Outcome != outcome.Failed || !strings.Contains(got.Reason, "the lease was lost to run other") {
		t.Errorf("%s: %s; sent %q", got.Outcome, got.Reason, sent)
	}
}

// thief gives the lease to another run while the host settles.
type thief struct {
	*bench
	done bool
	sent int
}

func (o *thief) Moved(host string, to controller.State, _ string, _ time.Time) {
	if to == controller.Settling && !o.done {
		o.done = true
		o.sent = len(o.bench.sent(host))
		hold(o.bench, host, "run=other,by=ops@nim2,until="+until(time.Hour))
	}
}

// A brake that trips on what earlier processes of the run did lets no host begin,
// and leaves none in the middle.
func TestBrakeOnResume(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	b := newBench(t, host, "daemon-down", "daemon-down", "daemon-down")
	b.diesAt(b.engine(controller.Recover), outcome.EventResult, "set-address", host)
	for _, failed := range []string{"daemon-down", "daemon-down-2"} {
		b.ended[failed] = outcome.Host{Schema: outcome.HostSchema, Host: failed, Outcome: outcome.Failed, Reason: "it did not help"}
		must(t, b.dir.Append(outcome.Entry{Time: time.Now(), Event: outcome.EventEnded, Host: failed, Status: string(outcome.Failed)}))
	}
	e := b.engine(controller.Recover)
	e.Waves, e.Brake = []rollout.Wave{{Percent: 100}}, rollout.Brake{Count: 1}
	ended := b.resume(e)
	if got := ended[host]; got.Outcome != outcome.Recovered || !slices.Equal(statuses(got), []string{"set-address applied"}) {
		t.Errorf("%s: %s; %v", got.Outcome, got.Reason, statuses(got))
	}
	if got := ended["daemon-down-3"]; got.Outcome != outcome.Skipped || len(b.sent("daemon-down-3")) > 0 {
		t.Errorf("%s: %s", got.Outcome, got.Reason)
	}
}

// A host that has joined a cluster since gets nothing more of a rung, and nothing
// of it is taken back.
func TestClusterGuardHoldsThroughout(t *testing.T) {
	t.Parallel()
	const host = "node-id-mismatch"
	joined := func(s *aixsim.State) { s.Cluster.PeerDomain = "db2dom" }
	recover := func(b *bench) *controller.Engine {
		e := b.engine(controller.Recover)
		e.Allowed = []string{"node-id"}
		return e
	}
	b := newBench(t, host)
	b.diesAt(recover(b), outcome.EventIntent, "keep-node-id")
	b.fleet.Host(host).Mutate(joined)
	before := len(b.sent(host))
	got := b.resume(recover(b))[host]
	if sent := b.sent(host)[before:]; len(sent) > 0 || got.Outcome != outcome.Failed || !strings.Contains(got.Reason, "was not sent: cluster guard") {
		t.Errorf("resumed: %s: %s; sent %q", got.Outcome, got.Reason, sent)
	}

	b = newBench(t, host)
	back := recovered(t, b, "node-id")
	b.fleet.Host(host).Mutate(joined)
	before = len(b.sent(host))
	got = b.runEngine(back)[host]
	if sent := b.sent(host)[before:]; len(sent) > 0 || got.Outcome != outcome.NeedsAction || !strings.Contains(got.Reason, "cluster guard") {
		t.Errorf("taken back: %s: %s; sent %q", got.Outcome, got.Reason, sent)
	}
}

// A signal between the capture and the first step leaves the host open for resume.
func TestSignalBeforeTheFirstStep(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	for _, undo := range []bool{false, true} {
		b := newBench(t, host)
		e := b.engine(controller.Recover)
		if undo {
			e = recovered(t, b)
		}
		e.Observer = stopper{b}
		if got := b.runEngine(e)[host]; got.Outcome != outcome.Skipped || !got.Interrupted {
			t.Errorf("undo %v: %s: %s, interrupted %v", undo, got.Outcome, got.Reason, got.Interrupted)
		}
	}
}

// stopper stops the run when a rung is about to begin.
type stopper struct{ *bench }

func (s stopper) Moved(_ string, to controller.State, _ string, _ time.Time) {
	if to == controller.Recovering {
		close(s.stop)
	}
}

// What a newer step of a rung has turned round is taken back all the same: RMC runs
// again in the end.
func TestRollbackOfARecycle(t *testing.T) {
	t.Parallel()
	const host = "daemon-hung"
	b := newBench(t, host)
	back := recovered(t, b)
	got := b.runEngine(back)[host]
	i := slices.IndexFunc(b.fleet.Host(host).Snapshot().Subsystems, func(s aixsim.Subsystem) bool { return s.Name == "ctrmc" })
	if i < 0 || b.fleet.Host(host).Snapshot().Subsystems[i].Status != "active" || got.Outcome == outcome.Failed {
		t.Errorf("%s: %s: %v", got.Outcome, got.Reason, statuses(got))
	}
}

// A step of which it is not known whether it ran is not taken back blindly, and the
// data of a hand-over are no change to take back.
func TestRollbackLeavesTheUnknown(t *testing.T) {
	t.Parallel()
	then, err := newBench(t, "healthy").playbook.Recall(nil, playbooks.Given{}, nil, nil)
	must(t, err)
	b := newBench(t, "healthy")
	back := b.playbook.PlanRollback(then, nil, []playbooks.Change{
		{Rung: "refresh", Step: "enable-remote-clients", Command: "c", Undo: "u", Unknown: true},
		{Rung: "hand-over", Step: "make-support-folder", Command: "c", Undo: "rm -r x"},
	})
	if len(back.Rung.Steps) > 0 || len(back.Left) != 1 || !strings.Contains(back.Left[0], "it is not known whether it ran; to undo it: u") {
		t.Errorf("%d steps, left %q", len(back.Rung.Steps), back.Left)
	}
}

// A command that the gate lets never pass blocks its rung: nobody was interrupted.
func TestGateThatNeverOpens(t *testing.T) {
	t.Parallel()
	const host = "session-on-rmc-nic"
	b := newBench(t, host)
	e := b.engine(controller.Recover)
	e.Dialer = b.dialer(wrap.Gate(func(_ transport.Target, c transport.Command) error {
		if c.ID == "set-address-arm-undo" {
			return fmt.Errorf("%s: %w: it is not in the approved plan", c.ID, transport.ErrGateShut)
		}
		return nil
	}))
	got := b.runEngine(e)[host]
	if got.Outcome != outcome.NeedsAction || got.Interrupted || !strings.Contains(got.Reason, "it is not in the approved plan") {
		t.Errorf("%s: %s, interrupted %v", got.Outcome, got.Reason, got.Interrupted)
	}
}
