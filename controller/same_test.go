package controller_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/rollout"
	"aixmend/transport"
	"aixmend/transport/lab/aixsim"
)

// alias gives a host of the bench a second name: the same address and port.
func (b *bench) alias(host, name string) {
	b.t.Helper()
	for _, h := range b.hosts {
		if h.Name == host {
			h.Name = name
			b.hosts = append(b.hosts, h)
			return
		}
	}
	b.t.Fatalf("there is no host %s", host)
}

// isSame fails the test unless a host is said to be the machine of the other one,
// needs a person, and has no duplicate.
func isSame(t *testing.T, h outcome.Host, other string) {
	t.Helper()
	ids := outcome.FindingIDs(h.Findings)
	i := slices.IndexFunc(h.Findings, func(f outcome.Finding) bool { return f.ID == "same-machine" })
	switch {
	case h.Outcome != outcome.NeedsAction || i < 0 || slices.Contains(ids, "node-id-duplicate"):
		t.Errorf("%s: %s: %s, findings %v", h.Host, h.Outcome, h.Reason, ids)
	case h.Findings[i].Severity != outcome.Critical || !strings.Contains(h.Findings[i].Title, other) || !strings.Contains(h.Findings[i].Evidence[0], "00FA00014C00"):
		t.Errorf("%s: %+v", h.Host, h.Findings[i])
	case len(h.Changes) > 0:
		t.Errorf("%s was changed: %v", h.Host, statuses(h))
	}
}

// D16: two names of one machine are said to be so on both, by every verb, and
// nothing is changed on it: with waves and without, by every playbook.
func TestOneMachineTwoNames(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	for _, c := range []struct {
		name     string
		verb     controller.Verb
		playbook string
		waves    []rollout.Wave
	}{
		{"audit", controller.Audit, "rmc-restore", nil},
		{"capture", controller.Capture, "rmc-restore", nil},
		{"plan", controller.Plan, "rmc-restore", nil},
		{"recover", controller.Recover, "rmc-restore", nil},
		{"recover in waves", controller.Recover, "rmc-restore", []rollout.Wave{{Count: 1}, {Percent: 100}}},
		{"own image", controller.Recover, "rmc-restore-own-image", nil},
		{"rsct update", controller.Recover, "rsct-update", nil},
		{"support data", controller.Recover, "support-data", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, host, "healthy")
			b.alias(host, "alias")
			b.use(c.playbook)
			e := leased(b, "r1")
			e.Verb = c.verb
			if c.verb != controller.Recover {
				e = b.engine(c.verb)
			}
			e.Waves, e.Allowed, e.MendWarnings = c.waves, []string{"node-id", "cluster0", "rsct-update"}, true
			e.Brake = rollout.Brake{Percent: 100}
			result, err := e.Run(t.Context(), b.hosts)
			must(t, err)
			isSame(t, b.ended[host], "alias")
			isSame(t, b.ended["alias"], host)
			if sent := b.changed(host); len(sent) > 0 {
				t.Errorf("the host was changed by %q", sent)
			}
			if h := b.ended["healthy"]; slices.Contains(outcome.FindingIDs(h.Findings), "same-machine") {
				t.Errorf("healthy: %v", outcome.FindingIDs(h.Findings))
			}
			if len(result.Fleet) != 1 || result.Fleet[0].ID != "same-machine" || !slices.Equal(result.Fleet[0].Hosts, []string{host, "alias"}) && !slices.Equal(result.Fleet[0].Hosts, []string{"alias", host}) {
				t.Errorf("fleet findings %+v", result.Fleet)
			}
		})
	}
}

// D9, D16: the names of one machine are no duplicates of each other, and have one
// role: history that was kept under one name counts for the other.
func TestDuplicateComparesMachines(t *testing.T) {
	t.Parallel()
	b := duplicates(t)
	b.alias("first", "also-first")
	b.run(controller.Capture, "first")
	b.ended = map[string]outcome.Host{}
	result, err := b.engine(controller.Plan).Run(t.Context(), b.hosts)
	must(t, err)
	titles := []string{}
	for _, f := range result.Fleet {
		titles = append(titles, f.ID+" "+strings.Join(f.Hosts, " "))
	}
	if diff := cmp.Diff([]string{"node-id-duplicate also-first first second", "same-machine also-first first"}, titles); diff != "" || !strings.Contains(result.Fleet[0].Title, "on 2 hosts: also-first = first, second") {
		t.Errorf("%s\n%s", result.Fleet[0].Title, diff)
	}
	for _, name := range []string{"first", "also-first"} {
		view, h := viewOf(t, b.ended[name]), b.ended[name]
		if diff := cmp.Diff([]string{"second"}, view.Duplicates); diff != "" || view.Role != "keeper" || len(view.Same) != 1 || h.Outcome != outcome.NeedsAction {
			t.Errorf("%s: %s: %s, %+v\n%s", name, h.Outcome, h.Reason, view, diff)
		}
	}
	e := b.engine(controller.Recover)
	e.Allowed = []string{"node-id"}
	b.runEngine(e)
	if h := b.ended["second"]; h.Outcome != outcome.Recovered || len(b.changed("first")) > 0 {
		t.Errorf("the clone: %s: %s; the keeper was changed by %q", h.Outcome, h.Reason, b.changed("first"))
	}
}

// view is the fact fleet as a report has it.
type view struct {
	Duplicates, Same []string
	Role, Why        string
}

func viewOf(t *testing.T, h outcome.Host) view {
	t.Helper()
	var v view
	text, err := json.Marshal(h.Facts["fleet"])
	must(t, err)
	must(t, json.Unmarshal(text, &v))
	return v
}

// D16: where the MACs of a name are not known, it may be the machine of another
// one that has its node id, its machine id and its LPAR: it is no clone.
func TestMaybeTheSameMachine(t *testing.T) {
	t.Parallel()
	b := duplicates(t)
	b.run(controller.Capture, "first")
	b.ended = map[string]outcome.Host{}
	b.fleet.Host("second").Mutate(func(s *aixsim.State) {
		s.LPAR = b.fleet.Host("first").Snapshot().LPAR
		s.Behaviours = map[string]aixsim.Behaviour{"entstat": {Missing: true}, "netstat": {Exit: 1}}
	})
	b.set = append(b.set, "new_node_id=second")
	e := b.engine(controller.Recover)
	e.Allowed = []string{"node-id"}
	ended := b.runEngine(e)
	for name, other := range map[string]string{"first": "second", "second": "first"} {
		if v := viewOf(t, ended[name]); v.Role != "unclear" || !strings.Contains(v.Why, "it may be the machine of "+other) || !strings.Contains(v.Why, "the MACs of second are not known") {
			t.Errorf("%s: %+v", name, v)
		}
		if sent := b.changed(name); slices.ContainsFunc(sent, func(c string) bool { return strings.Contains(c, "recfgct") }) {
			t.Errorf("%s was changed by %q", name, sent)
		}
	}
}

// Two hosts that name one place and have other MACs are two: a duplicate is told.
func TestOnePlaceWithOtherMACsIsTwo(t *testing.T) {
	t.Parallel()
	b := duplicates(t)
	b.fleet.Host("second").Mutate(func(s *aixsim.State) {
		s.LPAR = b.fleet.Host("first").Snapshot().LPAR
	})
	b.set = append(b.set, "new_node_id=second")
	e := b.engine(controller.Recover)
	e.Allowed = []string{"node-id"}
	ended := b.runEngine(e)
	for _, name := range []string{"first", "second"} {
		if v := viewOf(t, ended[name]); v.Role == "unclear" {
			t.Errorf("%s: %+v", name, v)
		}
	}
	if sent := b.changed("second"); !slices.ContainsFunc(sent, func(c string) bool { return strings.Contains(c, "recfgct") }) {
		t.Errorf("second was changed by %q", sent)
	}
}

// D9, D16: a capture of a host outside the run that was taken of this very machine
// is no duplicate.
func TestCaptureOfThisVeryMachine(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy")
	b.alias("healthy", "alias")
	b.run(controller.Capture, "alias")
	b.ended = map[string]outcome.Host{}
	e := b.engine(controller.Audit)
	e.Past = b.store.NewestHeld([]string{"healthy", "alias"}, b.playbook.Captured)
	if len(e.Past) != 1 {
		t.Fatalf("captures %+v", e.Past)
	}
	if h := b.runEngine(e, "healthy")["healthy"]; h.Outcome != outcome.Healthy {
		t.Errorf("%s: %s", h.Outcome, h.Reason)
	}
}

// D16: without waves nothing is changed either before every host has been read: the
// second name of a machine may be read late.
func TestLateSecondName(t *testing.T) {
	t.Parallel()
	const host = "daemon-down"
	for _, waves := range [][]rollout.Wave{nil, {{Percent: 100}}} {
		b := newBench(t, host)
		b.alias(host, "zlate")
		b.concurrency = 1 // the second is read when the first has been
		e := leased(b, "r1")
		e.Waves, e.Brake = waves, rollout.Brake{Percent: 100}
		ended := b.runEngine(e)
		isSame(t, ended[host], "zlate")
		isSame(t, ended["zlate"], host)
		if sent := b.changed(host); len(sent) > 0 {
			t.Errorf("changed by %q", sent)
		}
	}
}

// A host that is alone, or of which the others can't be reached, is changed without
// waves as with them.
func TestUnreachableHostsHoldNobodyUp(t *testing.T) {
	t.Parallel()
	b := newBench(t, "daemon-down", "healthy")
	b.fleet.Server("healthy").Close()
	if h := b.runEngine(leased(b, "r1"))["daemon-down"]; h.Outcome != outcome.Recovered {
		t.Errorf("%s: %s", h.Outcome, h.Reason)
	}
}

// D16, R7: what a run did under one name is not taken back while the inventory has
// the machine twice.
func TestRollbackOfOneMachineTwoNames(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	for _, waves := range [][]rollout.Wave{nil, {{Percent: 100}}} {
		b := newBench(t, host)
		back := recovered(t, b)
		back.Waves, back.Brake = waves, rollout.Brake{Percent: 100}
		earlier := back.Earlier
		back.Earlier = func(string) (controller.Earlier, error) { return earlier(host) }
		b.alias(host, "alias")
		before := len(b.changed(host))
		ended := b.runEngine(back)
		isSame(t, ended[host], "alias")
		isSame(t, ended["alias"], host)
		if sent := b.changed(host)[before:]; len(sent) > 0 || !strings.Contains(ended[host].Reason, "one machine, two names") {
			t.Errorf("%s; changed by %q", ended[host].Reason, sent)
		}
	}
}

// D16: a host that was changed before the run was cut off is not changed further
// where a name that could not be read then turns out to be the same machine.
func TestResumeWithASecondName(t *testing.T) {
	t.Parallel()
	const host = "daemon-down"
	b := newBench(t, host)
	whole := newBench(t, host)
	whole.runEngine(leased(whole, "r1"))
	k := entryOf(t, whole.journal(), outcome.EventIntent, "start-rmc") + 1
	b.dieAt(leased(b, "r1"), k)
	before := len(b.sent(host))
	b.alias(host, "alias") // it could not be reached by the first process
	b.set = append(b.set, "wait=20s")
	e := leased(b, "r1")
	e.Waves, e.Brake = []rollout.Wave{{Percent: 100}}, rollout.Brake{Percent: 100}
	ended := b.resume(e)
	if sent := b.sent(host)[before:]; len(sent) > 0 {
		t.Errorf("sent after it was known: %q", sent)
	}
	if h := ended[host]; h.Outcome != outcome.Failed || !strings.Contains(h.Reason, "one machine, two names") {
		t.Errorf("%s: %s", h.Outcome, h.Reason)
	}
	isSame(t, ended["alias"], host)
}

// D16: a run without waves that is stopped while a host waits for the others to be
// read has changed nothing on it, and can be gone on with.
func TestStoppedBeforeAllAreRead(t *testing.T) {
	t.Parallel()
	const host = "daemon-down"
	b := newBench(t, host, "healthy")
	e := leased(b, "r1")
	inner := e.Dialer
	e.Dialer = transport.DialerFunc(func(ctx context.Context, target transport.Target) (transport.Conn, error) {
		if target.Name == "healthy" {
			<-b.stop
		}
		return inner.Dial(ctx, target)
	})
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if entry.Host == host && entry.State == string(controller.Gathering) {
			close(b.stop)
		}
		return b.dir.Append(entry)
	})
	if h := b.runEngine(e)[host]; h.Outcome != outcome.Skipped || !h.Interrupted || len(b.changed(host)) > 0 {
		t.Errorf("%s: %s, interrupted %v, changed by %q", h.Outcome, h.Reason, h.Interrupted, b.changed(host))
	}
}
