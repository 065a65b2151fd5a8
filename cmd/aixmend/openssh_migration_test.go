//go:build linux

package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
)

// post-migration: against a label, each thing that is lost is one finding; with
// nothing lost, or more than before, there is none. Nothing is changed.
func testSSHPostMigration(t *testing.T, lab *sshLab) {
	const playbook = "--playbook=post-migration"
	h := lab.start(t, "mover", hostOptions{change: customerNetwork})
	d := lab.sit(t, rows("host_ed25519", h)...)
	d.run("capture", playbook, "--label", "before").exits(0)
	h.standin(t, "/usr/sbin/chdev", "-l", "en0", "-a", "alias4=10.50.0.9,255.255.255.0")
	d.run("audit", playbook, "--set", "baseline=before").exits(0)

	s := h.now(t)
	h.standin(t, "/usr/sbin/chdev", "-l", "inet0", "-a", "delroute="+s.Inet0[1])
	h.standin(t, "/usr/sbin/chdev", "-l", "inet0", "-a", "hostname=another")
	h.standin(t, "/usr/sbin/chdev", "-l", "en2", "-a", "delalias4="+s.NICs[2].Attrs.Alias4[0])
	before := h.tree(t)
	run := d.run("audit", playbook, "--set", "baseline=before", "--format", "json").exits(3).document()
	report := d.report("mover")
	lost := map[string]string{"static-route-lost": "10.99.0.0/16", "hostname-differs": "another", "address-lost": "10.88.3.9"}
	for id, what := range lost {
		if said := finding(report, id); !strings.Contains(said, what) {
			t.Errorf("%s: %q", id, said)
		}
	}
	if open := run.Hosts[0].Open; len(open) != len(lost) {
		t.Errorf("open: %v", open)
	}
	for ref, code := range map[string]int{run.ID: 0, "no-such-label": 3} { // the last run saw it as it is now
		d.run("audit", playbook, "--set", "baseline="+ref).exits(code)
	}
	if said := finding(d.report("mover"), "baseline-missing"); report.Outcome != outcome.NeedsAction || said != "" && !strings.Contains(said, "no-such-label") {
		t.Errorf("%s: %q", report.Outcome, said)
	}
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Errorf("audit changed the host (-before +after)\n%s", diff)
	}
}

// sideEffects are what chdev does beside its work, in ksh, and what of it the
// finding says.
var sideEffects = map[string]struct{ does, says string }{
	"other-address-changed": {"/var/aixsim/aixstandin chdev -l en0 -a alias4=10.99.99.99,255.255.255.0", "10.99.99.99"},
	"route-lost":            {"/usr/sbin/route delete -net 10.99.0.0 -netmask 255.255.0.0 10.88.2.254", "10.99.0.0/16"},
	"hostname-changed":      {"/var/aixsim/aixstandin chdev -l inet0 -a hostname=intruder", "intruder"},
	"cluster-changed":       {"printf 'db2dom\\n' >/var/ct/cfg/current_cluster", "db2dom"},
}

// V4: what was not meant to change and did is found after a recovery that else
// went well.
func testSSHSideEffects(t *testing.T, lab *sshLab) {
	var hosts []*sshHost
	for id, effect := range sideEffects {
		script := fmt.Sprintf("#!%s\n/var/aixsim/aixstandin chdev \"$@\" || exit\n%s\n", shellPath, effect.does)
		hosts = append(hosts, lab.start(t, id, hostOptions{illness: "address-removed-smitty", change: customerNetwork, prepare: func(root string) error {
			return writeMode(filepath.Join(root, "usr/sbin/chdev"), []byte(script), 0o755)
		}}))
	}
	d := lab.sit(t, rows("host_ed25519", hosts...)...)
	d.run("recover", "--yes").exits(3)
	for _, h := range hosts {
		report := d.report(h.name)
		if report.Outcome != outcome.Failed || !strings.Contains(report.Reason, "unintended changes: "+h.name) ||
			!strings.Contains(finding(report, h.name), sideEffects[h.name].says) {
			t.Errorf("%s: %s: %s; %q", h.name, report.Outcome, report.Reason, finding(report, h.name))
		}
		if now := h.now(t).NICs[1]; now.Attrs.NetAddr6 != rmcAddress(h) || !h.connected(t) {
			t.Errorf("%s: netaddr6 is %q, connected %v: the recovery itself was to go well", h.name, now.Attrs.NetAddr6, h.connected(t))
		}
	}
}
