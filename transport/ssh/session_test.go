package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/retry"
	"aixmend/transport/ssh/fault"
)

// Banners, profiles and terminals write to both streams; the output of a command stays
// the same.
func TestNoise(t *testing.T) {
	const motd = "Welcome to AIX\n\x1b[2J\x00\xff\n\naixmend-000000000000000000000000 B 0\n"
	r := serve(t, func(ctx context.Context, x *sshtest.Exec) int {
		_, _ = io.WriteString(x.Stdout, motd)
		_, _ = io.WriteString(x.Stderr, "stty: not a tty")
		exit := posix(ctx, x)
		_, _ = io.WriteString(x.Stdout, "logout\n")
		return exit
	}, memory())
	got, err := r.run(probe("binary", `printf 'a\0b\033[1m\377\r\n'; printf 'warn\0' >&2; exit 2`), probe("plain", "echo fine"))
	if err != nil {
		t.Fatal(err)
	}
	if c := got.Results[0]; string(c.Stdout) != "a\x00b\x1b[1m\xff\r\n" || string(c.Stderr) != "warn\x00" || c.Exit != 2 || c.Err != nil {
		t.Errorf("the binary probe: %+v", c)
	}
	wantStdout(t, got.Results[1], "fine\n")
	if want := motd + "logout\nstty: not a tty"; string(got.Noise) != want {
		t.Errorf("noise %q, want %q", got.Noise, want)
	}
}

func TestNoiseOfAllSessionsIsBounded(t *testing.T) {
	r := serve(t, func(ctx context.Context, x *sshtest.Exec) int {
		_, _ = io.WriteString(x.Stdout, strings.Repeat("o", noiseLimit))
		_, _ = io.WriteString(x.Stderr, strings.Repeat("e", noiseLimit))
		return posix(ctx, x)
	}, memory())
	got, err := r.run(transport.Command{Line: "sleep 60", Timeout: short}, probe("p", "echo x"))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Noise) != noiseLimit {
		t.Errorf("%d bytes of noise, want %d", len(got.Noise), noiseLimit)
	}
	wantStdout(t, got.Results[1], "x\n")
}

func TestTenMegabytesFromOneProbe(t *testing.T) {
	const size = 10 << 20
	r := serve(t, framed(func(_ context.Context, s script) int {
		s.begin(0)
		chunk := strings.Repeat("0123456789abcdef", 4<<10)
		for range size / len(chunk) {
			_, _ = io.WriteString(s.Stdout, chunk)
		}
		s.end(0, 0)
		s.says(1, "after")
		return 0
	}), memory())
	got, err := r.run(transport.Command{Timeout: ages, MaxOutput: 1000}, probe("next", ""))
	if err != nil {
		t.Fatal(err)
	}
	if c := got.Results[0]; len(c.Stdout) != 1000 || cap(c.Stdout) > 4000 || c.StdoutDropped != size-1000 || c.StderrDropped != 0 || !c.Truncated() {
		t.Errorf("kept %d (room for %d), dropped %d", len(c.Stdout), cap(c.Stdout), c.StdoutDropped)
	}
	wantStdout(t, got.Results[1], "after")
}

func TestDefaultBound(t *testing.T) {
	r := serve(t, framed(func(_ context.Context, s script) int {
		s.says(0, strings.Repeat("x", transport.DefaultMaxOutput+7))
		return 0
	}), memory())
	got, err := r.run(probe("p", ""))
	if err != nil || len(got.Results[0].Stdout) != transport.DefaultMaxOutput || got.Results[0].StdoutDropped != 7 {
		t.Errorf("kept %d, dropped %d, %v", len(got.Results[0].Stdout), got.Results[0].StdoutDropped, err)
	}
}

func TestEndlessOutputEndsByTheProbesTimeout(t *testing.T) {
	r := serve(t, posix, memory())
	got, err := r.run(transport.Command{ID: "yes", Line: "while :; do echo yes; echo no >&2; done", Timeout: short, MaxOutput: 64}, probe("next", "echo on"))
	if err != nil {
		t.Fatal(err)
	}
	if c := got.Results[0]; !errors.Is(c.Err, transport.ErrHung) || len(c.Stdout) != 64 || c.StdoutDropped == 0 || len(c.Stderr) != 64 {
		t.Errorf("endless output: %v, kept %d and %d, dropped %d", c.Err, len(c.Stdout), len(c.Stderr), c.StdoutDropped)
	}
	wantStdout(t, got.Results[1], "on\n")
}

// waits is a handler that hangs in command i until its session ends, and
// tells why it ended.
func waits(i int, why chan<- error) sshtest.HandlerFunc {
	return framed(func(ctx context.Context, s script) int {
		for n := range i {
			s.says(n, "ok")
		}
		s.begin(i)
		<-ctx.Done()
		why <- context.Cause(ctx)
		return 0
	})
}

func TestHungProbeIsEndedOnTheHost(t *testing.T) {
	why := make(chan error, 1)
	r := serve(t, waits(0, why), memory())
	if _, err := r.run(transport.Command{Timeout: short}); err != nil {
		t.Fatal(err)
	}
	var signal sshtest.SignalError
	if err := <-why; !errors.As(err, &signal) || signal.Name != "TERM" {
		t.Errorf("the session of a hung probe ended by %v, want SIGTERM", err)
	}
}

func TestHungMutatingCommandIsTheLast(t *testing.T) {
	r := serve(t, posix, memory())
	conn := r.dial()
	got, err := conn.Run(t.Context(), []transport.Command{
		probe("before", "echo before"), {ID: "change", Line: "sleep 60", Mutating: true, Timeout: short}, probe("after", "echo after")})
	if err != nil {
		t.Fatal(err)
	}
	wantStdout(t, got.Results[0], "before\n")
	if !errors.Is(got.Results[1].Err, transport.ErrHung) || !errors.Is(got.Results[2].Err, transport.ErrNotRun) {
		t.Errorf("the change: %v; after it: %v", got.Results[1].Err, got.Results[2].Err)
	}
	if n := r.server.Execs(); n != 1 {
		t.Errorf("%d sessions, want one", n)
	}
}

func TestTooManyHungProbes(t *testing.T) {
	r := serve(t, posix, memory())
	commands := make([]transport.Command, retry.Sessions.Attempts+2)
	for i := range commands {
		commands[i] = transport.Command{Line: "sleep 60", Timeout: 50 * time.Millisecond}
	}
	got, err := r.run(commands...)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range got.Results {
		want := transport.ErrHung.Error()
		if i >= retry.Sessions.Attempts {
			want = fmt.Sprintf("not run: %d commands before it hung", retry.Sessions.Attempts)
		}
		if c.Err == nil || c.Err.Error() != want {
			t.Errorf("command %d: %v, want %s", i, c.Err, want)
		}
	}
	if n := r.server.Execs(); n != retry.Sessions.Attempts {
		t.Errorf("%d sessions, want %d", n, retry.Sessions.Attempts)
	}
}

// A host may stall between two frames (sudo that asks a dead directory
// server): the command whose turn it is counts as hung.
func TestHangBetweenFrames(t *testing.T) {
	why := make(chan error, 1)
	r := serve(t, framed(func(ctx context.Context, s script) int {
		s.says(0, "ok")
		<-ctx.Done()
		why <- context.Cause(ctx)
		return 0
	}), memory())
	got, err := r.run(probe("first", ""), transport.Command{ID: "stuck", Mutating: true, Timeout: short})
	if err != nil {
		t.Fatal(err)
	}
	wantStdout(t, got.Results[0], "ok")
	if !errors.Is(got.Results[1].Err, transport.ErrHung) {
		t.Errorf("the command that never began: %v, want %v", got.Results[1].Err, transport.ErrHung)
	}
	<-why
}

// sshd keeps a session open while anything holds its streams: a daemon that
// a step started must neither hold the run nor be killed by its end.
func TestBackgroundProcessHoldsTheStreams(t *testing.T) {
	why := make(chan error, 1)
	r := serve(t, framed(func(ctx context.Context, s script) int {
		s.says(0, "started")
		<-ctx.Done()
		why <- context.Cause(ctx)
		return 0
	}), memory())
	r.opts.ReplyTimeout = short
	conn := r.dial()
	for range 2 {
		got, err := conn.Run(t.Context(), []transport.Command{{ID: "start", Mutating: true, Timeout: ages}})
		if err != nil {
			t.Fatal(err)
		}
		wantStdout(t, got.Results[0], "started")
		if err := <-why; !errors.Is(err, sshtest.ErrClosed) {
			t.Errorf("what the script left was ended by %v, want a closed session", err)
		}
	}
}

func TestBackgroundProcessOfARealShell(t *testing.T) {
	r := serve(t, posix, memory())
	r.opts.ReplyTimeout = short
	got, err := r.run(probe("start", "sleep 60 & echo started"))
	if err != nil {
		t.Fatal(err)
	}
	wantStdout(t, got.Results[0], "started\n")
}

func TestCutMidProbe(t *testing.T) {
	var r *rig
	r = serve(t, framed(func(_ context.Context, s script) int {
		s.says(0, "whole")
		s.begin(1)
		_, _ = io.WriteString(s.Stdout, "half")
		r.server.CloseConnections()
		return 0
	}), memory())
	got, err := r.run(probe("first", ""), probe("second", ""), probe("third", ""))
	wantError(t, err, transport.KindLost, "2 of 3 frames came")
	wantStdout(t, got.Results[0], "whole")
	if c := got.Results[1]; string(c.Stdout) != "half" || transport.KindOf(c.Err) != transport.KindLost {
		t.Errorf("the probe that was cut: %q, %v", c.Stdout, c.Err)
	}
	if c := got.Results[2]; transport.KindOf(c.Err) != transport.KindLost {
		t.Errorf("the probe after the cut: %v", c.Err)
	}
}

func TestCutAroundAMutatingCommand(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault sshtest.Faults
		known bool // the answer came before the cut
	}{
		{"before", sshtest.Faults{CutBefore: "the-change"}, false},
		{"during", sshtest.Faults{CutDuring: "the-change"}, false},
		{"after", sshtest.Faults{CutAfterRun: "the-change"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := memory()
			o.Faults = c.fault
			r := serve(t, posix, o)
			got, err := r.run(transport.Command{ID: "change", Line: "echo done # the-change", Mutating: true, Timeout: ages})
			if n := r.server.Execs(); n != 1 || r.server.Accepted() != 1 {
				t.Errorf("the change was sent %d times over %d connections", n, r.server.Accepted())
			}
			if c.known {
				if err != nil {
					t.Fatalf("every answer came before the cut: %v", err)
				}
				wantStdout(t, got.Results[0], "done\n")
				return
			}
			wantError(t, err, transport.KindLost)
			if transport.KindOf(got.Results[0].Err) != transport.KindLost {
				t.Errorf("the change: %v", got.Results[0].Err)
			}
		})
	}
}

func TestLoginShellEndsTheScriptEarly(t *testing.T) {
	for _, c := range []struct {
		name, stdout, stderr string
		exit                 int
		texts                []string
	}{
		{"nologin talks on stdout", "This account is currently not available.\n", "", 1, []string{"status 1", "This account is currently not available.", "0 of 2 frames came"}},
		{"a shell that is none", "", "profile noise\nUnknown command: LC_ALL=C;\n\n", 127, []string{"status 127", "Unknown command: LC_ALL=C;"}},
		{"a menu that says nothing", "", "", 0, []string{"status 0", "it printed nothing"}},
		{"a terminal that is attacked", "", "\x1b]0;owned\x07\n", 3, []string{`"\x1b]0;owned\a"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := serve(t, func(_ context.Context, x *sshtest.Exec) int {
				_, _ = io.WriteString(x.Stdout, c.stdout)
				_, _ = io.WriteString(x.Stderr, c.stderr)
				return c.exit
			}, memory())
			got, err := r.run(probe("first", ""), probe("second", ""))
			wantError(t, err, transport.KindProtocol, c.texts...)
			if got.Results[0].Err == nil || got.Results[1].Err == nil {
				t.Errorf("commands that never ran have no error: %+v", got.Results)
			}
		})
	}
}

func TestLoginShellEndsTheScriptBetweenCommands(t *testing.T) {
	r := serve(t, posix, memory())
	got, err := r.run(probe("first", "echo one"), probe("killer", "kill -KILL $$; exit 1"), probe("third", ":"))
	if kind := transport.KindOf(err); kind != transport.KindProtocol && kind != transport.KindLost {
		t.Errorf("a shell that was killed: %v", err)
	}
	wantStdout(t, got.Results[0], "one\n")
	if got.Results[1].Err == nil || got.Results[2].Err == nil {
		t.Errorf("results after the shell was killed: %+v", got.Results)
	}
}

// A frame that never ends is no success, whatever comes after it.
func TestMissingEndIsNoSuccess(t *testing.T) {
	r := serve(t, framed(func(_ context.Context, s script) int {
		s.begin(0)
		s.says(1, "second")
		return 0
	}), memory())
	got, err := r.run(probe("first", ""), probe("second", ""))
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, got.Results[0].Err, transport.KindProtocol)
	wantStdout(t, got.Results[1], "second")
}

// The status of the session does not matter once every answer is there.
func TestExitStatusOfTheSessionDoesNotMatter(t *testing.T) {
	r := serve(t, framed(func(_ context.Context, s script) int {
		s.says(0, "x")
		return 99
	}), memory())
	got, err := r.run(probe("p", ""))
	if err != nil {
		t.Fatal(err)
	}
	wantStdout(t, got.Results[0], "x")
}

// TestStartTimeout: a profile that waits for a terminal gives no frame.
func TestStartTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := memory()
		o.Faults.HangExec = true
		r := serve(t, nil, o)
		r.opts.StartTimeout = time.Minute
		began := time.Now()
		got, err := r.run(probe("p", ""))
		wantError(t, err, transport.KindLost, "the login shell gave no sign of the script in time")
		if took := time.Since(began); took != time.Minute {
			t.Errorf("took %s, want a minute", took)
		}
		if got.Results[0].Err == nil {
			t.Error("a command that never ran has no error")
		}
	})
}

// A probe may take as long as it says: keepalives hold the connection.
func TestLongProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := serve(t, framed(func(_ context.Context, s script) int {
			s.begin(0)
			<-time.After(50 * time.Minute)
			s.end(0, 0)
			s.says(1, "on")
			return 0
		}), memory())
		got, err := r.run(transport.Command{ID: "long", Timeout: time.Hour}, probe("next", ""))
		if err != nil {
			t.Fatal(err)
		}
		wantStdout(t, got.Results[0], "")
		if took := got.Results[0].Duration; took != 50*time.Minute {
			t.Errorf("took %s, want 50 minutes", took)
		}
		wantStdout(t, got.Results[1], "on")
	})
}

func TestNewSessionIsNeverAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := memory()
		o.Faults.StallSession = true
		r := serve(t, nil, o)
		r.opts.ReplyTimeout = 15 * time.Second
		began := time.Now()
		_, err := r.run(probe("p", ""))
		wantError(t, err, transport.KindLost, fault.ErrNoReply.Error())
		if took := time.Since(began); took != 15*time.Second {
			t.Errorf("took %s, want 15 s", took)
		}
	})
}

func TestNewSessionIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := memory()
		o.Faults.StallSession = true
		conn := serve(t, nil, o).dial()
		why := errors.New("second signal")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(why) })
		_, err := conn.Run(ctx, []transport.Command{probe("p", "")})
		wantError(t, err, transport.KindCanceled, "second signal")
	})
}

func TestSessionIsRefused(t *testing.T) {
	o := memory()
	o.Faults.RejectSession = true
	r := serve(t, nil, o)
	got, err := r.run(probe("p", ""))
	wantError(t, err, transport.KindProtocol, "refused a session", "open failed")
	if got.Results[0].Err == nil {
		t.Error("a command that never ran has no error")
	}
}

// A server may take a session and no command (a forced sftp, a restricted
// account): that is said, and without the text of the script.
func TestExecIsRefused(t *testing.T) {
	client, server := sshtest.Pipe()
	defer server.Close()
	config := &ssh.ServerConfig{NoClientAuth: true}
	config.AddHostKey(newSigner(t))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, channels, requests, err := ssh.NewServerConn(server, config)
		if err != nil {
			return
		}
		go ssh.DiscardRequests(requests)
		for c := range channels {
			if _, inner, err := c.Accept(); err == nil {
				go ssh.DiscardRequests(inner) // false to each
			}
		}
	}()
	inner, channels, requests, err := ssh.NewClientConn(client, "aix1:22", &ssh.ClientConfig{HostKeyCallback: ssh.InsecureIgnoreHostKey()}) //nolint:gosec // the server is ours
	if err != nil {
		t.Fatal(err)
	}
	a := &attempt{dialer: NewDialer(Options{}), target: transport.Target{Name: "aix1"}}
	conn := a.established(ssh.NewClient(inner, channels, requests), nil)
	_, err = conn.Run(t.Context(), []transport.Command{probe("p", "echo secret")})
	wantError(t, err, transport.KindProtocol, fault.ErrNoExec.Error())
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("the error repeats the script: %v", err)
	}
	_ = conn.Close()
	<-done
}

func TestCancelledContextSendsNothing(t *testing.T) {
	r := serve(t, posix, memory())
	inner := r.opts.DialContext
	var writes atomic.Int32
	r.opts.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := inner(ctx, network, address)
		return &countedConn{c, &writes}, err
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		conn := r.dial()
		writes.Store(0)
		_, err := conn.Run(ctx, []transport.Command{{Line: "echo change", Mutating: true, Timeout: ages}})
		wantError(t, err, transport.KindCanceled)
		if n := writes.Load(); n > 0 {
			t.Errorf("%d packets were sent after the run was cancelled", n)
		}
	}
}

// countedConn counts what is sent.
type countedConn struct {
	net.Conn
	writes *atomic.Int32
}

func (c *countedConn) Write(p []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(p)
}

func TestCancelWhileRunning(t *testing.T) {
	running, why := make(chan struct{}), make(chan error, 1)
	r := serve(t, framed(func(ctx context.Context, s script) int {
		s.says(0, "first")
		s.begin(1)
		close(running)
		<-ctx.Done()
		why <- context.Cause(ctx)
		return 0
	}), memory())
	conn := r.dial()
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-running
		cancel(errors.New("second signal"))
	}()
	got, err := conn.Run(ctx, []transport.Command{probe("first", ""), probe("second", "")})
	wantError(t, err, transport.KindCanceled, "second signal")
	if transport.KindOf(got.Results[1].Err) != transport.KindCanceled {
		t.Errorf("the running command: %v", got.Results[1].Err)
	}
	if err := <-why; !errors.Is(err, sshtest.ErrClosed) {
		t.Errorf("on the host: %v", err)
	}
}

// quiet is a handler that is in a command until its connection goes.
func quiet() sshtest.HandlerFunc {
	return framed(func(ctx context.Context, s script) int {
		s.says(0, "first")
		s.begin(1)
		<-ctx.Done()
		return 0
	})
}

// TestKeepalive: a link that dies without a word is noticed after two misses:
// asked at 15 s, missed at 30 s and at 45 s.
func TestKeepalive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := memory()
		o.Faults.IgnoreKeepalive = true
		conn := serve(t, quiet(), o).dial()
		began := time.Now()
		got, err := conn.Run(t.Context(), []transport.Command{probe("first", ""), {ID: "second", Timeout: time.Hour}})
		wantError(t, err, transport.KindLost, "two keepalives")
		if took := time.Since(began); took != 45*time.Second {
			t.Errorf("noticed after %s, want 45 s", took)
		}
		wantStdout(t, got.Results[0], "first")
		if transport.KindOf(got.Results[1].Err) != transport.KindLost {
			t.Errorf("the running command: %v", got.Results[1].Err)
		}
		if _, err := conn.Run(t.Context(), []transport.Command{probe("again", "")}); transport.KindOf(err) != transport.KindLost {
			t.Errorf("Run on a dead connection: %v", err)
		}
	})
}

// One miss is no loss: the count starts again with each reply.
func TestKeepaliveOneMissIsForgiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := memory()
		r := serve(t, quiet(), o)
		conn := r.dial()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := conn.Run(ctx, []transport.Command{probe("first", ""), {ID: "second", Timeout: 2 * time.Hour}})
		wantError(t, err, transport.KindCanceled) // the hour, not the keepalive
	})
}

// A link that dies and a command that hangs at the same time: the session can't
// be closed, so the connection is lost and not only the command hung.
func TestHangOnADeadLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := serve(t, framed(func(ctx context.Context, s script) int {
			s.begin(0)
			<-ctx.Done()
			return 0
		}), memory())
		r.opts.ReplyTimeout, r.opts.KeepaliveEvery = 5*time.Second, time.Hour
		conn := r.dial()
		time.AfterFunc(time.Second, func() { r.server.SetFaults(sshtest.Faults{StallAfter: 1}) })
		began := time.Now()
		got, err := conn.Run(t.Context(), []transport.Command{{ID: "p", Timeout: 10 * time.Second}, probe("q", "")})
		wantError(t, err, transport.KindLost)
		if took := time.Since(began); took != 16*time.Second {
			t.Errorf("took %s, want 10 s for the command, 1 s for the session and 5 s for the reply", took)
		}
		if got.Results[0].Err == nil || got.Results[1].Err == nil {
			t.Errorf("results: %+v", got.Results)
		}
	})
}

// Close returns when its goroutines have ended, whatever they wait for; the
// bubble fails when one is left.
func TestCloseWaitsForItsGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := memory()
		o.Faults.IgnoreKeepalive = true
		r := serve(t, nil, o)
		inner, err := NewDialer(r.opts).Dial(t.Context(), r.target)
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(20 * time.Second) // one keepalive is on its way
		if err := inner.Close(); err != nil {
			t.Error(err)
		}
		select {
		case <-inner.(*conn).done:
		default:
			t.Error("Close returned before the keepalive had ended")
		}
	})
}
