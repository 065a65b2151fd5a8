package controller_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller"
	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
)

// duplicates starts a pair of hosts with one node id, and a healthy third.
func duplicates(t *testing.T) *bench {
	t.Helper()
	pair, err := aixsim.FindIllness("node-id-duplicate")
	must(t, err)
	var hosts []aixsim.FleetHost
	for i, name := range []string{"first", "second", "third"} {
		state := aixsim.Healthy(name, i+1)
		state.RMC.ConnectDelay = aixsim.Duration(connectDelay)
		hosts = append(hosts, aixsim.FleetHost{State: state})
	}
	pair.Pair(hosts[0].State, hosts[1].State)
	return startBench(t, hosts)
}

func well(h outcome.Host) bool { return h.Outcome == outcome.Healthy || h.Outcome == outcome.Recovered }

func nodeID(b *bench, host string) string {
	first, _, _ := strings.Cut(b.fleet.Host(host).Snapshot().Files["/etc/ct_node_id"].Content, "\n")
	return first
}

// D9: the same id on two hosts is critical on both, each names the other, the
// run shows it once.
func TestDuplicateIsSeen(t *testing.T) {
	t.Parallel()
	for _, verb := range []controller.Verb{controller.Audit, controller.Capture, controller.Plan} {
		b := duplicates(t)
		result, err := b.engine(verb).Run(t.Context(), b.hosts)
		must(t, err)
		if len(result.Fleet) != 1 || !slices.Equal(result.Fleet[0].Hosts, []string{"first", "second"}) {
			t.Errorf("%s: fleet findings %+v", verb, result.Fleet)
		}
		for host, other := range map[string]string{"first": "second", "second": "first"} {
			h := b.ended[host]
			i := slices.IndexFunc(h.Findings, func(f outcome.Finding) bool { return f.ID == "node-id-duplicate" })
			if i < 0 || h.Findings[i].Severity != outcome.Critical || !strings.Contains(h.Findings[i].Title, other) {
				t.Errorf("%s: %s: findings %+v", verb, host, h.Findings)
			}
			if h.Outcome != outcome.NeedsAction {
				t.Errorf("%s: %s: %s", verb, host, h.Outcome)
			}
		}
		if h := b.ended["third"]; h.Outcome != outcome.Healthy {
			t.Errorf("%s: third: %s: %s", verb, h.Outcome, h.Reason)
		}
	}
}

// An approved plan that leaves a host alone because of another one is not drifted from where the
// host is read before that other one: what blocks it is not known yet.
func TestApprovedAmongDuplicates(t *testing.T) {
	t.Parallel()
	b := duplicates(t)
	b.concurrency = 1
	for host, h := range b.runEngine(applying(b, approve(b))) {
		if h.Outcome == outcome.Skipped || host != "third" && (h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, "answers with the same RSCT node id")) || len(h.Changes) > 0 {
			t.Errorf("%s: %s: %s %v", host, h.Outcome, h.Reason, h.Changes)
		}
	}
}

// D9: against the newest capture of a host outside the run it is a warning,
// with the capture's date.
func TestDuplicateOfACapture(t *testing.T) {
	t.Parallel()
	b := duplicates(t)
	e := b.engine(controller.Audit)
	e.Past = []outcome.CapturedID{{Host: "gone", Name: "node_id", Value: nodeID(b, "third"), Created: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}}
	h := b.runEngine(e, "third")["third"]
	if h.Outcome != outcome.Degraded || !strings.Contains(h.Reason, "gone (2026-11-01)") {
		t.Errorf("%s: %s", h.Outcome, h.Reason)
	}
}

// Hosts that give no node id, or none at all, hold nobody up who waits for the
// others.
func TestNobodyWaitsForAHostWithoutAnID(t *testing.T) {
	t.Parallel()
	b := newBench(t, "rsct-missing", "not-root", "not-aix", "healthy", "healthy")
	b.fleet.Server("healthy-2").Close()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	if _, err := b.engine(controller.Plan).Run(ctx, b.hosts); err != nil || ctx.Err() != nil {
		t.Errorf("%v, %v", err, ctx.Err())
	}
	if h := b.ended["healthy"]; h.Outcome != outcome.Healthy {
		t.Errorf("%s: %s", h.Outcome, h.Reason)
	}
}

// D9, R4: history tells the clone, which gets a new id; the other keeps its id,
// nothing is changed on it, and it ends healthy.
func TestCloneGetsANewID(t *testing.T) {
	t.Parallel()
	b := duplicates(t)
	id := nodeID(b, "first")
	b.run(controller.Capture, "first") // before the clone is known
	b.ended = map[string]outcome.Host{}
	e := b.engine(controller.Recover)
	e.Allowed = []string{"node-id"}
	ended := b.runEngine(e)
	if h := ended["second"]; h.Outcome != outcome.Recovered || nodeID(b, "second") == id || !b.fleet.Host("second").Connected() {
		t.Errorf("the clone: %s: %s; id %s, connected %v", h.Outcome, h.Reason, nodeID(b, "second"), b.fleet.Host("second").Connected())
	}
	// Its RMC may have been refreshed before the clone was known, which changes
	// nothing on the host.
	if h := ended["first"]; !well(h) || len(b.changed("first")) > 0 || nodeID(b, "first") != id || !b.fleet.Host("first").Connected() {
		t.Errorf("the keeper: %s: %s; changed by %q", h.Outcome, h.Reason, b.changed("first"))
	}
}

// D9: where history can't tell, a person says; until then nobody's id changes.
func TestUnclearDuplicate(t *testing.T) {
	t.Parallel()
	b := duplicates(t)
	id := nodeID(b, "first")
	e := b.engine(controller.Recover)
	e.Allowed = []string{"node-id"}
	ended := b.runEngine(e)
	for _, host := range []string{"first", "second"} {
		if h := ended[host]; h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, "new_node_id=HOST") || nodeID(b, host) != id {
			t.Errorf("%s: %s: %s, id %s", host, h.Outcome, h.Reason, nodeID(b, host))
		}
	}
	b.set = append(b.set, "new_node_id=first")
	e = b.engine(controller.Recover)
	e.Allowed = []string{"node-id"}
	ended = b.runEngine(e)
	if nodeID(b, "first") == id || nodeID(b, "second") != id {
		t.Errorf("ids: first %s, second %s, was %s", nodeID(b, "first"), nodeID(b, "second"), id)
	}
	if ended["first"].Outcome != outcome.Recovered || !well(ended["second"]) || len(b.changed("second")) > 0 {
		t.Errorf("first %s: %s, second %s: %s", ended["first"].Outcome, ended["first"].Reason, ended["second"].Outcome, ended["second"].Reason)
	}
}

// R4: what is allowed is mended, and the id is as intended; what is not allowed
// says which flag it takes, and is left alone.
func TestNodeIDRung(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		allow []string
		steps []string
		keeps bool // the id of /etc before is the id after
	}{
		"node-id-mismatch":          {[]string{"node-id"}, []string{"save-node-id", "keep-node-id", "enable-remote-clients-anew"}, true},
		"node-id-working-copy-lost": {[]string{"node-id"}, []string{"save-node-id", "keep-node-id", "enable-remote-clients-anew"}, true},
		"node-id-missing":           {[]string{"node-id"}, []string{"save-node-id", "new-node-id", "enable-remote-clients-anew"}, false},
	}
	for illness, c := range cases {
		t.Run(illness, func(t *testing.T) {
			b := newBench(t, illness)
			before := nodeID(b, illness)
			h := b.run(controller.Recover)[illness]
			if h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, "--allow node-id") || nodeID(b, illness) != before {
				t.Errorf("not allowed: %s: %s", h.Outcome, h.Reason)
			}
			e := b.engine(controller.Recover)
			e.Allowed = c.allow
			h = b.runEngine(e)[illness]
			var steps []string
			for _, change := range h.Changes {
				steps = append(steps, change.Step)
			}
			// The refresh of rung 2 may run before: it is harmless.
			steps = slices.DeleteFunc(steps, func(s string) bool { return s == "enable-remote-clients" || s == "refresh-management-domain" })
			if diff := cmp.Diff(c.steps, steps); diff != "" {
				t.Errorf("steps (-want +got)\n%s", diff)
			}
			after := nodeID(b, illness)
			if h.Outcome != outcome.Recovered || !b.fleet.Host(illness).Connected() || after == "" || (after == before) != c.keeps {
				t.Errorf("%s: %s; id %q before, %q after, connected %v", h.Outcome, h.Reason, before, after, b.fleet.Host(illness).Connected())
			}
		})
	}
}

// R4: no node id is rebuilt while it is not known that its copies were made.
func TestNodeIDNeedsItsCopies(t *testing.T) {
	t.Parallel()
	const host = "node-id-mismatch"
	b := newBench(t, host)
	b.fleet.Server(host).SetFaults(sshtest.Faults{CutBefore: `[ -f "$c.absent" ]; then continue`, Times: 1})
	e := b.engine(controller.Recover)
	e.Allowed = []string{"node-id"}
	h := b.runEngine(e)[host]
	steps := statuses(h)
	first := slices.Index(steps, "save-node-id not_applied")
	if h.Outcome != outcome.Recovered || first < 0 || steps[first+1] != "save-node-id applied" {
		t.Errorf("%s: %s, %v", h.Outcome, h.Reason, steps)
	}
}

// R4: recfgct that says 0 and does nothing is found out by reading the id back
// (V1, V3), and leftover cluster0 rows stand in the way until that is allowed.
func TestNodeIDRungFails(t *testing.T) {
	t.Parallel()
	b := newBench(t, "recfgct-noop", "cluster0-leftover")
	e := b.engine(controller.Recover)
	e.Allowed = []string{"node-id"}
	ended := b.runEngine(e)
	if h := ended["recfgct-noop"]; h.Outcome != outcome.Failed {
		t.Errorf("recfgct-noop: %s: %s, %v", h.Outcome, h.Reason, statuses(h))
	}
	if h := ended["cluster0-leftover"]; h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, "--allow cluster0") {
		t.Errorf("cluster0-leftover: %s: %s", h.Outcome, h.Reason)
	}
	b.ended = map[string]outcome.Host{}
	e = b.engine(controller.Recover)
	e.Allowed = []string{"node-id", "cluster0"}
	h := b.runEngine(e, "cluster0-leftover")["cluster0-leftover"]
	if h.Outcome != outcome.Recovered || !b.fleet.Host("cluster0-leftover").Connected() {
		t.Errorf("cluster0-leftover, allowed: %s: %s, %v", h.Outcome, h.Reason, statuses(h))
	}
}

// D10: on a live cluster nothing that is allowed is allowed.
func TestNodeIDRungOnACluster(t *testing.T) {
	t.Parallel()
	b := newBench(t, "peer-domain")
	b.fleet.Host("peer-domain").Mutate(func(s *aixsim.State) {
		f := s.Files["/var/ct/cfg/ct_node_id"]
		f.Content = "1111222233334444\n"
		s.Files["/var/ct/cfg/ct_node_id"] = f
	})
	before := nodeID(b, "peer-domain")
	e := b.engine(controller.Recover)
	e.Allowed = []string{"node-id", "cluster0"}
	h := b.runEngine(e)["peer-domain"]
	if h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, "cluster guard") || nodeID(b, "peer-domain") != before {
		t.Errorf("%s: %s", h.Outcome, h.Reason)
	}
}

// The course looks for the reason that the playbook gives a rung.
func TestNotAllowedIsOneReason(t *testing.T) {
	if !strings.HasPrefix(playbooks.NotAllowed, course.NotAllowed) {
		t.Errorf("playbooks say %q, the course looks for %q", playbooks.NotAllowed, course.NotAllowed)
	}
}
