//go:build linux

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aixmend/transport/lab/aixsim"
)

// TestInstall makes a root and looks at what an AIX has there.
func TestInstall(t *testing.T) {
	dir := t.TempDir()
	s := aixsim.Healthy("aixvm1", 1)
	s.RMC.HasRefreshMD = false
	state := filepath.Join(dir, "state.json")
	write(t, state, s)
	root := filepath.Join(dir, "root")
	if code := run([]string{"aixstandin", "--install", root, state}, ""); code != 0 {
		t.Fatalf("exit %d", code)
	}
	for _, p := range []string{"/usr/sbin/rsct/bin/rmcctrl", "/opt/rsct/install/bin/recfgct", "/usr/sbin/ifconfig", "/etc/ifconfig", "/usr/bin/lslpp", "/usr/bin/uname"} {
		if to, err := os.Readlink(filepath.Join(root, p)); err != nil || to != "/var/aixsim/aixstandin" {
			t.Errorf("%s leads to %q, %v", p, to, err)
		}
	}
	for _, p := range []string{"/opt/rsct/bin/rmcrefreshMD", "/usr/bin/grep", "/usr/bin/cat", "/usr/bin/ls"} {
		if _, err := os.Lstat(filepath.Join(root, p)); err == nil {
			t.Errorf("%s should not be there", p)
		}
	}
	if b, err := os.ReadFile(filepath.Join(root, "etc/ct_node_id")); err != nil || !strings.HasPrefix(string(b), aixsim.NodeID(1)+"\n") {
		t.Errorf("node id %q, %v", b, err)
	}
	for class, there := range map[string]bool{"CuAt": true, "CuDv": true, "HACMPcluster": false} {
		if _, err := os.Stat(filepath.Join(root, "etc/objrepos", class)); (err == nil) != there {
			t.Errorf("/etc/objrepos/%s: %v", class, err)
		}
	}
	installed, err := load(filepath.Join(root, "var/aixsim/state.json"))
	if err != nil {
		t.Fatal(err)
	}
	if installed.RMC.HeldSince.IsZero() || time.Since(installed.RMC.HeldSince) < time.Duration(installed.RMC.ConnectDelay) {
		t.Errorf("not settled: %v", installed.RMC.HeldSince)
	}
}

func write(t *testing.T, name string, s *aixsim.State) {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestExecute: a command reads and changes the state on disk; what changed is
// in the log, and reading leaves the state alone.
func TestExecute(t *testing.T) {
	dir := t.TempDir()
	state := filepath.Join(dir, "state.json")
	s := aixsim.Healthy("aixvm1", 1)
	s.Behaviours = map[string]aixsim.Behaviour{"lspv": {Exit: 5, Times: 1}, "errpt": {Missing: true}}
	write(t, state, s)
	stdout := os.Stdout
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	os.Stdout = null
	defer func() { os.Stdout = stdout }()
	for _, c := range []struct {
		argv []string
		exit int
	}{
		{[]string{"/usr/bin/uname", "-s"}, 0}, {[]string{"aixstandin", "lssrc", "-s", "ctrmc"}, 0}, {[]string{"/usr/bin/lssrc", "-s", "nosuch"}, 1},
		{[]string{"/usr/sbin/lspv"}, 5}, {[]string{"/usr/sbin/lspv"}, 0}, {[]string{"/usr/bin/errpt"}, 127}, {[]string{"/usr/bin/cat", "x"}, 125}, {[]string{"aixstandin"}, 125},
	} {
		if got := run(c.argv, state); got != c.exit {
			t.Errorf("%q: exit %d, want %d", c.argv, got, c.exit)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "effects.log")); err == nil {
		t.Error("reading had effects")
	}
	if os.Getuid() != 0 {
		t.Skip("changing needs root")
	}
	if got := run([]string{"/usr/sbin/chdev", "-l", "en0", "-a", "mtu=9000"}, state); got != 0 {
		t.Errorf("chdev: exit %d", got)
	}
	after, err := load(state)
	if err != nil || after.NICs[0].Attrs.MTU != "9000" {
		t.Errorf("mtu %q, %v", after.NICs[0].Attrs.MTU, err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "effects.log")); err != nil || !strings.Contains(string(b), "chdev -l en0 -a mtu=9000") {
		t.Errorf("effects.log %q, %v", b, err)
	}
}
