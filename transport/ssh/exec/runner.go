// Package exec runs commands over one SSH connection. All commands of a look travel
// as one POSIX sh script in one session. Each command stands in a frame, marked on
// both streams by a random word, so that banners and hostile output can't be taken
// for its answer. The commands run as the login, or as root by a tool such as sudo.
package exec

import (
	"context"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/plain"
	"aixmend/transport/ssh/passwords"
)

// Conn is the connection on which commands run.
type Conn interface {
	// NewSession opens a session. Its error is an *Error.
	NewSession(ctx context.Context) (*ssh.Session, error)
	// Abort cuts the connection for a reason; the first reason is kept.
	Abort(reason error)
	// Cause returns the reason for which the connection was cut or lost, nil if
	// none is known.
	Cause() error
}

// Runner runs the commands of one connection. One goroutine uses it at a time.
type Runner struct {
	Conn   Conn
	Target transport.Target
	// ReplyTimeout bounds each answer of the SSH server.
	ReplyTimeout time.Duration
	// StartTimeout bounds the time from the request to the first frame: login
	// profiles run meanwhile.
	StartTimeout time.Duration
	// Passwords holds the passwords of the tools that make a login root.
	Passwords *passwords.Keyring
	// Texts is shared by the runners of a run.
	Texts *Texts

	allowed map[string]bool // commands that the tool has said it allows
}

// fail returns an error of this connection.
func (r *Runner) fail(kind transport.Kind, op string, err error) error {
	return &transport.Error{Kind: kind, Op: op, Host: r.Target.Name, Err: plain.Error(err)}
}

// allow remembers commands that the tool allows on this connection.
func (r *Runner) allow(paths []string) {
	if r.allowed == nil {
		r.allowed = map[string]bool{}
	}
	for _, path := range paths {
		r.allowed[path] = true
	}
}
