package controller_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// leftovers are the files of support data that are still on a host.
func leftovers(b *bench, host string) []string {
	var list []string
	for name := range b.fleet.Host(host).Snapshot().Files {
		if strings.HasPrefix(name, "/var/aixmend/support.") {
			list = append(list, name)
		}
	}
	return list
}

// checkSupport compares the files that were fetched with their hashes.
func checkSupport(t *testing.T, b *bench, h outcome.Host, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		found := false
		for _, f := range h.Support {
			data, err := os.ReadFile(filepath.Join(b.store.Root(), filepath.FromSlash(f.Name)))
			sum := sha256.Sum256(data)
			if err != nil || hex.EncodeToString(sum[:]) != f.SHA256 || int64(len(data)) != f.Bytes {
				t.Errorf("%s: %d bytes, sha256 %s: %v", f.Name, f.Bytes, f.SHA256, err)
			}
			found = found || strings.Contains(f.Name, want)
		}
		if !found {
			t.Errorf("no %s among %v", want, h.Support)
		}
	}
}

// R6: when nothing helped, the support data are collected, fetched and removed;
// the host stays failed, for its own reason.
func TestHandOver(t *testing.T) {
	t.Parallel()
	const host = "firewalled"
	b := newBench(t, host)
	h := b.run(controller.Recover)[host]
	if h.Outcome != outcome.Failed || !strings.Contains(h.Reason, "all rungs were tried; still open: rmc-disconnected") {
		t.Fatalf("%s: %s\n%v", h.Outcome, h.Reason, statuses(h))
	}
	checkSupport(t, b, h, "ctsnap", "snap.pax")
	if left := leftovers(b, host); len(left) > 0 {
		t.Errorf("left on the host: %v", left)
	}
	got := strings.Join(statuses(h), " ")
	if !strings.HasSuffix(got, "make-support-folder applied collect-rsct-data applied collect-system-data applied remove-support-data applied") {
		t.Errorf("changes %s", got)
	}
}

// R6: without room nothing is collected, and the reason says so; data of
// somebody else are left alone.
func TestHandOverWithoutRoom(t *testing.T) {
	t.Parallel()
	const host = "firewalled"
	b := newBench(t, host)
	b.fleet.Host(host).Mutate(func(s *aixsim.State) {
		for i := range s.FileSystems {
			s.FileSystems[i].FreeKB = 100 << 10
		}
		s.Files["/tmp/ctsupt/ctsnap.old.tar.gz"] = aixsim.File{Content: "somebody's"}
	})
	h := b.run(controller.Recover)[host]
	if h.Outcome != outcome.Failed || len(h.Support) > 0 || strings.Contains(strings.Join(statuses(h), " "), "support") {
		t.Errorf("%s: %s\n%v", h.Outcome, h.Reason, statuses(h))
	}
	if b.fleet.Host(host).Snapshot().Files["/tmp/ctsupt/ctsnap.old.tar.gz"].Content != "somebody's" {
		t.Error("somebody's data are gone")
	}
}

// support-data: the data of any host, at once, and no verdict is bent by it.
func TestSupportData(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy", "firewalled")
	b.use("support-data")
	for name, h := range b.run(controller.Recover) {
		want := map[string]outcome.Outcome{"healthy": outcome.Healthy, "firewalled": outcome.NeedsAction}[name]
		if h.Outcome != want {
			t.Errorf("%s: %s: %s", name, h.Outcome, h.Reason)
		}
		checkSupport(t, b, h, "ctsnap", "snap.pax")
		if left := leftovers(b, name); len(left) > 0 {
			t.Errorf("%s: left on the host: %v", name, left)
		}
	}
}

// Data that could not be had are a failure of this playbook, and stay on the
// host.
func TestSupportDataNotHad(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy")
	b.use("support-data")
	b.fleet.Host("healthy").Mutate(func(s *aixsim.State) {
		s.Behaviours = map[string]aixsim.Behaviour{"ctsnap": {Exit: 1}, "snap": {Exit: 1}}
	})
	h := b.run(controller.Recover)["healthy"]
	if h.Outcome != outcome.Failed || !strings.Contains(h.Reason, "there is no file in it") {
		t.Errorf("%s: %s", h.Outcome, h.Reason)
	}
}
