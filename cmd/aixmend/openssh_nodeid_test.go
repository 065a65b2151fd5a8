//go:build linux

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// R4: what recfgct says is not believed. With status 1 it may have changed the
// id, or not.
func testSSHRecfgct(t *testing.T, lab *sshLab) {
	want := map[string]string{"fail-after": outcome.Applied, "fail-before": outcome.NotApplied}
	var hosts []*sshHost
	for how := range want {
		hosts = append(hosts, lab.start(t, how, hostOptions{illness: "node-id-missing", change: func(s *aixsim.State) { s.RMC.Recfgct = how }}))
	}
	d := lab.sit(t, rows("host_ed25519", hosts...)...)
	d.run("recover", "--yes", "--allow", "node-id", "--set", "wait=6s").exits(3)
	for _, h := range hosts {
		report := d.report(h.name)
		if report.Outcome != outcome.Failed || statusOf(report, "new-node-id") != want[h.name] || report.Changes[len(report.Changes)-1].Step != "new-node-id" {
			t.Errorf("%s: %s: %s\n%v", h.name, report.Outcome, report.Reason, statuses(report))
		}
		if id := etcNodeID(t, h); (id != "") != (want[h.name] == outcome.Applied) {
			t.Errorf("%s: the id on the host is %q, the report says %s", h.name, id, statusOf(report, "new-node-id"))
		}
	}
}

// R4: the link dies in the moment before recfgct has done anything, and in the
// moment after: the host says which, and it is run again only where it was not
// done.
func testSSHRecfgctLinkDies(t *testing.T, lab *sshLab) {
	want := map[string]struct {
		calls    []string
		statuses []string
	}{
		"dies-before": {[]string{"-s = begun, cut", "-s = begun", "-s = done"}, []string{outcome.NotApplied, outcome.Applied}},
		"dies-after":  {[]string{"-s = begun", "-s = done, cut"}, []string{outcome.Applied}},
	}
	var list []row
	hosts, seen := map[string]*sshHost{}, map[string]*calls{}
	for name := range want {
		h := lab.start(t, name, hostOptions{illness: "node-id-working-copy-lost"})
		hosts[name] = h
		wire := h.wire(t)
		seen[name] = h.cutsOnce(t, wire, "/usr/sbin/rsct/install/bin/recfgct", "-s", name == "dies-after")
		list = append(list, wire.row("host_ed25519"))
	}
	d := lab.sit(t, list...)
	d.run("recover", "--yes", "--allow", "node-id").exits(0)
	for name, h := range hosts {
		report := d.report(name)
		var got []string
		for _, c := range report.Changes {
			if c.Step == "keep-node-id" {
				got = append(got, c.Status)
			}
		}
		if diff := cmp.Diff(want[name].calls, seen[name].all()); diff != "" || !slices.Equal(got, want[name].statuses) {
			t.Errorf("%s: %s: %s; keep-node-id %q\n%s", name, report.Outcome, report.Reason, got, diff)
		}
		if ids := h.nodeIDs(t); ids[0] != ids[1] || ids[0] != installedID(h) || !h.connected(t) {
			t.Errorf("%s: ids %q, connected %v", name, ids, h.connected(t))
		}
		h.quiet(t)
	}
}

// cutsOnce cuts the wire for a moment at the first call of a command with such
// arguments: before it has done anything, and then it never does, or after.
// These calls are noted.
func (h *sshHost) cutsOnce(t *testing.T, w *wire, command, arguments string, afterwards bool) *calls {
	t.Helper()
	seen, cut := new(calls), false
	h.watch(t, command, func(done bool, args string) bool {
		if !strings.HasPrefix(args, arguments) {
			return true
		}
		text := arguments + " = " + map[bool]string{false: "begun", true: "done"}[done]
		now := !cut && done == afterwards
		if now {
			cut = true
			text += ", cut"
			w.cut()
			w.mend()
		}
		seen.add(text)
		return !now || done
	})
	return seen
}

// installedID is the id that the host was installed with.
func installedID(h *sshHost) string {
	first, _, _ := strings.Cut(h.state.Files["/etc/ct_node_id"].Content, "\n")
	return first
}

// D9: of two hosts with one id history tells the clone, which gets a new one;
// where it can't tell, both wait for a person. The other keeps its id, and
// nothing is changed on it.
func testSSHDuplicate(t *testing.T, lab *sshLab) {
	first, second := lab.start(t, "first", hostOptions{}), lab.start(t, "second", hostOptions{})
	d := lab.sit(t, rows("host_ed25519", first, second)...)
	id := first.nodeIDs(t)
	for _, name := range []string{"/etc/ct_node_id", "/var/ct/cfg/ct_node_id"} {
		noError(t, writeMode(second.path(name), first.read(t, name), 0o444))
	}
	recoverAll := []string{"recover", "--yes", "--allow", "node-id"}
	d.run(recoverAll...).exits(3)
	for _, h := range []*sshHost{first, second} {
		if report := d.report(h.name); report.Outcome != outcome.NeedsAction || !strings.Contains(report.Reason, "new_node_id=HOST") || h.nodeIDs(t) != id {
			t.Errorf("%s: %s: %s, ids %q", h.name, report.Outcome, report.Reason, h.nodeIDs(t))
		}
	}
	d.run("capture", "-l", "first").exits(0) // before the other one is seen again
	d.run(recoverAll...).exits(0)
	if ids := second.nodeIDs(t); ids == id || ids[0] != ids[1] || !second.connected(t) {
		t.Errorf("the clone: ids %q, it had %q, connected %v", ids, id, second.connected(t))
	}
	if len(first.effects(t)) > 0 || first.nodeIDs(t) != id || !first.connected(t) {
		t.Errorf("the other: ids %q, connected %v, changed by %q", first.nodeIDs(t), first.connected(t), first.effects(t))
	}
}
