package sshtest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Options of a server; the zero value is a server on a free loopback port with
// a host key of its own that lets everybody in.
type Options struct {
	// HostKeys of the server; none is one ed25519 key made at random.
	HostKeys []ssh.Signer
	// AuthorizedKeys are the public keys that may log in, whatever the user
	// name; nil accepts every key.
	AuthorizedKeys []ssh.PublicKey
	// Password, when set, offers password authentication beside keys.
	Password func(user, password string) bool
	// Listener to serve on; nil is 127.0.0.1:0. The server closes it.
	Listener net.Listener
	// Latency is the emulated round trip, half of it in each direction; the
	// TCP handshake costs one too. 0 is off.
	Latency time.Duration
	// MaxSessions is how many sessions a connection may have at one time; one
	// more is refused as sshd refuses it. 0 is without limit.
	MaxSessions int
	// SFTP, when set, serves the sftp subsystem for a user.
	SFTP func(user string) sftp.Handlers
	// Dial, when set, serves direct-tcpip channels: a jump host.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Configure, when set, may change the configuration of each connection
	// before its handshake: algorithms, version string, banner.
	Configure func(*ssh.ServerConfig)
	// LogLimit is how many commands are kept for [Server.Commands]: 0 is
	// 10000, negative keeps none. Later ones are counted, not kept.
	LogLimit int
	// Faults the server starts with.
	Faults Faults
}

// Server is a running SSH server.
type Server struct {
	handler  Handler
	opts     Options
	listener net.Listener
	ctx      context.Context
	cancel   context.CancelCauseFunc
	wg       sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	conns    map[*conn]struct{}
	faults   Faults
	cuts     int
	commands []string
	execs    int
	accepted int
	forwards int
}

// NewServer returns a server that is not started yet.
func NewServer(h Handler, opts Options) (*Server, error) {
	if len(opts.HostKeys) == 0 {
		key, err := NewKey()
		if err != nil {
			return nil, err
		}
		opts.HostKeys = []ssh.Signer{key}
	}
	if opts.Listener == nil {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("sshtest: listen: %w", err)
		}
		opts.Listener = l
	}
	if opts.LogLimit == 0 {
		opts.LogLimit = 10000
	}
	s := &Server{handler: h, opts: opts, listener: opts.Listener, faults: opts.Faults, conns: map[*conn]struct{}{}}
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	return s, nil
}

// Start serves on the listener until Close.
func (s *Server) Start() {
	s.wg.Go(s.acceptLoop)
}

// Serve is NewServer and Start in one.
func Serve(h Handler, opts Options) (*Server, error) {
	s, err := NewServer(h, opts)
	if err == nil {
		s.Start()
	}
	return s, err
}

// NewKey makes an ed25519 key at random.
func NewKey() (ssh.Signer, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("sshtest: make a key: %w", err)
	}
	return ssh.NewSignerFromKey(private)
}

// Close ends the listener and all connections, and waits for every goroutine
// of the server, the handlers' included.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	err := s.listener.Close()
	s.cancel(ErrClosed)
	s.CloseConnections()
	s.wg.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Addr is the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// HostKeys returns the public host keys.
func (s *Server) HostKeys() []ssh.PublicKey {
	keys := make([]ssh.PublicKey, len(s.opts.HostKeys))
	for i, k := range s.opts.HostKeys {
		keys[i] = k.PublicKey()
	}
	return keys
}

// KnownHostsLine returns the known_hosts lines of the server, one for each
// host key, for a client that calls it addr (host or host:port).
func (s *Server) KnownHostsLine(addr string) string {
	var b strings.Builder
	for _, k := range s.HostKeys() {
		b.WriteString(knownhosts.Line([]string{knownhosts.Normalize(addr)}, k))
		b.WriteByte('\n')
	}
	return b.String()
}

// SetFaults changes how the server misbehaves, from now on, on open
// connections too. The count of [Faults.Times] starts again.
func (s *Server) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
	s.cuts = 0
}

func (s *Server) currentFaults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// cut reports whether a command shall be cut, and counts it.
func (s *Server) cut(pattern func(Faults) string, command string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !match(pattern(s.faults), command) || s.faults.Times > 0 && s.cuts >= s.faults.Times {
		return false
	}
	s.cuts++
	return true
}

// Connections is the number of open connections, handshakes included.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Accepted is the number of connections since the start.
func (s *Server) Accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// Forwards is the number of direct-tcpip channels that were asked for, those
// that went wrong included.
func (s *Server) Forwards() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.forwards
}

// forwarding counts a direct-tcpip channel, and reports whether it goes wrong.
func (s *Server) forwarding() (Faults, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forwards++
	f := s.faults
	return f, f.Forward != "" && (f.ForwardEvery == 0 || s.forwards%f.ForwardEvery == 0)
}

// CloseConnections cuts all open connections; new ones are welcome.
func (s *Server) CloseConnections() {
	s.mu.Lock()
	open := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		open = append(open, c)
	}
	s.mu.Unlock()
	for _, c := range open {
		c.abort()
	}
}

// Commands returns every command that came, byte for byte, in order of
// arrival; HangExec and CutBefore do not keep a command out of it.
func (s *Server) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.commands...)
}

// Execs is the number of commands that came, those that were not kept included.
func (s *Server) Execs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.execs
}

func (s *Server) logCommand(command string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.execs++
	if len(s.commands) < s.opts.LogLimit {
		s.commands = append(s.commands, command)
	}
}

func (s *Server) acceptLoop() {
	for {
		raw, err := s.listener.Accept()
		if err != nil {
			return
		}
		c := s.newConn(raw)
		if c == nil {
			raw.Close()
			return
		}
		s.wg.Go(c.serve)
	}
}

// newConn registers a connection; nil when the server is closed.
func (s *Server) newConn(raw net.Conn) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	c := &conn{server: s, raw: raw, stream: raw, open: map[*session]struct{}{}}
	c.ctx, c.cancel = context.WithCancelCause(s.ctx)
	s.accepted++
	if s.opts.Latency > 0 {
		s.wg.Add(1)
		c.delay = newDelayConn(raw, s.opts.Latency/2, s.wg.Done)
		c.stream = c.delay
	}
	s.conns[c] = struct{}{}
	return c
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// discard reads until the peer goes away.
func discard(r io.Reader) { _, _ = io.Copy(io.Discard, r) }
