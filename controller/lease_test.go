package controller_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/approval"
	"aixmend/controller/outcome"
	"aixmend/playbooks/onhost"
	"aixmend/transport"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/wrap"
)

// leased is an engine that takes leases.
func leased(b *bench, run string) *controller.Engine {
	e := b.engine(controller.Recover)
	e.RunID, e.Owner, e.Process = run, "root@"+run, "f00d.2"
	return e
}

// hold puts a lease on a host that ends so long from now, by the host's clock.
func hold(b *bench, host, text string) {
	b.fleet.Host(host).Mutate(func(s *aixsim.State) { s.Files[onhost.LeasePath] = aixsim.File{Link: text} })
}

func until(d time.Duration) string { return time.Now().UTC().Add(d).Format("20060102T150405Z") }

// leaseSteps are the commands about the lease that were sent.
func leaseSteps(h outcome.Host) []string {
	var list []string
	if h.Lease == nil {
		return nil
	}
	for _, s := range h.Lease.Steps {
		if s.Mutating {
			list = append(list, fmt.Sprintf("%s = %d", s.ID, s.ExitStatus))
		}
	}
	return list
}

func TestLease(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	for _, c := range []struct {
		name    string
		there   string // the link's target before the run; "": no link
		outcome outcome.Outcome
		reason  string
		steps   []string
		stays   bool
	}{
		{name: "free", outcome: outcome.Recovered, steps: []string{"lease-take = 0", "lease-release = 0"}},
		{
			name: "held", there: "run=r9,by=ops@nim2,until=" + until(time.Hour), outcome: outcome.Skipped,
			reason: "held by another run: r9 by ops@nim2, until ", stays: true,
		},
		{
			name: "just over", there: "run=r9,by=ops@nim2,until=" + until(-10*time.Second), outcome: outcome.Skipped,
			reason: "held by another run: r9", stays: true,
		},
		{
			name: "stale", there: "run=r9,by=ops@nim2,until=" + until(-time.Hour), outcome: outcome.Recovered,
			steps: []string{"lease-replace = 0", "lease-release = 0"},
		},
		{
			name: "of an earlier process in this folder", there: "run=mine,host=" + host + ",by=root@mine,proc=f00d.1,until=" + until(time.Hour), outcome: outcome.Recovered,
			steps: []string{"lease-replace = 0", "lease-release = 0"},
		},
		{
			name: "of another process of this run", there: "run=mine,host=" + host + ",by=root@mine,proc=beef.1,until=" + until(time.Hour), outcome: outcome.Skipped,
			reason: "held by another run: mine by root@mine in another process, which may have a copy of the state folder, until ", stays: true,
		},
		{
			name: "of another process of this run, stale", there: "run=mine,host=" + host + ",by=root@mine,proc=beef.1,until=" + until(-time.Hour), outcome: outcome.Recovered,
			steps: []string{"lease-replace = 0", "lease-release = 0"},
		},
		{
			name: "of this run, by an older version", there: "run=mine,by=root@mine,until=" + until(time.Hour), outcome: outcome.Skipped,
			reason: "held by another run: mine", stays: true,
		},
		{
			name: "of this run under another name", there: "run=mine,host=alias,by=root@mine,proc=f00d.2,until=" + until(time.Hour), outcome: outcome.NeedsAction,
			reason: "same-machine: this run holds the very machine as alias already", stays: true,
		},
		{
			name: "of this run under another name, stale", there: "run=mine,host=alias,by=root@mine,proc=f00d.2,until=" + until(-time.Hour), outcome: outcome.NeedsAction,
			reason: "same-machine: this run holds the very machine as alias already", stays: true,
		},
		{name: "something else", there: "/etc/passwd", outcome: outcome.NeedsAction, reason: "is there and is not a lease", stays: true},
		{name: "hostile", there: "run=r9,by=$(reboot),until=" + until(time.Hour), outcome: outcome.NeedsAction, reason: "is there and is not a lease", stays: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, host)
			if c.there != "" {
				hold(b, host, c.there)
			}
			got := b.runEngine(leased(b, "mine"))[host]
			if got.Outcome != c.outcome || !strings.Contains(got.Reason, c.reason) {
				t.Errorf("%s: %s", got.Outcome, got.Reason)
			}
			if steps := leaseSteps(got); !slices.Equal(steps, c.steps) {
				t.Errorf("sent %q, wanted %q", steps, c.steps)
			}
			if sent := b.sent(host); (len(sent) > 0) != (c.outcome == outcome.Recovered) {
				t.Errorf("changed with %q", sent)
			}
			for _, change := range got.Changes {
				if strings.HasPrefix(change.Step, "lease") {
					t.Errorf("a lease is no change: %+v", change)
				}
			}
			link := b.fleet.Host(host).Snapshot().Files[onhost.LeasePath].Link
			if (link == c.there && link != "") != c.stays || link != "" && !c.stays {
				t.Errorf("the lease is %q", link)
			}
		})
	}
}

// Two controllers with two state folders meet on the same hosts: each host is
// changed by one of them.
func TestTwoControllers(t *testing.T) {
	t.Parallel()
	b := newBench(t, "address-removed-smitty", "daemon-down", "mksysb-restore", "session-on-rmc-nic")
	ended := map[string]map[string]outcome.Host{}
	for _, run := range []string{"a", "b"} {
		ended[run] = map[string]outcome.Host{}
	}
	both := make(chan error, 2)
	for _, run := range []string{"a", "b"} {
		e := leased(b, run)
		e.Observer = nil
		e.Sink = gathered{b, ended[run]}
		go func() {
			_, err := e.Run(t.Context(), b.hosts)
			both <- err
		}()
	}
	must(t, <-both)
	must(t, <-both)
	for _, h := range b.hosts {
		sent := b.sent(h.Name)
		for i, command := range sent {
			if slices.Contains(sent[:i], command) {
				t.Errorf("%s: %s was sent twice", h.Name, command)
			}
		}
		first, second := ended["a"][h.Name], ended["b"][h.Name]
		if len(first.Changes) > 0 && len(second.Changes) > 0 {
			t.Errorf("%s was changed by both", h.Name)
		}
		if link := b.fleet.Host(h.Name).Snapshot().Files[onhost.LeasePath].Link; link != "" {
			t.Errorf("%s: the lease is still there: %s", h.Name, link)
		}
	}
}

// What a host needs is read again when its lease is had: another run may have
// mended it since, and given its lease back.
func TestMendedByAnotherRun(t *testing.T) {
	t.Parallel()
	const host = "daemon-down"
	b := newBench(t, host)
	e := leased(b, "mine")
	other := leased(b, "other")
	ended := map[string]outcome.Host{}
	other.Observer, other.Sink = nil, gathered{b, ended}
	var before []string
	e.Observer = &between{Observer: b, then: func() {
		_, err := other.Run(t.Context(), b.hosts)
		must(t, err)
		before = b.sent(host)
	}}
	got := b.runEngine(e)[host]
	if got.Outcome != outcome.Healthy || len(got.Changes) > 0 || ended[host].Outcome != outcome.Recovered || !slices.Equal(b.sent(host), before) {
		t.Errorf("%s: %s; the other: %s; sent %q, then %q", got.Outcome, got.Reason, ended[host].Outcome, before, b.sent(host))
	}
	if link := b.fleet.Host(host).Snapshot().Files[onhost.LeasePath].Link; link != "" {
		t.Errorf("the lease is still there: %s", link)
	}
}

// The link breaks in the reading after the lease was had: it is read once more.
func TestLinkLostUnderTheLease(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	b := newBench(t, host)
	e := leased(b, "mine")
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if entry.Step == "lease-take" {
			b.cutDuring(host, "ifconfig -a")
		}
		return b.dir.Append(entry)
	})
	got := b.runEngine(e)[host]
	if link := b.fleet.Host(host).Snapshot().Files[onhost.LeasePath].Link; got.Outcome != outcome.Recovered || link != "" {
		t.Errorf("%s: %s; the lease is %q", got.Outcome, got.Reason, link)
	}
}

// What somebody else changed before the lease was had is no side effect of this run.
func TestChangedBeforeTheLease(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	b := newBench(t, host)
	e := leased(b, "mine")
	e.Observer = &between{Observer: b, then: func() {
		b.fleet.Host(host).Mutate(func(s *aixsim.State) { s.NICs[0].Live.IPv4 = append(s.NICs[0].Live.IPv4, "10.99.99.99/24") })
	}}
	if got := b.runEngine(e)[host]; got.Outcome != outcome.Recovered {
		t.Errorf("%s: %s", got.Outcome, got.Reason)
	}
}

// A host that drifts from an approved plan before its lease is had is left alone.
func TestDriftBeforeTheLease(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	b := newBench(t, host)
	approved := approval.Of(b.run(controller.Plan)[host])
	e := leased(b, "mine")
	e.Approved = func(string) *approval.Host { return &approved }
	e.Observer = &between{Observer: b, then: func() {
		b.fleet.Host(host).Mutate(func(s *aixsim.State) { s.Cluster.PeerDomain = "db2dom" })
	}}
	got := b.runEngine(e)[host]
	link := b.fleet.Host(host).Snapshot().Files[onhost.LeasePath].Link
	if got.Outcome != outcome.Skipped || len(got.Drift) == 0 || len(b.sent(host)) > 0 || link != "" {
		t.Errorf("%s: %s; drift %q; sent %q; the lease is %q", got.Outcome, got.Reason, got.Drift, b.sent(host), link)
	}
}

// A run that is stopped while the lease is taken can be gone on with.
func TestStoppedAtTheLease(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	b := newBench(t, host)
	e := leased(b, "mine")
	stop := make(chan struct{})
	e.Stop = stop
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if entry.Step == "lease-take" {
			close(stop)
		}
		return b.dir.Append(entry)
	})
	got := b.runEngine(e)[host]
	link := b.fleet.Host(host).Snapshot().Files[onhost.LeasePath].Link
	if got.Outcome != outcome.Skipped || !got.Interrupted || len(b.sent(host)) > 0 || link != "" {
		t.Errorf("%s: %s, interrupted %t; sent %q; the lease is %q", got.Outcome, got.Reason, got.Interrupted, b.sent(host), link)
	}
}

// between does something between the reading of a host and the taking of its lease.
type between struct {
	controller.Observer
	then func()
}

func (b *between) Moved(host string, to controller.State, note string, _ time.Time) {
	b.Observer.Moved(host, to, note, time.Time{})
	if to == controller.Capturing && b.then != nil {
		then := b.then
		b.then = nil
		then()
	}
}

// gathered is a sink of one of two engines.
type gathered struct {
	*bench
	into map[string]outcome.Host
}

func (g gathered) Load(host string) (outcome.Host, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.into[host], nil
}

func (g gathered) HostDone(h outcome.Host) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.into[h.Host] = h
	return nil
}

// The read-only verbs take no lease and ask for none.
func TestReadOnlyVerbsTakeNoLease(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	for _, verb := range []controller.Verb{controller.Audit, controller.Capture, controller.Plan} {
		b := newBench(t, host)
		hold(b, host, "run=r9,by=ops@nim2,until="+until(time.Hour))
		e := b.engine(verb)
		e.Owner = "root@here"
		if got := b.runEngine(e)[host]; got.Outcome != outcome.NeedsAction || len(leaseSteps(got)) > 0 {
			t.Errorf("%s: %s %s", verb, got.Outcome, got.Reason)
		}
	}
}

// A link that breaks while the lease is asked for is no harm: it is asked again.
func TestLeaseOverABrokenLink(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	for _, cut := range []string{"/usr/bin/ln -s", onhost.LeaseShowCommand} {
		b := newBench(t, host)
		b.cutDuring(host, cut)
		got := b.runEngine(leased(b, "mine"))[host]
		if got.Outcome != outcome.Recovered || len(b.sent(host)) == 0 {
			t.Errorf("cut in %q: %s: %s", cut, got.Outcome, got.Reason)
		}
		if link := b.fleet.Host(host).Snapshot().Files[onhost.LeasePath].Link; link != "" {
			t.Errorf("the lease is still there: %s", link)
		}
	}
}

// A lease that can't be taken blocks the change, and says why.
func TestLeaseRefused(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	b := newBench(t, host)
	e := leased(b, "mine")
	e.Dialer = b.dialer(wrap.Gate(func(_ transport.Target, c transport.Command) error {
		if c.ID == "lease-take" {
			return &transport.Error{Kind: transport.KindPrivilege, Op: "become", Host: host, Err: transport.ErrNotRun}
		}
		return nil
	}))
	got := b.runEngine(e)[host]
	if got.Outcome != outcome.NeedsAction || !strings.Contains(got.Reason, "the host's lease can't be taken") || len(b.sent(host)) > 0 {
		t.Errorf("%s: %s; sent %q", got.Outcome, got.Reason, b.sent(host))
	}
}

// A lease that is too short for what comes next is renewed before it begins.
func TestLeaseIsRenewed(t *testing.T) {
	t.Parallel()
	const host = "node-id-mismatch"
	b := newBench(t, host)
	e := leased(b, "mine")
	e.Allowed = []string{"node-id"}
	got := b.runEngine(e)[host]
	want := []string{"lease-take = 0", "lease-replace = 0", "lease-release = 0"}
	if steps := leaseSteps(got); got.Outcome != outcome.Recovered || !slices.Equal(steps, want) {
		t.Errorf("%s: %s; sent %q, wanted %q", got.Outcome, got.Reason, steps, want)
	}
}
