//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// E2: a controller is frozen when it has just seen that the lease is its own, and is
// about to stop RMC. Meanwhile the lease is removed by hand, and another run takes it.
// Thawed, it sends the step, and the host does not run it.
func testSSHFrozenBeforeStop(t *testing.T, lab *sshLab) {
	const link = "/etc/aixmend.lease"
	h := lab.start(t, "frozen", hostOptions{illness: "daemon-hung", record: true})
	d := lab.sit(t, rows("host_ed25519", h)...)
	c := exec.CommandContext(t.Context(), lab.aixmend, slices.Concat([]string{"recover"}, fast, []string{"--yes"})...)
	var said strings.Builder
	c.Dir, c.Env, c.Stdout, c.Stderr, c.WaitDelay = d.dir, d.env, &said, &said, 5*time.Second

	frozen := make(chan struct{})
	freeze := sync.OnceFunc(func() {
		defer close(frozen)
		if err := c.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Error(err)
			return
		}
		d.await(func() bool { return stateOfProcess(c.Process.Pid) == "T" })
	})
	started := make(chan struct{})
	h.watch(t, "/usr/bin/date", func(done bool, args string) bool {
		<-started
		// The lease is asked for before rung 3 once rung 2 is over.
		journal := d.journal()
		if !strings.HasPrefix(args, "-u +%Y%m%dT") || !strings.Contains(journal, `"event":"left"`) || strings.Contains(journal, `"rung":"recycle"`) {
			return true
		}
		if done {
			freeze()
		} else { // it lasts long enough then, and is not renewed: the step is next
			h.change(t, func(s *aixsim.State) { s.ClockOffset -= aixsim.Duration(time.Minute) })
		}
		return true
	})
	noError(t, c.Start())
	close(started)
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case <-frozen:
	case err := <-ended:
		t.Fatalf("it ended before it could be frozen: %v\n%s", err, said.String())
	}
	d.await(func() bool { return !h.busy() }) // what it has asked is answered
	noError(t, os.Remove(h.path(link)))
	until := time.Now().Add(time.Hour).UTC().Format("20060102T150405Z")
	noError(t, os.Symlink("run=20260101T000000.000Z-aaaaaa,host=frozen,by=ops@nim2,proc=beef.1,until="+until, h.path(link)))
	noError(t, c.Process.Signal(syscall.SIGCONT))
	<-ended
	if code := c.ProcessState.ExitCode(); code != 3 {
		t.Errorf("exit code %d, wanted 3\n%s", code, said.String())
	}

	if n := h.sent(t, "/usr/sbin/rsct/bin/rmcctrl -z") + h.sent(t, "/opt/rsct/bin/rmcctrl -z"); n != 1 {
		t.Errorf("the step was sent %d times, wanted once: the fence is to keep it back", n)
	}
	if effects := h.effects(t); slices.Contains(effects, "ctrmc stopped") || !runs(h.now(t), "ctrmc") {
		t.Errorf("RMC was stopped: %q", effects)
	}
	if held, err := os.Readlink(h.path(link)); err != nil || !strings.Contains(held, "by=ops@nim2") {
		t.Errorf("the lease of the other run is %q, %v", held, err)
	}
	r := d.report(h.name)
	at := slices.IndexFunc(r.Changes, func(c outcome.Change) bool { return c.Step == "stop-rmc" })
	if at < 0 || r.Changes[at].Status != outcome.NotApplied || !strings.Contains(r.Changes[at].Detail, "the host did not run it: the lease is no longer this run's (other)") {
		t.Errorf("%+v", r.Changes)
	}
	if r.Outcome != outcome.Failed || !strings.Contains(r.Reason, "the lease was lost to run 20260101T000000.000Z-aaaaaa by ops@nim2") || !strings.Contains(r.Reason, "no further step was sent") {
		t.Errorf("%s: %s", r.Outcome, r.Reason)
	}
}

// busy reports whether a shell runs on the host.
func (h *sshHost) busy() bool {
	return slices.ContainsFunc(h.processes(), func(pid int) bool {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		return err == nil && slices.Contains([]string{"ksh93", "ksh", "sh", "ls", "date"}, strings.TrimSpace(string(name)))
	})
}

// journal is the text of the newest run's journal, as far as it is written.
func (d *desk) journal() string {
	names, _ := filepath.Glob(filepath.Join(d.dir, "aixmend-state/runs/*/journal.jsonl"))
	var text strings.Builder
	for _, name := range names {
		part, _ := os.ReadFile(name) // an empty one is that of a run that has just begun
		text.Write(part)
	}
	return text.String()
}

// E1, E4: the controller is killed in the moment before recfgct does anything, and
// the host is another one when the run is gone on with: recfgct is not sent again.
func testSSHResumeOfAnotherHost(t *testing.T, lab *sshLab) {
	for name, c := range map[string]struct {
		happens func(t *testing.T, h *sshHost)
		exit    int
		status  string // of the step that was cut off
		ends    outcome.Outcome
		why     string
		equal   bool // whether the ids are equal in the end
	}{
		"var-full": {
			func(t *testing.T, h *sshHost) {
				h.change(t, func(s *aixsim.State) {
					for i := range s.FileSystems {
						if s.FileSystems[i].Mount == "/var" {
							s.FileSystems[i].FreeKB = 100
						}
					}
				})
			},
			3, outcome.NotApplied, outcome.Failed, "64 MB", false,
		},
		"mended": {
			func(t *testing.T, h *sshHost) {
				noError(t, writeMode(h.path("/var/ct/cfg/ct_node_id"), h.read(t, "/etc/ct_node_id"), 0o644))
			},
			0, outcome.Applied, outcome.Recovered, "", true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := lab.start(t, name, hostOptions{illness: "node-id-mismatch", record: true})
			seen, begun, killed := new(calls), make(chan struct{}), make(chan struct{})
			h.watch(t, "/usr/sbin/rsct/install/bin/recfgct", func(done bool, args string) bool {
				seen.add(args)
				if len(seen.all()) == 1 {
					close(begun)
					<-killed
					return false
				}
				return true
			})
			d := lab.sit(t, rows("host_ed25519", h)...)
			before := h.nodeIDs(t)
			d.killWhen(func() bool {
				select {
				case <-begun:
					return true
				default:
					return false
				}
			}, "recover", "--yes", "--allow", "node-id")
			close(killed)
			h.quiet(t)
			if ids := h.nodeIDs(t); ids != before {
				t.Fatalf("the ids were %q and are %q: recfgct has run", before, ids)
			}
			c.happens(t, h)
			d.resume().exits(c.exit)
			if calls := seen.all(); !slices.Equal(calls, []string{"-s"}) {
				t.Errorf("recfgct was called with %q", calls)
			}
			ids := h.nodeIDs(t)
			if ids[0] != installedID(h) || (ids[0] == ids[1]) != c.equal || !c.equal && ids != before {
				t.Errorf("the ids were %q and are %q", before, ids)
			}
			r := d.report(name)
			if r.Outcome != c.ends || !strings.Contains(r.Reason, c.why) || statusOf(r, "keep-node-id") != c.status {
				t.Errorf("%s: %s: %q", r.Outcome, r.Reason, statuses(r))
			}
			if c.equal != h.connected(t) || !runs(h.now(t), "ctrmc") {
				t.Errorf("connected %v, ctrmc runs %v", h.connected(t), runs(h.now(t), "ctrmc"))
			}
			if left := h.there(t, "/etc/aixmend.lease*"); len(left) > 0 {
				t.Errorf("left of the lease: %q", left)
			}
		})
	}
}
