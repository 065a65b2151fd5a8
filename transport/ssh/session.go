package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/retry"
	"aixmend/transport/ssh/fault"
	"aixmend/transport/ssh/passwords"
)

var (
	errNoExec = errors.New("the server refused to run a command for this login")
	errNoEnd  = errors.New("the end of the command is not in the output")
)

// Run implements transport.Conn.
func (c *conn) Run(ctx context.Context, commands []transport.Command) (transport.Transcript, error) {
	t := transport.Transcript{Results: make([]transport.Result, len(commands))}
	for i, command := range commands {
		t.Results[i] = transport.Result{ID: command.ID, Err: transport.ErrNotRun}
	}
	for first, sessions := 0, 0; first < len(commands) && sessions < retry.Sessions.Attempts; sessions++ {
		run := newScriptRun(c, commands[first:])
		err := run.run(ctx)
		next := run.collect(t.Results[first:], err)
		if room := maxNoise - len(t.Noise); room > 0 {
			noise := append(run.out.noise, run.err.noise...)
			t.Noise = append(t.Noise, noise[:min(room, len(noise))]...)
		}
		if err != nil {
			return t, err
		}
		if next == 0 || ends(commands[first+next-1]) {
			return t, nil
		}
		first += next
		if sessions == retry.Sessions.Attempts-1 {
			for i := first; i < len(t.Results); i++ {
				t.Results[i].Err = errTooManyHung
			}
		}
	}
	return t, nil
}

var errTooManyHung = fmt.Errorf("not run: %d commands before it hung", retry.Sessions.Attempts)

// ends tells whether a script ends with a command that hung: what it did, or
// the answer that the rest was to wait for, is not known.
func ends(hung transport.Command) bool { return hung.Mutating || hung.Require != "" }

// scriptRun is one session with one script.
type scriptRun struct {
	conn     *conn
	commands []transport.Command
	nonce    string
	out, err *splitter
	request  request
	sent     bool           // the script may have reached the host
	try      *passwords.Try // the password of the tool that asks for one, else nil
	told     bool           // the password was sent
	unrun    bool           // the tool refused before anything was run as root

	mu       sync.Mutex
	running  int           // index of the command whose frame is open on stdout
	watchdog *time.Timer   // fires when the running command is over its time
	hung     int           // index of the hung command, -1 when none
	finished bool          // the last frame has ended on stdout
	hang     chan struct{} // closed when the session is given up
	givenUp  bool
}

func newScriptRun(c *conn, commands []transport.Command) *scriptRun {
	r := &scriptRun{
		conn: c, commands: commands, nonce: newNonce(),
		running: -1, hung: -1, hang: make(chan struct{}),
	}
	limits := make([]int, len(commands))
	for i, command := range commands {
		limits[i] = command.MaxOutput
		if limits[i] <= 0 {
			limits[i] = transport.DefaultMaxOutput
		}
	}
	r.out = newSplitter(r.nonce, limits, time.Now, r.notice)
	r.err = newSplitter(r.nonce, limits, time.Now, func(int, bool) {})
	return r
}

// run sends the script and returns when it has ended, when a command hangs
// (nil: see hung) or when the connection or ctx has ended.
func (r *scriptRun) run(ctx context.Context) error {
	var err error
	if r.request, err = r.conn.request(r.nonce, r.commands); err != nil {
		return r.conn.fail(transport.KindProtocol, "script", err)
	}
	if r.request.asks {
		if r.try, err = r.conn.password(ctx); err != nil {
			return err
		}
		defer r.forget()
	}
	session, err := r.conn.newSession(ctx)
	if err != nil {
		return err
	}
	if err := r.tells(session); err != nil {
		return err
	}
	var streams sync.WaitGroup
	stdout, err1 := session.StdoutPipe()
	stderr, err2 := session.StderrPipe()
	if err := errors.Join(err1, err2); err != nil {
		return r.conn.fail(transport.KindProtocol, "session", err)
	}
	taps := []*tap{{into: r.out}, {into: r.err}}
	r.arm(-1)
	defer r.disarm()
	r.sent = true
	done := make(chan error, 1)
	go func() {
		// Start waits for the server's word on the request: it can hang too.
		if err := session.Start(r.request.line); err != nil {
			done <- startError(err)
			return
		}
		streams.Add(2)
		go func() { defer streams.Done(); pump(taps[0], stdout) }()
		go func() { defer streams.Done(); pump(taps[1], stderr) }()
		err := session.Wait()
		streams.Wait()
		done <- err
	}()
	select {
	case err = <-done:
	case <-r.hang:
		// The session is given up: end a hung probe, as far as the server lets
		// us (a changing command is never cut short, and what a finished script
		// left in the background stays), and see to it that nothing writes to
		// the splitters any more.
		if i := r.hungIndex(); i >= 0 && !r.commands[i].Mutating {
			_ = session.Signal(ssh.SIGTERM)
		}
		_ = session.Close()
		err = r.drain(ctx, done)
		for _, t := range taps {
			t.shut()
		}
	case <-ctx.Done():
		r.conn.abort(context.Cause(ctx))
		err = <-done
	}
	return r.verdict(ctx, session, err)
}

// startError tells a connection that broke from a server that refused: x/crypto
// has no type for the refusal, and puts the whole script into its text.
func startError(err error) error {
	var network net.Error
	if fault.Broken(err) || errors.As(err, &network) {
		return io.EOF
	}
	return errNoExec
}

// closeGrace is how long a session that was given up may take to close.
const closeGrace = time.Second

// drain waits for a closed session to let go. OpenSSH does not answer the close
// while the hung process lives, and takes no signal for root's sessions: the
// session is then left behind, and the next one, or the keepalive, finds out
// whether the link is alive.
func (r *scriptRun) drain(ctx context.Context, done <-chan error) error {
	timer := time.NewTimer(min(closeGrace, r.conn.options.ReplyTimeout))
	defer timer.Stop()
	select {
	case <-done: //nolint:errcheck // it was given up: how it ended does not matter
		return nil
	case <-timer.C:
		return nil
	case <-ctx.Done():
		r.conn.abort(context.Cause(ctx))
	}
	return <-done
}

// tap stands between a stream and its splitter, so that a session that was
// left behind can't reach the splitter any more.
type tap struct {
	mu   sync.Mutex
	into io.Writer // nil once it is shut
}

func (t *tap) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.into == nil {
		return len(p), nil
	}
	return t.into.Write(p)
}

func (t *tap) shut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.into = nil
}

// verdict turns how the session ended into the error of the script.
func (r *scriptRun) verdict(ctx context.Context, session io.Closer, err error) error {
	r.out.flush()
	r.err.flush()
	defer session.Close()
	if ctx.Err() != nil {
		return r.conn.fail(transport.KindCanceled, "run", context.Cause(ctx))
	}
	if err := r.denied(err); err != nil {
		return err
	}
	if r.ended() {
		return nil // every answer is there; how the shell left does not matter
	}
	if cause := r.conn.cause(); cause != nil {
		return r.conn.fail(transport.KindLost, "run", cause)
	}
	var exit *ssh.ExitError
	var missing *ssh.ExitMissingError
	switch {
	case r.hungIndex() >= 0:
		return nil
	case errors.Is(err, errNoExec):
		return r.conn.fail(transport.KindProtocol, "run", err)
	case errors.As(err, &missing), errors.Is(err, io.EOF):
		return r.conn.fail(transport.KindLost, "run", fmt.Errorf("the connection broke while the script ran (%s)", r.out.missingFrames()))
	case err == nil, errors.As(err, &exit):
		return r.incomplete(exit)
	}
	return r.conn.fail(transport.KindLost, "run", err)
}

// incomplete explains a script that ended by itself before its last frame.
func (r *scriptRun) incomplete(exit *ssh.ExitError) error {
	status := 0
	if exit != nil {
		status = exit.ExitStatus()
	}
	next := 0 // the first command whose frame never opened
	for next < len(r.commands) && r.out.parts[next].begun {
		next++
	}
	if status == 0 && next > 0 && r.commands[next-1].Require != "" && r.out.parts[next-1].ended {
		return nil // the required answer was another: the script ended itself
	}
	if known := fault.Recognise(string(r.err.noise), string(r.out.noise)); known != nil {
		return r.conn.fail(known.Kind, "run", fmt.Errorf("user %s: %w (exit %d: %s)", r.conn.target.User, known, status, fault.LastLine(r.err.noise, r.out.noise)))
	}
	return r.conn.fail(transport.KindProtocol, "run", fmt.Errorf(
		"the login shell ended the script with status %d before its end (%s): %s",
		status, r.out.missingFrames(), fault.LastLine(r.err.noise, r.out.noise)))
}

// collect writes the results of the session's commands and returns how many
// commands are settled: all when the script ended, else those up to and with
// the hung one.
func (r *scriptRun) collect(results []transport.Result, err error) int {
	hung := r.hungIndex()
	for i := range r.commands {
		out, errs := &r.out.parts[i], &r.err.parts[i]
		res := &results[i]
		if !out.begun {
			switch {
			case i == hung: // its time began when the one before it ended
				res.Err = transport.ErrHung
			case r.unrun && i >= r.request.root:
				res.Err = fmt.Errorf("%w: %w", transport.ErrNotRun, err)
			case err != nil && r.sent:
				res.Err = err // else it stays ErrNotRun: it never left
			}
			continue
		}
		res.Started = out.beganAt
		res.Stdout, res.StdoutDropped = out.data, out.dropped
		res.Stderr, res.StderrDropped = errs.data, errs.dropped
		switch {
		case out.ended:
			res.Exit, res.Err = out.exit, nil
			res.Duration = out.endedAt.Sub(out.beganAt)
		case i == hung:
			res.Err = transport.ErrHung
			res.Duration = time.Since(out.beganAt)
		case err == nil:
			res.Err = r.conn.fail(transport.KindProtocol, "run", errNoEnd)
		default:
			res.Err = err
			res.Duration = time.Since(out.beganAt)
		}
	}
	if hung >= 0 {
		return hung + 1
	}
	return len(r.commands)
}

// notice follows the frames on stdout: each command has its own time.
func (r *scriptRun) notice(index int, ended bool) {
	if r.request.tool != nil && r.out.asked && index == r.request.root && r.out.parts[index].begun {
		r.isRoot()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if ended {
		r.finished = index == len(r.commands)-1
		index++ // the time of the next one begins
	}
	r.running = index
	r.armLocked(index)
}

// arm starts the watchdog; index -1 is the time until the first frame.
func (r *scriptRun) arm(index int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.armLocked(index)
}

func (r *scriptRun) armLocked(index int) {
	limit := r.conn.options.StartTimeout
	if r.finished {
		limit = r.conn.options.ReplyTimeout // something in the background may hold the streams
	}
	if index >= 0 && index < len(r.commands) && r.commands[index].Timeout > 0 {
		limit = r.commands[index].Timeout
	}
	if r.watchdog != nil {
		r.watchdog.Reset(limit)
		return
	}
	r.watchdog = time.AfterFunc(limit, r.expire)
}

func (r *scriptRun) disarm() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchdog.Stop()
}

// expire names the running command as hung, when one runs, and wakes run.
func (r *scriptRun) expire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.givenUp:
		return
	case r.running < 0:
		r.conn.abort(errNoStart)
		return
	case !r.finished:
		r.hung = r.running
	}
	r.givenUp = true
	close(r.hang)
}

func (r *scriptRun) hungIndex() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.hung
}

func (r *scriptRun) ended() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.finished
}

// buffers lends the read buffers of the streams: they are the larger part of
// what an open session costs.
var buffers = sync.Pool{New: func() any { b := make([]byte, 4<<10); return &b }}

// pump moves a stream into its splitter until the stream ends. Reading goes on
// past every bound: a full channel would stop the commands.
func pump(into io.Writer, from io.Reader) {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	for {
		n, err := from.Read(*buffer)
		_, _ = into.Write((*buffer)[:n]) // a splitter takes everything
		if err != nil {
			return
		}
	}
}
