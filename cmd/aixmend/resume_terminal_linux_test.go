package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aixmend/transport/lab/aixsim"
)

// On a terminal resume shows what is left to send, of whatever run, before it asks.
func TestResumeShowsWhatIsLeft(t *testing.T) {
	const hosts = "daemon-down,remote-clients-disabled,healthy"
	k := newWatching(t)
	file, state := filepath.Join(k.dir, "plan.json"), filepath.Join(k.dir, "state")
	on := func(code int, args ...string) {
		t.Helper()
		args = append(args, "--state", state)
		if !slices.Contains(args, "--undo") {
			args = append(args, "-i", filepath.Join(k.dir, "inventory.yaml"))
		}
		if says := call(t, nil, args...); says.code != code {
			t.Fatalf("%v: %d\n%s%s", args, says.code, says.out, says.err)
		}
	}
	pauses := []string{"--set", "settle=60ms", "--set", "wait=5s"}
	on(3, append(pauses, "plan", "-l", hosts, "--out", file)...)
	for _, c := range []struct {
		name  string
		begin []string
		shows []string
		// last: the run is resumed, so that the next one finds it done.
		last bool
	}{
		{"begun with --yes", append(pauses, "recover", "-l", hosts), []string{"Plan: 2 hosts to change, ", "/usr/sbin/rsct/bin/rmcctrl -A", "Only the steps above, their undos and aixmend's own link"}, false},
		{"of a saved plan", []string{"recover", "--plan", file}, []string{"Plan: 2 hosts to change, ", "/usr/sbin/rsct/bin/rmcctrl -A", "Only the steps above, their undos and aixmend's own link"}, true},
		{"of a rollback", []string{"recover", "--undo", "latest"}, []string{" on 1 host, newest step first", "on 1 host nothing can be undone: remote-clients-disabled", "resume may change 1 host: daemon-down;", "/usr/sbin/rsct/bin/rmcctrl -z", "Only the steps above and aixmend's own link (/etc/aixmend.lease) may change a host; -v prints every command."}, false},
	} {
		on(3, append(c.begin, "--yes", "--deadline", "1ns")...)
		before := len(k.fleet.Host("daemon-down").Effects())
		answer := func(word string, code int) {
			t.Helper()
			d := onATerminal(t, "resume", "--state", state, "--deadline", "5m")
			d.says("Type 'yes' to continue: ", word)
			d.ends(code)
			shown := strings.Join(strings.Fields(d.shown.String()), " ")
			for _, want := range c.shows {
				if !strings.Contains(shown, want) {
					t.Errorf("%s: no %q in\n%s", c.name, want, d.shown.String())
				}
			}
		}
		answer("no", 2)
		if after := len(k.fleet.Host("daemon-down").Effects()); after != before {
			t.Errorf("%s: changed before the answer", c.name)
		}
		if c.last {
			answer("yes", 0)
		}
	}
}

// A yes to resume is about the plan above the question: a host to which nothing was sent and
// that differs by then is skipped, with the difference.
func TestResumeIsBoundToItsPlan(t *testing.T) {
	k := newWatching(t)
	state := filepath.Join(k.dir, "state")
	says := call(t, nil, "recover", "-l", "daemon-down,remote-clients-disabled", "--set", "settle=60ms", "--set", "wait=5s",
		"--yes", "--deadline", "1ns", "--state", state, "-i", filepath.Join(k.dir, "inventory.yaml"))
	if says.code != 3 {
		t.Fatalf("%d\n%s%s", says.code, says.out, says.err)
	}
	d := onATerminal(t, "resume", "--state", state, "--deadline", "5m")
	d.sees("Type 'yes' to continue: ")
	k.fleet.Host("remote-clients-disabled").Mutate(func(s *aixsim.State) {
		delete(s.Files, "/etc/ct_node_id")
	})
	d.says("Type 'yes' to continue: ", "yes")
	d.ends(3)
	shown := strings.Join(strings.Fields(d.shown.String()+d.out.String()), " ")
	for _, want := range []string{"2 hosts: 1 skipped, 1 recovered", "drifted since the plan: open findings were rmc-disconnected critical; now node-id-mismatch critical, rmc-disconnected critical"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q in\n%s", want, shown)
		}
	}
	if effects := k.fleet.Host("remote-clients-disabled").Effects(); len(effects) > 0 {
		t.Errorf("changed: %v", effects)
	}
}

// A run that is bound to a plan is resumed after its hosts are read, too: the question shows
// the steps that are left, not those that the plan had.
func TestResumeOfAPlanReadsTheHosts(t *testing.T) {
	k := newWatching(t)
	file, state := filepath.Join(k.dir, "plan.json"), filepath.Join(k.dir, "state")
	on := func(args ...string) {
		t.Helper()
		if says := call(t, nil, append(args, "--state", state, "-i", filepath.Join(k.dir, "inventory.yaml"))...); says.code != 3 {
			t.Fatalf("%v: %d\n%s%s", args, says.code, says.out, says.err)
		}
	}
	on("plan", "-l", "daemon-down,remote-clients-disabled", "--out", file, "--set", "settle=60ms", "--set", "wait=5s")
	on("recover", "--plan", file, "--yes", "--deadline", "1ns")
	k.fleet.Host("remote-clients-disabled").Mutate(func(s *aixsim.State) { s.RMC.RemoteClients = true })
	d := onATerminal(t, "resume", "--state", state, "--deadline", "5m")
	d.says("Type 'yes' to continue: ", "no")
	d.ends(2)
	shown := strings.Join(strings.Fields(d.shown.String()), " ")
	for _, want := range []string{"Plan: 1 host to change, ", "; 1 healthy.", "resume may change 1 host: daemon-down;"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q in\n%s", want, d.shown.String())
		}
	}
}
