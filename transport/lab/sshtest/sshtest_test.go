package sshtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pkg/sftp"
	"go.uber.org/goleak"
	"golang.org/x/crypto/ssh"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo answers with the command and its standard input; "exit N" exits so,
// "wait" waits for the end of its context, "quick" waits for nothing.
var echo = HandlerFunc(func(ctx context.Context, x *Exec) int {
	if x.Command == "wait" {
		<-ctx.Done()
		if s, ok := errors.AsType[SignalError](context.Cause(ctx)); ok {
			fmt.Fprintf(x.Stderr, "got %s", s.Name)
			return 130
		}
		return 1
	}
	if x.Command == "quick" {
		fmt.Fprint(x.Stdout, "quick")
		return 0
	}
	in, err := io.ReadAll(x.Stdin)
	if err != nil {
		return 99
	}
	fmt.Fprintf(x.Stdout, "%s:%s", x.Command, in)
	fmt.Fprintf(x.Stderr, "user %s", x.User)
	var exit int
	_, _ = fmt.Sscanf(x.Command, "exit %d", &exit)
	return exit
})

// serve starts a server in memory.
func serve(t *testing.T, opts Options) (*Server, *MemListener) {
	t.Helper()
	l := NewMemListener("server:22")
	opts.Listener = l
	s, err := Serve(echo, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, l
}

func key(t *testing.T) ssh.Signer {
	t.Helper()
	k, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// handshake dials and logs in, within ten seconds.
func handshake(t *testing.T, l *MemListener, auth ...ssh.AuthMethod) (*ssh.Client, error) {
	t.Helper()
	nc, err := l.Dial()
	if err != nil {
		return nil, err
	}
	if len(auth) == 0 {
		auth = []ssh.AuthMethod{ssh.PublicKeys(key(t))}
	}
	_ = nc.SetDeadline(time.Now().Add(10 * time.Minute))
	c, chans, reqs, err := ssh.NewClientConn(nc, "server:22", &ssh.ClientConfig{User: "ops", Auth: auth, HostKeyCallback: ssh.InsecureIgnoreHostKey()}) //nolint:gosec // a server of ours
	if err != nil {
		nc.Close()
		return nil, err
	}
	_ = nc.SetDeadline(time.Time{})
	client := ssh.NewClient(c, chans, reqs)
	t.Cleanup(func() { client.Close() })
	return client, nil
}

func login(t *testing.T, l *MemListener) *ssh.Client {
	t.Helper()
	c, err := handshake(t, l)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run runs a command and returns stdout, stderr and the error of Run.
func run(t *testing.T, c *ssh.Client, command, stdin string) (string, string, error) {
	t.Helper()
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var stdout, stderr bytes.Buffer
	s.Stdin, s.Stdout, s.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err = s.Run(command)
	return stdout.String(), stderr.String(), err
}

func TestExec(t *testing.T) {
	s, l := serve(t, Options{})
	c := login(t, l)
	big := strings.Repeat("0123456789", 500000)
	for _, in := range []string{"", "in", big} {
		if out, errOut, err := run(t, c, "hello", in); err != nil || out != "hello:"+in || errOut != "user ops" {
			t.Errorf("%d bytes out, stderr %q, %v", len(out), errOut, err)
		}
	}
	var exit *ssh.ExitError
	if _, _, err := run(t, c, "exit 3", ""); !errors.As(err, &exit) || exit.ExitStatus() != 3 {
		t.Errorf("exit 3 gave %v", err)
	}
	odd := "odd \x00\xff'\n"
	if _, _, err := run(t, c, odd, ""); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"hello", "hello", "hello", "exit 3", odd}, s.Commands()); diff != "" {
		t.Errorf("commands:\n%s", diff)
	}
	if s.Connections() != 1 || s.Accepted() != 1 || s.Execs() != 5 {
		t.Errorf("%d connections, %d accepted, %d execs", s.Connections(), s.Accepted(), s.Execs())
	}
}

// TestRequests: what sshd refuses without being told otherwise is refused.
func TestRequests(t *testing.T) {
	_, l := serve(t, Options{})
	c := login(t, l)
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Setenv("A", "1"); err == nil {
		t.Error("took an env request")
	}
	if err := s.RequestPty("xterm", 24, 80, nil); err == nil {
		t.Error("gave a terminal")
	}
	if err := s.RequestSubsystem("sftp"); err == nil {
		t.Error("gave sftp")
	}
	if _, err := c.Dial("tcp", "127.0.0.1:1"); err == nil {
		t.Error("forwarded")
	}
	if _, _, err := c.SendRequest("keepalive@openssh.com", true, nil); err != nil {
		t.Errorf("keepalive: %v", err)
	}
}

func TestSignalEndsTheContext(t *testing.T) {
	_, l := serve(t, Options{})
	c := login(t, l)
	s, err := c.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	s.Stderr = &stderr
	if err := s.Start("wait"); err != nil {
		t.Fatal(err)
	}
	if err := s.Signal(ssh.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var exit *ssh.ExitError
	if err := s.Wait(); !errors.As(err, &exit) || exit.ExitStatus() != 130 || stderr.String() != "got TERM" {
		t.Errorf("%v, stderr %q", err, stderr.String())
	}
}

// TestCloseEndsHandlers: the client's going, CloseConnections and Close end
// what runs.
func TestCloseEndsHandlers(t *testing.T) {
	s, l := serve(t, Options{})
	cuts := []func(*ssh.Client){func(c *ssh.Client) { c.Close() }}
	// A handler's end must not overtake the cut; it did in one of hundreds.
	for range 200 {
		cuts = append(cuts, func(*ssh.Client) { s.CloseConnections() })
	}
	cuts = append(cuts, func(*ssh.Client) { s.Close() })
	for _, cut := range cuts {
		c := login(t, l)
		session, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Start("wait"); err != nil {
			t.Fatal(err)
		}
		cut(c)
		var exit *ssh.ExitError
		if err := session.Wait(); err == nil || errors.As(err, &exit) {
			t.Errorf("the session ended with %v", err)
		}
	}
	if _, err := handshake(t, l); err == nil {
		t.Error("logged in to a closed server")
	}
}

func TestAuth(t *testing.T) {
	good, bad := key(t), key(t)
	_, l := serve(t, Options{AuthorizedKeys: []ssh.PublicKey{good.PublicKey()}, Password: func(user, pw string) bool { return user == "ops" && pw == "pw" }})
	for _, c := range []struct {
		name string
		auth ssh.AuthMethod
		ok   bool
	}{{"key", ssh.PublicKeys(good), true}, {"other key", ssh.PublicKeys(bad), false}, {"password", ssh.Password("pw"), true}, {"wrong password", ssh.Password("no"), false}} {
		if _, err := handshake(t, l, c.auth); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestMaxSessions(t *testing.T) {
	_, l := serve(t, Options{MaxSessions: 2})
	c := login(t, l)
	var open []*ssh.Session
	for range 2 {
		s, err := c.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, s)
	}
	var refused *ssh.OpenChannelError
	if _, err := c.NewSession(); !errors.As(err, &refused) || refused.Reason != ssh.ConnectionFailed {
		t.Errorf("third session: %v", err)
	}
	if err := open[0].Run("x"); err != nil {
		t.Error(err)
	}
	eventually(t, "a session after one has ended", func() bool {
		s, err := c.NewSession()
		if err == nil {
			s.Close()
		}
		return err == nil
	})
}

// eventually polls without sleeping.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	end := time.After(10 * time.Minute)
	for !f() {
		select {
		case <-end:
			t.Fatal("never came: " + what)
		case <-time.After(time.Millisecond):
		}
	}
}

func TestSFTPAndJump(t *testing.T) {
	_, inner := serve(t, Options{SFTP: func(string) sftp.Handlers { return sftp.InMemHandler() }})
	_, outer := serve(t, Options{Dial: func(_ context.Context, _, address string) (net.Conn, error) {
		if address != "inner:22" {
			return nil, errors.New("no such host")
		}
		return inner.Dial()
	}})
	bastion := login(t, outer)
	if _, err := bastion.Dial("tcp", "other:22"); err == nil {
		t.Error("reached what is not there")
	}
	nc, err := bastion.Dial("tcp", "inner:22")
	if err != nil {
		t.Fatal(err)
	}
	conn, chans, reqs, err := ssh.NewClientConn(nc, "inner:22", &ssh.ClientConfig{User: "ops", Auth: []ssh.AuthMethod{ssh.PublicKeys(key(t))}, HostKeyCallback: ssh.InsecureIgnoreHostKey()}) //nolint:gosec // ours
	if err != nil {
		t.Fatal(err)
	}
	c := ssh.NewClient(conn, chans, reqs)
	defer c.Close()
	files, err := sftp.NewClient(c)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	if err := files.Mkdir("/a"); err != nil {
		t.Error(err)
	}
	if list, err := files.ReadDir("/"); err != nil || len(list) != 1 {
		t.Errorf("list %v, %v", list, err)
	}
}

// TestLatencyIsRoundTrips: connecting, logging in and one command are nine
// round trips, as counted in performance.md, and data behind one another waits
// for nobody.
func TestLatencyIsRoundTrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rtt = 50 * time.Millisecond
		_, l := serve(t, Options{Latency: rtt})
		start := time.Now()
		c := login(t, l)
		if out, _, err := run(t, c, "quick", ""); err != nil || out != "quick" {
			t.Fatalf("%q, %v", out, err)
		}
		if got := time.Since(start); got != 9*rtt {
			t.Errorf("connect and command took %v, %.1f round trips; want 9", got, float64(got)/float64(rtt))
		}
		start = time.Now()
		if _, _, err := run(t, c, "x", strings.Repeat("x", 400000)); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got > 4*rtt {
			t.Errorf("a command with 400 KB took %v", got)
		}
		c.Close()
		synctest.Wait()
	})
}

func TestKnownHostsLine(t *testing.T) {
	s, _ := serve(t, Options{HostKeys: []ssh.Signer{key(t), key(t)}})
	lines := strings.Split(strings.TrimSpace(s.KnownHostsLine("127.0.0.1:2222")), "\n")
	if len(lines) != 2 {
		t.Fatalf("%q", lines)
	}
	for i, line := range lines {
		_, hosts, k, _, _, err := ssh.ParseKnownHosts([]byte(line))
		if err != nil || hosts[0] != "[127.0.0.1]:2222" || !bytes.Equal(k.Marshal(), s.HostKeys()[i].Marshal()) {
			t.Errorf("line %q: %v", line, err)
		}
	}
}

func TestLogLimit(t *testing.T) {
	s, l := serve(t, Options{LogLimit: -1})
	if _, _, err := run(t, login(t, l), "x", ""); err != nil {
		t.Fatal(err)
	}
	if len(s.Commands()) != 0 || s.Execs() != 1 {
		t.Errorf("kept %q of %d", s.Commands(), s.Execs())
	}
}

// TestLoopback uses the default listener.
func TestLoopback(t *testing.T) {
	for _, latency := range []time.Duration{0, 2 * time.Millisecond} {
		s, err := Serve(echo, Options{Latency: latency})
		if err != nil {
			t.Fatal(err)
		}
		c, err := ssh.Dial("tcp", s.Addr().String(), &ssh.ClientConfig{User: "ops", Auth: []ssh.AuthMethod{ssh.PublicKeys(key(t))}, HostKeyCallback: ssh.FixedHostKey(s.HostKeys()[0])})
		if err != nil {
			t.Fatal(err)
		}
		if out, _, err := run(t, c, "x", "y"); err != nil || out != "x:y" {
			t.Errorf("%q, %v", out, err)
		}
		c.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
