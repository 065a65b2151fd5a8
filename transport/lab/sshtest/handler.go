package sshtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
)

// Handler serves the commands that clients send.
type Handler interface {
	// ServeExec runs one command and returns its exit status, 0 to 255.
	//
	// ctx ends when the session or its connection closes ([ErrClosed] is its
	// cause) or when the client sends a signal request ([SignalError]).
	// ServeExec has to return then: [Server.Close] waits for it.
	ServeExec(ctx context.Context, x *Exec) (exit int)
}

// HandlerFunc makes a [Handler] of a function.
type HandlerFunc func(ctx context.Context, x *Exec) int

// ServeExec calls f.
func (f HandlerFunc) ServeExec(ctx context.Context, x *Exec) int { return f(ctx, x) }

// Exec is one command, as it came.
type Exec struct {
	// User is the name the client logged in with.
	User string
	// Command is the command text, byte for byte.
	Command string
	// Stdin ends when the client closes its side or the session is gone.
	Stdin io.Reader
	// Stdout and Stderr fail once the session is gone. Each may be used by
	// one goroutine at a time; the two are independent.
	Stdout, Stderr io.Writer
	// Local is the address the client dialled, Remote is where it came from.
	Local, Remote net.Addr
	// Env holds NAME=VALUE of the env requests that came before. The server
	// answers them with failure, as sshd does without AcceptEnv.
	Env []string
}

// ErrClosed is the cause of a context whose session or connection is gone.
var ErrClosed = errors.New("ssh session closed")

// SignalError is the cause of a context that a signal request has ended.
type SignalError struct {
	Name string // without SIG: KILL, TERM, INT
}

// Error implements error.
func (e SignalError) Error() string { return fmt.Sprintf("ssh session got signal %s", e.Name) }
