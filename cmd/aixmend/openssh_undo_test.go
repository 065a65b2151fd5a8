//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// tookBack fails the test unless a step cut the host off, the host took it back
// by itself, and nothing of its undo is left to happen.
func (d *desk) tookBack(h *sshHost, step string, calls []string, was *aixsim.State) {
	d.t.Helper()
	report := d.report(h.name)
	if report.Outcome != outcome.Failed || !strings.Contains(report.Reason, "timed undo reverted it") || statusOf(report, step) != outcome.Undone {
		d.t.Errorf("%s: %s: %s, %v", h.name, report.Outcome, report.Reason, statuses(report))
	}
	outages := slices.DeleteFunc(slices.Clone(calls), func(c string) bool { return !strings.HasSuffix(c, outageMark) })
	if len(outages) != 1 || strings.HasSuffix(calls[len(calls)-1], outageMark) {
		d.t.Errorf("%s: chdev was called with %q: one of it must cut the host off, and the last one bring it back", h.name, calls)
	}
	if diff := cmp.Diff(was.NICs[0], h.now(d.t).NICs[0]); diff != "" {
		d.t.Errorf("%s: the interface that carries the sessions (-before +after)\n%s", h.name, diff)
	}
	h.quiet(d.t)
	if left := h.there(d.t, "/etc/aixmend.undo.*"); len(left) > 0 {
		d.t.Errorf("%s: left of the undo: %q", h.name, left)
	}
}

// hastySleepOnDisk makes a host's sleep end after d, however long it is to be: an
// armed undo fires soon though no undo_after is too short for its step.
func hastySleepOnDisk(d time.Duration) func(root string) error {
	return func(root string) error {
		own := filepath.Join(root, "usr/bin/sleep")
		text := fmt.Sprintf("#!%s\nexec /usr/bin/sleep.own %d\n", shellPath, int(d/time.Second))
		return errors.Join(os.Rename(own, own+".own"), writeMode(own, []byte(text), 0o755))
	}
}

// A change of the interface that carries the sessions really cuts the host off:
// what is open breaks, or nobody hears of it any more. Nobody gets in, until the
// host takes the change back by itself. With the network mended it goes well the
// next time.
func testSSHTimedUndo(t *testing.T, lab *sshLab) {
	for name, begin := range map[string]func(*wire) func(){
		"refused": func(w *wire) func() { return w.cut },
		"silent":  func(w *wire) func() { return w.silence },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := lab.start(t, name, hostOptions{illness: "session-on-rmc-nic", prepare: hastySleepOnDisk(8 * time.Second)})
			was := h.now(t)
			w := h.wire(t)
			var mended atomic.Bool
			seen := w.outage(begin(w), func(s *aixsim.State) bool {
				return s.NICs[0].Attrs.NetAddr6 != was.NICs[0].Attrs.NetAddr6 && !mended.Load()
			})
			d := lab.sit(t, w.row("host_ed25519"))
			d.run("recover", "--yes", "--connect-timeout", "10s").exits(3)
			d.tookBack(h, "set-address", seen.all(), was)
			if n := len(seen.all()); n != 2 {
				t.Errorf("chdev was called %d times, wanted the change and its undo: %q", n, seen.all())
			}
			mended.Store(true) // whatever it was in the network
			d.run("recover", "--yes").exits(0)
			if left := h.there(t, "/etc/aixmend.undo.*"); len(left) > 0 || !h.connected(t) {
				t.Errorf("once more: left of the undo: %q, connected %v", left, h.connected(t))
			}
		})
	}
}

// The same with a change and an undo of several commands: what an own image
// lacks on the interface that carries the sessions. A host that was cut off takes
// no further step.
func testSSHTimedUndoOwnImage(t *testing.T, lab *sshLab) {
	h := lab.start(t, "swapped", hostOptions{change: customerNetwork, prepare: hastySleepOnDisk(10 * time.Second)})
	w := h.wire(t)
	d := lab.sit(t, w.row("host_ed25519"))
	d.run("capture", ownImage).exits(0)
	h.swapBoot(t, aixsim.BootImage{Hostname: "swapped", Address: true})
	was, ids := h.now(t), h.nodeIDs(t)
	seen := w.outage(w.cut, func(s *aixsim.State) bool { return len(s.NICs[0].Attrs.Alias4) > 0 })
	d.run("recover", ownImage, "--yes", "--allow", "node-id").exits(3)
	d.tookBack(h, "restore-interface-1", seen.all(), was)
	if now := h.nodeIDs(t); now != ids || len(h.now(t).Inet0) > 0 {
		t.Errorf("it went on after that: ids %q, they were %q; routes %q", now, ids, h.now(t).Inet0)
	}
}
