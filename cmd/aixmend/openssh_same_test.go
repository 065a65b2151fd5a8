//go:build linux

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
)

// D16: two names of the inventory reach one machine over two of its addresses. Both
// are said to be so, and no file of it is changed, whatever is allowed: in waves, and
// without them, where the one might be changed before the other is read.
func testSSHSameMachine(t *testing.T, lab *sshLab) {
	h := lab.start(t, "onemachine", hostOptions{illness: "address-removed-smitty", addresses: 2})
	d := lab.sit(t, row{sshHost: h, key: "host_ed25519"}, row{sshHost: h, name: "othername", at: 1, key: "host_ed25519"})
	id := h.nodeIDs(t)
	before := h.tree(t)
	both := map[string]string{"onemachine": "othername", "othername": "onemachine"}
	for _, args := range [][]string{
		{"audit"},
		{"plan"},
		{"recover", "--yes", "--mend-warnings", "--allow", "node-id,cluster0"},
		{"recover", "--yes", "--mend-warnings", "--allow", "node-id,cluster0", "--wave", ""},
		{"capture", "--fail-on", "needs_action"},
	} {
		d.run(args...).exits(3)
		for name, other := range both {
			r := d.report(name)
			ids := outcome.FindingIDs(r.Findings)
			i := slices.IndexFunc(r.Findings, func(f outcome.Finding) bool { return f.ID == "same-machine" })
			if i < 0 || !strings.Contains(r.Findings[i].Title, other) || slices.Contains(ids, "node-id-duplicate") || r.Outcome != outcome.NeedsAction || len(r.Changes) > 0 {
				t.Errorf("%q: %s: %s: %s; findings %v, changes %v", args, name, r.Outcome, r.Reason, ids, statuses(r))
			}
		}
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("%q changed the host (-before +after)\n%s", args, diff)
		}
	}
	// By one of its names it is like any other host, and what was captured of it
	// under the other is nobody else's.
	d.run("recover", "--yes", "--allow", "node-id,cluster0", "-l", "onemachine").exits(0)
	if r := d.report("onemachine"); r.Outcome != outcome.Recovered || h.nodeIDs(t) != id {
		t.Errorf("alone: %s: %s; ids %q, were %q", r.Outcome, r.Reason, h.nodeIDs(t), id)
	}
}
