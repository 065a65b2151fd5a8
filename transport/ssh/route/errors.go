package route

import (
	"errors"
	"fmt"

	"aixmend/transport"
	"aixmend/transport/plain"
)

var errClosed = errors.New("the dialler is closed")

// jumpError is the error of a bastion or a proxy command.
type jumpError struct {
	what string
	err  error
}

// bastionError returns the error of a bastion.
func bastionError(name string, err error) *jumpError { return &jumpError{"bastion " + name, err} }

// proxyError returns the error of a proxy command.
func proxyError(err error) *jumpError { return &jumpError{"proxy command", err} }

// Error names the bastion or proxy command, and the kind of its error.
func (e *jumpError) Error() string {
	if inner, ok := e.err.(*transport.Error); ok { //nolint:errorlint // one further in is in its text already
		return e.what + ": " + inner.Reason()
	}
	return fmt.Sprintf("%s: %s", e.what, plain.Text(e.err))
}

// Unwrap returns the cause.
func (e *jumpError) Unwrap() error { return e.err }

// with returns the same error with a kind.
func (e *jumpError) with(kind transport.Kind) *jumpError {
	return &jumpError{e.what, &transport.Error{Kind: kind, Op: "dial", Host: e.what, Err: plain.Error(e.err)}}
}
