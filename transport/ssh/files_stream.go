package ssh

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

var (
	errRequestRefused = errors.New("the server refused the request")
	errNoProgress     = errors.New("nothing moved for too long: the connection is dead")
)

// idleReplies is how many ReplyTimeouts a transfer may stand still.
const idleReplies = 4

// maxLastWords bounds what is kept of a session's stderr: its end.
const maxLastWords = 4 << 10

// byteStream is one session that moves bytes. It is the channel itself, since
// x/crypto's Session does not tell when a subsystem has let go of it, and where
// a server allows one session at a time the next one has to wait for that.
//
// Everything on it is bounded: it ends with ctx, when the server owes an answer
// for too long, and when nothing moves for too long. The first closes the
// session, and the connection when the server does not let go of it; the others
// cut the connection.
type byteStream struct {
	conn *conn
	ctx  context.Context
	stop func() bool // ends the watch on ctx

	mu      sync.Mutex
	channel ssh.Channel // nil until it is open
	watch   *time.Timer
	idle    time.Duration
	over    bool // nothing has to move

	shut    sync.Once // stdin has ended
	streams sync.WaitGroup
	gone    chan struct{} // closed when the server has let go of the session
	status  int           // the exit status, -1 when none came; good once gone is closed
	said    []byte        // the end of stderr; the same
}

// openStream opens a session and asks for a command or a subsystem.
// errRequestRefused: the server gave a session, and does not do that on it.
func (c *conn) openStream(ctx context.Context, request string, payload any) (*byteStream, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := &byteStream{conn: c, ctx: ctx, idle: idleReplies * c.options.ReplyTimeout, gone: make(chan struct{}), status: -1}
	s.watch = time.AfterFunc(c.options.ReplyTimeout, func() { c.abort(errNoReply) })
	s.stop = context.AfterFunc(ctx, s.cut)
	channel, requests, err := c.client.OpenChannel("session", nil)
	var refused *ssh.OpenChannelError
	if errors.As(err, &refused) {
		// sshd works off all that has come before it clears away: where it
		// allows one session, and the end of the last one came right before
		// this request, that one still counted. It does not after the answer.
		channel, requests, err = c.client.OpenChannel("session", nil)
	}
	if err != nil {
		s.stop()
		s.unwatch()
		return nil, err
	}
	s.opened(channel, requests)
	ok, err := channel.SendRequest(request, true, ssh.Marshal(payload))
	if err == nil && !ok {
		err = errRequestRefused
	}
	if err != nil {
		s.end(channel.Close) // nothing runs that could end by itself
		return nil, err
	}
	s.mu.Lock()
	s.watch.Stop()
	s.watch = time.AfterFunc(c.options.StartTimeout, func() { c.abort(errNoProgress) })
	s.mu.Unlock()
	return s, nil
}

// opened begins to serve a channel.
func (s *byteStream) opened(channel ssh.Channel, requests <-chan *ssh.Request) {
	s.mu.Lock()
	s.channel = channel
	s.mu.Unlock()
	s.streams.Go(func() {
		buffer := make([]byte, 1<<10)
		for {
			n, err := channel.Stderr().Read(buffer)
			s.said = append(s.said, buffer[:n]...)
			s.said = s.said[max(0, len(s.said)-maxLastWords):]
			if err != nil {
				return
			}
		}
	})
	go func() {
		defer close(s.gone)
		for r := range requests { // they end with the channel
			switch {
			case r.Type == "exit-status" && len(r.Payload) >= 4:
				s.status = int(binary.BigEndian.Uint32(r.Payload))
			case r.Type == "exit-signal":
				s.status = 128
			}
			if r.WantReply {
				_ = r.Reply(false, nil)
			}
		}
		s.streams.Wait()
	}()
}

// cut ends the session because ctx has.
func (s *byteStream) cut() {
	s.mu.Lock()
	channel := s.channel
	s.mu.Unlock()
	if channel == nil { // there is nothing yet that could be closed
		s.conn.abort(context.Cause(s.ctx))
		return
	}
	timer := time.AfterFunc(s.grace(), func() { s.conn.abort(context.Cause(s.ctx)) })
	defer timer.Stop()
	_ = channel.Close()
	<-s.gone
}

func (s *byteStream) grace() time.Duration { return min(closeGrace, s.conn.options.ReplyTimeout) }

// touch says that something moved.
func (s *byteStream) touch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.watch.Reset(s.idle)
	}
}

// unwatch suspends the limits; ctx goes on to be watched.
func (s *byteStream) unwatch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	s.watch.Stop()
}

// rewatch ends unwatch.
func (s *byteStream) rewatch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = false
	s.watch.Reset(s.idle)
}

// Read gives what the host sends on stdout.
func (s *byteStream) Read(p []byte) (int, error) {
	n, err := s.channel.Read(p)
	if n > 0 {
		s.touch()
	}
	return n, err
}

// Write sends to the host's stdin.
func (s *byteStream) Write(p []byte) (int, error) {
	n, err := s.channel.Write(p)
	if n > 0 {
		s.touch()
	}
	return n, err
}

// Close ends the host's stdin; the session goes on. Later calls do nothing.
func (s *byteStream) Close() (err error) {
	s.shut.Do(func() { err = s.channel.CloseWrite() })
	return err
}

// wait waits until the server has let go of the session; its end must have
// been asked for. It returns the exit status, or io.EOF when none came.
func (s *byteStream) wait() (int, error) {
	<-s.gone
	if s.status < 0 {
		return 0, io.EOF
	}
	return s.status, nil
}

// end ends the session, which release asks the host for, and gives it a moment
// for that. A session that does not end is left behind: the next one, or the
// keepalive, finds out whether the link is alive.
func (s *byteStream) end(release func() error) {
	defer s.stop()
	s.unwatch()
	released := make(chan struct{})
	go func() {
		defer close(released)
		_ = release() // it is over in any case
		<-s.gone
	}()
	timer := time.NewTimer(s.grace())
	defer timer.Stop()
	select {
	case <-released:
		return
	case <-timer.C:
	}
	if s.ctx.Err() != nil {
		<-released // cut sees to it
		return
	}
	go func() { _ = s.channel.Close() }() // it can wait for a link that is stuck
}
