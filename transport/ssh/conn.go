package ssh

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/cause"
	"aixmend/transport/plain"
	"aixmend/transport/retry"
	"aixmend/transport/ssh/exec"
	"aixmend/transport/ssh/fault"
	"aixmend/transport/ssh/files"
)

// conn is one authenticated connection.
type conn struct {
	target       transport.Target
	client       *ssh.Client
	replyTimeout time.Duration
	stop         context.CancelFunc // ends the keepalive
	done         chan struct{}      // closed when the keepalive has ended

	runner *exec.Runner
	files  *files.Mover
	link   transport.Link
	lost   func() error // why the bastion or proxy command carries it no more; nil: the network alone carries it

	mu     sync.Mutex
	reason error // why we cut the connection, nil if we did not
}

// Run implements transport.Conn.
func (c *conn) Run(ctx context.Context, commands []transport.Command) (transport.Transcript, error) {
	return c.runner.Run(ctx, commands)
}

// Put implements transport.Files.
func (c *conn) Put(ctx context.Context, up transport.Upload) (transport.Moved, error) {
	return c.files.Put(ctx, up)
}

// Get implements transport.Files.
func (c *conn) Get(ctx context.Context, down transport.Download) (transport.Moved, error) {
	return c.files.Get(ctx, down)
}

// Link returns how the connection came about, see transport.LinkOf.
func (c *conn) Link() transport.Link { return c.link }

// Close implements transport.Conn. It waits for the keepalive to end.
func (c *conn) Close() error {
	c.stop()
	_ = c.client.Close()
	<-c.done
	return nil
}

// Wait waits for the end of the connection and closes it.
func (c *conn) Wait() {
	_ = c.client.Wait()
	_ = c.Close()
}

// Abort cuts the connection; the first reason is kept.
func (c *conn) Abort(reason error) {
	c.mu.Lock()
	if c.reason == nil {
		c.reason = reason
	}
	c.mu.Unlock()
	_ = c.client.Close()
}

// Cause returns why the connection was cut, on this side or on its way, nil if it
// was not.
func (c *conn) Cause() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason == nil && c.lost != nil {
		return c.lost()
	}
	return c.reason
}

// OpenChannel opens a channel. It waits for the server's answer without a limit.
func (c *conn) OpenChannel(name string, data []byte) (ssh.Channel, <-chan *ssh.Request, error) {
	return c.client.OpenChannel(name, data)
}

// fail returns an error of this connection.
func (c *conn) fail(kind transport.Kind, op string, err error) error {
	return &transport.Error{Kind: kind, Op: op, Host: c.target.Name, Err: plain.Error(err)}
}

// NewSession opens a session. x/crypto waits for the server's answer for ever, so
// the reply timeout, or the end of ctx, cuts the connection.
func (c *conn) NewSession(ctx context.Context) (*ssh.Session, error) {
	if ctx.Err() != nil { // nothing is sent
		return nil, c.fail(transport.KindCanceled, "open session", context.Cause(ctx))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.replyTimeout, fault.ErrNoReply)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { c.Abort(context.Cause(ctx)) })
	defer stop()
	var session *ssh.Session
	var err error
	var refused *ssh.OpenChannelError
	for range retry.Session.Attempts {
		if session, err = c.client.NewSession(); !errors.As(err, &refused) {
			break
		}
	}
	if err == nil {
		return session, nil
	}
	switch {
	case errors.Is(context.Cause(ctx), fault.ErrNoReply):
		return nil, c.fail(transport.KindLost, "open session", fault.ErrNoReply)
	case ctx.Err() != nil:
		return nil, c.fail(transport.KindCanceled, "open session", context.Cause(ctx))
	case errors.As(err, &refused):
		return nil, c.fail(transport.KindProtocol, "open session", cause.Because(cause.SessionRefused, fault.Short(noSession(refused))))
	case c.Cause() != nil:
		return nil, c.fail(transport.KindLost, "open session", c.Cause())
	}
	return nil, c.fail(transport.KindLost, "open session", err)
}

// noSession explains why a server opens no session: MaxSessions is 0, or the login
// may open none.
func noSession(refused *ssh.OpenChannelError) error {
	remedy := "this login may open none"
	if refused.Reason == ssh.ConnectionFailed || refused.Reason == ssh.ResourceShortage { // the first is OpenSSH's
		remedy = "look at MaxSessions in its sshd_config"
	}
	return fmt.Errorf("the server refused a session (%s): %s", remedy, fault.Printable(refused.Message))
}
