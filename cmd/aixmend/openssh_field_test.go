//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// D4, D17: hosts as they were met in the field. The wrong NIC is never changed: the
// RMC NIC is found by a second witness, or a person must say.
func testSSHNICRoles(t *testing.T, lab *sshLab) {
	want := map[string]struct {
		outcome outcome.Outcome
		finding string
		changed string // the NIC that chdev may name, "" for none
	}{
		"vlan-4094-on-customer": {outcome.Recovered, "", "en1"},
		"rmc-nic-gone":          {outcome.NeedsAction, "rmc-nic-ambiguous", ""},
		"metadata-on-rmc-nic":   {outcome.NeedsAction, "metadata-on-rmc-nic", ""},
		"metadata-nic":          {outcome.Recovered, "", "en1"},
	}
	var hosts []*sshHost
	for name := range want {
		hosts = append(hosts, lab.start(t, name, hostOptions{illness: name, change: func(s *aixsim.State) {
			s.RMC.RemoteClients = false // RMC is down on all of them
			if name == "metadata-nic" { // and its address is gone live
				s.NICs[1].Live.IPv6 = nil
			}
		}}))
	}
	d := lab.sit(t, rows("host_ed25519", hosts...)...)
	d.run("recover", "--yes", "--mend-warnings").exits(3)
	for _, h := range hosts {
		w, report := want[h.name], d.report(h.name)
		if report.Outcome != w.outcome || w.finding != "" && finding(report, w.finding) == "" {
			t.Errorf("%s: %s: %s; findings %v", h.name, report.Outcome, report.Reason, outcome.FindingIDs(report.Findings))
		}
		for _, effect := range h.effects(t) {
			if strings.HasPrefix(effect, "chdev") && (w.changed == "" || !strings.HasPrefix(effect, "chdev -l "+w.changed+" ")) {
				t.Errorf("%s: changed by %q", h.name, effect)
			}
		}
		if w.changed == "" && len(h.effects(t)) > 0 && h.name == "metadata-on-rmc-nic" {
			t.Errorf("%s: changed by %q", h.name, h.effects(t))
		}
		for i, n := range h.now(t).NICs {
			before := h.state.NICs[i]
			if n.Name != w.changed && cmp.Diff(before.Attrs, n.Attrs) != "" {
				t.Errorf("%s: %s was %+v, is %+v", h.name, n.Name, before.Attrs, n.Attrs)
			}
		}
		if w.outcome == outcome.Recovered && !h.connected(t) {
			t.Errorf("%s: RMC is not connected", h.name)
		}
	}
}

// damagedID makes the node ids differ, so that rung 4 is called for.
func damagedID(s *aixsim.State) {
	s.Files["/var/ct/cfg/ct_node_id"] = aixsim.File{Content: fmt.Sprintf("11112222%08x\n", s.LPAR.Number)}
}

// cluster0Row is a row of cluster0 in the ODM.
func cluster0Row(class, attribute, value string) aixsim.Stanza {
	row := aixsim.Stanza{Class: class, Attrs: []aixsim.Field{{Name: "name", Value: "cluster0"}}}
	if attribute != "" {
		row.Attrs = append(row.Attrs, aixsim.Field{Name: "attribute", Value: attribute}, aixsim.Field{Name: "value", Value: value})
	}
	return row
}

// D11: node_uuid and a CuDv row of cluster0 are ordinary. Zeros bring no id back; a
// value does, and has to go first, with its allowance named. What a cluster has left
// behind is a warning.
func testSSHCluster0(t *testing.T, lab *sshLab) {
	const uuid = "c3a1f0aa-77aa-11ee-8000-fad4433ed120"
	cases := map[string]struct {
		rows    []aixsim.Stanza
		finding string
		blocked bool // with --allow node-id alone
	}{
		"zeros":    {[]aixsim.Stanza{cluster0Row("CuAt", "node_uuid", "00000000-0000-0000-0000-000000000000"), cluster0Row("CuDv", "", "")}, "", false},
		"ordinary": {[]aixsim.Stanza{cluster0Row("CuAt", "node_uuid", uuid), cluster0Row("CuDv", "", "")}, "", true},
		"leftover": {[]aixsim.Stanza{cluster0Row("CuAt", "node_uuid", uuid), cluster0Row("CuAt", "clvdisk", uuid)}, "cluster0-leftover", true},
	}
	var hosts []*sshHost
	for name, c := range cases {
		hosts = append(hosts, lab.start(t, name, hostOptions{change: func(s *aixsim.State) {
			s.ODM = append(s.ODM, c.rows...)
			damagedID(s)
		}}))
	}
	d := lab.sit(t, rows("host_ed25519", hosts...)...)
	d.run("plan", "--allow", "node-id").exits(3)
	for _, h := range hosts {
		c, report := cases[h.name], d.report(h.name)
		if has := finding(report, "cluster0-leftover") != ""; has != (c.finding != "") {
			t.Errorf("%s: findings %v", h.name, outcome.FindingIDs(report.Findings))
		}
		blocked := ""
		for _, s := range report.Plan {
			if s.Rung == "node-id" {
				blocked = s.BlockedBy
			}
		}
		if named := strings.Contains(blocked, "--allow cluster0, because recfgct would restore the old node id"); named != c.blocked {
			t.Errorf("%s: blocked by %q", h.name, blocked)
		}
	}
	d.run("recover", "--yes", "--allow", "node-id,cluster0").exits(0)
	for _, h := range hosts {
		if ids := h.nodeIDs(t); ids[0] != ids[1] || ids[0] != installedID(h) {
			t.Errorf("%s: ids %q, it was installed with %s", h.name, ids, installedID(h))
		}
		left := slices.ContainsFunc(h.now(t).ODM, func(s aixsim.Stanza) bool { return s.Class == "CuAt" && s.Get("name") == "cluster0" })
		if left != (h.name == "zeros") {
			t.Errorf("%s: rows of cluster0 left: %v", h.name, left)
		}
	}
}

// D10: whether an ODM class is there is asked of the file system. The words of odmget
// for a missing one change nothing: the host is healthy, or is healed with rung 4 open.
// A class that is there and can't be read is cluster-unclear until it is accepted.
func testSSHMissingClass(t *testing.T, lab *sshLab) {
	var hosts []*sshHost
	for seed := range uint64(6) {
		hosts = append(hosts, lab.start(t, fmt.Sprintf("words%d", seed), hostOptions{change: func(s *aixsim.State) {
			aixsim.Vary(s, seed, "odm-no-class", "lscluster-none", "src-not-on-file", "lslpp-none")
			damagedID(s)
		}}))
	}
	unreadable := lab.start(t, "unreadable", hostOptions{change: func(s *aixsim.State) {
		s.Behaviours = map[string]aixsim.Behaviour{}
		damagedID(s)
	}, prepare: func(root string) error {
		return os.Symlink("/gone", filepath.Join(root, "etc/objrepos/HACMPcluster"))
	}})
	d := lab.sit(t, rows("host_ed25519", append(slices.Clone(hosts), unreadable)...)...)
	d.run("recover", "--yes", "--allow", "node-id").exits(3)
	for _, h := range hosts {
		report := d.report(h.name)
		if ids := h.nodeIDs(t); report.Outcome != outcome.Recovered || ids[0] != ids[1] {
			t.Errorf("%s: %s: %s; ids %q", h.name, report.Outcome, report.Reason, ids)
		}
	}
	report := d.report("unreadable")
	if report.Outcome != outcome.NeedsAction || !strings.Contains(finding(report, "cluster-unclear"), "hacmp") || len(unreadable.effects(t)) > 0 {
		t.Errorf("a class that can't be read: %s: %s; changed by %q", report.Outcome, report.Reason, unreadable.effects(t))
	}
	inventory := filepath.Join(d.dir, "inventory.yaml")
	text, err := os.ReadFile(inventory)
	noError(t, err)
	accepted := strings.Replace(string(text), "  unreadable: {", "  unreadable: {accept: [{check: hacmp, until: 2999-12-31, reason: looked at by hand}], ", 1)
	noError(t, os.WriteFile(inventory, []byte(accepted), 0o600))
	d.run("recover", "--yes", "--allow", "node-id", "-l", "unreadable").exits(0)
	if ids := unreadable.nodeIDs(t); ids[0] != ids[1] {
		t.Errorf("accepted: %s, ids %q", d.report("unreadable").Reason, ids)
	}
}
