package ssh

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"aixmend/transport"
)

// way is how an attempt gets its network connection.
type way struct {
	// open opens it; its error may be an *Error. ctx ends with the connect
	// timeout.
	open func(ctx context.Context, address string) (net.Conn, error)
	// left is what is left of the connect timeout.
	left time.Duration
	// via names the bastions on the way.
	via []string
	// watching asks for watch, which learns how the connection ends.
	watching bool
	watch    *watched
	// medium is what carries the connection that open has opened; nil: the
	// network alone.
	medium medium
}

// medium is what carries a connection and can break by itself: a bastion, a
// proxy command.
type medium interface {
	// lost says why it carries nothing any more; nil: it does.
	lost() error
}

// connect connects to the target: through via, through the target's proxy
// command, or straight. A target with a proxy command has no bastion.
func (a *attempt) connect(ctx context.Context, via *bastion) (*conn, error) {
	fresh := *a
	conn, err := a.once(ctx, via)
	if a.policy != nil && a.policy.TypeWanted() { // the host is known by a type of key that it was not asked for
		*a = fresh
		conn, err = a.once(ctx, via)
	}
	return conn, err
}

// once connects, asking for one type of key.
func (a *attempt) once(ctx context.Context, via *bastion) (*conn, error) {
	a.left = a.dialer.options.ConnectTimeout
	switch {
	case via != nil:
		return a.through(ctx, via)
	case named(a.target.ProxyCommand):
		return a.proxied(ctx)
	}
	a.open = a.straight
	return a.dial(ctx)
}

// straight opens a network connection from this machine.
func (a *attempt) straight(ctx context.Context, address string) (net.Conn, error) {
	inner, err := a.dialer.options.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return a.watched(inner), nil
}

// watched watches a connection where that is asked for.
func (a *attempt) watched(inner net.Conn) net.Conn {
	if !a.watching {
		return inner
	}
	a.watch = new(watched)
	return &watchedConn{inner, a.watch}
}

// named tells whether a jump or a proxy command is one.
func named(text string) bool { return text != "" && text != "none" }

// jumpError says that a bastion or a proxy command is the trouble, and how.
type jumpError struct {
	what string
	err  error
}

// bastionTrouble is the error for a bastion.
func bastionTrouble(name string, err error) *jumpError { return &jumpError{"bastion " + name, err} }

// Error names what is in between, and the kind of what went wrong with it.
func (e *jumpError) Error() string {
	if inner, ok := e.err.(*transport.Error); ok { //nolint:errorlint // one further in is in its text already
		return e.what + ": " + inner.Reason()
	}
	return fmt.Sprintf("%s: %v", e.what, e.err)
}

// Unwrap gives what went wrong.
func (e *jumpError) Unwrap() error { return e.err }

// with is the same trouble with a kind.
func (e *jumpError) with(kind transport.Kind) *jumpError {
	return &jumpError{e.what, &transport.Error{Kind: kind, Op: "dial", Host: e.what, Err: e.err}}
}

// piped is a network connection made of two streams. What has no deadlines (an
// SSH channel, the streams of a program) has some through it, and who waits is
// woken by Close, whatever the far end does.
type piped struct {
	net.Conn // our end of a pipe
	far      net.Conn
	address  hostAddress
	received atomic.Int64 // bytes from the far end
	closing  func()       // called by Close; it may be called twice
}

func newPiped(address string, closing func()) *piped {
	ours, far := net.Pipe()
	return &piped{Conn: ours, far: far, address: hostAddress(address), closing: closing}
}

// receive hands on what comes in, until from ends; ended is called before the
// connection learns it.
func (p *piped) receive(from io.Reader, ended func()) {
	_, _ = io.CopyBuffer(p.far, counting{from, &p.received}, make([]byte, pipedBuffer))
	ended()
	_ = p.far.Close()
}

// send hands on what goes out, until the connection is closed.
func (p *piped) send(to io.Writer) {
	_, _ = io.CopyBuffer(writerOnly{to}, p.far, make([]byte, pipedBuffer))
	_, _ = io.Copy(io.Discard, p.far) // nobody waits to send what can't be sent: how it ended, receive learns
}

// pipedBuffer is what is on its way in each direction, in bytes.
const pipedBuffer = 16 << 10

// RemoteAddr is the target's: the check of host keys wants host:port.
func (p *piped) RemoteAddr() net.Addr { return p.address }

// Close ends the connection.
func (p *piped) Close() error {
	err := p.Conn.Close()
	p.closing()
	return err
}

// hostAddress is host:port of a target that this machine does not dial itself.
type hostAddress string

// Network implements net.Addr.
func (hostAddress) Network() string { return "tcp" }

// String implements net.Addr.
func (h hostAddress) String() string { return string(h) }

// counting counts what is read.
type counting struct {
	io.Reader
	n *atomic.Int64
}

func (c counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// writerOnly keeps io.CopyBuffer from the writer's own way of copying.
type writerOnly struct{ io.Writer }
