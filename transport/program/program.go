// Package program runs local programs: with bounded output, a time limit, and
// nothing left behind when one is cut off.
//
// Run waits for a program and returns its output. Start returns a running
// program with open streams. Both stop a program when their context ends, and on
// Unix everything that it started, unless Group says otherwise. Other systems
// have no process groups: there the program alone is stopped.
package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// Group is the process group that a program joins.
type Group int

const (
	// OwnGroup is a new process group. It is killed as a whole.
	OwnGroup Group = iota
	// SharedGroup is the group of this process: the program may ask a person on
	// the terminal, and gets the signals that are typed there. It is killed alone.
	SharedGroup
	// OwnSession is a new session, without the terminal. It is killed as a whole.
	OwnSession
)

// DefaultGrace is how long the streams of a program may stay open after it has
// ended or was killed: a child of it may hold them.
const DefaultGrace = 2 * time.Second

var (
	// ErrTimeout is the cause of an error when a program exceeded its Timeout.
	ErrTimeout = errors.New("timed out")
	// ErrTooMuch is the cause of an error when a Strict program exceeded its Limit.
	ErrTooMuch = errors.New("it printed more than")
	// ErrHeld is the cause of an error when a program ended well, but a child of it
	// held its output open for longer than Grace.
	ErrHeld = exec.ErrWaitDelay
)

// Command is a program and how to run it. It may be run more than once, unless
// Stdin can be read only once.
type Command struct {
	// Argv is the program and its arguments. No shell reads them. Either Argv or
	// Line is set.
	Argv []string
	// Line is a line for a POSIX shell.
	Line string
	// Dir is the working folder; that of this process when it is empty.
	Dir string
	// Env is the environment as os.Environ returns it; nil: that of this process.
	Env []string
	// Stdin is the program's standard input under Run; nil: empty.
	Stdin io.Reader
	// Group is the process group that it joins.
	Group Group
	// Timeout limits its time; 0: only the context does.
	Timeout time.Duration
	// Grace replaces DefaultGrace when it is not 0.
	Grace time.Duration
	// Limit is how many bytes of stdout Run keeps, from the beginning; the rest is
	// read and dropped. With 0 stdout is treated as stderr is: its end may be
	// quoted in an error.
	Limit int
	// Strict stops the program when it prints more than Limit.
	Strict bool
	// Lines is how many lines of the end of stderr an error quotes; 0 means 1.
	Lines int
}

// Error is the failure of a program.
type Error struct {
	// Program is its name: the first word of Argv, or the shell.
	Program string
	// Err is the cause: ErrTimeout, ErrTooMuch, ErrHeld, the cause of the context's
	// end, an *exec.ExitError, or the reason why it could not be started.
	Err error
	// Said is the end of the program's stderr, on one line and
	// printable; "" when it printed nothing.
	Said string
}

// Error implements error.
func (e *Error) Error() string { return e.Program + ": " + e.Reason() }

// Reason is the message without the program's name.
func (e *Error) Reason() string {
	if e.Said == "" {
		return e.Err.Error()
	}
	return e.Err.Error() + ": " + e.Said
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Run runs the program and returns the kept part of its stdout. Its error is an
// *Error; then the output is wiped, since it may be a secret.
func (c Command) Run(ctx context.Context) ([]byte, error) {
	ctx, stop := c.bounded(ctx)
	defer stop()
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	cmd, said := c.command(ctx)
	out := &head{limit: c.Limit}
	if c.Strict {
		out.full = func() { cut(fmt.Errorf("%w %s", ErrTooMuch, size(c.Limit))) }
	}
	cmd.Stdin, cmd.Stdout = c.Stdin, out
	if c.Limit == 0 {
		cmd.Stdout = said
	}
	err := cmd.Run()
	why := context.Cause(ctx)
	if why != nil && (err != nil && !errors.Is(err, ErrHeld) || errors.Is(why, ErrTooMuch)) {
		err = why
	}
	if err != nil {
		clear(out.kept)
		return nil, c.failed(err, said)
	}
	return out.kept, nil
}

// Process is a running program with open streams.
type Process struct {
	// Stdin and Stdout are its streams. Wait may be called when Stdout has been
	// read to its end.
	Stdin  io.WriteCloser
	Stdout io.ReadCloser

	command Command
	ctx     context.Context // that of the caller, with the time limit
	stop    context.CancelFunc
	kill    context.CancelFunc
	cmd     *exec.Cmd
	said    *tail
}

// Start starts the program. Stdin, Limit and Strict of the command have no
// meaning. The process ends with the context, at the latest; its Stdout may stay
// open when something left the process group with it. Wait has to be called.
func (c Command) Start(ctx context.Context) (*Process, error) {
	ctx, stop := c.bounded(ctx)
	running, kill := context.WithCancel(ctx)
	cmd, said := c.command(running)
	p := &Process{command: c, ctx: ctx, stop: stop, kill: kill, cmd: cmd, said: said}
	var err error
	if p.Stdin, err = cmd.StdinPipe(); err == nil {
		if p.Stdout, err = cmd.StdoutPipe(); err == nil {
			err = cmd.Start()
		} else {
			_ = p.Stdin.Close()
		}
	}
	if err != nil {
		kill()
		stop()
		return nil, c.failed(err, said)
	}
	return p, nil
}

// Wait waits for the end of the program, then kills the rest of its process
// group. Its error is an *Error.
func (p *Process) Wait() error {
	defer p.stop()
	defer p.kill()
	err := p.cmd.Wait()
	if p.command.Group != SharedGroup {
		killGroup(p.cmd)
	}
	if err == nil {
		return nil
	}
	if why := context.Cause(p.ctx); why != nil && !errors.Is(err, ErrHeld) {
		err = why
	}
	return p.command.failed(err, p.said)
}

// Kill kills the program and its process group. It may be called more than once.
func (p *Process) Kill() { p.kill() }

// Said returns the end of the program's stderr so far, as in
// Error. It is safe for concurrent use.
func (p *Process) Said() string { return p.said.words(p.command.Lines) }

// bounded is the context with the time limit.
func (c Command) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.Timeout == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, c.Timeout, fmt.Errorf("%w after %s", ErrTimeout, c.Timeout))
}

// command is the command for exec, and the kept end of its stderr.
func (c Command) command(ctx context.Context) (*exec.Cmd, *tail) {
	argv := c.argv()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	said := &tail{}
	cmd.Dir, cmd.Env, cmd.Stderr, cmd.WaitDelay = c.Dir, c.Env, said, DefaultGrace
	if c.Grace != 0 {
		cmd.WaitDelay = c.Grace
	}
	if c.Group != SharedGroup {
		setGroup(cmd, c.Group)
	}
	return cmd, said
}

func (c Command) argv() []string {
	if len(c.Argv) == 0 {
		return []string{shell, "-c", c.Line}
	}
	return c.Argv
}

func (c Command) failed(err error, said *tail) *Error {
	return &Error{c.argv()[0], err, said.words(c.Lines)}
}
