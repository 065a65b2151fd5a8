package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
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
		{"begun with --yes", append(pauses, "recover", "-l", hosts), []string{"Plan: 2 hosts to change, ", "/usr/sbin/rsct/bin/rmcctrl -A", "The plan above is a forecast: the run goes on with 3 hosts that are left, judges each again"}, false},
		{"of a saved plan", []string{"recover", "--plan", file}, []string{"Plan: 2 hosts to change, ", "/usr/sbin/rsct/bin/rmcctrl -A", "Only the steps above and their undos may be sent"}, true},
		{"of a rollback", []string{"recover", "--undo", "latest"}, []string{"rollback of run ", "/usr/sbin/rsct/bin/rmcctrl -z", "The commands above are all that may be sent."}, false},
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
