package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aixmend/controller/outcome"
	"aixmend/transport/aixsim"
)

// secondPlaybook is the playbook of docs/writing-a-playbook.md.
var secondPlaybook = filepath.Join(repository, "examples", "playbook-subsystem.yaml")

// syslogdFleet is a fleet with a state of syslogd each.
func syslogdFleet(t *testing.T) (fleet *aixsim.Fleet, inventory string) {
	t.Helper()
	var hosts []aixsim.FleetHost
	add := func(name string, change func(*aixsim.State)) {
		s := aixsim.Healthy(name, len(hosts)+1)
		change(s)
		hosts = append(hosts, aixsim.FleetHost{State: s, Illness: name})
	}
	stop := func(s *aixsim.State) {
		at := syslogdOf(s)
		s.Subsystems[at].PID, s.Subsystems[at].Status = 0, "inoperative"
	}
	add("healthy", func(*aixsim.State) {})
	add("stopped", stop)
	add("stopped-full", func(s *aixsim.State) {
		stop(s)
		for i := range s.FileSystems {
			if s.FileSystems[i].Mount == "/var" {
				s.FileSystems[i].FreeKB = 1024
			}
		}
	})
	add("unknown", func(s *aixsim.State) { s.Subsystems = slices.Delete(s.Subsystems, syslogdOf(s), syslogdOf(s)+1) })
	dir := t.TempDir()
	fleet, err := startFleet(dir, hosts, 0)
	noError(t, err)
	t.Cleanup(fleet.Close)
	return fleet, filepath.Join(dir, "inventory.yaml")
}

func syslogdOf(s *aixsim.State) int {
	return slices.IndexFunc(s.Subsystems, func(sub aixsim.Subsystem) bool { return sub.Name == "syslogd" })
}

// changedBy are the commands that changed a host.
func changedBy(h *aixsim.Host) []string {
	var list []string
	for _, entry := range h.Log() {
		if entry.Mutated && strings.HasSuffix(entry.Argv[0], "src") {
			list = append(list, strings.Join(entry.Argv, " "))
		}
	}
	return list
}

// The second illness is found, planned, mended and taken back over real SSH, and
// what the playbook leaves to a person is left alone.
func TestSecondIllness(t *testing.T) {
	fleet, inventory := syslogdFleet(t)
	state := filepath.Join(t.TempDir(), "state")
	run := func(code outcome.Code, want string, args ...string) {
		t.Helper()
		got := call(t, nil, append(args, "--state", state)...)
		if got.code != int(code) || !strings.Contains(got.out+got.err, want) {
			t.Fatalf("%q ended with %d, wanted %d and %q:\n%s%s", args, got.code, code, want, got.out, got.err)
		}
	}
	changed := func(host string, want ...string) {
		t.Helper()
		if got := changedBy(fleet.Host(host)); !slices.Equal(got, want) {
			t.Fatalf("%s was changed by %q, wanted %q", host, got, want)
		}
	}
	on := []string{"-i", inventory, "--playbook", secondPlaybook}
	with := func(verb string, more ...string) []string { return slices.Concat([]string{verb}, on, more) }

	run(outcome.ExitNeedsPerson, "4 hosts: 3 needs_action, 1 healthy", with("audit")...)
	run(outcome.ExitNeedsPerson, "/usr/bin/startsrc -s syslogd", with("plan", "-l", "stopped")...)
	run(outcome.ExitNeedsPerson, "undo: /usr/bin/stopsrc -s syslogd", with("plan", "-l", "stopped")...)
	run(outcome.ExitNeedsPerson, "/var has 1 MB free: syslogd would fill it", with("plan", "-l", "stopped-full")...)
	for _, host := range []string{"healthy", "stopped", "stopped-full", "unknown"} {
		changed(host)
	}

	run(outcome.ExitNeedsPerson, "4 hosts: 2 needs_action, 1 recovered, 1 healthy", with("recover", "--yes", "--set", "settle=20ms", "--set", "wait=2s")...)
	changed("stopped", "/usr/bin/startsrc -s syslogd")
	for _, host := range []string{"healthy", "stopped-full", "unknown"} {
		changed(host)
	}
	run(outcome.ExitOK, "1 healthy", with("audit", "-l", "stopped")...)

	recovered := changingRun(t, state)
	run(outcome.ExitNeedsPerson, "syslogd-stopped", "recover", "--undo", recovered, "--yes")
	changed("stopped", "/usr/bin/startsrc -s syslogd", "/usr/bin/stopsrc -s syslogd")
	run(outcome.ExitNeedsPerson, "syslogd-stopped", with("audit", "-l", "stopped")...)
}

// changingRun is the one run of a state folder that has sent a step.
func changingRun(t *testing.T, state string) string {
	t.Helper()
	journals, err := filepath.Glob(filepath.Join(state, "runs", "2*", "journal.jsonl"))
	noError(t, err)
	for _, path := range journals {
		text, err := os.ReadFile(path)
		noError(t, err)
		if strings.Contains(string(text), "startsrc") {
			return filepath.Base(filepath.Dir(path))
		}
	}
	t.Fatal("no run has sent a step")
	return ""
}

// A step that is said to have worked and has not is not believed.
func TestSecondIllnessIsProved(t *testing.T) {
	p := strings.Replace(readExample(t), "run: /usr/bin/startsrc -s syslogd", "run: /usr/bin/lssrc -s syslogd", 1)
	_, inventory := syslogdFleet(t)
	file := write(t, filepath.Join(t.TempDir(), "playbook.yaml"), p)
	got := call(t, nil, "recover", "--yes", "-i", inventory, "-l", "stopped", "--playbook", file,
		"--set", "settle=20ms", "--set", "wait=200ms", "--state", filepath.Join(t.TempDir(), "state"))
	if got.code != int(outcome.ExitNeedsPerson) || !strings.Contains(got.out, "step start-syslogd ended well and did not do what it should") {
		t.Errorf("exit code %d\n%s%s", got.code, got.out, got.err)
	}
}

func readExample(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(secondPlaybook)
	noError(t, err)
	return string(text)
}

// Each piece of the playbook that the page shows stands so in the file.
func TestWritingAPlaybookShowsTheFile(t *testing.T) {
	file := readExample(t)
	shown := 0
	for _, b := range readPage(t, "docs/writing-a-playbook.md").blocks {
		if b.info != "yaml" {
			continue
		}
		shown++
		if !strings.Contains(file, b.text) {
			t.Errorf("line %d: this does not stand in %s:\n%s", b.line, secondPlaybook, b.text)
		}
	}
	if shown < 5 {
		t.Errorf("%d pieces are shown", shown)
	}
}
