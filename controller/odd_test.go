package controller_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport/lab/aixsim"
)

// Odd, and not ill (D4, D8, D13): the first line of a node id file counts,
// whatever follows it and however it is written; two NICs with one address are
// told apart; a clock that is a year off is a warning.
func TestOddHosts(t *testing.T) {
	t.Parallel()
	want := map[string][]string{
		"node-id-forty-lines": {}, "node-id-upper-case": {}, "node-id-0x": {}, "node-id-nine-digits": {},
		"ipv4-duplicate": {}, "clock-year-off": {"clock-skew"},
	}
	var names []string
	for name := range want {
		names = append(names, name)
	}
	b := newBench(t, names...)
	for name, h := range b.run(controller.Audit) {
		open := outcome.OpenIDs(h.Findings)
		if diff := cmp.Diff(want[name], open); diff != "" {
			t.Errorf("%s: %s (-want +got)\n%s", name, h.Reason, diff)
		}
	}
}

// cuat are the rows of cluster0 in CuAt.
func cuat(s *aixsim.State) []aixsim.Stanza {
	var rows []aixsim.Stanza
	for _, st := range s.ODM {
		if st.Class == "CuAt" && st.Get("name") == "cluster0" {
			rows = append(rows, st)
		}
	}
	return rows
}

// R4: rows with odd quoting are removed, and their undo brings them back as
// they were.
func TestOddStanzasComeBack(t *testing.T) {
	t.Parallel()
	const host = "cluster0-odd-quoting"
	b := newBench(t, host)
	before := cuat(b.fleet.Host(host).Snapshot())
	e := b.engine(controller.Recover)
	e.Allowed = []string{"node-id", "cluster0"}
	h := b.runEngine(e)[host]
	if h.Outcome != outcome.Recovered || len(before) == 0 || len(cuat(b.fleet.Host(host).Snapshot())) > 0 {
		t.Fatalf("%s: %s; %d rows before, %d after", h.Outcome, h.Reason, len(before), len(cuat(b.fleet.Host(host).Snapshot())))
	}
	i := slices.IndexFunc(h.Changes, func(c outcome.Change) bool { return c.Step == "remove-cluster0" })
	run(t, b, host, h.Changes[i].Undo)
	if diff := cmp.Diff(before, cuat(b.fleet.Host(host).Snapshot())); diff != "" {
		t.Errorf("rows (-before +after the undo)\n%s", diff)
	}
}

// R4: what recfgct says is not believed. It ends with 1 and has changed the id:
// the report says applied. It ends with 1 and has changed nothing: not applied.
func TestRecfgctLies(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]string{"fail-after": outcome.Applied, "fail-before": outcome.NotApplied} {
		t.Run(mode, func(t *testing.T) {
			const host = "node-id-missing"
			b := newBench(t, host)
			b.fleet.Host(host).Mutate(func(s *aixsim.State) { s.RMC.Recfgct = mode })
			e := b.engine(controller.Recover)
			e.Allowed = []string{"node-id"}
			h := b.runEngine(e)[host]
			i := slices.IndexFunc(h.Changes, func(c outcome.Change) bool { return c.Step == "new-node-id" })
			if h.Outcome != outcome.Failed || i < 0 || h.Changes[i].Status != want {
				t.Fatalf("%s: %s; %v", h.Outcome, h.Reason, statuses(h))
			}
			if after := h.Changes[i+1:]; len(after) > 0 {
				t.Errorf("a host that failed a step took %d more", len(after))
			}
			if id := idOf(b.fleet.Host(host).Snapshot()); (id != "") != (want == outcome.Applied) {
				t.Errorf("id %q, status %s", id, want)
			}
		})
	}
}

// R2: a refresh that is not there, or fails, ends nothing: verify judges.
func TestRefreshMDIsOptional(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*aixsim.State){
		"missing": func(s *aixsim.State) { s.RMC.HasRefreshMD = false },
		"failing": func(s *aixsim.State) { s.RMC.RefreshMDFails = true },
	} {
		t.Run(name, func(t *testing.T) {
			const host = "remote-clients-disabled"
			b := newBench(t, host)
			b.fleet.Host(host).Mutate(change)
			if h := b.run(controller.Recover)[host]; h.Outcome != outcome.Recovered {
				t.Errorf("%s: %s; %v", h.Outcome, h.Reason, strings.Join(statuses(h), ", "))
			}
		})
	}
}

// R4: a recfgct that never ends is not sent a second time. What it did is read
// from the host: it has changed the id, or it can't be told whether it still will.
func TestRecfgctNeverEnds(t *testing.T) {
	t.Parallel()
	text, err := playbooks.Source("rmc-restore")
	must(t, err)
	hasty, err := playbooks.Parse("rmc-restore.yaml", bytes.ReplaceAll(text, []byte("timeout: 5m"), []byte("timeout: 1s")))
	must(t, err)
	for mode, want := range map[string]outcome.Outcome{"hang": outcome.Unknown, "hang-after": outcome.Recovered} {
		t.Run(mode, func(t *testing.T) {
			const host = "node-id-missing"
			b := newBench(t, host)
			b.playbook = hasty
			b.fleet.Host(host).Mutate(func(s *aixsim.State) { s.RMC.Recfgct = mode })
			e := b.engine(controller.Recover)
			e.Allowed = []string{"node-id"}
			h := b.runEngine(e)[host]
			intents := 0
			for _, entry := range b.journal() {
				if entry.Step == "new-node-id" && entry.Event == outcome.EventIntent {
					intents++
				}
			}
			if h.Outcome != want || intents != 1 {
				t.Errorf("%s: %s; sent %d times; %v", h.Outcome, h.Reason, intents, statuses(h))
			}
		})
	}
}
