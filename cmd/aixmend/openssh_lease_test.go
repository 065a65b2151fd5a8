//go:build linux

package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
)

// A host that another run holds is left alone, with exit code 7 and who holds it;
// after the end of that lease it is taken over. What is taken is given back.
func testSSHLease(t *testing.T, lab *sshLab) {
	h := lab.start(t, "leased", hostOptions{illness: "address-removed-smitty"})
	d := lab.sit(t, rows("host_ed25519", h)...)
	link := h.path("/etc/aixmend.lease")
	hold := func(until time.Time) {
		t.Helper()
		noError(t, os.Symlink("run=20260101T000000.000Z-aaaaaa,by=ops@nim2,until="+until.UTC().Format("20060102T150405Z"), link))
	}

	hold(time.Now().Add(time.Hour))
	before := h.tree(t)
	ran := d.run("recover", "--yes").exits(7)
	if !strings.Contains(ran.stdout, "held by another run: 20260101T000000.000Z-aaaaaa by ops@nim2, until ") {
		t.Errorf("nobody says who holds it:\n%s", ran.stdout)
	}
	if r := d.report(h.name); r.Outcome != outcome.Skipped || len(r.Changes) > 0 {
		t.Errorf("%s: %s", r.Outcome, r.Reason)
	}
	if now := h.tree(t); len(now) != len(before) || now["/etc"] != before["/etc"] || now["/etc/aixmend.lease"] != before["/etc/aixmend.lease"] {
		t.Error("the host was changed")
	}
	d.run("audit").exits(3) // who only reads is not held up

	noError(t, os.Remove(link))
	hold(time.Now().Add(-time.Hour))
	d.run("recover", "--yes").exits(0)
	r := d.report(h.name)
	if r.Outcome != outcome.Recovered || r.Lease == nil || !strings.Contains(r.Lease.Note, "took over the lease of run 20260101T000000.000Z-aaaaaa") {
		t.Errorf("%s: %s: %+v", r.Outcome, r.Reason, r.Lease)
	}
	if left := h.there(t, "/etc/aixmend.lease*"); len(left) > 0 {
		t.Errorf("left of the lease: %q", left)
	}
}

// A plan is written down, approved and applied exactly; then it is taken back, and
// applied again.
func testSSHPlanAndUndo(t *testing.T, lab *sshLab) {
	h := lab.start(t, "planned", hostOptions{illness: "address-removed-smitty"})
	d := lab.sit(t, rows("host_ed25519", h)...)
	was := h.now(t)
	d.run("plan", "--out", "plan.json").exits(3)
	d.call("recover", "--plan", "plan.json", "--yes").exits(0)
	recovered := d.latest()
	if r := d.report(h.name); r.Outcome != outcome.Recovered || r.HostKey == "" {
		t.Errorf("%s: %s, key %q", r.Outcome, r.Reason, r.HostKey)
	}
	mended := h.now(t)
	d.call("recover", "--plan", "plan.json", "--yes").exits(2)                     // the state folder knows
	d.call("recover", "--plan", "plan.json", "--yes", "--state", "other").exits(3) // and so does the host
	if r := d.call("report", "latest", "--host", h.name, "--state", "other").exits(0); !strings.Contains(r.stdout, "run "+recovered+" has applied the plan to it already") {
		t.Errorf("another state folder: %s", r.stdout)
	}
	if now := h.now(t); !cmp.Equal(now.NICs, mended.NICs) {
		t.Error("it was applied again")
	}
	d.run("audit").exits(0)
	d.call("recover", "--undo", "latest", "--yes").exits(0) // the newest that changed something: no audit
	if now := h.now(t); now.NICs[1].Attrs.NetAddr6 != was.NICs[1].Attrs.NetAddr6 || mended.NICs[1].Attrs.NetAddr6 == was.NICs[1].Attrs.NetAddr6 {
		t.Errorf("netaddr6 was %q, %q after the run, is %q", was.NICs[1].Attrs.NetAddr6, mended.NICs[1].Attrs.NetAddr6, now.NICs[1].Attrs.NetAddr6)
	}
	if r := d.report(h.name); r.Outcome != outcome.OutcomeUndone || !strings.Contains(r.Reason, "1 step of run "+recovered+" rolled back") {
		t.Errorf("%s: %s", r.Outcome, r.Reason)
	}
	before := h.tree(t)
	d.call("recover", "--undo", recovered, "--yes").exits(0)
	if r := d.report(h.name); r.Outcome != outcome.OutcomeUndone || len(r.Changes) > 0 {
		t.Errorf("a second time: %s: %s, %d changes", r.Outcome, r.Reason, len(r.Changes))
	}
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Errorf("a second rollback changed the host (-before +after)\n%s", diff)
	}
}
