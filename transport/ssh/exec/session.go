package exec

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
	"aixmend/transport/cause"
	"aixmend/transport/ssh/fault"
	"aixmend/transport/ssh/passwords"
)

var (
	errNoEnd   = errors.New("the end of the command is not in the output")
	errNoStart = cause.Because(cause.ShellSilent, errors.New("the login shell gave no sign of the script in time"))
)

// session is one SSH session with one script.
type session struct {
	runner   *Runner
	commands []transport.Command
	nonce    string
	out, err *splitter
	watchdog *watchdog
	request  request
	sent     bool           // the script may have reached the host
	try      *passwords.Try // the password of the tool; nil: it asks for none
	told     []byte         // the line with the password that was sent; nil: none was
	unrun    bool           // the tool refused before any command ran as root
}

// newSession returns a session of a script whose first one began at a time; zero: this is
// the first.
func newSession(r *Runner, commands []transport.Command, began time.Time) *session {
	s := &session{runner: r, commands: commands, nonce: NewNonce()}
	s.watchdog = newWatchdog(commands, r.StartTimeout, r.ReplyTimeout, func() { r.Conn.Abort(errNoStart) })
	s.watchdog.began = began
	limits := make([]int, len(commands))
	for i, command := range commands {
		limits[i] = command.MaxOutput
		if limits[i] <= 0 {
			limits[i] = transport.DefaultMaxOutput
		}
	}
	s.out = newSplitter(s.nonce, limits, time.Now, s.notice)
	s.err = newSplitter(s.nonce, limits, time.Now, func(int, bool) {})
	return s
}

// run sends the script and returns when it has ended, when a command hangs (nil:
// see the watchdog), or when the connection or ctx has ended.
func (s *session) run(ctx context.Context) error {
	var err error
	if s.request, err = s.runner.request(s.nonce, s.commands); err != nil {
		return s.runner.fail(transport.KindProtocol, "script", err)
	}
	if s.request.asks {
		if s.try, err = s.runner.password(ctx); err != nil {
			return err
		}
		defer s.forget()
	}
	session, err := s.runner.Conn.NewSession(ctx)
	if err != nil {
		return err
	}
	if err := s.prepareRoot(session); err != nil {
		return err
	}
	stdout, err1 := session.StdoutPipe()
	stderr, err2 := session.StderrPipe()
	if err := errors.Join(err1, err2); err != nil {
		return s.runner.fail(transport.KindProtocol, "session", err)
	}
	taps := []*tap{{into: s.out}, {into: s.err}}
	s.watchdog.arm()
	defer s.watchdog.disarm()
	s.sent = true
	done := make(chan error, 1)
	go func() { done <- carry(session, s.request.line, taps, stdout, stderr) }()
	select {
	case err = <-done:
	case <-s.watchdog.expired:
		// End a hung probe as far as the server allows. A changing command is never
		// cut short, and background processes of a finished script stay. Nothing
		// may write to the splitters any more.
		if i := s.watchdog.hungIndex(); i >= 0 && !s.commands[i].Mutating {
			_ = session.Signal(ssh.SIGTERM)
		}
		_ = session.Close()
		err = s.drain(ctx, done)
		for _, t := range taps {
			t.shut()
		}
	case <-ctx.Done():
		s.runner.Conn.Abort(context.Cause(ctx))
		err = <-done
	}
	return s.verdict(ctx, session, err)
}

// carry runs a command line in a session, moves its streams into the taps, and
// returns when both it and its streams have ended.
func carry(session *ssh.Session, line string, taps []*tap, stdout, stderr io.Reader) error {
	// Start waits for the server's reply to the request: it can hang too.
	if err := session.Start(line); err != nil {
		return startError(err)
	}
	var streams sync.WaitGroup
	streams.Go(func() { pump(taps[0], stdout) })
	streams.Go(func() { pump(taps[1], stderr) })
	err := session.Wait()
	streams.Wait()
	return err
}

// startError tells a broken connection from a server that refused: x/crypto has no
// type for the refusal, and puts the whole script into its text.
func startError(err error) error {
	var network net.Error
	if fault.Broken(err) || errors.As(err, &network) {
		return io.EOF
	}
	return fault.ErrNoExec
}

// drain waits for a closed session to end. OpenSSH does not confirm the close while
// the hung process lives, and sends no signal to root's sessions: then the session
// is left behind, and the next session, or the keepalive, finds out whether the
// link is alive.
func (s *session) drain(ctx context.Context, done <-chan error) error {
	timer := time.NewTimer(min(fault.CloseGrace, s.runner.ReplyTimeout))
	defer timer.Stop()
	select {
	case <-done: //nolint:errcheck // it was given up: its end does not matter
		return nil
	case <-timer.C:
		return nil
	case <-ctx.Done():
		s.runner.Conn.Abort(context.Cause(ctx))
	}
	return <-done
}

// verdict turns the end of the session into the error of the script.
func (s *session) verdict(ctx context.Context, session io.Closer, err error) error {
	s.out.flush()
	s.err.flush()
	s.mask()
	defer session.Close()
	if ctx.Err() != nil {
		return s.runner.fail(transport.KindCanceled, "run", context.Cause(ctx))
	}
	if err := s.denied(err); err != nil {
		return err
	}
	if s.watchdog.ended() {
		return nil // every answer is there; the exit of the shell does not matter
	}
	if cause := s.runner.Conn.Cause(); cause != nil {
		return s.runner.fail(transport.KindLost, "run", cause)
	}
	var exit *ssh.ExitError
	var missing *ssh.ExitMissingError
	switch {
	case s.watchdog.hungIndex() >= 0:
		return nil
	case errors.Is(err, fault.ErrNoExec):
		return s.runner.fail(transport.KindProtocol, "run", cause.Because(cause.CommandsRefused, err))
	case errors.As(err, &missing), errors.Is(err, io.EOF):
		return s.runner.fail(transport.KindLost, "run", cause.Because(cause.ClosedLater, fmt.Errorf("the connection broke while the script ran (%s)", s.out.missingFrames())))
	case err == nil, errors.As(err, &exit):
		return s.incomplete(exit)
	}
	return s.runner.fail(transport.KindLost, "run", err)
}

// incomplete explains a script that ended by itself before its last frame.
func (s *session) incomplete(exit *ssh.ExitError) error {
	status := 0
	if exit != nil {
		status = exit.ExitStatus()
	}
	next := 0 // the first command whose frame never opened
	for next < len(s.commands) && s.out.parts[next].begun {
		next++
	}
	if status == 0 && next > 0 && s.commands[next-1].Require != "" && s.out.parts[next-1].ended {
		return nil // the script ended itself: the required answer did not come
	}
	known := fault.Recognise(string(s.err.noise), string(s.out.noise))
	if known != nil && known.Kind != transport.KindProtocol {
		return s.runner.fail(known.Kind, "run", cause.Because(known.Cause, fmt.Errorf("user %s: %w (exit %d: %s)", s.runner.Target.User, known, status, fault.LastLine(s.err.noise, s.out.noise))))
	}
	why, meaning := cause.ScriptCut, ""
	switch {
	case known != nil:
		why, meaning = known.Cause, "; "+known.Error()
	case next == 0:
		why = cause.ForcedCommand
	}
	return s.runner.fail(transport.KindProtocol, "run", cause.Because(why, fmt.Errorf(
		"the login shell ended the script with status %d before its end (%s): %s%s",
		status, s.out.missingFrames(), fault.LastLine(s.err.noise, s.out.noise), meaning)))
}

// collect writes the results of the session's commands and returns the number of
// settled commands: all if the script ended, else those up to the hung one.
func (s *session) collect(results []transport.Result, err error) int {
	hung := s.watchdog.hungIndex()
	for i := range s.commands {
		out, errs := &s.out.parts[i], &s.err.parts[i]
		res := &results[i]
		if !out.begun {
			switch {
			case i == hung: // its time began when the one before it ended
				res.Err = s.watchdog.why()
			case s.unrun && i >= s.request.root:
				res.Err = fmt.Errorf("%w: %w", transport.ErrNotRun, err)
			case err != nil && s.sent:
				res.Err = err // else it stays ErrNotRun: it was never sent
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
			res.Err = s.watchdog.why()
			res.Duration = time.Since(out.beganAt)
		case err == nil:
			res.Err = s.runner.fail(transport.KindProtocol, "run", errNoEnd)
		default:
			res.Err = err
			res.Duration = time.Since(out.beganAt)
		}
	}
	if hung >= 0 {
		return hung + 1
	}
	return len(s.commands)
}

// notice follows the frames on stdout.
func (s *session) notice(index int, ended bool) {
	if s.request.tool != nil && s.out.asked && index == s.request.root && s.out.parts[index].begun {
		s.isRoot()
	}
	s.watchdog.notice(index, ended)
}
