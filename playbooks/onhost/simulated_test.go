package onhost

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/transport/lab/aixsim"
	"aixmend/transport/lab/sshtest"
)

// simHost is a simulated host that runs one text after the other, each in a session
// of its own.
type simHost struct {
	t *testing.T
	*aixsim.Host
}

// lookPrelude begins a session as the transport does.
const lookPrelude = "LC_ALL=C; LANG=C; ODMDIR=/etc/objrepos; export LC_ALL LANG ODMDIR\nf() { printf '\n@@%s %s\n' \"$1\" \"$2\"; printf '\n@@%s %s\n' \"$1\" \"$2\" >&2; }\nf begin 0\n"

func simulated(t *testing.T, run func(t *testing.T, h simHost)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := aixsim.NewHost(aixsim.Healthy("aix01", 0), aixsim.HostOptions{})
		defer h.Close()
		run(t, simHost{t, h})
	})
}

func (h simHost) run(text string) (said string) {
	h.t.Helper()
	var stdout, stderr bytes.Buffer
	exit := h.ServeExec(context.Background(), &sshtest.Exec{User: "root", Command: lookPrelude + "( " + text + "\n) </dev/null", Stdin: strings.NewReader(""),
		Stdout: &stdout, Stderr: &stderr, Remote: &net.TCPAddr{IP: net.IPv4(10, 9, 8, 7), Port: 50222}})
	_, out, _ := strings.Cut(stdout.String(), "@@begin 0\n")
	_, errs, _ := strings.Cut(stderr.String(), "@@begin 0\n")
	if exit != 0 && out+errs == "" {
		return fmt.Sprint("status ", exit)
	}
	return strings.TrimSpace(out + errs)
}

// left are the files of this product on the host.
func (h simHost) left() []string {
	names := []string{}
	for name := range h.Snapshot().Files {
		if strings.HasPrefix(name, "/etc/aixmend.") {
			names = append(names, name)
		}
	}
	return names
}

func TestFenceOnASimulatedHost(t *testing.T) {
	simulated(t, func(t *testing.T, h simHost) {
		own := NewLease("r1", "aix01", "ops@ctl", "p.1", time.Now().Add(10*time.Minute))
		other := own
		other.Process = "p.2"
		for _, step := range []struct{ do, want string }{
			{"", FenceNone},
			{LeaseTakeCommand(own), FenceHeld},
			{LeaseReleaseCommand(own), FenceNone},
			{LeaseTakeCommand(other), FenceOther},
			{LeaseReplaceCommand(other, own), FenceHeld},
		} {
			if step.do != "" {
				if said := h.run(step.do); said != "" {
					t.Fatalf("%s: %s", step.do, said)
				}
			}
			if said := h.run(FenceCommand(own)); said != step.want {
				t.Errorf("after %q: %q, want %s", step.do, said, step.want)
			}
		}
		time.Sleep(11 * time.Minute)
		if said := h.run(FenceCommand(own)); said != FenceExpired {
			t.Errorf("after its end: %q", said)
		}
		h.Mutate(func(s *aixsim.State) { s.ClockOffset = aixsim.Duration(-time.Hour) })
		if said := h.run(FenceCommand(own)); said != FenceHeld {
			t.Errorf("by the host's own clock: %q", said)
		}
	})
}

func TestUndoOnASimulatedHost(t *testing.T) {
	simulated(t, func(t *testing.T, h simHost) {
		arming := ArmCommand("net", "r1", "/usr/bin/touch /tmp/undone", 4*time.Minute, time.Minute)
		state := func() string {
			a, err := ReadArmed(h.run(ArmedCommand("net") + "; :")) // its status means nothing
			if err != nil {
				t.Fatal(err)
			}
			return a.State + " " + a.Run
		}
		if said := h.run(arming); said != "" || state() != "armed r1" {
			t.Fatalf("%s; %s", said, state())
		}
		if said := h.run(arming); !strings.Contains(said, "armed already, by run r1 until 20000101T000500Z (the host clock says 20000101T000000Z)") {
			t.Errorf("armed again: %s", said)
		}
		if said := h.run(DisarmCommand("net", "r1")); said != UndoDisarmed || state() != " " {
			t.Errorf("disarmed: %s; %s", said, state())
		}
		if said := h.run(arming); said != "" {
			t.Fatal(said)
		}
		time.Sleep(4*time.Minute + time.Second)
		synctest.Wait()
		if _, undone := h.Snapshot().Files["/tmp/undone"]; !undone || state() != "fired r1" {
			t.Errorf("nobody disarmed it: undone %v, %s", undone, state())
		}
		if said := h.run(DisarmCommand("net", "r1")); said != UndoFired || !cmp.Equal(h.left(), []string{}) {
			t.Errorf("fired: %s; left %q", said, h.left())
		}
		// A reboot ends the shell that waits, and leaves the marker.
		h.Mutate(func(s *aixsim.State) {
			s.Files[marker("net")] = aixsim.File{Link: "run=r0,until=" + stamp(time.Now().Add(time.Minute))}
		})
		if said := h.run(arming); !strings.Contains(said, "armed already, by run r0") {
			t.Errorf("before the end of what a reboot left: %s", said)
		}
		time.Sleep(time.Minute + time.Second)
		if said := h.run(arming); said != "" || state() != "armed r1" {
			t.Errorf("after it: %s; %s", said, state())
		}
	})
}
