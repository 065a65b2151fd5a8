package sshtest

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"
)

// TestHandshakeFaults: what a client meets in each; a timeout is the ten
// seconds of the client, in fake time.
func TestHandshakeFaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		faults  Faults
		timeout bool   // the client waits in vain
		has     string // part of the client's error
		ok      bool
	}{
		{name: "none", ok: true},
		{name: "silent", faults: Faults{Silent: true}, timeout: true},
		{name: "lines before the version", faults: Faults{PreBanner: []string{"hello", "SSH is not SSH-2.0"}}, ok: true},
		{name: "accept", faults: Faults{DropAt: StageAccept}, has: "handshake failed"},
		{name: "version", faults: Faults{DropAt: StageVersion}, has: "handshake failed"},
		{name: "kexinit", faults: Faults{DropAt: StageKexInit}, has: "handshake failed"},
		{name: "auth", faults: Faults{DropAt: StageAuth}, has: "handshake failed"},
		{name: "reject auth", faults: Faults{RejectAuth: true}, has: "unable to authenticate"},
		{name: "stall after some bytes", faults: Faults{StallAfter: 500}, timeout: true},
		{name: "cut after some bytes", faults: Faults{CutAfter: 500}, has: "handshake failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, l := serve(t, Options{Faults: c.faults})
				start := time.Now()
				_, err := handshake(t, l)
				if (err == nil) != c.ok {
					t.Fatalf("error %v", err)
				}
				if waited := time.Since(start) >= 10*time.Second; waited != c.timeout || errors.Is(err, os.ErrDeadlineExceeded) != c.timeout {
					t.Errorf("waited %v: %v", time.Since(start), err)
				}
				if err != nil && !strings.Contains(err.Error(), c.has) {
					t.Errorf("error %q, want %q", err, c.has)
				}
			})
		})
	}
}

func open(c *ssh.Client) error {
	_, err := c.NewSession()
	return err
}

func keepalive(c *ssh.Client) error {
	_, _, err := c.SendRequest("keepalive@openssh.com", true, nil)
	return err
}

func exec(command string) func(*ssh.Client) error {
	return func(c *ssh.Client) error {
		s, err := c.NewSession()
		if err != nil {
			return err
		}
		return s.Run(command)
	}
}

// TestSessionFaults are those behind the handshake, set while the connection
// is open.
func TestSessionFaults(t *testing.T) {
	const patience = time.Minute             // fake
	big := exec(strings.Repeat("x", 100000)) // echoed
	for _, c := range []struct {
		name   string
		faults Faults
		do     func(*ssh.Client) error
		hangs  bool
		execs  int
	}{
		{"stall session", Faults{StallSession: true}, open, true, 0},
		{"reject session", Faults{RejectSession: true}, open, false, 0},
		{"hang exec", Faults{HangExec: true}, exec("x"), true, 1},
		{"ignore keepalive", Faults{IgnoreKeepalive: true}, keepalive, true, 0},
		{"stall", Faults{StallAfter: 20000}, big, true, 1},
		{"cut", Faults{CutAfter: 20000}, big, false, 1},
		{"cut before", Faults{CutBefore: "reboot"}, exec("do reboot now"), false, 1},
		{"cut during", Faults{CutDuring: "reboot"}, exec("do reboot now"), false, 1},
		{"cut after run", Faults{CutAfterRun: "reboot"}, exec("do reboot now"), false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, l := serve(t, Options{})
				client := login(t, l)
				if _, _, err := run(t, client, "before", ""); err != nil {
					t.Fatal(err)
				}
				s.SetFaults(c.faults)
				done := make(chan error, 1)
				go func() { done <- c.do(client) }()
				select {
				case err := <-done:
					var exit *ssh.ExitError
					if c.hangs || err == nil || errors.As(err, &exit) {
						t.Errorf("ended with %v", err)
					}
				case <-time.After(patience):
					if !c.hangs {
						t.Error("hangs")
					}
					client.Close()
					<-done
				}
				if got := s.Execs() - 1; got != c.execs {
					t.Errorf("%d commands came, want %d", got, c.execs)
				}
			})
		})
	}
}

// TestCutsWearOff: Times limits them, other commands pass.
func TestCutsWearOff(t *testing.T) {
	s, l := serve(t, Options{Faults: Faults{CutAfterRun: "reboot", Times: 1}})
	if _, _, err := run(t, login(t, l), "uname", ""); err != nil {
		t.Error(err)
	}
	if _, _, err := run(t, login(t, l), "reboot", ""); err == nil {
		t.Error("not cut")
	}
	if _, _, err := run(t, login(t, l), "reboot", ""); err != nil {
		t.Errorf("cut again: %v", err)
	}
	s.SetFaults(Faults{CutBefore: "uname"})
	if _, _, err := run(t, login(t, l), "uname", ""); err == nil {
		t.Error("not cut after a change of faults")
	}
}

func TestRejectedSessionSaysWhy(t *testing.T) {
	_, l := serve(t, Options{Faults: Faults{RejectSession: true}})
	var refused *ssh.OpenChannelError
	if _, err := login(t, l).NewSession(); !errors.As(err, &refused) || refused.Reason != ssh.ResourceShortage {
		t.Errorf("error %v", err)
	}
}

// TestForwardFaults: every n-th direct-tcpip channel goes wrong, the others work.
func TestForwardFaults(t *testing.T) {
	for fault, has := range map[ForwardFault]string{
		ForwardRefuse: "administratively prohibited", ForwardDrop: "handshake failed: EOF", ForwardIgnore: "", ForwardStall: "", ForwardDie: "unexpected packet",
	} {
		t.Run(string(fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, inner := serve(t, Options{})
				outer, l := serve(t, Options{
					Dial:   func(context.Context, string, string) (net.Conn, error) { return inner.Dial() },
					Faults: Faults{Forward: fault, ForwardEvery: 2, ForwardReason: ssh.Prohibited, ForwardMessage: "no"},
				})
				bastion, auth := login(t, l), ssh.PublicKeys(key(t))
				for n := 1; n <= 2; n++ {
					done := make(chan error, 1)
					go func() { done <- hop(bastion, auth) }()
					var err error
					hangs := false
					select {
					case err = <-done:
					case <-time.After(time.Minute):
						hangs = true
						bastion.Close()
						<-done
					}
					if wrong := n == 2; (err != nil || hangs) != wrong || hangs != (wrong && has == "") || wrong && !hangs && !strings.Contains(err.Error(), has) {
						t.Errorf("channel %d: %v, hangs %v", n, err, hangs)
					}
				}
				if n := outer.Forwards(); n != 2 {
					t.Errorf("%d channels were counted", n)
				}
			})
		})
	}
}

// hop logs in behind a bastion.
func hop(bastion *ssh.Client, auth ssh.AuthMethod) error {
	nc, err := bastion.Dial("tcp", "inner:22")
	if err != nil {
		return err
	}
	conn, _, _, err := ssh.NewClientConn(nc, "inner:22", &ssh.ClientConfig{User: "x", Auth: []ssh.AuthMethod{auth}, HostKeyCallback: ssh.InsecureIgnoreHostKey()}) //nolint:gosec // ours
	if err != nil {
		nc.Close()
		return err
	}
	return conn.Close()
}

// TestDropOnLoopback: over TCP too, a drop is no timeout.
func TestDropOnLoopback(t *testing.T) {
	s, err := Serve(echo, Options{Faults: Faults{DropAt: StageAccept}, Latency: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = ssh.Dial("tcp", s.Addr().String(), &ssh.ClientConfig{User: "x", HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: time.Minute}) //nolint:gosec // ours
	var timeout net.Error
	if err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("error %v", err)
	}
}
