package ssh

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"time"

	"aixmend/transport/ssh/fault"
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
	rest []byte // received, and not read yet
}

// Read implements net.Conn. Who speaks another protocol is not waited for.
func (g *greeting) Read(p []byte) (int, error) {
	if len(g.rest) > 0 {
		n := copy(p, g.rest)
		g.rest = g.rest[n:]
		return n, nil
	}
	if g.over {
		return g.Conn.Read(p)
	}
	piece := make([]byte, 256) // x/crypto reads the version byte by byte
	n, err := g.Conn.Read(piece)
	if n == 0 {
		return 0, err
	}
	g.hear(piece[:n])
	if _, other := protocolOf(g.said); other && !g.spoke() {
		if len(g.said) < bareBeginning {
			g.restOfLine()
		}
		g.over = true
		return 0, errNotSSH
	}
	read := copy(p, piece[:n])
	if g.rest = piece[read:n]; len(g.rest) > 0 {
		err = nil // it comes again
	}
	return read, err
}

// hear adds to the server's text, up to the end of its version.
func (g *greeting) hear(text []byte) {
	g.said = append(g.said, text[:min(len(text), maxGreeting-len(g.said))]...)
	at := 0
	if !bytes.HasPrefix(g.said, version) {
		at = bytes.Index(g.said, versionLine) + 1
	}
	if end := bytes.IndexByte(g.said[at:], '\n'); end > 0 && g.spoke() {
		g.said, g.over = g.said[:at+end+1], true
	}
	g.over = g.over || len(g.said) >= maxGreeting
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

// bareBeginning is the length below which the text of another protocol is not yet its first line.
const bareBeginning = 7

// lineWait bounds the wait for the rest of the first line of a server that is not SSH.
const lineWait = time.Second

// restOfLine reads on for the message: the first bytes have told the protocol.
func (g *greeting) restOfLine() {
	_ = g.SetReadDeadline(time.Now().Add(lineWait))
	rest := make([]byte, maxGreeting-len(g.said))
	n, _ := g.Conn.Read(rest)
	g.said, g.over = append(g.said, rest[:n]...), true
}

// spoke reports whether the version has begun.
func (g *greeting) spoke() bool {
	return bytes.HasPrefix(g.said, version) || bytes.Contains(g.said, versionLine)
}

// outdated reports whether the server has protocol 1 alone.
func (g *greeting) outdated() bool {
	return bytes.HasPrefix(g.said, []byte("SSH-1.")) && !bytes.HasPrefix(g.said, []byte("SSH-1.99"))
}

// version begins the version line of the protocol.
var version, versionLine = []byte("SSH-"), []byte("\nSSH-")

var errNotSSH = errors.New("it is not an SSH server")

// protocols tell other protocols by the first bytes of their servers. An SSH server may
// send lines before its version, so only complete beginnings count.
var protocols = []struct{ begins, name string }{
	{"HTTP/", "HTTP (a web server)"},
	{"<!DOCTYPE ", "HTML (a web server)"},
	{"<html", "HTML (a web server)"},
	{"\x15\x03", "TLS (HTTPS or another encrypted service)"},
	{"\x16\x03", "TLS (HTTPS or another encrypted service)"},
	{"\xff\xfb", "telnet"},
	{"\xff\xfd", "telnet"},
	{"+OK ", "POP3 (a mail server)"},
	{"* OK ", "IMAP (a mail server)"},
	{"RFB 00", "VNC"},
	{"-ERR ", "Redis"},
	{"\x03\x00\x00", "RDP"},
}

// protocolOf names the protocol of a server by the text that it sent first.
func protocolOf(said []byte) (name string, known bool) {
	for _, p := range protocols {
		if bytes.HasPrefix(said, []byte(p.begins)) {
			return p.name, true
		}
	}
	line, _, complete := strings.Cut(string(said), "\n")
	upper := strings.ToUpper(line)
	switch {
	case len(said) > 5 && said[3] == 0 && said[4] == 10 && bytes.Contains(said, []byte("mysql_native_password")):
		return "MySQL", true
	case !complete || len(line) < 4 || (line[:3] != "220" && line[:3] != "554" && line[:3] != "421") || line[3] != ' ' && line[3] != '-':
		return "", false
	case strings.Contains(upper, "SMTP"), strings.Contains(upper, "ESMTP"), strings.Contains(upper, "MAIL"):
		return "SMTP (a mail server)", true
	case strings.Contains(upper, "FTP"):
		return "FTP", true
	}
	return "FTP or SMTP", true
}

// firstWords quotes the first line of a server's text.
func firstWords(said string) string {
	line, _, _ := strings.Cut(strings.TrimLeft(said, "\r\n\t "), "\n")
	return fault.Brief(strings.TrimRight(line, "\r"))
}
