package controller_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/transport"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
)

// R1: a change on an interface has its undo armed before and disarmed over a
// new connection after, and the report says so.
func TestTimedUndoIsDisarmed(t *testing.T) {
	t.Parallel()
	const host = "session-on-rmc-nic" // the change goes over the NIC that it changes
	b := newBench(t, host)
	before := b.fleet.Server(host).Accepted()
	h := b.run(controller.Recover)[host]
	var steps []string
	for _, c := range h.Changes {
		steps = append(steps, c.Step+" "+c.Status)
	}
	want := []string{"set-address-arm-undo applied", "set-address applied", "set-address-disarm-undo applied"}
	if h.Outcome != outcome.Recovered || !slices.Equal(steps[:3], want) || !strings.Contains(h.Changes[1].Detail, "disarmed over a new connection") {
		t.Errorf("%s: %s; %q, detail %q", h.Outcome, h.Reason, steps, h.Changes[1].Detail)
	}
	if n := b.fleet.Server(host).Accepted() - before; n < 2 {
		t.Errorf("%d connections: it was not disarmed over a new one", n)
	}
	for path := range b.fleet.Host(host).Snapshot().Files {
		if strings.Contains(path, "aixmend.undo") {
			t.Errorf("%s was left behind", path)
		}
	}
}

// A change that really cuts the host off: nobody gets in any more, and the host
// comes back by itself.
func TestTimedUndoFires(t *testing.T) {
	t.Parallel()
	const host = "address-of-clone"
	b := newBench(t, host)
	b.set = append(b.set, "undo_after=4s")
	netaddr6 := func() string { return b.fleet.Host(host).Snapshot().NICs[1].Attrs.NetAddr6 }
	before := netaddr6()
	server := b.fleet.Server(host)
	e := b.engine(controller.Recover)
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if entry.Step == "set-address" && entry.Event == outcome.EventIntent {
			server.SetFaults(sshtest.Faults{CutAfterRun: "netaddr6=fe80", DropAt: sshtest.StageAccept})
		}
		return b.dir.Append(entry)
	})
	back := make(chan struct{})
	go func() { // the network is whole again when the change has been taken back
		defer close(back)
		changed := false
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for t.Context().Err() == nil {
			if now := netaddr6(); now != before {
				changed = true
			} else if changed {
				server.SetFaults(sshtest.Faults{})
				return
			}
			<-ticker.C
		}
	}()
	h := b.runEngine(e)[host]
	<-back
	i := slices.IndexFunc(h.Changes, func(c outcome.Change) bool { return c.Step == "set-address" })
	if h.Outcome != outcome.Failed || i < 0 || h.Changes[i].Status != outcome.Undone || !strings.Contains(h.Reason, "timed undo reverted it") {
		t.Errorf("%s: %s, %v", h.Outcome, h.Reason, statuses(h))
	}
	if netaddr6() != before {
		t.Errorf("netaddr6 is %s, it was %s", netaddr6(), before)
	}
	if n := len(slices.DeleteFunc(b.sent(host), func(line string) bool { return !strings.Contains(line, "chdev") })); n != 2 {
		t.Errorf("%d chdev commands ran, wanted the change and its undo: %q", n, b.sent(host))
	}
}

// The timed undo of another run would fire in the middle of a repair or after it: the look
// that sees it holds the host back, before any step is tried. A lease that holds the host
// says itself who is to go on.
func TestTimedUndoOfAnotherRun(t *testing.T) {
	t.Parallel()
	const host, killed = "address-removed-smitty", "20261130T115800.000Z-ab12cd"
	for _, c := range []struct {
		name, file, link string
		lease            string
		verb             controller.Verb
		want             outcome.Outcome
		reason           string
	}{
		{name: "not understood", file: "set-address", want: outcome.NeedsAction, reason: "/etc/aixmend.undo.set-address is not understood; if no shell on the host waits to undo a step, remove it"},
		{name: "of this step", file: "set-address", link: killed, want: outcome.NeedsAction, reason: "another run armed the timed undo of set-address, which may fire until "},
		{name: "of another step", file: "x", link: killed, want: outcome.NeedsAction, reason: "; resume run " + killed + " from the state folder where it began, or wait until then and start again"},
		{name: "not a run's id", file: "x", link: "r9", want: outcome.NeedsAction, reason: "Z; wait until then and start again"},
		{name: "in a plan", file: "x", link: killed, lease: killed, verb: controller.Plan, want: outcome.NeedsAction, reason: "resume run " + killed},
		{name: "its lease holds the host", file: "x", link: killed, lease: killed, want: outcome.Skipped, reason: "held by another run: " + killed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, host)
			b.fleet.Host(host).Mutate(func(s *aixsim.State) {
				marker := aixsim.File{Content: "armed\n"}
				if c.link != "" {
					marker = aixsim.File{Link: "run=" + c.link + ",until=" + until(time.Hour)}
				}
				s.Files["/etc/aixmend.undo."+c.file] = marker
			})
			if c.lease != "" {
				hold(b, host, "run="+c.lease+",by=ops@nim2,until="+until(time.Hour))
			}
			e := leased(b, "r1")
			if c.verb != "" {
				e.Verb = c.verb
			}
			h := b.runEngine(e)[host]
			said := h.Reason
			if c.verb == controller.Plan {
				said = h.Plan[0].BlockedBy
			}
			if h.Outcome != c.want || !strings.Contains(said, c.reason) {
				t.Errorf("%s: %s", h.Outcome, said)
			}
			if sent := b.sent(host); len(sent) > 0 {
				t.Errorf("sent %q", sent)
			}
			if !slices.ContainsFunc(h.Findings, func(f outcome.Finding) bool { return f.ID == "timed-undo-armed" }) {
				t.Errorf("findings %v", outcome.OpenIDs(h.Findings))
			}
		})
	}
}

// A rollback is held back too: the timed undo of a run that was killed would race with it.
func TestTimedUndoHoldsARollbackBack(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	b := newBench(t, host)
	back := recovered(t, b)
	b.fleet.Host(host).Mutate(func(s *aixsim.State) {
		s.Files["/etc/aixmend.undo.set-address"] = aixsim.File{Link: "run=r1,until=" + until(time.Hour)}
	})
	before := len(b.sent(host))
	h := b.runEngine(back)[host]
	if h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, "another run armed the timed undo of set-address") || len(b.sent(host)) > before {
		t.Errorf("%s: %s, sent %q", h.Outcome, h.Reason, b.sent(host)[before:])
	}
}

// The first signal comes between a change and its disarming: that belongs to
// the running step, so the undo is disarmed, and the change stays.
func TestTimedUndoIsDisarmedAfterASignal(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	var once sync.Once
	b := newBench(t, host)
	e := b.engine(controller.Recover)
	e.Dialer = b.dialer(func(_ transport.Target, c transport.Command) error {
		select {
		case <-b.stop:
			if !c.Finishes {
				return transport.ErrGateShut
			}
		default:
		}
		return nil
	})
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if entry.Step == "set-address" && entry.Event == outcome.EventResult {
			once.Do(func() { close(b.stop) })
		}
		return b.dir.Append(entry)
	})
	h := b.runEngine(e)[host]
	if got := statuses(h); !slices.Equal(got, []string{"set-address applied"}) || !strings.Contains(h.Changes[1].Detail, "disarmed") {
		t.Errorf("%s: %s; %q, %+v", h.Outcome, h.Reason, got, h.Changes)
	}
	for path := range b.fleet.Host(host).Snapshot().Files {
		if strings.Contains(path, "aixmend.undo") {
			t.Errorf("%s was left behind", path)
		}
	}
}

// A signal while a step is in doubt: one look that does not see it is no proof
// that it did not happen.
func TestSignalWhileInDoubt(t *testing.T) {
	t.Parallel()
	const host = "daemon-down"
	var once sync.Once
	b := newBench(t, host)
	e := b.engine(controller.Recover)
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if entry.Step == "start-rmc" && entry.Event == outcome.EventIntent {
			b.fleet.Server(host).SetFaults(sshtest.Faults{CutBefore: "rmcctrl -A", Times: 1})
		}
		if entry.Step == "start-rmc" && entry.Event == outcome.EventResult {
			once.Do(func() { close(b.stop) })
		}
		return b.dir.Append(entry)
	})
	h := b.runEngine(e)[host]
	if h.Outcome != outcome.Unknown || !slices.Equal(statuses(h), []string{"start-rmc unknown"}) {
		t.Errorf("%s: %s; %q", h.Outcome, h.Reason, statuses(h))
	}
}

// The host can't be reached to disarm an undo, for a reason that another try does
// not mend: what a look sees before the undo is due is not yet the truth.
func TestArmedUndoIsNoRecovery(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	b := newBench(t, host)
	b.fleet.Host(host).Mutate(func(s *aixsim.State) { s.RMC.ConnectDelay = 0 }) // the look takes no time
	e := b.engine(controller.Recover)
	inner, dials := e.Dialer, 0
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e.Dialer = transport.DialerFunc(func(ctx context.Context, target transport.Target) (transport.Conn, error) {
		if dials++; dials == 2 {
			time.AfterFunc(time.Second, cancel) // long before the undo is due
			return nil, &transport.Error{Kind: transport.KindProtocol, Op: "handshake", Host: host, Err: errors.New("not SSH")}
		}
		return inner.Dial(ctx, target)
	})
	_, err := e.Run(ctx, b.hosts)
	must(t, err)
	h := b.ended[host]
	if h.Outcome != outcome.Unknown || !slices.Equal(statuses(h), []string{"set-address unknown"}) {
		t.Errorf("%s: %s; %q, and its undo is armed: %v", h.Outcome, h.Reason, statuses(h), armed(b, host))
	}
}

// The link dies in the disarming: the host is asked again over a new connection, and
// nothing is concluded before it has answered (procedure E7).
func TestLostDisarmIsAskedAgain(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]sshtest.Faults{
		"before it ran": {CutBefore: "nowhere", Times: 1},
		"after it ran":  {CutAfterRun: "nowhere", Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			const host = "address-removed-smitty"
			b := newBench(t, host)
			b.fleet.Server(host).SetFaults(faults)
			h := b.run(controller.Recover)[host]
			if h.Outcome != outcome.Recovered || !slices.Equal(statuses(h), []string{"set-address applied"}) || armed(b, host) {
				t.Errorf("%s: %s; %q, and its undo is armed: %v", h.Outcome, h.Reason, statuses(h), armed(b, host))
			}
			if n := len(b.sent(host)); n != 1 {
				t.Errorf("sent %q", b.sent(host))
			}
		})
	}
}

// armed reports whether the undo of set-address waits on a host.
func armed(b *bench, host string) bool {
	_, there := b.fleet.Host(host).Snapshot().Files["/etc/aixmend.undo.set-address"]
	return there
}
