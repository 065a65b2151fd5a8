// Package fault classifies SSH errors (broken connections, refusals recognized by their
// text) and makes server text safe for messages.
package fault

import (
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

var (
	// ErrConnectTimeout ends an attempt to connect that took too long.
	ErrConnectTimeout = errors.New("no answer within the connect timeout")
	// ErrNoReply cuts a connection on which the server owes an answer for too long.
	ErrNoReply = errors.New("the server gave no reply in time")
	// ErrNoExec means that the server runs no commands for the login.
	ErrNoExec = errors.New("the server refused to run a command for this login")
)

// CloseGrace is how long a session may take to close before it is left behind.
const CloseGrace = time.Second

// Broken reports whether err means that an established connection has ended.
func Broken(err error) bool {
	for _, end := range []error{io.EOF, io.ErrClosedPipe, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// Timeout reports whether err means that an answer did not come in time.
func Timeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, ErrConnectTimeout) || errors.As(err, &timeout) && timeout.Timeout()
}
