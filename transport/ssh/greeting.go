package ssh

import (
	"bytes"
	"io"
	"net"
)

// maxGreeting is how much of what a server says before its version is kept, in
// bytes: the reason of one that does not want to talk.
const maxGreeting = 1 << 10

// greeting is a connection that keeps what a server says before its version:
// x/crypto drops it.
type greeting struct {
	net.Conn
	said []byte // lines before the version, and what of it has come
	over bool   // the version has come, or what came is too long to be a reason
}

// Read implements net.Conn.
func (g *greeting) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if !g.over && n > 0 {
		g.said = append(g.said, p[:min(n, maxGreeting-len(g.said))]...)
		g.over = len(g.said) >= maxGreeting || bytes.HasPrefix(g.said, version) || bytes.Contains(g.said, versionLine)
	}
	return n, err
}

// Write implements net.Conn. A server that does not want to talk may be gone
// before our version is sent: what it said is still there to be read.
func (g *greeting) Write(p []byte) (int, error) {
	n, err := g.Conn.Write(p)
	if err != nil && !g.over {
		_, _ = io.Copy(io.Discard, io.LimitReader(g, maxGreeting))
	}
	return n, err
}

// version begins the line with which the protocol does.
var version, versionLine = []byte("SSH-"), []byte("\nSSH-")
