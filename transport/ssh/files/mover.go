// Package files transfers whole files over one SSH connection: by SFTP, or by commands
// that stream the bytes where SFTP does not work or the login must become root. A
// transfer that lost its connection goes on from the bytes that are there, once they were
// compared.
package files

import (
	"time"

	"aixmend/transport"

	"golang.org/x/crypto/ssh"
)

// Conn is the connection over which files move.
type Conn interface {
	// OpenChannel opens a channel; it waits for the server's answer.
	OpenChannel(name string, data []byte) (ssh.Channel, <-chan *ssh.Request, error)
	// Abort cuts the connection for a reason; the first reason is kept.
	Abort(reason error)
	// Cause returns the reason for which the connection was cut or lost, nil if
	// none is known.
	Cause() error
}

// Mover moves files over one connection. One goroutine uses it at a time.
type Mover struct {
	Conn   Conn
	Target transport.Target
	// ReplyTimeout bounds each answer of the SSH server.
	ReplyTimeout time.Duration
	// StartTimeout bounds the time from the request to the first byte: login
	// profiles run meanwhile.
	StartTimeout time.Duration
	// Elevate makes a script run as root; see exec.Runner.
	Elevate func(script string) (line string, stdin []byte, err error)
}
