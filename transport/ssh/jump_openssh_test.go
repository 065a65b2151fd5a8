//go:build linux

package ssh

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"aixmend/transport"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/hostkeys"
)

// listening is a rig whose server is the system's sshd on a loopback port: one
// `sshd -i` for each connection.
func listening(t *testing.T, options string) *rig {
	t.Helper()
	r := openSSH(t, options)
	start := r.opts.DialContext
	r.opts.DialContext = nil
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(serving.Wait)
	t.Cleanup(func() { _ = l.Close() })
	serving.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := start(t.Context(), "", "")
			if err != nil {
				t.Error(err)
				_ = client.Close()
				continue
			}
			serving.Go(func() { splice(client, server) })
		}
	})
	address := l.Addr().(*net.TCPAddr)
	r.target.Address, r.target.Port = address.IP.String(), address.Port
	text, err := os.ReadFile(r.target.KnownHosts)
	if err != nil {
		t.Fatal(err)
	}
	place := fmt.Sprintf("[%s]:%d", address.IP, address.Port)
	r.target.KnownHosts = r.file("known_hosts", strings.Replace(string(text), "10.1.2.3", place, 1))
	return r
}

// splice carries bytes between two connections until one ends.
func splice(a, b net.Conn) {
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(a, b)
		_ = a.Close()
	})
	both.Go(func() {
		_, _ = io.Copy(b, a)
		_ = b.Close()
	})
	both.Wait()
}

// chain is a dialler's options with real servers for bastions b1, b2 and so on.
func chain(bastions ...*rig) Options {
	o := Options{Keys: &auth.Keys{}, Hosts: &hostkeys.KnownHosts{}, ConnectTimeout: ages, ReplyTimeout: ages}
	o.Bastion = func(_ context.Context, name, _ string) (transport.Target, error) {
		var n int
		if _, err := fmt.Sscanf(name, "b%d", &n); err != nil || n > len(bastions) {
			return transport.Target{}, fmt.Errorf("nobody knows %s", name)
		}
		return bastions[n-1].target, nil
	}
	return o
}

// says dials and wants what the host's shell says.
func says(t *testing.T, d transport.Dialer, target transport.Target) error {
	t.Helper()
	conn, err := d.Dial(t.Context(), target)
	if err != nil {
		return err
	}
	defer conn.Close()
	got, err := conn.Run(t.Context(), []transport.Command{probe("p", "echo x")})
	if err == nil {
		wantStdout(t, got.Results[0], "x\n")
	}
	return err
}

func TestJumpThroughOpenSSH(t *testing.T) {
	t.Parallel()
	b1, b2, host := listening(t, ""), listening(t, "AllowTcpForwarding local"), listening(t, "")
	d := NewDialer(chain(b1, b2))
	defer d.Close()
	for _, jump := range []string{"b1", "b1,b2", "b2", "b1,b2"} {
		host.target.Jump = jump
		if err := says(t, d, host.target); err != nil {
			t.Errorf("through %s: %v", jump, err)
		}
	}
}

// OpenSSH's messages where it may not, or can't, connect.
func TestRefusalsOfOpenSSH(t *testing.T) {
	for name, c := range map[string]struct {
		options string
		spoil   func(*transport.Target)
		kind    transport.Kind
		texts   []string
	}{
		"no forwarding":   {"AllowTcpForwarding no", nil, transport.KindJump, []string{"bastion b1: it may not connect to 127.0.0.1:", "AllowTcpForwarding"}},
		"not to there":    {"PermitOpen 10.9.9.9:22", nil, transport.KindJump, []string{"bastion b1: it may not connect to 127.0.0.1:", "PermitOpen"}},
		"nobody there":    {"", func(t *transport.Target) { t.Port = 1 }, transport.KindRefused, []string{"bastion b1 could not connect to 127.0.0.1:1: Connection refused"}},
		"no such name":    {"", func(t *transport.Target) { t.Address = "no-such-host.invalid" }, transport.KindDNS, []string{"bastion b1 could not connect to no-such-host.invalid:"}},
		"not the host":    {"", func(t *transport.Target) { t.KnownHosts = os.DevNull }, transport.KindHostKeyUnknown, nil},
		"not its account": {"", func(t *transport.Target) { t.User = "nosuchuser" }, transport.KindAuth, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := listening(t, "")
			d := NewDialer(chain(listening(t, c.options)))
			defer d.Close()
			host.target.Jump = "b1"
			if c.spoil != nil {
				c.spoil(&host.target)
			}
			wantError(t, says(t, d, host.target), c.kind, c.texts...)
		})
	}
}

// Many hosts through one connection to a real sshd, which would take no second.
func TestManyThroughOpenSSH(t *testing.T) {
	t.Parallel()
	host, bastion := listening(t, ""), listening(t, "MaxSessions 0") // forwarding only
	d := NewDialer(chain(bastion))
	defer d.Close()
	host.target.Jump = "b1"
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if err := says(t, d, host.target); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// The system's own ssh client is a proxy command, and is gone when the
// connection is.
func TestProxyCommandOfOpenSSH(t *testing.T) {
	t.Parallel()
	client, err := exec.LookPath("ssh")
	switch {
	case err != nil && os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1":
		t.Fatalf("no ssh on this machine: %v", err)
	case err != nil:
		t.Skipf("no ssh on this machine: %v", err)
	}
	host, bastion := listening(t, ""), listening(t, "")
	b := bastion.target
	command := fmt.Sprintf("%s -F none -i %s -o UserKnownHostsFile=%s -o StrictHostKeyChecking=yes -p %d -W %s:%d %s@%s",
		client, b.Identity, b.KnownHosts, b.Port, host.target.Address, host.target.Port, b.User, b.Address)
	host.target.ProxyCommand = command
	host.opts.DialContext = nil
	d := NewDialer(host.opts)
	defer d.Close()
	if err := says(t, d, host.target); err != nil {
		t.Fatal(err)
	}
	host.target.ProxyCommand = strings.Replace(command, b.KnownHosts, os.DevNull, 1)
	err = says(t, d, host.target)
	wantJump(t, err, transport.KindLost, "proxy command: lost: it ended (exit status 255): Host key verification failed.")
}
