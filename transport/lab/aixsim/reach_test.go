package aixsim

import (
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport/lab/sshtest"
)

// lonely is a fleet of one host in memory.
func lonely(t *testing.T, s *State) (*Fleet, *sshtest.MemListener) {
	t.Helper()
	var l *sshtest.MemListener
	f, err := NewFleet([]FleetHost{{State: s}}, FleetOptions{Host: HostOptions{VerifyEffects: true}, Listen: func(name string) (net.Listener, error) {
		l = sshtest.NewMemListener(name + ":22")
		return l, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f, l
}

// over runs a command over a client; cut tells that the connection broke.
func over(t *testing.T, c *ssh.Client, command string) (out string, cut bool) {
	t.Helper()
	session, err := c.NewSession()
	if err != nil {
		return "", true
	}
	defer session.Close()
	b, err := session.Output(command)
	var status *ssh.ExitError
	return string(b), err != nil && !errors.As(err, &status)
}

// done is behind a change whose output nobody reads: a script that writes
// behind a dead link ends.
const done = " >/dev/null; touch /tmp/done"

// TestSessionIsCut: a command that takes away the address by which the session
// came cuts it, keeps others out, and still does all of what it does. Whatever
// else is changed cuts nothing.
func TestSessionIsCut(t *testing.T) {
	for _, c := range []struct {
		name, command string
		change        func(*State)
		cut           bool
	}{
		{name: "another address", command: "chdev -l en0 -a netaddr=10.20.0.77" + done, cut: true},
		{name: "none", command: "chdev -l en0 -a netaddr=''" + done, cut: true},
		{name: "down", command: "chdev -l en0 -a state=down" + done, cut: true},
		{name: "detach", command: "chdev -l en0 -a state=detach" + done, cut: true},
		{name: "ifconfig down", command: "ifconfig en0 down" + done, cut: true},
		{name: "behind NAT", change: func(s *State) { s.BehindNAT = true }, command: "chdev -l en0 -a netaddr=10.20.0.77" + done, cut: true},
		{name: "the same address", command: "chdev -l en0 -a netaddr=10.20.0.3 -a netmask=255.255.0.0 -a state=up" + done},
		{name: "for the next boot", command: "chdev -P -l en0 -a netaddr=10.20.0.77" + done},
		{name: "an alias", command: "chdev -l en0 -a alias4=10.20.0.77,255.255.255.0 >/dev/null; chdev -l en0 -a delalias4=10.20.0.77,255.255.255.0" + done},
		{name: "another NIC", command: "chdev -l en1 -a state=detach" + done},
		{name: "the address moves to another NIC", command: "sh -c 'ifconfig en1 up; chdev -l en1 -a netaddr=10.20.0.3 -a netmask=255.255.255.0; chdev -l en0 -a state=detach'" + done},
		{name: "the route", command: "chdev -l inet0 -a delroute=net,-hopcount,0,,0,10.20.0.1" + done},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Healthy("aixvm1", 1)
			if c.change != nil {
				c.change(s)
			}
			f, l := lonely(t, s)
			h := f.Host("aixvm1")
			client := dial(t, l)
			defer client.Close()
			if _, cut := over(t, client, c.command); cut != c.cut {
				t.Errorf("cut %t", cut)
			}
			waitFor(t, func() bool { _, ok := h.Snapshot().Files["/tmp/done"]; return ok })
			if h.Reachable() == c.cut {
				t.Errorf("reachable %t", !c.cut)
			}
			if err := tryDial(l); (err != nil) != c.cut {
				t.Errorf("a new connection: %v", err)
			}
		})
	}
}

// TestTimedUndoBringsTheHostBack: a job that waits on the host undoes the
// change, and one gets in again.
func TestTimedUndoBringsTheHostBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, l := lonely(t, Healthy("aixvm1", 1))
		client := dial(t, l)
		defer client.Close()
		const job = "nohup sh -c 'while [ ! -f /tmp/go ]; do sleep 1; done; /usr/sbin/chdev -l en0 -a netaddr=10.20.0.3' >/dev/null 2>&1 </dev/null & "
		if _, cut := over(t, client, job+"chdev -l en0 -a netaddr=10.20.0.77"); !cut {
			t.Error("not cut")
		}
		h := f.Host("aixvm1")
		waitFor(t, func() bool { return !h.Reachable() })
		h.Mutate(func(s *State) { // the world does not change where the host is
			s.Files["/tmp/go"] = File{}
			s.NICs[0].Live.IPv4 = append(s.NICs[0].Live.IPv4, "10.99.0.1/24")
		})
		time.Sleep(2 * time.Second)
		waitFor(t, func() bool { return h.Snapshot().NICs[0].Attrs.NetAddr == "10.20.0.3" })
		if err := tryDial(l); err != nil {
			t.Error(err)
		}
	})
}

// waitFor waits a little for what happens behind a dead link.
func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for range 5000 {
		if done() {
			return
		}
		<-tick.C
	}
	t.Fatal("it does not happen")
}

// tryDial connects and logs in.
func tryDial(l *sshtest.MemListener) error {
	nc, err := l.Dial()
	if err != nil {
		return err
	}
	key, err := sshtest.NewKey()
	if err != nil {
		return err
	}
	c, _, _, err := ssh.NewClientConn(nc, "aix:22", &ssh.ClientConfig{User: "root", Auth: []ssh.AuthMethod{ssh.PublicKeys(key)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey()}) //nolint:gosec // the server is ours
	if err != nil {
		return err
	}
	return c.Close()
}

// TestHostOptionsCut: who serves a host without a fleet is told.
func TestHostOptionsCut(t *testing.T) {
	cuts := 0
	h := NewHost(Healthy("aixvm1", 1), HostOptions{Cut: func() { cuts++ }})
	defer h.Close()
	h.ServeExec(t.Context(), &sshtest.Exec{User: "root", Command: "chdev -l en0 -a mtu=9000; chdev -l en0 -a state=down; chdev -l en0 -a state=up; chdev -l en0 -a state=detach",
		Stdin: strings.NewReader(""), Stdout: new(strings.Builder), Stderr: new(strings.Builder)})
	if cuts != 2 {
		t.Errorf("cut %d times", cuts)
	}
}
