//go:build linux

package main

import (
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// killWhen starts the built binary in the desk's folder, with fast waits, and
// kills it when something holds. No process of it outlives the test.
func (d *desk) killWhen(holds func() bool, args ...string) {
	d.t.Helper()
	var said bytes.Buffer
	c := exec.CommandContext(d.t.Context(), d.lab.aixmend, slices.Concat(args[:1], fast, args[1:])...)
	c.Dir, c.Env, c.Stdout, c.Stderr = d.dir, d.env, &said, &said
	noError(d.t, c.Start())
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	d.await(func() bool {
		select {
		case err := <-ended:
			d.t.Fatalf("aixmend %q ended before it could be killed: %v\n%s", args, err, said.String())
		default:
		}
		return holds()
	})
	noError(d.t, c.Process.Kill())
	<-ended
}

// await waits until something holds. After killLong it never will.
func (d *desk) await(holds func() bool) {
	d.t.Helper()
	late := time.NewTimer(killLong)
	defer late.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-late.C:
			d.t.Fatal("it does not come to pass")
		}
	}
}

// resume goes on with the run that is open.
func (d *desk) resume() ran {
	d.t.Helper()
	c := exec.CommandContext(d.t.Context(), d.lab.aixmend, "resume", "--yes")
	var stdout, stderr strings.Builder
	c.Dir, c.Env, c.Stdout, c.Stderr, c.WaitDelay = d.dir, d.env, &stdout, &stderr, 5*time.Second
	_ = c.Run() // the exit code says it
	return ran{desk: d, code: c.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
}

// sent counts the commands with a text that sshd was asked to run.
func (h *sshHost) sent(t *testing.T, text string) int {
	t.Helper()
	n := 0
	for _, script := range h.scripts(t) {
		n += strings.Count(script, "( "+text)
	}
	return n
}

// lingering makes chdev wait once after it has done its work.
func lingering(d time.Duration) func(*aixsim.State) {
	return func(s *aixsim.State) {
		s.Behaviours = map[string]aixsim.Behaviour{"chdev": {Linger: aixsim.Duration(d), Times: 1}}
	}
}

// The controller is killed while a changing command runs. The command goes on
// under sshd. Whoever resumes sees that it happened, disarms its undo, and does
// not send it again.
func testSSHResume(t *testing.T, lab *sshLab) {
	h := lab.start(t, "killed", hostOptions{illness: "address-removed-smitty", record: true, change: lingering(15 * time.Second)})
	d := lab.sit(t, rows("host_ed25519", h)...)
	d.killWhen(func() bool { return len(h.effects(t)) > 0 }, "recover", "--yes")
	if left := h.there(t, "/etc/aixmend.undo.*"); len(left) != 1 {
		t.Fatalf("its undo is not armed: %q", left)
	}
	if running := h.processes(); len(running) < 2 {
		t.Fatalf("nothing goes on on the host: %v", running)
	}
	r := d.resume().exits(0)
	if !strings.Contains(r.stderr, "killed: set-address") || !strings.Contains(r.stderr, "it happened") {
		t.Errorf("of the open step it says\n%s", r.stderr)
	}
	report := d.report("killed")
	if report.Outcome != outcome.Recovered || !h.connected(t) || !slices.Equal(statuses(report), []string{"set-address applied"}) {
		t.Errorf("%s: %s, %v, connected %v", report.Outcome, report.Reason, statuses(report), h.connected(t))
	}
	if n := h.sent(t, "/usr/sbin/chdev -l"); n != 1 {
		t.Errorf("the step was sent %d times", n)
	}
	if left := h.there(t, "/etc/aixmend.undo.*"); len(left) > 0 {
		t.Errorf("left of the undo: %q", left)
	}
	if again := d.resume(); again.code != 2 || !strings.Contains(again.stderr, "is open") {
		t.Errorf("once more: %d\n%s", again.code, again.stderr)
	}
}

// The controller is killed while an undo is armed, and nobody comes in time: the
// host takes the step back. Whoever resumes says so, and takes the step again.
func testSSHResumeUndone(t *testing.T, lab *sshLab) {
	h := lab.start(t, "alone", hostOptions{
		illness: "session-on-rmc-nic", record: true, change: lingering(5 * time.Second), prepare: hastySleepOnDisk(12 * time.Second),
	})
	d := lab.sit(t, rows("host_ed25519", h)...)
	was := h.now(t).NICs[0].Attrs.NetAddr6
	address := func() string { return h.now(t).NICs[0].Attrs.NetAddr6 }
	d.killWhen(func() bool { return address() != was }, "recover", "--yes")
	d.await(func() bool { return address() == was })
	h.quiet(t)
	r := d.resume().exits(0)
	if !strings.Contains(r.stderr, "its timed undo ran while no controller was there") {
		t.Errorf("of the open step it says\n%s", r.stderr)
	}
	report := d.report("alone")
	if want := []string{"set-address undone", "set-address applied"}; report.Outcome != outcome.Recovered || !h.connected(t) || !slices.Equal(statuses(report), want) {
		t.Errorf("%s: %s, %v, connected %v", report.Outcome, report.Reason, statuses(report), h.connected(t))
	}
	if n := h.sent(t, "/usr/sbin/chdev -l"); n != 2 {
		t.Errorf("the step was sent %d times", n)
	}
	h.quiet(t)
	if left := h.there(t, "/etc/aixmend.undo.*"); len(left) > 0 {
		t.Errorf("left of the undo: %q", left)
	}
}
