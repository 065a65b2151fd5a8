package transporttest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"aixmend/transport"
)

// Answer is a scripted host's answer to a command.
type Answer struct {
	// Exit is the exit status, 0 to 255.
	Exit int
	// Stdout and Stderr are printed first, whatever happens then.
	Stdout, Stderr string
	// Hang lets the command be called hung, at once, or late where its Within is shorter
	// than its Timeout.
	Hang bool
	// Lost breaks the connection while the command runs.
	Lost bool
}

// Sent is one command that reached a host.
type Sent struct {
	Host string
	transport.Command
}

// Fake is a transport.Dialer whose hosts answer exact command lines. A command
// without an answer, and a connection that is still open when the test ends,
// fail the test. No time passes in it. It is safe for concurrent use.
type Fake struct {
	t testing.TB

	mu       sync.Mutex
	answers  map[string][]Answer // by key; the last one stays
	refusals []error
	dialed   []transport.Target
	sent     []Sent
	open     int

	files     map[string][]byte  // by key of host and path
	failures  map[string][]error // the same
	transfers []Transfer
	noFiles   bool
}

var _ transport.Dialer = (*Fake)(nil)

var errFakeLost = errors.New("the scripted connection broke")

// NewFake returns a fake that knows no command yet.
func NewFake(t testing.TB) *Fake {
	f := &Fake{t: t, answers: map[string][]Answer{}, files: map[string][]byte{}, failures: map[string][]error{}}
	t.Cleanup(func() {
		if n := f.Open(); n > 0 {
			t.Errorf("fake: %d connections were never closed", n)
		}
	})
	return f
}

// On scripts the answers of every host to a line: the first answer the first time,
// and so on; the last one from then on.
func (f *Fake) On(line string, answers ...Answer) { f.OnHost("", line, answers...) }

// OnHost is On for one host alone; it goes before On.
func (f *Fake) OnHost(host, line string, answers ...Answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[key(host, line)] = answers
}

// FailDial lets the next calls of Dial fail, one error a call; nil lets one pass.
func (f *Fake) FailDial(errs ...error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refusals = append(f.refusals, errs...)
}

// Dialed returns the targets in the order of the calls of Dial.
func (f *Fake) Dialed() []transport.Target {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]transport.Target(nil), f.dialed...)
}

// Sent returns every command that reached a host, in order.
func (f *Fake) Sent() []Sent {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Sent(nil), f.sent...)
}

// Mutating returns those of Sent that may have changed their host.
func (f *Fake) Mutating() []Sent {
	var changes []Sent
	for _, s := range f.Sent() {
		if s.Mutating {
			changes = append(changes, s)
		}
	}
	return changes
}

// Open is the number of connections that are not closed.
func (f *Fake) Open() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open
}

// Dial implements transport.Dialer.
func (f *Fake) Dial(ctx context.Context, target transport.Target) (transport.Conn, error) {
	if ctx.Err() != nil {
		return nil, failure(transport.KindCanceled, "dial", target.Name, context.Cause(ctx))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dialed = append(f.dialed, target)
	if len(f.refusals) > 0 {
		err := f.refusals[0]
		f.refusals = f.refusals[1:]
		if err != nil {
			return nil, err
		}
	}
	f.open++
	return &fakeConn{fake: f, host: target.Name}, nil
}

// answer records a command and finds its answer.
func (f *Fake) answer(host string, c transport.Command) (Answer, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, Sent{Host: host, Command: c})
	for _, k := range []string{key(host, c.Line), key("", c.Line)} {
		answers := f.answers[k]
		if len(answers) == 0 {
			continue
		}
		if len(answers) > 1 {
			f.answers[k] = answers[1:]
		}
		return answers[0], true
	}
	return Answer{}, false
}

func key(host, line string) string { return host + "\x00" + line }

func failure(kind transport.Kind, op, host string, err error) error {
	return &transport.Error{Kind: kind, Op: op, Host: host, Err: err}
}

// fakeConn is one connection to a scripted host.
type fakeConn struct {
	fake *Fake
	host string
	gone bool // broken or closed; one goroutine at a time uses a connection
	once sync.Once
}

// Run implements transport.Conn.
func (c *fakeConn) Run(ctx context.Context, commands []transport.Command) (transport.Transcript, error) {
	t := transport.Transcript{Results: make([]transport.Result, len(commands))}
	for i, command := range commands {
		t.Results[i] = transport.Result{ID: command.ID, Err: transport.ErrNotRun}
	}
	for i, command := range commands {
		err := c.usable(ctx)
		if err == nil {
			err = c.run(command, &t.Results[i])
		}
		if err != nil {
			for j := i; j < len(commands); j++ {
				t.Results[j].Err = err
			}
			return t, err
		}
		if errors.Is(t.Results[i].Err, transport.ErrLate) {
			for j := i + 1; j < len(commands); j++ {
				t.Results[j].Err = transport.ErrLate
			}
			break
		}
		if ends(command, t.Results[i]) {
			break
		}
	}
	return t, nil
}

// usable tells why the connection carries no command.
func (c *fakeConn) usable(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		c.gone = true
		return failure(transport.KindCanceled, "run", c.host, context.Cause(ctx))
	case c.gone:
		return failure(transport.KindLost, "open session", c.host, errFakeLost)
	}
	return nil
}

// run answers one command; its error is that of the connection.
func (c *fakeConn) run(command transport.Command, r *transport.Result) error {
	a, known := c.fake.answer(c.host, command)
	if !known {
		c.fake.t.Errorf("fake: no answer for the command %s on %s:\n%s", command.ID, c.host, command.Line)
		return failure(transport.KindProtocol, "run", c.host, fmt.Errorf("no answer for the command %s", command.ID))
	}
	stdout := a.Stdout
	if command.Require != "" && !a.Hang && !a.Lost {
		stdout = strings.TrimRight(stdout, "\n") + "\n"
	}
	r.Started = time.Now()
	r.Stdout, r.StdoutDropped = bound(stdout, command.MaxOutput)
	r.Stderr, r.StderrDropped = bound(a.Stderr, command.MaxOutput)
	r.Err = nil
	switch {
	case a.Lost:
		c.gone = true
		return failure(transport.KindLost, "run", c.host, errFakeLost)
	case a.Hang:
		r.Duration, r.Err = command.Timeout, transport.ErrHung
		if command.Within > 0 && command.Within < command.Timeout {
			r.Duration, r.Err = command.Within, transport.ErrLate
		}
	default:
		r.Exit = a.Exit
	}
	return nil
}

// ends reports whether the commands after this one are not run.
func ends(c transport.Command, r transport.Result) bool {
	if r.Err != nil {
		return c.Mutating || c.Require != ""
	}
	return c.Require != "" && strings.TrimRight(string(r.Stdout), "\n") != c.Require
}

// bound keeps the first bytes of a stream and counts the others.
func bound(text string, limit int) ([]byte, int64) {
	if limit <= 0 {
		limit = transport.DefaultMaxOutput
	}
	kept := min(limit, len(text))
	return []byte(text[:kept]), int64(len(text) - kept)
}

// Close implements transport.Conn.
func (c *fakeConn) Close() error {
	c.once.Do(func() {
		c.gone = true
		c.fake.mu.Lock()
		defer c.fake.mu.Unlock()
		c.fake.open--
	})
	return nil
}
