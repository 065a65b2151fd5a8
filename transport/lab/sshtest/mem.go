package sshtest

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// MemListener is a net.Listener without a network. Its connections are
// buffered without limit (SSH deadlocks on net.Pipe: both sides write first),
// keep deadlines, and wait on channels and timers only, so they are durably
// blocked in the sense of testing/synctest.
type MemListener struct {
	addr   memAddr
	accept chan net.Conn
	done   chan struct{}
	once   sync.Once
}

var _ net.Listener = (*MemListener)(nil)

// NewMemListener returns a listener that calls itself name, for example
// "10.1.2.3:22".
func NewMemListener(name string) *MemListener {
	return &MemListener{addr: memAddr(name), accept: make(chan net.Conn), done: make(chan struct{})}
}

// Accept waits for the next Dial.
func (l *MemListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close makes Accept and Dial fail; open connections stay.
func (l *MemListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

// Addr returns the name of the listener.
func (l *MemListener) Addr() net.Addr { return l.addr }

// Dial connects to the listener. It fails like a refused connection once the
// listener is closed.
func (l *MemListener) Dial() (net.Conn, error) {
	return l.DialContext(context.Background(), "mem", string(l.addr))
}

// DialContext is Dial with the signature of net.Dialer.DialContext; network
// and address are not looked at.
func (l *MemListener) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := pipe(memAddr("mem-client"), l.addr)
	select {
	case l.accept <- server:
		return client, nil
	case <-l.done:
		return nil, &net.OpError{Op: "dial", Net: "mem", Addr: l.addr, Err: fmt.Errorf("connection refused: %w", net.ErrClosed)}
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: "mem", Addr: l.addr, Err: ctx.Err()}
	}
}

type memAddr string

func (a memAddr) Network() string { return "mem" }
func (a memAddr) String() string  { return string(a) }

// Pipe returns the two ends of a buffered connection in memory.
func Pipe() (client, server net.Conn) { return pipe("mem-client", "mem-server") }

func pipe(a, b memAddr) (net.Conn, net.Conn) {
	up, down := newStream(), newStream()
	return &memConn{in: down, out: up, local: a, remote: b},
		&memConn{in: up, out: down, local: b, remote: a}
}

// memConn is one end; in and out are the two directions.
type memConn struct {
	in, out       *stream
	local, remote memAddr
}

func (c *memConn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *memConn) Write(p []byte) (int, error) { return c.out.write(p) }
func (c *memConn) LocalAddr() net.Addr         { return c.local }
func (c *memConn) RemoteAddr() net.Addr        { return c.remote }

// Close ends both directions; data on its way to the peer still arrives.
func (c *memConn) Close() error {
	c.out.closeWrite()
	c.in.closeRead()
	return nil
}

func (c *memConn) SetDeadline(t time.Time) error {
	c.in.setReadDeadline(t)
	c.out.setWriteDeadline(t)
	return nil
}

func (c *memConn) SetReadDeadline(t time.Time) error {
	c.in.setReadDeadline(t)
	return nil
}

func (c *memConn) SetWriteDeadline(t time.Time) error {
	c.out.setWriteDeadline(t)
	return nil
}

// stream is one direction of a connection.
type stream struct {
	mu            sync.Mutex
	buf           []byte
	eof           bool          // the writer has closed
	gone          bool          // the reader has closed
	changed       chan struct{} // closed and replaced whenever something below changes
	readDeadline  time.Time
	writeDeadline time.Time
}

func newStream() *stream { return &stream{changed: make(chan struct{})} }

// wake lets all waiters look again; mu is held.
func (s *stream) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *stream) read(p []byte) (int, error) {
	for {
		s.mu.Lock()
		switch deadline := s.readDeadline; {
		case s.gone:
			s.mu.Unlock()
			return 0, net.ErrClosed
		case !deadline.IsZero() && !time.Now().Before(deadline):
			s.mu.Unlock()
			return 0, os.ErrDeadlineExceeded
		case len(s.buf) > 0:
			n := copy(p, s.buf)
			s.buf = s.buf[n:]
			if len(s.buf) == 0 {
				s.buf = nil
			}
			s.mu.Unlock()
			return n, nil
		case s.eof:
			s.mu.Unlock()
			return 0, io.EOF
		case len(p) == 0:
			s.mu.Unlock()
			return 0, nil
		default:
			changed := s.changed
			s.mu.Unlock()
			waitUntil(changed, deadline)
		}
	}
}

// waitUntil returns when changed is closed or the deadline, if any, is over.
func waitUntil(changed <-chan struct{}, deadline time.Time) {
	if deadline.IsZero() {
		<-changed
		return
	}
	t := time.NewTimer(time.Until(deadline))
	defer t.Stop()
	select {
	case <-changed:
	case <-t.C:
	}
}

func (s *stream) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.eof:
		return 0, net.ErrClosed
	case s.gone:
		return 0, io.ErrClosedPipe
	case !s.writeDeadline.IsZero() && !time.Now().Before(s.writeDeadline):
		return 0, os.ErrDeadlineExceeded
	}
	s.buf = append(s.buf, p...)
	s.wake()
	return len(p), nil
}

func (s *stream) closeWrite() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.eof = true
	s.wake()
}

func (s *stream) closeRead() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	s.buf = nil
	s.wake()
}

func (s *stream) setReadDeadline(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readDeadline = t
	s.wake()
}

func (s *stream) setWriteDeadline(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writeDeadline = t
}
