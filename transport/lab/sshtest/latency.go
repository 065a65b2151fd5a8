package sshtest

import (
	"net"
	"os"
	"sync"
	"time"
)

// delayConn is a delay line around a connection: every chunk arrives one-way
// later than it was sent, in both directions, and chunks travel behind one
// another without waiting (a slow link, not a slow server).
//
// One goroutine reads ahead; writes are delivered by a timer, so an idle
// connection costs no more than that goroutine.
type delayConn struct {
	net.Conn
	oneWay time.Duration

	mu           sync.Mutex
	in, out      []chunk
	readErr      error // once the inner connection ended; behind what is in the line
	readErrAt    time.Time
	writeErr     error
	closed       bool
	timer        *time.Timer // runs while out is not empty
	readDeadline time.Time
	changed      chan struct{}
}

// chunk is data that may be handed on at a time.
type chunk struct {
	data []byte
	at   time.Time
}

// newDelayConn starts the read-ahead goroutine; done is called when it ends.
func newDelayConn(c net.Conn, oneWay time.Duration, done func()) *delayConn {
	d := &delayConn{Conn: c, oneWay: oneWay, changed: make(chan struct{})}
	go func() {
		defer done()
		d.readAhead()
	}()
	return d
}

func (d *delayConn) wake() {
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *delayConn) readAhead() {
	buf := make([]byte, 4096)
	for {
		n, err := d.Conn.Read(buf)
		at := time.Now().Add(d.oneWay)
		d.mu.Lock()
		if n > 0 {
			d.in = append(d.in, chunk{append([]byte(nil), buf[:n]...), at})
		}
		if err != nil {
			d.readErr, d.readErrAt = err, at
		}
		d.wake()
		d.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Read hands out the head of the line when its time has come.
func (d *delayConn) Read(p []byte) (int, error) {
	for {
		d.mu.Lock()
		now := time.Now()
		if d.closed {
			d.mu.Unlock()
			return 0, net.ErrClosed
		}
		if !d.readDeadline.IsZero() && !now.Before(d.readDeadline) {
			d.mu.Unlock()
			return 0, os.ErrDeadlineExceeded
		}
		until := d.readDeadline
		switch {
		case len(d.in) > 0 && !now.Before(d.in[0].at):
			n := copy(p, d.in[0].data)
			if d.in[0].data = d.in[0].data[n:]; len(d.in[0].data) == 0 {
				d.in = d.in[1:]
			}
			d.mu.Unlock()
			return n, nil
		case len(d.in) > 0:
			until = earlier(until, d.in[0].at)
		case d.readErr != nil && !now.Before(d.readErrAt):
			err := d.readErr
			d.mu.Unlock()
			return 0, err
		case d.readErr != nil:
			until = earlier(until, d.readErrAt)
		}
		changed := d.changed
		d.mu.Unlock()
		waitUntil(changed, until)
	}
}

// earlier returns the earlier of a deadline (zero is none) and a time.
func earlier(deadline, t time.Time) time.Time {
	if deadline.IsZero() || t.Before(deadline) {
		return t
	}
	return deadline
}

// Write puts data into the line and returns at once.
func (d *delayConn) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return 0, net.ErrClosed
	}
	if d.writeErr != nil {
		return 0, d.writeErr
	}
	d.out = append(d.out, chunk{append([]byte(nil), p...), time.Now().Add(d.oneWay)})
	if d.timer == nil {
		d.timer = time.AfterFunc(d.oneWay, d.deliver)
	}
	return len(p), nil
}

// deliver writes the data that is due and sets the timer for the rest. Only one runs at
// a time: the timer is set again by the one that ran.
func (d *delayConn) deliver() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.out) > 0 {
		now := time.Now()
		if wait := d.out[0].at.Sub(now); wait > 0 {
			d.timer = time.AfterFunc(wait, d.deliver)
			return
		}
		var due []byte
		for len(d.out) > 0 && !now.Before(d.out[0].at) {
			due = append(due, d.out[0].data...)
			d.out = d.out[1:]
		}
		d.mu.Unlock()
		_, err := d.Conn.Write(due)
		d.mu.Lock()
		if err != nil {
			d.writeErr = err
			d.out = nil
		}
	}
	d.timer = nil
	if d.closed {
		d.Conn.Close()
	}
}

// Close closes the line once its data is delivered.
func (d *delayConn) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	d.wake()
	if d.timer == nil {
		return d.Conn.Close()
	}
	return nil
}

// abort closes at once, whatever is in the line.
func (d *delayConn) abort() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.out = nil
	d.wake()
	if d.timer != nil && d.timer.Stop() {
		d.timer = nil
	}
	d.Conn.Close()
}

func (d *delayConn) SetDeadline(t time.Time) error { return d.SetReadDeadline(t) }

func (d *delayConn) SetReadDeadline(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.readDeadline = t
	d.wake()
	return nil
}

func (d *delayConn) SetWriteDeadline(time.Time) error { return nil }
