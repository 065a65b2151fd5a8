package files

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport/retry"
	"aixmend/transport/ssh/fault"
)

var (
	errRequestRefused = errors.New("the server refused the request")
	errNoProgress     = errors.New("nothing moved for too long: the connection is dead")
)

// idleReplies bounds the time without progress, in ReplyTimeouts.
const idleReplies = 4

// maxLastWords bounds the kept end of a session's stderr, in bytes.
const maxLastWords = 4 << 10

// byteStream is one session that moves bytes. It uses the channel itself, since
// x/crypto's Session does not tell when a subsystem has ended, and where a server
// allows one session at a time the next one must wait for that.
//
// It ends with ctx, when the server owes an answer for too long, or when nothing
// moves for too long. The first closes the session, and cuts the connection if the
// server does not close it too; the others cut the connection.
type byteStream struct {
	mover *Mover
	ctx   context.Context
	stop  func() bool // ends the watch on ctx

	mu      sync.Mutex
	channel ssh.Channel // nil until it is open
	watch   *time.Timer
	idle    time.Duration
	over    bool // no progress is expected

	shut    sync.Once // stdin has ended
	streams sync.WaitGroup
	gone    chan struct{} // closed when the server has closed the session
	status  int           // the exit status, -1 if none came; valid once gone is closed
	said    []byte        // the end of stderr; valid once gone is closed
}

// openStream opens a session and requests a command or a subsystem.
// errRequestRefused: the server opened the session and refused the request.
func (m *Mover) openStream(ctx context.Context, request string, payload any) (*byteStream, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := &byteStream{mover: m, ctx: ctx, idle: idleReplies * m.ReplyTimeout, gone: make(chan struct{}), status: -1}
	s.watch = time.AfterFunc(m.ReplyTimeout, func() { m.Conn.Abort(fault.ErrNoReply) })
	s.stop = context.AfterFunc(ctx, s.cut)
	var channel ssh.Channel
	var requests <-chan *ssh.Request
	var err error
	for range retry.Session.Attempts {
		if channel, requests, err = m.Conn.OpenChannel("session", nil); !errors.As(err, new(*ssh.OpenChannelError)) {
			break
		}
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
		s.end(channel.Close) // nothing runs that would end by itself
		return nil, err
	}
	s.mu.Lock()
	s.watch.Stop()
	s.watch = time.AfterFunc(m.StartTimeout, func() { m.Conn.Abort(errNoProgress) })
	s.mu.Unlock()
	return s, nil
}

// opened starts to serve a channel.
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
		for r := range requests { // ends with the channel
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

// cut ends the session because ctx has ended.
func (s *byteStream) cut() {
	s.mu.Lock()
	channel := s.channel
	s.mu.Unlock()
	if channel == nil { // there is nothing to close yet
		s.mover.Conn.Abort(context.Cause(s.ctx))
		return
	}
	timer := time.AfterFunc(s.grace(), func() { s.mover.Conn.Abort(context.Cause(s.ctx)) })
	defer timer.Stop()
	_ = channel.Close()
	<-s.gone
}

func (s *byteStream) grace() time.Duration { return min(fault.CloseGrace, s.mover.ReplyTimeout) }

// touch notes progress.
func (s *byteStream) touch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over {
		s.watch.Reset(s.idle)
	}
}

// unwatch suspends the limits, but not the watch on ctx.
func (s *byteStream) unwatch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	s.watch.Stop()
}

// rewatch restores the limits.
func (s *byteStream) rewatch() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = false
	s.watch.Reset(s.idle)
}

// Read reads the host's stdout.
func (s *byteStream) Read(p []byte) (int, error) {
	n, err := s.channel.Read(p)
	if n > 0 {
		s.touch()
	}
	return n, err
}

// Write writes to the host's stdin.
func (s *byteStream) Write(p []byte) (int, error) {
	n, err := s.channel.Write(p)
	if n > 0 {
		s.touch()
	}
	return n, err
}

// Close ends the host's stdin, not the session. Later calls do nothing.
func (s *byteStream) Close() (err error) {
	s.shut.Do(func() { err = s.channel.CloseWrite() })
	return err
}

// wait waits until the server has closed the session, whose end must have been
// requested. It returns the exit status, or io.EOF if none came.
func (s *byteStream) wait() (int, error) {
	<-s.gone
	if s.status < 0 {
		return 0, io.EOF
	}
	return s.status, nil
}

// end ends the session: release asks the host for it. A session that does not end
// in a moment is left behind: the next one, or the keepalive, finds out whether the
// link is alive.
func (s *byteStream) end(release func() error) {
	defer s.stop()
	s.unwatch()
	released := make(chan struct{})
	go func() {
		defer close(released)
		_ = release() // it ends in any case
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
		<-released // cut ends it
		return
	}
	go func() { _ = s.channel.Close() }() // may block on a stuck link
}
