package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
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

	passwords *keyring
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
		return nil, c.fail(transport.KindProtocol, "open session", said{noSession(refused)})
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
	return fmt.Errorf("the server refused a session (%s): %s", remedy, printable(refused.Message))
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

// lastLine is the last line that says something in the first of some untrusted
// texts that has one, made printable, for an error message. It is the last one
// because profiles talk before what we look for.
func lastLine(texts ...[]byte) string {
	for _, text := range texts {
		lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
		if line := bytes.TrimSpace(lines[len(lines)-1]); len(line) > 0 {
			return printable(string(line[:min(len(line), 160)]))
		}
	}
	return "it printed nothing"
}

// brief is untrusted text fit for a message: printable, and not long.
func brief(text string) string {
	if len(text) > maxBrief {
		return printable(strings.ToValidUTF8(text[:maxBrief], "")) + "..."
	}
	return printable(text)
}

// maxBrief is how long it may be, in bytes.
const maxBrief = 200

// printable makes untrusted text fit for a message: quoted when it holds
// anything but printable characters.
func printable(text string) string {
	quoted := strconv.QuoteToGraphic(text)
	if plain := quoted[1 : len(quoted)-1]; plain == text {
		return plain
	}
	return quoted
}
