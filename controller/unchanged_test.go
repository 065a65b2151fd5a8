package controller_test

import (
	"strings"
	"testing"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/playbooks/facts"
	"aixmend/transport/lab/aixsim"
)

// V4: what was not meant to change and did is found after a recovery that else
// went well, with the evidence of both sides.
func TestSideEffects(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	for id, c := range map[string]struct {
		change func(*aixsim.State)
		want   string
	}{
		"other-address-changed": {func(s *aixsim.State) { s.NICs[0].Live.IPv4 = append(s.NICs[0].Live.IPv4, "10.99.99.99/24") }, "10.99.99.99"},
		"route-lost":            {func(s *aixsim.State) { s.Inet0, s.Routes = nil, nil }, "default"},
		"hostname-changed":      {func(s *aixsim.State) { s.Hostname = "intruder" }, "intruder"},
		"cluster-changed":       {func(s *aixsim.State) { s.Cluster.CAA, s.Cluster.Nodes = "prodcl", []string{"a", "b"} }, "prodcl"},
	} {
		t.Run(id, func(t *testing.T) {
			b := newBench(t, host)
			e := b.engine(controller.Recover)
			e.Journal = journalFunc(func(entry outcome.Entry) error {
				if entry.Step == "set-address" && entry.Event == outcome.EventResult {
					b.fleet.Host(host).Mutate(c.change)
				}
				return b.dir.Append(entry)
			})
			h := b.runEngine(e)[host]
			if h.Outcome != outcome.Failed || !strings.Contains(h.Reason, "unintended changes: "+id) || !strings.Contains(title(h, id), c.want) {
				t.Errorf("%s: %s; %q", h.Outcome, h.Reason, title(h, id))
			}
		})
	}
}

// V4: a side that can't be read is said, and is no failure.
func TestSideEffectsNotRead(t *testing.T) {
	t.Parallel()
	const host = "address-removed-smitty"
	b := newBench(t, host)
	e := b.engine(controller.Recover)
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if entry.Step == "set-address" && entry.Event == outcome.EventResult {
			b.fleet.Host(host).Mutate(func(s *aixsim.State) { s.Behaviours = map[string]aixsim.Behaviour{"hostname": {Exit: 2}} })
		}
		return b.dir.Append(entry)
	})
	h := b.runEngine(e)[host]
	if h.Outcome != outcome.Recovered || !strings.Contains(title(h, "probe-failed"), "hostname-changed") {
		t.Errorf("%s: %s; %q", h.Outcome, h.Reason, title(h, "probe-failed"))
	}
}

// post-migration: nothing is lost against a capture, each difference is one
// finding, and what can't be compared is said.
func TestPostMigration(t *testing.T) {
	t.Parallel()
	const host = "healthy"
	b := newBench(t, host)
	b.use("post-migration")
	b.run(controller.Capture)
	taken, err := b.store.Newest(host, "")
	must(t, err)
	b.baseline = func(string) facts.Past { return controller.Remember(*taken) }
	b.set = append(b.set, "baseline="+taken.ID)
	if h := b.run(controller.Audit)[host]; h.Outcome != outcome.Healthy {
		t.Fatalf("nothing has changed: %s: %s", h.Outcome, h.Reason)
	}
	b.fleet.Host(host).Mutate(func(s *aixsim.State) {
		s.Hostname = "moved"
		s.Inet0, s.Routes = nil, nil
		s.NICs[0].Live.IPv4 = append(s.NICs[0].Live.IPv4, "10.50.0.9/24") // more is no loss
		s.Filesets = s.Filesets[:len(s.Filesets)-2]
		s.Disks = s.Disks[:1]
	})
	h := b.run(controller.Audit)[host]
	count := map[string]int{}
	for _, f := range h.Findings {
		count[f.ID]++
	}
	if h.Outcome != outcome.NeedsAction || count["hostname-differs"] != 1 || count["static-route-lost"] != 1 || count["fileset-lost"] != 2 {
		t.Errorf("%s: %v", h.Outcome, count)
	}
	if count["address-lost"] > 0 {
		t.Errorf("an address was added, not lost: %q", title(h, "address-lost"))
	}
	if len(b.changed(host)) > 0 {
		t.Errorf("changed by %v", b.changed(host))
	}
	// A baseline that was asked for and is not there is no silence.
	b.baseline = func(string) facts.Past { return facts.Past{From: "no such run"} }
	if h = b.run(controller.Audit)[host]; !has(h, "baseline-missing") || h.Outcome != outcome.NeedsAction {
		t.Errorf("without the baseline: %s: %s", h.Outcome, h.Reason)
	}
}
