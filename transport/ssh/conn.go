package ssh

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/ssh/fault"
	"aixmend/transport/ssh/passwords"
)

var (
	errNoReply = errors.New("the server gave no reply in time")
	errNoStart = errors.New("the login shell gave no sign of the script in time")
)

// conn is one authenticated connection.
type conn struct {
	target  transport.Target
	client  *ssh.Client
	options Options
	stop    context.CancelFunc // ends the keepalive
	done    chan struct{}      // closed when the keepalive has ended

	passwords *passwords.Keyring
	texts     *texts
	allowed   map[string]bool // commands that the tool was asked for and allows
	link      transport.Link
	medium    medium // what carries it besides the network; nil: nothing

	mu     sync.Mutex
	reason error // why we cut the connection, nil when we did not
}

// Link says how the connection came about, see transport.LinkOf.
func (c *conn) Link() transport.Link { return c.link }

// fail makes an error of this connection.
func (c *conn) fail(kind transport.Kind, op string, err error) error {
	return &transport.Error{Kind: kind, Op: op, Host: c.target.Name, Err: err}
}

// abort cuts the connection; the first reason is kept.
func (c *conn) abort(reason error) {
	c.mu.Lock()
	if c.reason == nil {
		c.reason = reason
	}
	c.mu.Unlock()
	_ = c.client.Close()
}

// cause is why the connection was cut from this side or on its way, nil when it
// was not.
func (c *conn) cause() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason == nil && c.medium != nil {
		return c.medium.lost()
	}
	return c.reason
}

// Close implements transport.Conn. It waits for what the connection started.
func (c *conn) Close() error {
	c.stop()
	_ = c.client.Close()
	<-c.done
	return nil
}

// newSession opens a session. x/crypto waits for the server's answer for ever,
// so the wait is raced against its limit and ctx; the loser cuts the connection.
func (c *conn) newSession(ctx context.Context) (*ssh.Session, error) {
	if ctx.Err() != nil { // nothing is sent: the race below could be won
		return nil, c.fail(transport.KindCanceled, "open session", context.Cause(ctx))
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.options.ReplyTimeout, errNoReply)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { c.abort(context.Cause(ctx)) })
	defer stop()
	session, err := c.client.NewSession()
	var refused *ssh.OpenChannelError
	if errors.As(err, &refused) { // the last session may still have counted: see openStream
		session, err = c.client.NewSession()
	}
	if err == nil {
		return session, nil
	}
	switch {
	case errors.Is(context.Cause(ctx), errNoReply):
		return nil, c.fail(transport.KindLost, "open session", errNoReply)
	case ctx.Err() != nil:
		return nil, c.fail(transport.KindCanceled, "open session", context.Cause(ctx))
	case errors.As(err, &refused):
		return nil, c.fail(transport.KindProtocol, "open session", fault.Short(noSession(refused)))
	case c.cause() != nil:
		return nil, c.fail(transport.KindLost, "open session", c.cause())
	}
	return nil, c.fail(transport.KindLost, "open session", err)
}

// noSession explains why a server opens no session. The first one of a
// connection is refused where MaxSessions is 0, or by what a login may not.
func noSession(refused *ssh.OpenChannelError) error {
	remedy := "this login may open none"
	if refused.Reason == ssh.ConnectionFailed || refused.Reason == ssh.ResourceShortage { // the first is OpenSSH's
		remedy = "look at MaxSessions in its sshd_config"
	}
	return fmt.Errorf("the server refused a session (%s): %s", remedy, fault.Printable(refused.Message))
}

// keepalive asks the server for a sign of life until ctx ends. x/crypto has no
// keepalive, and its requests wait for ever: each has its own limit here. Two
// misses in a row cut the connection.
func (c *conn) keepalive(ctx context.Context) {
	defer close(c.done)
	ticker := time.NewTicker(c.options.KeepaliveEvery)
	defer ticker.Stop()
	replies := make(chan error, 1)
	asked, misses := false, 0
	for {
		select {
		case <-ctx.Done():
			if asked {
				<-replies //nolint:errcheck // the client is closed: what the request says does not matter
			}
			return
		case err := <-replies:
			asked, misses = false, 0
			if err != nil {
				_ = c.client.Close() // ended already: whoever uses it learns it
				return
			}
		case <-ticker.C:
			if asked {
				if misses++; misses >= 2 {
					c.abort(errors.New("no answer to two keepalives: the connection is dead"))
				}
				continue
			}
			asked = true
			go func() {
				_, _, err := c.client.SendRequest("keepalive@openssh.com", true, nil)
				replies <- err
			}()
		}
	}
}
