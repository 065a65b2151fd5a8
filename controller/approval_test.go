package controller_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/approval"
	"aixmend/controller/outcome"
	"aixmend/playbooks/onhost"
	"aixmend/transport"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/lab/suite"
)

// approve plans a bench's hosts and returns what was approved for each.
func approve(b *bench, allow ...string) map[string]*approval.Host {
	e := b.engine(controller.Plan)
	e.Allowed = allow
	approved := map[string]*approval.Host{}
	for name, h := range b.runEngine(e) {
		a := approval.Of(h)
		approved[name] = &a
	}
	return approved
}

func applying(b *bench, approved map[string]*approval.Host, allow ...string) *controller.Engine {
	e := b.engine(controller.Recover)
	e.Allowed = allow
	e.Approved = func(host string) *approval.Host { return approved[host] }
	return e
}

// Each command that is run was in the plan, in its order.
func TestApprovedPlanIsAppliedExactly(t *testing.T) {
	t.Parallel()
	illnesses := []string{"healthy", "address-removed-smitty", "mksysb-restore", "session-on-rmc-nic", "daemon-down", "node-id-mismatch", "cluster0-leftover", "remote-clients-disabled"}
	allow := []string{"node-id", "cluster0"}
	b := newBench(t, illnesses...)
	approved := approve(b, allow...)
	for _, h := range b.runEngine(applying(b, approved, allow...)) {
		if h.Outcome != outcome.Recovered && h.Outcome != outcome.Healthy {
			t.Errorf("%s: %s: %s %q", h.Host, h.Outcome, h.Reason, h.Drift)
		}
		at := 0
		for _, c := range h.Changes {
			next := slices.IndexFunc(approved[h.Host].Plan[at:], func(p outcome.PlanStep) bool { return p.Step == c.Step && p.Command == c.Command && p.Undo == c.Undo })
			if next < 0 {
				t.Fatalf("%s: %s was run, and is not in the plan, or not there", h.Host, c.Step)
			}
			at += next + 1
		}
	}
}

// A host that the question left out is left alone, also where its lease is gone by then.
func TestHeldWhenAsked(t *testing.T) {
	t.Parallel()
	const host, free, held = "address-removed-smitty", "daemon-down", outcome.ReasonHeld + "x (open when the question was asked; aixmend resume x)"
	b := newBench(t, host, free)
	e := b.engine(controller.Recover)
	e.Approved = func(name string) *approval.Host {
		if name == free {
			return nil
		}
		return &approval.Host{Held: held}
	}
	all := b.runEngine(e)
	if got := all[host]; got.Outcome != outcome.Skipped || got.Reason != held || len(got.Changes)+len(got.Drift) > 0 {
		t.Errorf("%s: %s, %d changes, drift %q", got.Outcome, got.Reason, len(got.Changes), got.Drift)
	}
	if got := all[free]; got.Outcome != outcome.Recovered {
		t.Errorf("the other host: %s: %s", got.Outcome, got.Reason)
	}
}

// edit changes the rows of a step.
func edit(a *approval.Host, step string, change func(*outcome.PlanStep)) {
	for i := range a.Plan {
		if a.Plan[i].Step == step {
			change(&a.Plan[i])
		}
	}
}

// A host that is not what it was is left alone, and the difference is said.
func TestDrift(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	for _, c := range []struct {
		name  string
		drift func(b *bench, a *approval.Host)
		says  string
	}{
		{"mended by hand", func(b *bench, _ *approval.Host) { b.runEngine(b.engine(controller.Recover)) }, "open findings were rmc-address-missing critical"},
		{"another illness", func(b *bench, _ *approval.Host) {
			b.fleet.Host(host).Mutate(func(s *aixsim.State) { s.Cluster.PeerDomain = "db2dom" })
		}, "cluster.clear was true, is false"},
		{"another host key", func(_ *bench, a *approval.Host) { a.HostKey = "SHA256:other" }, "the host key was SHA256:other, is SHA256:"},
		{"another address", func(_ *bench, a *approval.Host) { a.Address = "10.0.0.1" }, "the address was 10.0.0.1, is 127."},
		{"another command", func(_ *bench, a *approval.Host) {
			edit(a, "set-address", func(p *outcome.PlanStep) { p.Command = "/usr/sbin/shutdown -Fr" })
		}, "step set-address was \"/usr/sbin/shutdown -Fr\""},
		{"a step that was not there", func(_ *bench, a *approval.Host) {
			a.Plan = slices.DeleteFunc(a.Plan, func(p outcome.PlanStep) bool { return p.Rung == "address" })
		}, "step set-address was not in the plan"},
		{"another undo", func(_ *bench, a *approval.Host) {
			edit(a, "set-address", func(p *outcome.PlanStep) { p.Undo = "/usr/bin/true" })
		}, "the undo of step set-address was \"/usr/bin/true\""},
		{"another timed undo", func(_ *bench, a *approval.Host) {
			edit(a, "set-address-arm-undo", func(p *outcome.PlanStep) { p.Command = "/usr/bin/true" })
		}, "step set-address-arm-undo was \"/usr/bin/true\""},
		{"another part", func(_ *bench, a *approval.Host) {
			edit(a, "set-address", func(p *outcome.PlanStep) { p.Part = "disarm" })
		}, "the part of step set-address was disarm, is none"},
		{"another time", func(_ *bench, a *approval.Host) {
			edit(a, "set-address", func(p *outcome.PlanStep) { p.TimedUndo = "9h" })
		}, "the timed undo of step set-address was after 9h, would be after "},
		{"no timed undo", func(_ *bench, a *approval.Host) {
			a.Plan = slices.DeleteFunc(a.Plan, func(p outcome.PlanStep) bool { return strings.HasSuffix(p.Step, "-undo") })
		}, "step set-address-arm-undo was not in the plan"},
		{"blocked then", func(_ *bench, a *approval.Host) {
			edit(a, "set-address", func(p *outcome.PlanStep) { p.BlockedBy = "x" })
		}, "step set-address was blocked (x), now it would run"},
		{"conditional then", func(_ *bench, a *approval.Host) {
			edit(a, "set-address", func(p *outcome.PlanStep) { p.Conditional = true })
		}, "would run only if nothing else has helped, now it would run"},
		{"no facts", func(_ *bench, a *approval.Host) { a.Evidence = nil }, "the plan lacks facts that it rests on: "},
		{"a fact less", func(_ *bench, a *approval.Host) { delete(a.Evidence, "cluster.clear") }, "the plan lacks facts that it rests on: cluster.clear"},
		{"no findings", func(_ *bench, a *approval.Host) { a.Findings = nil }, "open findings were none; now "},
		{"unread", func(_ *bench, a *approval.Host) { *a = approval.Host{Unknown: "unreachable: refused"} }, "the plan is not for the host as it is: unreachable: refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, host)
			approved := approve(b)
			c.drift(b, approved[host])
			before := len(b.sent(host))
			got := b.runEngine(applying(b, approved))[host]
			if got.Outcome != outcome.Skipped || !strings.HasPrefix(got.Reason, approval.Drifted) || len(b.sent(host)) > before {
				t.Errorf("%s: %s; sent %q", got.Outcome, got.Reason, b.sent(host)[before:])
			}
			if all := strings.Join(got.Drift, "\n"); !strings.Contains(all, c.says) {
				t.Errorf("wanted %q in\n%s", c.says, all)
			}
		})
	}
}

// A host that is as it was has not drifted, whatever its illness, alone or among others,
// and whatever JSON tool has rewritten its facts.
func TestNoDriftOfWhatIsAsItWas(t *testing.T) {
	t.Parallel()
	var names []string
	for at, i := range aixsim.Illnesses() {
		if i.Apply != nil && at%suite.Rounds(5, 1) == 0 { // one without needs a fleet of its own
			names = append(names, i.Name)
		}
	}
	names = append(names, "not-root", "session-on-rmc-nic", "mksysb-restore")
	allow := []string{"node-id", "cluster0"}
	b := newBench(t, names...)
	approved := approve(b, allow...)
	for _, a := range approved {
		for name, text := range a.Evidence {
			a.Evidence[name] = json.RawMessage("\n " + strings.ReplaceAll(string(text), ",", " , ") + " ")
		}
	}
	for name, h := range b.runEngine(applying(b, approved, allow...)) {
		if len(h.Drift) > 0 && approved[name].Unknown == "" {
			t.Errorf("%s: %q", name, h.Drift)
		}
	}
}

// What changes all the time is no drift.
func TestNoDrift(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	b := newBench(t, host)
	approved := approve(b)
	b.fleet.Host(host).Mutate(func(s *aixsim.State) {
		for i := range s.FileSystems {
			s.FileSystems[i].FreeKB -= 1000
		}
		s.ClockOffset += aixsim.Duration(3 * time.Second)
	})
	if got := b.runEngine(applying(b, approved))[host]; got.Outcome != outcome.Recovered {
		t.Errorf("%s: %s %q", got.Outcome, got.Reason, got.Drift)
	}
}

// A link that breaks, or a signal, while the host is marked as one to which the plan is
// applied has changed nothing: the one is tried again, the other is an interruption.
func TestMarkingIsCutOff(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	for name, c := range map[string]struct {
		faults sshtest.Faults
		stops  bool
		ends   outcome.Outcome
	}{
		"the link breaks before": {sshtest.Faults{CutBefore: "aixmend.plan.p1", Times: 1}, false, outcome.Recovered},
		"the link breaks after":  {sshtest.Faults{CutAfterRun: "/usr/bin/ln -s run=", Times: 1}, false, outcome.Recovered},
		"a signal":               {sshtest.Faults{}, true, outcome.Skipped},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, host)
			approved := approve(b)
			approved[host].ID = "p1"
			e := leased(b, "r1")
			var once sync.Once
			e.Approved = func(host string) *approval.Host { return approved[host] }
			if c.stops {
				gate := func(_ transport.Target, command transport.Command) error {
					if command.ID == onhost.MarkAppliedStep {
						close(b.stop)
						return transport.ErrGateShut
					}
					return nil
				}
				e.Dialer = b.dialer(gate)
			}
			e.Journal = journalFunc(func(entry outcome.Entry) error {
				if entry.Step == onhost.MarkAppliedStep && !c.stops {
					once.Do(func() { b.fleet.Server(host).SetFaults(c.faults) })
				}
				return b.dir.Append(entry)
			})
			got := b.runEngine(e)[host]
			if got.Outcome != c.ends || got.Interrupted != c.stops {
				t.Errorf("%s: %s; interrupted: %v", got.Outcome, got.Reason, got.Interrupted)
			}
		})
	}
}
