package sshtest

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// serveChannel answers one request for a channel.
func (c *conn) serveChannel(sc *ssh.ServerConn, nc ssh.NewChannel) {
	switch nc.ChannelType() {
	case "session":
		c.openSession(sc, nc)
	case "direct-tcpip":
		c.sessions.Go(func() { c.forward(nc) })
	default:
		_ = nc.Reject(ssh.UnknownChannelType, "unknown channel type")
	}
}

func (c *conn) openSession(sc *ssh.ServerConn, nc ssh.NewChannel) {
	f := c.server.currentFaults()
	if f.StallSession {
		return
	}
	if f.RejectSession {
		_ = nc.Reject(ssh.ResourceShortage, "open failed")
		return
	}
	if c.full() {
		_ = nc.Reject(ssh.ConnectionFailed, "open failed")
		return
	}
	ch, requests, err := nc.Accept()
	if err != nil {
		return
	}
	s := &session{conn: c, ssh: sc, channel: ch}
	s.ctx, s.cancel = context.WithCancelCause(c.ctx)
	c.openMu.Lock()
	c.open[s] = struct{}{}
	c.openMu.Unlock()
	c.sessions.Go(func() { s.serve(requests) })
}

// full reports whether the connection has all the sessions that it may have.
// sshd works off its events in their order: a session that the client has
// closed makes room for the request right behind, so it does not count here,
// even if its goroutine is not yet through.
func (c *conn) full() bool {
	limit := c.server.opts.MaxSessions
	if limit == 0 {
		return false
	}
	c.openMu.Lock()
	defer c.openMu.Unlock()
	used := 0
	for s := range c.open {
		if s.used() {
			used++
		}
	}
	return used >= limit
}

func (c *conn) sessionClosed(s *session) {
	c.openMu.Lock()
	defer c.openMu.Unlock()
	delete(c.open, s)
}

// session is one channel; it serves one exec or subsystem.
type session struct {
	conn    *conn
	ssh     *ssh.ServerConn
	channel ssh.Channel
	ctx     context.Context
	cancel  context.CancelCauseFunc
	env     []string
	started bool
	running sync.WaitGroup
	busy    atomic.Bool // something runs in it
}

// used reports whether the session is open, or something runs in it still.
func (s *session) used() bool {
	if s.busy.Load() {
		return true
	}
	_, err := s.channel.SendRequest("keepalive@openssh.com", false, nil)
	return err == nil // else it was closed, by either side
}

// serve reads the requests of the session until it closes. The channel of
// requests is closed together with the session, and that ends the context.
func (s *session) serve(requests <-chan *ssh.Request) {
	defer s.conn.sessionClosed(s)
	for r := range requests {
		s.request(r)
	}
	s.cancel(ErrClosed)
	s.running.Wait()
}

func (s *session) request(r *ssh.Request) {
	ok := false
	var start func()
	switch r.Type {
	case "exec":
		var p struct{ Command string }
		if ssh.Unmarshal(r.Payload, &p) == nil && !s.started {
			ok = true
			start = s.prepare(p.Command)
		}
	case "subsystem":
		var p struct{ Name string }
		if ssh.Unmarshal(r.Payload, &p) == nil && p.Name == "sftp" && s.conn.server.opts.SFTP != nil && !s.started {
			ok, s.started = true, true
			start = s.sftp
		}
	case "env":
		var p struct{ Name, Value string }
		if ssh.Unmarshal(r.Payload, &p) == nil {
			s.env = append(s.env, p.Name+"="+p.Value)
		}
	case "signal":
		var p struct{ Name string }
		if ssh.Unmarshal(r.Payload, &p) == nil {
			s.signal(p.Name)
		}
	}
	if r.WantReply {
		_ = r.Reply(ok, nil)
	}
	if start != nil {
		s.busy.Store(true)
		s.running.Go(start)
	}
}

func (s *session) signal(name string) {
	switch name {
	case "KILL", "TERM", "INT", "HUP", "QUIT":
		s.cancel(SignalError{Name: name})
	}
}

// prepare logs a command and returns the function that runs it; nil when a fault holds it.
func (s *session) prepare(command string) func() {
	s.started = true
	srv := s.conn.server
	srv.logCommand(command)
	if srv.cut(func(f Faults) string { return f.CutBefore }, command) {
		s.conn.abort()
		return nil
	}
	if srv.currentFaults().HangExec {
		return nil
	}
	return func() { s.exec(command) }
}

func (s *session) exec(command string) {
	srv := s.conn.server
	if srv.cut(func(f Faults) string { return f.CutDuring }, command) {
		// The handler is called with a context that has ended: it decides
		// whether its children still run, as under sshd.
		s.conn.abort()
	}
	exit := srv.handler.ServeExec(s.ctx, &Exec{
		User: s.ssh.User(), Command: command,
		Stdin: s.channel, Stdout: s.channel, Stderr: s.channel.Stderr(),
		Local: s.conn.raw.LocalAddr(), Remote: s.conn.raw.RemoteAddr(), Env: s.env,
	})
	if srv.cut(func(f Faults) string { return f.CutAfterRun }, command) {
		s.conn.abort()
		return
	}
	s.busy.Store(false)
	s.exit(exit)
}

// exit tells the status and closes the session; the order is that of sshd.
func (s *session) exit(status int) {
	_ = s.channel.CloseWrite()
	s.tell(status)
	_ = s.channel.Close()
}

// tell tells the status. A handler that ends for want of its connection has nobody to tell it
// to: a status that is quicker than the cut would be an end that no real host reports.
func (s *session) tell(status int) {
	if errors.Is(context.Cause(s.ctx), ErrClosed) {
		return
	}
	_, _ = s.channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(status & 0xff)}))
}

func (s *session) sftp() {
	if s.conn.server.currentFaults().DeadSFTP {
		_, _ = io.WriteString(s.channel.Stderr(), "sh: /usr/sbin/sftp-server: not found\n")
		s.busy.Store(false)
		s.exit(127)
		return
	}
	if s.conn.server.currentFaults().TalkativeSFTP {
		_, _ = io.WriteString(s.channel, "Welcome to AIX\n")
	}
	server := sftp.NewRequestServer(s.channel, s.conn.server.opts.SFTP(s.ssh.User()))
	status := 0
	if err := server.Serve(); err != nil && !errors.Is(err, io.EOF) {
		status = 1
	}
	time.Sleep(s.conn.server.currentFaults().SFTPLingers)
	s.busy.Store(false)
	s.tell(status)
	server.Close() // not by exit: the server may be writing an answer still
}

// forward serves direct-tcpip: the connection of a client through a bastion.
func (c *conn) forward(nc ssh.NewChannel) {
	var p struct {
		Host       string
		Port       uint32
		OriginHost string
		OriginPort uint32
	}
	if c.server.opts.Dial == nil || ssh.Unmarshal(nc.ExtraData(), &p) != nil {
		_ = nc.Reject(ssh.Prohibited, "administratively prohibited")
		return
	}
	if c.spoiled(nc) {
		return
	}
	to, err := c.server.opts.Dial(c.ctx, "tcp", net.JoinHostPort(p.Host, strconv.Itoa(int(p.Port))))
	if err != nil {
		_ = nc.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	defer to.Close()
	ch, requests, err := nc.Accept()
	if err != nil {
		return
	}
	defer ch.Close()
	stop := context.AfterFunc(c.ctx, func() { to.Close() })
	defer stop()
	var copies sync.WaitGroup
	copies.Go(func() {
		ssh.DiscardRequests(requests) // ends when the client closes the channel
		to.Close()
	})
	copies.Go(func() {
		_, _ = io.Copy(to, ch)
		closeWrite(to)
	})
	_, _ = io.Copy(ch, to)
	_ = ch.CloseWrite()
	_ = ch.Close()
	to.Close()
	copies.Wait()
}

// spoiled lets a channel go wrong where the faults say so.
func (c *conn) spoiled(nc ssh.NewChannel) bool {
	f, wrong := c.server.forwarding()
	if !wrong {
		return false
	}
	switch f.Forward {
	case ForwardRefuse:
		reason := f.ForwardReason
		if reason == 0 {
			reason = ssh.ResourceShortage
		}
		_ = nc.Reject(reason, f.ForwardMessage)
	case ForwardDrop, ForwardStall:
		ch, requests, err := nc.Accept()
		if err != nil {
			return true
		}
		if f.Forward == ForwardDrop {
			_ = ch.Close()
		}
		ssh.DiscardRequests(requests)
	case ForwardDie:
		c.abort()
	}
	return true
}

// closeWrite ends one direction where the connection can do that.
func closeWrite(c net.Conn) {
	if h, ok := c.(interface{ CloseWrite() error }); ok {
		_ = h.CloseWrite()
		return
	}
	c.Close()
}
