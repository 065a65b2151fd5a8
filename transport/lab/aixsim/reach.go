package aixsim

import (
	"net"
	"sync"
)

// sessionAddress is the IPv4 address of the host itself that SSH sessions come
// in by, "" when there is none; a NAT box sends them there too.
func (s *State) sessionAddress() string {
	for _, n := range s.NICs {
		if len(n.Live.IPv4) > 0 && (s.SessionNIC == "" || s.SessionNIC == n.Name) {
			return addrOf(n.Live.IPv4[0])
		}
	}
	return ""
}

// answers reports whether an interface that is up has an IPv4 address.
func (s *State) answers(addr string) bool {
	for i := range s.NICs {
		if n := &s.NICs[i]; n.shown() && index4(n.Live.IPv4, addr) >= 0 {
			return true
		}
	}
	return false
}

// Reachable reports whether anybody gets in: whether the address that the host
// was given by [NewHost] or [Host.Mutate] is on an interface that is up. No
// command and no boot gives it another one that anybody knew.
func (h *Host) Reachable() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reachable()
}

// reachable is Reachable for who holds mu.
func (h *Host) reachable() bool { return h.door == "" || h.s.answers(h.door) }

// gatedListener lets nobody in while a host can't be reached: connections are
// closed before a word is said. It knows the connections that are open, to cut
// them below SSH, so that no exit status gets out any more.
type gatedListener struct {
	net.Listener
	open func() bool

	mu    sync.Mutex
	conns map[*gatedConn]struct{}
}

func newGatedListener(l net.Listener, open func() bool) *gatedListener {
	return &gatedListener{Listener: l, open: open, conns: map[*gatedConn]struct{}{}}
}

// Accept implements net.Listener.
func (l *gatedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g := (&gatedConn{Conn: c, listener: l}); l.keep(g) {
			return g, nil
		}
		c.Close()
	}
}

// keep remembers a connection if the host can be reached.
func (l *gatedListener) keep(c *gatedConn) bool {
	l.mu.Lock()
	l.conns[c] = struct{}{}
	l.mu.Unlock()
	if l.open() { // afterwards: a cut in between has seen it
		return true
	}
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
	return false
}

// cut closes all connections.
func (l *gatedListener) cut() {
	l.mu.Lock()
	open := make([]*gatedConn, 0, len(l.conns))
	for c := range l.conns {
		open = append(open, c)
	}
	l.mu.Unlock()
	for _, c := range open {
		c.Close()
	}
}

// gatedConn is a connection that its listener knows.
type gatedConn struct {
	net.Conn
	listener *gatedListener
}

// Close implements net.Conn.
func (c *gatedConn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.conns, c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}
