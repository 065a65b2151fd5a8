package ssh

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/hostkeys"
)

// The handshake is outside ClientConfig.Timeout (golang/go#15113): a server
// that accepts and says nothing is over within the connect timeout.
func TestSilentServerEndsWithinTheConnectTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := memory()
		o.Faults.Silent = true
		r := serve(t, nil, o)
		r.opts.ConnectTimeout = 15 * time.Second
		began := time.Now()
		r.dialFails(transport.KindTimeout, "handshake", "15s")
		if took := time.Since(began); took != 15*time.Second {
			t.Errorf("took %s, want 15 s", took)
		}
	})
}

func TestSilentServerOverTCP(t *testing.T) {
	r := serve(t, nil, sshtest.Options{Faults: sshtest.Faults{Silent: true}})
	r.opts.ConnectTimeout = short
	r.dialFails(transport.KindTimeout, "handshake")
}

// A black hole at any byte of the handshake is a timeout too.
func TestStallInTheHandshake(t *testing.T) {
	for _, bytes := range []int64{1, 10, 30, 500, 1500, 1800} {
		t.Run(fmt.Sprint(bytes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := memory()
				o.Faults.StallAfter = bytes
				r := serve(t, nil, o)
				r.opts.ConnectTimeout = time.Second
				r.dialFails(transport.KindTimeout)
			})
		})
	}
}

// The connect timeout covers dialling too, and ends with it: nothing
// of it is left on the connection.
func TestConnectTimeoutOfTheDial(t *testing.T) {
	r := serve(t, nil, memory())
	r.opts.ConnectTimeout = short
	r.opts.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, &net.OpError{Op: "dial", Err: ctx.Err()}
	}
	r.dialFails(transport.KindTimeout, "dial")
}

func TestConnectTimeoutIsOverAfterTheHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := serve(t, framed(func(_ context.Context, s script) int {
			s.says(0, "x")
			return 0
		}), memory())
		r.opts.ConnectTimeout = time.Second
		conn := r.dial()
		<-time.After(time.Minute)
		got, err := conn.Run(t.Context(), []transport.Command{probe("p", "")})
		if err != nil {
			t.Fatal(err)
		}
		wantStdout(t, got.Results[0], "x")
	})
}

func TestDropInTheHandshakeIsLost(t *testing.T) {
	for _, stage := range []sshtest.Stage{sshtest.StageAccept, sshtest.StageVersion, sshtest.StageKexInit, sshtest.StageAuth} {
		for name, o := range map[string]sshtest.Options{"memory": memory(), "tcp": {}} {
			t.Run(fmt.Sprintf("%s/%s", stage, name), func(t *testing.T) {
				o.Faults.DropAt = stage
				r := serve(t, nil, o)
				if err := r.dialFails(transport.KindLost); !transport.KindOf(err).Temporary() {
					t.Error("a lost connection is worth another try")
				}
			})
		}
	}
}

func TestLinesBeforeTheVersion(t *testing.T) {
	o := memory()
	o.Faults.PreBanner = []string{"", "Authorised use only.", strings.Repeat("=", 200), strings.Repeat("-", 200)}
	got, err := serve(t, posix, o).run(probe("p", "echo x"))
	if err != nil {
		t.Fatal(err)
	}
	wantStdout(t, got.Results[0], "x\n")
}

func TestServerIsNotSSH(t *testing.T) {
	l := sshtest.NewMemListener("10.1.2.3:22")
	defer l.Close()
	r := serve(t, nil, memory())
	r.opts.DialContext = l.DialContext
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = c.Write([]byte(strings.Repeat("HTTP/1.1 400 Bad Request", 40) + "\r\n"))
	}()
	r.dialFails(transport.KindProtocol, "handshake")
}

func TestClosedPortIsRefused(t *testing.T) {
	for name, o := range map[string]sshtest.Options{"memory": memory(), "tcp": {}} {
		t.Run(name, func(t *testing.T) {
			r := serve(t, nil, o)
			_ = r.server.Close()
			r.dialFails(transport.KindRefused, "dial")
		})
	}
}

func TestErrorsOfTheNetwork(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		kind transport.Kind
	}{
		{"a name that does not resolve", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "aix1", IsNotFound: true}}, transport.KindDNS},
		{"a name server that does not answer", &net.OpError{Op: "dial", Err: &net.DNSError{Err: "timeout", Name: "aix1", IsTimeout: true}}, transport.KindDNS},
		{"no route", &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}, transport.KindRefused},
		{"reset while connecting", &net.OpError{Op: "dial", Err: syscall.ECONNRESET}, transport.KindRefused},
		{"the system's own timeout", &net.OpError{Op: "dial", Err: syscall.ETIMEDOUT}, transport.KindTimeout},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := serve(t, nil, memory())
			r.opts.DialContext = func(context.Context, string, string) (net.Conn, error) { return nil, c.err }
			if err := r.dialFails(c.kind, "dial"); !errors.Is(err, c.err) {
				t.Errorf("the cause is not in %v", err)
			}
		})
	}
}

func TestTargetIsDialledUnchanged(t *testing.T) {
	for address, want := range map[string]string{"10.1.2.3": "10.1.2.3:2222", "fd00::1": "[fd00::1]:2222", "aix1.example": "aix1.example:2222"} {
		r := serve(t, nil, memory())
		var got string
		r.opts.DialContext = func(_ context.Context, network, address string) (net.Conn, error) {
			got = network + " " + address
			return nil, syscall.ECONNREFUSED
		}
		r.target.Address, r.target.Port = address, 2222
		r.dialFails(transport.KindRefused)
		if got != "tcp "+want {
			t.Errorf("dialled %q, want tcp %s", got, want)
		}
	}
}

// A host behind an unknown bastion is never dialled directly.
func TestUnknownBastion(t *testing.T) {
	r := serve(t, nil, memory())
	r.target.Jump = "bastion"
	r.dialFails(transport.KindJump, "bastion")
	if n := r.server.Accepted(); n > 0 {
		t.Error("the host was dialled past its jump host")
	}
}

func TestNoCommonAlgorithmIsProtocol(t *testing.T) {
	o := memory()
	o.Configure = func(c *ssh.ServerConfig) { c.KeyExchanges = []string{ssh.InsecureKeyExchangeDH1SHA1} }
	r := serve(t, nil, o)
	r.dialFails(transport.KindProtocol, "no common algorithm")
}

func TestCancelledDial(t *testing.T) {
	why := errors.New("second signal")
	for _, c := range []struct {
		name  string
		fault sshtest.Faults
		dial  func(ctx context.Context, network, address string) (net.Conn, error)
	}{
		{name: "while dialling", dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}},
		{name: "in the handshake", fault: sshtest.Faults{Silent: true}},
		{name: "while authenticating", fault: sshtest.Faults{StallAfter: 1500}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := memory()
				o.Faults = c.fault
				r := serve(t, nil, o)
				if c.dial != nil {
					r.opts.DialContext = c.dial
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(why) })
				began := time.Now()
				_, err := NewDialer(r.opts).Dial(ctx, r.target)
				wantError(t, err, transport.KindCanceled, why.Error())
				if took := time.Since(began); took != time.Second {
					t.Errorf("the dial ended %s after it began, it was cancelled after 1 s", took)
				}
			})
		})
	}
}

// signers of every type of host key.
func ecdsaSigner(t testing.TB) ssh.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return mustSigner(t, key, err)
}

func rsaSigner(t testing.TB) ssh.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	return mustSigner(t, key, err)
}

func mustSigner(t testing.TB, key any, err error) ssh.Signer {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// attempts counts the logins that a server sees.
type attempts struct{ keys, failures atomic.Int32 }

// watch adds the counting to a server's options.
func (a *attempts) watch(o *sshtest.Options) {
	o.Configure = func(c *ssh.ServerConfig) {
		inner := c.PublicKeyCallback
		c.PublicKeyCallback = func(m ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			a.keys.Add(1)
			return inner(m, key)
		}
		c.AuthLogCallback = func(_ ssh.ConnMetadata, method string, err error) {
			if err != nil && method != "none" {
				a.failures.Add(1)
			}
		}
	}
}

// BenchmarkDialRunClose is one host's visit: connect, one script of twelve
// probes, close, over loopback.
func BenchmarkDialRunClose(b *testing.B) {
	server, err := sshtest.Serve(framed(func(_ context.Context, s script) int {
		for i := range 12 {
			s.says(i, "en0  1500  link#2\n")
		}
		return 0
	}), sshtest.Options{LogLimit: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	target := transport.Target{Name: "aix1", User: "root"}
	tcp := server.Addr().(*net.TCPAddr)
	target.Address, target.Port = tcp.IP.String(), tcp.Port
	target.Identity, _ = writeIdentity(b)
	target.KnownHosts = writeFile(b, "known_hosts", server.KnownHostsLine(tcp.String()))
	dialer := NewDialer(Options{Keys: &auth.Keys{}, Hosts: &hostkeys.KnownHosts{}})
	commands := make([]transport.Command, 12)
	b.ReportAllocs()
	for b.Loop() {
		conn, err := dialer.Dial(b.Context(), target)
		if err != nil {
			b.Fatal(err)
		}
		got, err := conn.Run(b.Context(), commands)
		if err != nil || got.Results[11].Err != nil {
			b.Fatal(err, got.Results[11].Err)
		}
		_ = conn.Close()
	}
}
