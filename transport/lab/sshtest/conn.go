package sshtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// conn is one connection to the server. Its Write is where the faults that
// count bytes live.
type conn struct {
	server *Server
	raw    net.Conn
	stream net.Conn // raw, or the delay line around it
	delay  *delayConn
	ctx    context.Context
	cancel context.CancelCauseFunc

	mu     sync.Mutex
	sent   int64
	writes int

	sessions sync.WaitGroup
	openMu   sync.Mutex
	open     map[*session]struct{} // sessions now
}

var (
	errCut         = errors.New("sshtest: connection cut")
	errAuthRefused = errors.New("sshtest: not authorised")
)

// abort cuts the connection without a word.
func (c *conn) abort() {
	c.cancel(ErrClosed)
	if c.delay != nil {
		c.delay.abort()
		return
	}
	c.raw.Close()
}

func (c *conn) serve() {
	defer c.server.forget(c)
	defer c.abort()
	if !c.settle() {
		return
	}
	f := c.server.currentFaults()
	if f.DropAt == StageAccept {
		return
	}
	if f.Silent {
		discard(c.stream)
		return
	}
	for _, line := range f.PreBanner {
		if _, err := fmt.Fprintf(c.stream, "%s\r\n", line); err != nil {
			return
		}
	}
	if f.DropAt == StageGreeting {
		c.stream.Close()
		return
	}
	if f.DropAt == StageVersion {
		c.dropAfterVersion()
		return
	}
	sc, channels, requests, err := ssh.NewServerConn(c.faulty(), c.config())
	if err != nil {
		return
	}
	defer c.sessions.Wait()
	defer c.abort()
	c.sessions.Go(func() { c.serveRequests(requests) })
	for nc := range channels {
		c.serveChannel(sc, nc)
	}
	c.cancel(ErrClosed)
}

// settle is the round trip of the TCP handshake: the server sees a connection
// one and a half trips after the client dialled it, and loopback takes none.
func (c *conn) settle() bool {
	if c.delay == nil {
		return true
	}
	t := time.NewTimer(c.server.opts.Latency * 3 / 2)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// dropAfterVersion exchanges version lines and leaves.
func (c *conn) dropAfterVersion() {
	if _, err := io.WriteString(c.stream, "SSH-2.0-sshtest\r\n"); err != nil {
		return
	}
	buf := make([]byte, 256)
	for {
		n, err := c.stream.Read(buf)
		if err != nil || bytes.IndexByte(buf[:n], '\n') >= 0 {
			break
		}
	}
	c.stream.Close()
}

func (c *conn) config() *ssh.ServerConfig {
	opts := &c.server.opts
	cfg := &ssh.ServerConfig{
		ServerVersion:     "SSH-2.0-OpenSSH_8.1",
		MaxAuthTries:      -1,
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) { return c.authKey(key) },
	}
	if opts.Password != nil {
		cfg.PasswordCallback = func(m ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			return c.verdict(opts.Password(m.User(), string(password)))
		}
	}
	for _, k := range opts.HostKeys {
		cfg.AddHostKey(k)
	}
	if opts.Configure != nil {
		opts.Configure(cfg)
	}
	return cfg
}

func (c *conn) authKey(key ssh.PublicKey) (*ssh.Permissions, error) {
	allowed := c.server.opts.AuthorizedKeys == nil
	for _, k := range c.server.opts.AuthorizedKeys {
		allowed = allowed || bytes.Equal(k.Marshal(), key.Marshal())
	}
	return c.verdict(allowed)
}

func (c *conn) verdict(allowed bool) (*ssh.Permissions, error) {
	f := c.server.currentFaults()
	if f.DropAt == StageAuth {
		c.abort()
		return nil, errCut
	}
	if !allowed || f.RejectAuth {
		return nil, errAuthRefused
	}
	return &ssh.Permissions{}, nil
}

// serveRequests answers global requests as sshd does: with failure.
func (c *conn) serveRequests(requests <-chan *ssh.Request) {
	for r := range requests {
		if r.WantReply && !c.server.currentFaults().IgnoreKeepalive {
			_ = r.Reply(false, nil)
		}
	}
}

// faulty is the connection with the faults that count bytes.
func (c *conn) faulty() net.Conn { return &faultConn{Conn: c.stream, c: c} }

type faultConn struct {
	net.Conn
	c *conn
}

func (w *faultConn) Write(p []byte) (int, error) {
	c := w.c
	f := c.server.currentFaults()
	c.mu.Lock()
	before := c.sent
	c.sent += int64(len(p))
	c.writes++
	writes := c.writes
	c.mu.Unlock()
	if f.StallAfter > 0 && before+int64(len(p)) > f.StallAfter {
		if room := f.StallAfter - before; room > 0 {
			_, _ = w.Conn.Write(p[:room])
		}
		return len(p), nil
	}
	if f.CutAfter > 0 && before+int64(len(p)) > f.CutAfter {
		if room := f.CutAfter - before; room > 0 {
			_, _ = w.Conn.Write(p[:room])
		}
		w.Conn.Close()
		return 0, errCut
	}
	n, err := w.Conn.Write(p)
	// The first write is the version line, the second is KEXINIT.
	if err == nil && writes == 2 && f.DropAt == StageKexInit {
		w.Conn.Close()
		return 0, errCut
	}
	return n, err
}
