//go:build aix || nohub

package server

import (
	"errors"
	"runtime"

	client "github.com/nats-io/nats.go"
)

// Server is a running server: there is none.
type Server struct{}

// Available reports whether this program has a server.
const Available = false

var errNone = errors.New("this program has no hub: it was built for " + runtime.GOOS + " or with the tag nohub; the worker of a site runs here, the hub does not")

// Start returns why there is no server.
func Start(Config) (*Server, error) { return nil, errNone }

// Address is never called.
func (*Server) Address() string { return "" }

// SetMembers is never called.
func (*Server) SetMembers([]Member) error { return errNone }

// Connected is never called.
func (*Server) Connected() (map[string]int, error) { return nil, errNone }

// Connect is never called.
func (*Server) Connect(string) (*client.Conn, error) { return nil, errNone }

// Stop is never called.
func (*Server) Stop() error { return nil }
