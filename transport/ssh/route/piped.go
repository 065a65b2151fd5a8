package route

import (
	"io"
	"net"
	"sync/atomic"
)

// piped is a network connection made of two streams. It gives deadlines to streams
// without any (an SSH channel, the streams of a program), and Close wakes its users
// whatever the far end does.
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

// receive passes on the input until from ends. It calls ended before the connection
// shows the end.
func (p *piped) receive(from io.Reader, ended func()) {
	_, _ = io.CopyBuffer(p.far, counting{from, &p.received}, make([]byte, pipedBuffer))
	ended()
	_ = p.far.Close()
}

// send passes on the output until the connection is closed.
func (p *piped) send(to io.Writer) {
	_, _ = io.CopyBuffer(writerOnly{to}, p.far, make([]byte, pipedBuffer))
	_, _ = io.Copy(io.Discard, p.far) // so that no writer blocks: receive learns how it ended
}

// pipedBuffer is the buffer of each direction, in bytes.
const pipedBuffer = 16 << 10

// RemoteAddr is the address of the target: the host key check needs host:port.
func (p *piped) RemoteAddr() net.Addr { return p.address }

// Close ends the connection.
func (p *piped) Close() error {
	err := p.Conn.Close()
	p.closing()
	return err
}

// hostAddress is the host:port of a target that this machine does not dial itself.
type hostAddress string

// Network implements net.Addr.
func (hostAddress) Network() string { return "tcp" }

// String implements net.Addr.
func (h hostAddress) String() string { return string(h) }

// counting counts the bytes that are read.
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
