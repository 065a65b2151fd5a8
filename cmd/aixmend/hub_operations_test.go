package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"aixmend/controller/fleet"
	"aixmend/transport/lab/aixsim"
)

// lingers has the hosts of a yard that are audited last be slow, so that a run goes on.
func (y *yard) lingers() {
	y.fleet.Host("daemon-down").Mutate(func(s *aixsim.State) {
		s.Behaviours = map[string]aixsim.Behaviour{"uname": {Linger: aixsim.Duration(2 * time.Second)}}
	})
}

// code waits for a process and returns its exit code.
func (y *yard) code(name string) int {
	y.t.Helper()
	err := y.alive[name].Wait()
	delete(y.alive, name)
	var failed *exec.ExitError
	if err == nil {
		return 0
	}
	if !errors.As(err, &failed) {
		y.t.Fatal(err)
	}
	return failed.ExitCode()
}

func (y *yard) signal(name string, s syscall.Signal) {
	y.t.Helper()
	noError(y.t, y.alive[name].Process.Signal(s))
}

func (y *yard) log(name string) string { return filepath.Join(y.dir, name+".log") }

// Ctrl-C ends a command whose hub does not answer, also before it has been reached: that is an
// interrupt. The workers say once that the hub is gone, and once that it is back.
func TestInterruptWithoutAHub(t *testing.T) {
	t.Parallel()
	y := newYardOf(t)
	y.begin()
	y.lingers()
	y.audit()
	y.kill("hub")
	y.await(y.log("audit"), 0, "warning: the hub does not answer: .*; asking again")
	y.signal("audit", syscall.SIGINT)
	if code := y.code("audit"); code != 130 {
		t.Errorf("exit code %d", code)
	}
	y.await(y.log("audit"), 0, "error: interrupted; run [^ ]* goes on at the hub")
	y.await(y.log("par"), 0, "warning: the hub [^ ]* is gone: .*; reports are kept until it is back")
	y.hub()
	y.await(y.log("par"), 0, "the hub [^ ]* is back")
	text, err := os.ReadFile(y.log("par"))
	noError(t, err)
	if gone, back := strings.Count(string(text), " is gone: "), strings.Count(string(text), "\nthe hub "); gone != 1 || back != 1 {
		t.Errorf("the lines are there %d and %d times:\n%s", gone, back, text)
	}

	deaf, err := net.Listen("tcp", "127.0.0.1:0") // takes the connection, and says nothing
	noError(t, err)
	defer deaf.Close()
	var pass map[string]any
	text, err = os.ReadFile(filepath.Join(y.dir, "ops.join"))
	noError(t, err)
	noError(t, json.Unmarshal(text, &pass))
	pass["hub"] = deaf.Addr().String()
	text, err = json.Marshal(pass)
	noError(t, err)
	noError(t, os.WriteFile(filepath.Join(y.dir, "deaf.join"), text, 0o600))
	y.start("deaf", "", "audit", "--hub", "deaf.join")
	if _, err := deaf.Accept(); err != nil {
		t.Fatal(err)
	}
	y.signal("deaf", syscall.SIGINT)
	if code := y.code("deaf"); code != 130 {
		t.Errorf("exit code %d", code)
	}
}

// A hub that drains takes no new run and lets those that go on end; then it stops, and so does
// the command that asked for it. Its operator has the result.
func TestDrain(t *testing.T) {
	t.Parallel()
	y := newYardOf(t)
	y.begin()
	drains(t, y)
}

func drains(t *testing.T, y *yard) {
	t.Helper()
	y.lingers()
	y.audit()
	y.start("drain", "waiting for run [^ ]*: . of 7 hosts have ended", "hub", "drain")
	out, err := y.command("audit", "--hub", "ops.join").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "the hub drains, and takes no new run") {
		t.Errorf("%v %s", err, out)
	}
	if status := y.status(); !strings.Contains(status, "the hub drains") || !strings.Contains(status, "of 7 hosts have ended, at 2 sites (fra par), asked by operator ops") {
		t.Error(status)
	}
	if run := y.ended(); len(run.Hosts) != 7 || run.ExitCode != 3 {
		t.Errorf("%+v", run)
	}
	if hub, drain := y.code("hub"), y.code("drain"); hub != 0 || drain != 0 {
		t.Errorf("exit codes %d, %d", hub, drain)
	}
	y.await(y.log("drain"), 0, "the hub has stopped")
	y.hub()
	y.audit()
	y.ended()
}

// copied copies a folder with its modes, while it may change.
func copied(t *testing.T, from, to string) {
	t.Helper()
	out, err := exec.Command("cp", "-a", from, to).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, filepath.Join(from, "streams")) && !strings.Contains(line, "No such file or directory") { // it was written anew
			t.Fatalf("%v: %s", err, out)
		}
	}
}

// The folder of a hub, without its streams, is brought back from a copy that was made while it
// worked: the workers and the operator are known to the new hub, the earlier runs are there, and
// the one that went on ends.
func TestRestoredHub(t *testing.T) {
	t.Parallel()
	y := newYardOf(t)
	y.begin()
	restores(t, y)
}

func restores(t *testing.T, y *yard) {
	t.Helper()
	y.audit()
	plain := y.ended()
	y.lingers()
	y.audit()
	hub, backup := filepath.Join(y.dir, "aixmend-hub"), filepath.Join(t.TempDir(), "backup")
	copied(t, hub, backup)
	y.kill("hub")
	noError(t, os.RemoveAll(hub))
	noError(t, os.RemoveAll(filepath.Join(backup, "streams")))
	copied(t, backup, hub)
	y.hub()
	if a, b := verdicts(t, plain), verdicts(t, y.ended()); a != b {
		t.Errorf("undisturbed:\n%s\nover a hub that was restored:\n%s", a, b)
	}
	if runs := y.must("runs", "--state", "aixmend-hub/state", "--format", "json"); strings.Count(runs, `"run_id"`) != 2 || !strings.Contains(runs, plain.ID) {
		t.Error(runs)
	}
	y.audit()
	if a, b := verdicts(t, plain), verdicts(t, y.ended()); a != b {
		t.Errorf("undisturbed:\n%s\nafter a restore:\n%s", a, b)
	}
}

// A run that changes hosts goes on over a hub that was restored without its streams, whether the
// workers run on or are started again: no change is made twice.
func TestRestoredHubGoesOnWithChanges(t *testing.T) {
	t.Parallel()
	for name, stopped := range map[string][]string{"workers stopped": {"fra", "par"}, "workers run on": nil, "one of each": {"fra"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			restoredWithChanges(t, stopped)
		})
	}
}

func restoredWithChanges(t *testing.T, stopped []string) {
	y := newYardOf(t)
	y.begin()
	y.lingers()
	log, err := os.ReadFile(y.log("par"))
	noError(t, err)
	y.verb("recover", "--yes")
	y.await(y.log("par"), len(log), "recover of 3 hosts")
	for _, name := range append([]string{"hub"}, stopped...) {
		y.kill(name)
	}
	noError(t, os.RemoveAll(filepath.Join(y.dir, "aixmend-hub", "streams")))
	y.hub()
	for _, site := range stopped {
		y.worker(site)
	}
	run := y.ended()
	if run.Unfinished > 0 || len(run.Hosts) != 7 {
		t.Errorf("%+v", run)
	}
	for _, h := range run.Hosts {
		made := map[string]int{}
		for _, e := range y.fleet.Host(h.Name).Effects() {
			if made[e]++; made[e] > 1 && strings.HasPrefix(e, "chdev ") {
				t.Errorf("%s: twice %s", h.Name, e)
			}
		}
	}
}

// A worker whose place another one has taken drops its part without a word to the hub, and
// stands by. When the other one stops, it is the active one again and goes on with the part: the
// run ends as if nothing had been.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	y := newYardOf(t)
	y.begin()
	y.audit()
	plain := verdicts(t, y.ended())
	y.lingers()
	log, err := os.ReadFile(y.log("par"))
	noError(t, err)
	y.audit()
	y.await(y.log("par"), len(log), "audit of 3 hosts")
	pass, err := fleet.ReadPass(filepath.Join(y.dir, "par.join"), fleet.RoleSite)
	noError(t, err)
	var other *fleet.Worker
	for other == nil { // a hub that begins again takes the first one that it hears
		y.kill("hub")
		y.hub()
		w, err := fleet.Join(t.Context(), pass, nil)
		noError(t, err)
		t.Cleanup(w.Close)
		if a, err := w.Beat(t.Context(), fleet.Beat{Version: "v"}); err == nil && a.Instance == w.Instance() {
			other = w
		}
	}
	alive, enough := context.WithCancel(t.Context())
	var beats sync.WaitGroup
	beats.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for alive.Err() == nil {
			_, _ = other.Beat(alive, fleet.Beat{Version: "v"})
			<-tick.C
		}
	})
	y.await(y.log("par"), len(log), "worker "+other.Instance()+" of this site has taken over")
	enough()
	beats.Wait()
	if _, err := other.Beat(t.Context(), fleet.Beat{Leaving: true}); err != nil {
		t.Error(err)
	}
	y.await(y.log("par"), len(log), "this worker is active now")
	if again := verdicts(t, y.ended()); again != plain {
		t.Errorf("undisturbed:\n%s\ntaken over:\n%s", plain, again)
	}
}
