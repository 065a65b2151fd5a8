//go:build linux

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// largeSupport makes support data that no channel's window holds.
func largeSupport(s *aixsim.State) { s.CtsnapBytes, s.SnapBytes = 5<<20, 3<<20+17 }

// handed fails the test unless the support data that were fetched are, by their
// hash, what the host's commands write, and nothing of them is left there. What
// the stand-ins write of a host is always the same.
func (d *desk) handed(h *sshHost) {
	d.t.Helper()
	again := h.path("/tmp/again")
	h.standin(d.t, "/opt/rsct/bin/ctsnap", "-d", "/tmp/again", "-x", "runrpttr")
	h.standin(d.t, "/usr/sbin/snap", "-gtkc", "-d", "/tmp/again/snap")
	report := d.report(h.name)
	for suffix, pattern := range map[string]string{".tar.gz": "ctsnap.*.tar.gz", ".log": "ctsnap.*.log", "snap.pax.Z": "snap/snap.pax.Z"} {
		written, err := filepath.Glob(filepath.Join(again, pattern))
		noError(d.t, err)
		if len(written) != 1 {
			d.t.Fatalf("%s: the commands write %q", h.name, written)
		}
		want := hashOf(d.t, written[0])
		found := false
		for _, f := range report.Support {
			if strings.HasSuffix(f.Name, suffix) {
				found = true
				if got := hashOf(d.t, filepath.Join(d.dir, "aixmend-state", filepath.FromSlash(f.Name))); got != want || f.SHA256 != want {
					d.t.Errorf("%s: %s has sha256 %s here, %s in the report; the host wrote %s", h.name, path.Base(f.Name), got, f.SHA256, want)
				}
			}
		}
		if !found {
			d.t.Errorf("%s: no file %s was fetched: %+v", h.name, suffix, report.Support)
		}
	}
	if left := h.there(d.t, "/var/aixmend/*"); len(left) > 0 {
		d.t.Errorf("%s: left on the host: %q", h.name, left)
	}
}

func hashOf(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	noError(t, err)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// R6: nothing helped, so the data of a support case are fetched and removed; a
// host without room for them is only said to have none.
func testSSHHandOver(t *testing.T, lab *sshLab) {
	const somebodys = "/var/aixmend.old/ctsnap.old.tar.gz"
	fetched := lab.start(t, "fetched", hostOptions{illness: "firewalled", change: largeSupport, sshd: internalSFTP})
	noroom := lab.start(t, "noroom", hostOptions{illness: "firewalled", change: func(s *aixsim.State) {
		for i := range s.FileSystems {
			s.FileSystems[i].FreeKB = 100 << 10
		}
		s.Files[somebodys] = aixsim.File{Content: "somebody's"}
	}})
	d := lab.sit(t, rows("host_ed25519", fetched, noroom)...)
	d.run("recover", "--yes", "--set", "settle=500ms", "--set", "wait=1500ms").exits(3)
	for _, h := range []*sshHost{fetched, noroom} {
		report := d.report(h.name)
		if report.Outcome != outcome.Failed || !strings.Contains(report.Reason, "all rungs were tried; still open: rmc-disconnected") || h.connected(t) {
			t.Errorf("%s: %s: %s; connected %v", h.name, report.Outcome, report.Reason, h.connected(t))
		}
		text, err := os.ReadFile(filepath.Join(d.dir, "aixmend-state/runs/latest/support", h.name, "case.txt"))
		if err != nil || !strings.Contains(string(text), "rmc-disconnected") {
			t.Errorf("%s: case.txt: %v\n%s", h.name, err, text)
		}
	}
	d.handed(fetched)
	if report := d.report("noroom"); len(report.Support) > 0 || len(noroom.there(t, "/var/aixmend")) > 0 || strings.Contains(strings.Join(statuses(report), " "), "support") {
		t.Errorf("noroom: %v, %v, %q", statuses(report), report.Support, noroom.there(t, "/var/aixmend/*"))
	}
	if text := noroom.read(t, somebodys); string(text) != "somebody's" {
		t.Errorf("somebody's file is %q now", text)
	}
}

// support-data: the data of any host, over commands where there is no SFTP, and
// no verdict is bent by it. Data that can't be had are a failure.
func testSSHSupportData(t *testing.T, lab *sshLab) {
	hosts := map[string]*sshHost{
		"healthy":    lab.start(t, "healthy", hostOptions{change: largeSupport}),
		"firewalled": lab.start(t, "firewalled", hostOptions{illness: "firewalled", sshd: internalSFTP}),
		"sudo":       lab.start(t, "sudo", hostOptions{sshd: internalSFTP}),
		"nothad": lab.start(t, "nothad", hostOptions{change: func(s *aixsim.State) {
			s.Behaviours = map[string]aixsim.Behaviour{"ctsnap": {Exit: 1}, "snap": {Exit: 1}}
		}}),
	}
	list := rows("host_rsa", hosts["healthy"], hosts["firewalled"], hosts["nothad"])
	d := lab.sit(t, append(list, row{sshHost: hosts["sudo"], key: "host_rsa", ssh: ", user: ops, become: sudo"})...)
	d.run("recover", "--yes", "--playbook", "support-data").exits(3)
	for name, want := range map[string]outcome.Outcome{"healthy": outcome.Healthy, "firewalled": outcome.NeedsAction, "nothad": outcome.Failed} {
		if report := d.report(name); report.Outcome != want {
			t.Errorf("%s: %s: %s", name, report.Outcome, report.Reason)
		}
	}
	d.handed(hosts["healthy"])
	d.handed(hosts["firewalled"])
	t.Run("sudo", func(t *testing.T) {
		if nosuid(t, lab.dir) {
			leaveOut(t, noSetUID)
		}
		at := *d
		at.t = t
		at.handed(hosts["sudo"])
	})
	for name, h := range hosts {
		for _, effect := range h.effects(t) {
			if strings.Contains(effect, "remote clients") || strings.Contains(effect, "ctrmc") || strings.Contains(effect, "chdev") {
				t.Errorf("%s: was repaired: %s", name, effect)
			}
		}
	}
}
