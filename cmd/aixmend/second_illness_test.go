package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"aixmend/cmd/aixmend/simulated"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
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
	fleet, err := simulated.Start(dir, hosts, 0)
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

	recovered := changingRun(t, state, "startsrc")
	run(outcome.ExitOK, "syslogd-stopped", "recover", "--undo", recovered, "--yes")
	changed("stopped", "/usr/bin/startsrc -s syslogd", "/usr/bin/stopsrc -s syslogd")
	run(outcome.ExitNeedsPerson, "syslogd-stopped", with("audit", "-l", "stopped")...)
}

// Its second finding is about the fleet: two hosts share a name, history tells which
// one had it first, nothing is changed before every host has been read, and the other
// one alone is changed. The engine knows nothing of it but what the file says.
func TestSecondIllnessIsUniqueOverTheFleet(t *testing.T) {
	t.Parallel()
	var hosts []aixsim.FleetHost
	for i, name := range []string{"first", "second", "slow"} {
		hosts = append(hosts, aixsim.FleetHost{State: aixsim.Healthy(name, i+1)})
	}
	hosts[2].State.Behaviours = map[string]aixsim.Behaviour{"df": {Delay: aixsim.Duration(300 * time.Millisecond)}}
	dir := t.TempDir()
	fleet, err := simulated.Start(dir, hosts, 0)
	noError(t, err)
	t.Cleanup(fleet.Close)
	fleet.Host("second").Mutate(func(s *aixsim.State) { s.Hostname = "first" })
	state := filepath.Join(dir, "state")
	run := func(code outcome.Code, verb string, more string, want ...string) {
		t.Helper()
		args := slices.Concat([]string{verb, "-i", filepath.Join(dir, "inventory.yaml"), "--state", state, "--playbook", secondPlaybook}, strings.Fields(more))
		got := call(t, nil, args...)
		for _, text := range want {
			if got.code != int(code) || !strings.Contains(got.out+got.err, text) {
				t.Fatalf("%q ended with %d, wanted %d and %q:\n%s%s", args, got.code, code, text, got.out, got.err)
			}
		}
	}
	names := func(want ...string) {
		t.Helper()
		for i, host := range []string{"first", "second", "slow"} {
			if got := fleet.Host(host).Snapshot().Hostname; got != want[i] {
				t.Fatalf("%s is called %s, wanted %s", host, got, want[i])
			}
		}
	}
	run(outcome.ExitOK, "capture", "-l first", "1 healthy")
	run(outcome.ExitOK, "audit", "-l second", "1 degraded", "host-name-duplicate")
	if got := call(t, nil, "explain", "latest", "second", "--state", state); !strings.Contains(got.out, "first is the name of another host too: first (20") {
		t.Errorf("the capture of the other host is not named:\n%s", got.out)
	}
	run(outcome.ExitNeedsPerson, "audit", "", "2 needs_action, 1 healthy", "fleet: host-name-duplicate: the name first is on 2 hosts: first, second")
	run(outcome.ExitUsage, "plan", "--allow node-id", "playbook syslogd-restore has no rung or step that takes it", "it takes host-name")
	run(outcome.ExitUsage, "plan", "--set renamed=third", `--set renamed=third: the inventory has no host "third"`)
	run(outcome.ExitNeedsPerson, "recover", "--yes", "2 needs_action, 1 healthy", "--allow host-name")
	names("first", "first", "slow")
	run(outcome.ExitOK, "recover", "--yes --allow host-name --set settle=20ms --set wait=2s", "1 recovered, 2 healthy")
	names("first", "second", "slow")
	recovered := changingRun(t, state, "set-host-name")
	if read, changed := entryAt(t, state, recovered, "slow", "gathering"), entryAt(t, state, recovered, "second", "set-host-name"); read < 0 || changed < read {
		t.Errorf("second was changed at entry %d of the journal, slow had been read at %d", changed, read)
	}
	if at := entryAt(t, state, recovered, "first", "set-host-name"); at >= 0 {
		t.Errorf("first was changed: entry %d", at)
	}
	run(outcome.ExitOK, "audit", "", "3 healthy")
	undone := call(t, nil, "recover", "--undo", recovered, "--yes", "--state", state)
	if names("first", "first", "slow"); undone.code != int(outcome.ExitOK) || !strings.Contains(undone.out, "host-name-duplicate") {
		t.Errorf("exit code %d\n%s%s", undone.code, undone.out, undone.err)
	}
}

// entryAt is where the journal of a run first has a host in a state or at a step, -1
// for nowhere.
func entryAt(t *testing.T, state, run, host, at string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(state, "runs", run, "journal.jsonl"))
	noError(t, err)
	return slices.IndexFunc(strings.Split(string(text), "\n"), func(line string) bool {
		return strings.Contains(line, `"host":"`+host+`"`) && strings.Contains(line, `"`+at+`"`)
	})
}

// changingRun is the one run of a state folder that has sent a step.
func changingRun(t *testing.T, state, step string) string {
	t.Helper()
	journals, err := filepath.Glob(filepath.Join(state, "runs", "2*", "journal.jsonl"))
	noError(t, err)
	for _, path := range journals {
		text, err := os.ReadFile(path)
		noError(t, err)
		if strings.Contains(string(text), step) {
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
	if got.code != int(outcome.ExitNeedsPerson) || !strings.Contains(got.out, "step start-syslogd ended with status 0 but did not work") {
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
		if !strings.HasPrefix(b.info, "yaml") || b.info == "yaml file" {
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
