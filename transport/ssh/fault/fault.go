// Package fault classifies the ways in which SSH fails: connections that broke,
// refusals that are known by their text, and server text made safe for messages.
package fault

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// ErrConnectTimeout ends an attempt to connect that took too long.
var ErrConnectTimeout = errors.New("no answer within the connect timeout")

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
