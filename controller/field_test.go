package controller_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// D4, D10, D17: hosts as they may be met in the field, with RMC down. Only the RMC NIC
// is changed, every cluster is found, and a refused step is never sent.
func TestFieldCases(t *testing.T) {
	t.Parallel()
	want := map[string]struct {
		outcome outcome.Outcome
		finding string
		chdev   string // the NIC that chdev may name, "" for none
	}{
		"vlan-4094-on-customer": {outcome.Recovered, "", "en1"},
		"metadata-nic":          {outcome.Recovered, "", ""},
		"metadata-address-lost": {outcome.Recovered, "", ""},
		"metadata-on-rmc-nic":   {outcome.NeedsAction, "metadata-on-rmc-nic", ""},
		"rmc-nic-gone":          {outcome.NeedsAction, "rmc-nic-ambiguous", ""},
		"caa-live":              {outcome.NeedsAction, "cluster-live", ""},
		"caa-stopped":           {outcome.NeedsAction, "cluster-live", ""},
		"caa-stopped-no-disk":   {outcome.NeedsAction, "cluster-live", ""},
	}
	var hosts []aixsim.FleetHost
	for i, illness := range aixsim.FieldCases() {
		if _, asked := want[illness.Name]; !asked {
			continue
		}
		state := aixsim.Healthy(illness.Name, i+1)
		state.RMC.ConnectDelay = aixsim.Duration(connectDelay)
		illness.Apply(state)
		state.RMC.RemoteClients = false
		hosts = append(hosts, aixsim.FleetHost{State: state})
	}
	if len(hosts) != len(want) {
		t.Fatalf("%d of %d cases are in the catalogue", len(hosts), len(want))
	}
	b := startBench(t, hosts)
	before := map[string][]aixsim.NIC{}
	for name := range want {
		before[name] = b.fleet.Host(name).Snapshot().NICs
	}
	for name, h := range b.run(controller.Recover) {
		w := want[name]
		if h.Outcome != w.outcome || w.finding != "" && !slices.Contains(outcome.FindingIDs(h.Findings), w.finding) {
			t.Errorf("%s: %s: %s; findings %v", name, h.Outcome, h.Reason, outcome.FindingIDs(h.Findings))
		}
		for i, n := range b.fleet.Host(name).Snapshot().NICs {
			if n.Name != w.chdev && cmp.Diff(before[name][i].Attrs, n.Attrs) != "" {
				t.Errorf("%s: %s was %+v, is %+v", name, n.Name, before[name][i].Attrs, n.Attrs)
			}
		}
		for _, line := range b.sent(name) {
			guarded := w.finding == "cluster-live" && (strings.Contains(line, "rmcctrl -z") || strings.Contains(line, "recfgct"))
			if guarded || name == "metadata-on-rmc-nic" && strings.Contains(line, "rmcctrl") {
				t.Errorf("%s: ran %s", name, line)
			}
		}
	}
}
