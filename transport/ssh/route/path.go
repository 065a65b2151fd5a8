// Package route opens the network connection to a target: directly, through bastions, or
// through a proxy command. All targets behind a bastion share one connection to it.
package route

import (
	"context"
	"net"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
)

// Conn is a connection to a bastion.
type Conn interface {
	// OpenChannel opens a channel; it waits for the server's answer.
	OpenChannel(name string, data []byte) (ssh.Channel, <-chan *ssh.Request, error)
	// Abort cuts the connection for a reason; the first reason is kept.
	Abort(reason error)
	// Cause returns the reason for which the connection was cut or lost, nil if
	// none is known.
	Cause() error
	// Wait waits for the end of the connection and closes it.
	Wait()
}

// Way is the network connection of one handshake.
type Way struct {
	// Open opens the connection, until ctx ends with the connect timeout.
	Open func(ctx context.Context, address string) (net.Conn, error)
	// Left is the remaining part of the connect timeout.
	Left time.Duration
	// Lost returns why the bastion or the proxy command no longer carries the
	// connection, nil if it does; nil: the network alone carries it.
	Lost func() error
}

// Handshake makes an SSH connection on a way.
type Handshake func(ctx context.Context, way Way) error

// Path is the way to one target.
type Path struct {
	// Target is the target, with all defaults.
	Target transport.Target

	routes   *Routes
	via      *bastion // nil: there is none
	watching bool     // asks for watch
	watch    *watched // remembers how the network connection ended
}

// Via returns the names of the bastions, the nearest to this machine first.
func (p *Path) Via() []string {
	if p.via == nil {
		return nil
	}
	return p.via.names
}

// families are the ends of the names of networks, by Target.AddressFamily.
var families = map[string]string{"inet": "4", "inet6": "6"}

// Bastions returns the paths to the bastions, the nearest to this machine first.
func (p *Path) Bastions() []*Path {
	var list []*Path
	for b := p.via; b != nil; b = b.via {
		list = append(list, &Path{Target: b.target, routes: p.routes, via: b.via})
	}
	slices.Reverse(list)
	return list
}

// straight opens a network connection from this machine.
func (p *Path) straight(ctx context.Context, address string) (net.Conn, error) {
	network := "tcp" + families[p.Target.AddressFamily]
	inner, err := p.routes.options.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return p.watched(inner), nil
}

// watched watches a network connection if the path asks for it.
func (p *Path) watched(inner net.Conn) net.Conn {
	if !p.watching {
		return inner
	}
	p.watch = new(watched)
	return &watchedConn{inner, p.watch}
}

// named reports whether the text names a jump or a proxy command.
func named(text string) bool { return text != "" && text != "none" }

// fail returns an error for the caller to complete.
func fail(kind transport.Kind, err error) error { return &transport.Error{Kind: kind, Err: err} }
