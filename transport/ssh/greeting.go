package ssh

import (
	"bytes"
	"io"
	"net"
)

// maxGreeting bounds the text kept of a server before its version, in bytes: its
// reason for refusing to talk.
const maxGreeting = 1 << 10

// greeting is a connection that keeps the server's text before its version, which
// x/crypto drops.
type greeting struct {
	net.Conn
	said []byte // lines before the version, and the received part of the version
	over bool   // the version has come, or the text is too long to be a reason
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

// Write implements net.Conn. A server that refuses to talk may close before our
// version is sent: its text can still be read.
func (g *greeting) Write(p []byte) (int, error) {
	n, err := g.Conn.Write(p)
	if err != nil && !g.over {
		_, _ = io.Copy(io.Discard, io.LimitReader(g, maxGreeting))
	}
	return n, err
}

// version begins the version line of the protocol.
var version, versionLine = []byte("SSH-"), []byte("\nSSH-")
