package controller_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/rollout"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
)

// Faults of an earlier engine, on simulated hosts over SSH; histories of package course
// hold their kinds.

// onIntent lets something happen to a host when a step is about to be sent.
func (b *bench) onIntent(step string, then func()) controller.Journal {
	var once sync.Once
	return journalFunc(func(e outcome.Entry) error {
		err := b.dir.Append(e)
		if e.Event == outcome.EventIntent && e.Step == step {
			once.Do(then)
		}
		return err
	})
}

// E2: a controller that slept through its lease sends a command that does nothing. The
// lease was taken by somebody else meanwhile, removed, or is over by the host's clock.
func TestFenceKeepsAChangeBack(t *testing.T) {
	t.Parallel()
	const host = "daemon-hung"
	for _, c := range []struct {
		name   string
		sleeps func(b *bench)
		ends   outcome.Outcome
		stops  int // how often RMC is stopped in the end
	}{
		{"another run has it", func(b *bench) { hold(b, host, "run=other,by=ops@nim2,until="+until(time.Hour)) }, outcome.Failed, 0},
		{"another process of the run has it", func(b *bench) {
			hold(b, host, "run=mine,host="+host+",by=root@mine,proc=beef.1,until="+until(time.Hour))
		}, outcome.Failed, 0},
		{"it was removed", func(b *bench) {
			b.fleet.Host(host).Mutate(func(s *aixsim.State) { delete(s.Files, "/etc/aixmend.lease") })
		}, outcome.Recovered, 1},
		{"it is over by the host's clock", func(b *bench) {
			b.fleet.Host(host).Mutate(func(s *aixsim.State) { s.ClockOffset += aixsim.Duration(2 * time.Hour) })
		}, outcome.Recovered, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, host)
			b.set = append(b.set, "wait=20s")
			e := leased(b, "mine")
			before := 0
			e.Journal = b.onIntent("stop-rmc", func() { before = len(b.sent(host)); c.sleeps(b) })
			got := b.runEngine(e)[host]
			stops := len(slices.DeleteFunc(b.sent(host), func(line string) bool { return !strings.Contains(line, "rmcctrl -z") }))
			if got.Outcome != c.ends || stops != c.stops {
				t.Errorf("%s: %s; RMC was stopped %d times; sent %q", got.Outcome, got.Reason, stops, b.sent(host)[before:])
			}
			at := slices.IndexFunc(got.Changes, func(c outcome.Change) bool { return c.Step == "stop-rmc" })
			if at < 0 || got.Changes[at].Status != outcome.NotApplied || !strings.Contains(got.Changes[at].Detail, "the lease is no longer this run's") {
				t.Errorf("changes %+v", statuses(got))
			}
			if got.Fence == "" {
				t.Error("the report does not say what the fence is")
			}
		})
	}
}

// E1, E8: what is left of a rung goes on after a kill only where the host is still what
// it was planned for.
func TestResumeOfAnotherHost(t *testing.T) {
	t.Parallel()
	joined := func(s *aixsim.State) { s.Cluster.PeerDomain = "db2dom" }
	for _, c := range []struct {
		name, host, dies string
		allow            []string
		changes          func(s *aixsim.State)
		never            string // what is not sent any more
		ends             outcome.Outcome
		why              string
	}{
		{"the customer has an address on the NIC", "mksysb-restore", "set-address-arm-undo", nil, func(s *aixsim.State) {
			s.NICs[1].Attrs.NetAddr6 = "2001:db8:77::9"
		}, "netaddr6=fe80", outcome.Recovered, ""},
		{"/var is full", "node-id-mismatch", "keep-node-id", []string{"node-id"}, func(s *aixsim.State) { s.FileSystems = fullVar(s.FileSystems) }, "recfgct", outcome.Failed, "64 MB"},
		{"a cluster is joined", "node-id-mismatch", "keep-node-id", []string{"node-id"}, joined, "recfgct", outcome.Failed, "cluster guard"},
		{"somebody has mended it", "node-id-mismatch", "keep-node-id", []string{"node-id"}, func(s *aixsim.State) {
			s.Files["/var/ct/cfg/ct_node_id"] = s.Files["/etc/ct_node_id"]
		}, "recfgct", outcome.Recovered, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, c.host)
			b.set = append(b.set, "wait=20s")
			engine := func() *controller.Engine {
				e := leased(b, "r1")
				e.Allowed = c.allow
				return e
			}
			b.diesAt(engine(), outcome.EventIntent, c.dies)
			b.fleet.Host(c.host).Mutate(c.changes)
			before := len(b.sent(c.host))
			got := b.resume(engine())[c.host]
			for _, line := range b.sent(c.host)[before:] {
				if strings.Contains(line, c.never) {
					t.Errorf("sent %s", line)
				}
			}
			if got.Outcome != c.ends || !strings.Contains(got.Reason, c.why) {
				t.Errorf("%s: %s; %q", got.Outcome, got.Reason, statuses(got))
			}
		})
	}
}

// E7: an arming whose answer is lost is found out and ended before anything is
// concluded, and before the lease goes back.
func TestLostArmingIsEnded(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	for name, faults := range map[string]sshtest.Faults{
		"before it ran": {CutBefore: "trap '' 1", Times: 1},
		"after it ran":  {CutAfterRun: "trap '' 1", Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, host)
			b.set = append(b.set, "wait=20s")
			b.fleet.Server(host).SetFaults(faults)
			got := b.runEngine(leased(b, "mine"))[host]
			if got.Outcome != outcome.Recovered || armed(b, host) || len(b.sent(host)) != 1 {
				t.Errorf("%s: %s; armed: %v; sent %q", got.Outcome, got.Reason, armed(b, host), b.sent(host))
			}
		})
	}
}

// E5: the first signal while a service is stopped finishes its start.
func TestSignalWhileRMCIsStopped(t *testing.T) {
	t.Parallel()
	const host = "daemon-hung"
	b := newBench(t, host)
	e := leased(b, "mine")
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		err := b.dir.Append(entry)
		if entry.Step == "stop-rmc" && entry.Event == outcome.EventResult {
			close(b.stop)
		}
		return err
	})
	got := b.runEngine(e)[host]
	if want := []string{"stop-rmc applied", "start-rmc applied", "enable-remote-clients-again applied"}; !slices.Equal(lastOf(statuses(got), 3), want) {
		t.Errorf("%s: %s; %q", got.Outcome, got.Reason, statuses(got))
	}
	s := b.fleet.Host(host).Snapshot()
	if i := slices.IndexFunc(s.Subsystems, func(s aixsim.Subsystem) bool { return s.Name == "ctrmc" }); s.Subsystems[i].Status != "active" {
		t.Error("RMC is stopped")
	}
}

func lastOf(list []string, n int) []string { return list[max(0, len(list)-n):] }

// The host that keeps a duplicate id and is ill itself goes through its wave and its
// capture like any other.
func TestKeeperIsIllToo(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy", "healthy")
	b.run(controller.Capture, "healthy")
	id := idOf(b.fleet.Host("healthy").Snapshot())
	b.fleet.Host("healthy-2").Mutate(func(s *aixsim.State) {
		for _, name := range []string{"/etc/ct_node_id", "/var/ct/cfg/ct_node_id"} {
			s.Files[name] = aixsim.File{Content: id + "\n"}
		}
	})
	b.fleet.Host("healthy").Mutate(func(s *aixsim.State) {
		for i := range s.Subsystems {
			if s.Subsystems[i].Name == "ctrmc" {
				s.Subsystems[i].Status = "inoperative"
			}
		}
	})
	e := leased(b, "r1")
	e.Allowed, e.Waves = []string{"node-id"}, []rollout.Wave{{Count: 1}, {Percent: 100}}
	b.set = append(b.set, "wait=20s")
	for name, h := range b.runEngine(e) {
		if h.Outcome != outcome.Recovered || h.Capture == "" {
			t.Errorf("%s: %s: %s; capture %q; %q", name, h.Outcome, h.Reason, h.Capture, statuses(h))
		}
	}
}

// E2: no shell moves files, so the host is asked for the lease right before.
func TestFenceKeepsAnUploadBack(t *testing.T) {
	t.Parallel()
	const host = "rsct-below-minimum"
	b, _ := updating(t, host, nil)
	b.uploading(b.fleet.Host(host))
	e := leased(b, "mine")
	e.Allowed = []string{"rsct-update"}
	moved := false
	b.transferred = func(string, string, int64) { moved = true }
	e.Journal = b.onIntent("upload-images", func() { hold(b, host, "run=other,by=ops@nim2,until="+until(time.Hour)) })
	got := b.runEngine(e)[host]
	if moved || got.Outcome != outcome.Failed || !strings.Contains(got.Reason, "the lease was lost to run other") {
		t.Errorf("%s: %s; moved: %v; %q", got.Outcome, got.Reason, moved, statuses(got))
	}
}

// E2 goes before E5: what finishes a step is not sent to a host that another run has.
func TestFenceKeepsWhatFinishesBack(t *testing.T) {
	t.Parallel()
	const host = "daemon-hung"
	b := newBench(t, host)
	e := leased(b, "mine")
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		err := b.dir.Append(entry)
		if entry.Step == "stop-rmc" && entry.Event == outcome.EventResult {
			hold(b, host, "run=other,by=ops@nim2,until="+until(time.Hour))
			close(b.stop)
		}
		return err
	})
	got := b.runEngine(e)[host]
	started := slices.ContainsFunc(b.sent(host), func(line string) bool { return strings.Contains(line, "rmcctrl -A") })
	if started || got.Outcome != outcome.Failed || !strings.Contains(got.Reason, "the lease was lost to run other") {
		t.Errorf("%s: %s; %q", got.Outcome, got.Reason, statuses(got))
	}
}
