package ssh

import (
	"context"
	"errors"
	"net"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/ssh/hostkeys"
	"aixmend/transport/ssh/route"
)

// keyScan makes an attempt end as soon as the host has shown a key.
type keyScan struct {
	algorithms []string
	seen       ssh.PublicKey // nil: none was shown
}

// errSeen ends a handshake when the key is there.
var errSeen = errors.New("the key has been seen")

// configure makes a handshake end with the key.
func (s *keyScan) configure(config *ssh.ClientConfig) {
	config.HostKeyAlgorithms = s.algorithms
	config.HostKeyCallback = func(_ string, _ net.Addr, key ssh.PublicKey) error {
		s.seen = key
		return errSeen
	}
}

// HostKeys asks a host for its keys, one connection for each type, and compares
// them with known_hosts; see hostkeys.KnownHosts.Scan. It does not log in. Its
// error is an *Error.
func (d *Dialer) HostKeys(ctx context.Context, target transport.Target) ([]hostkeys.Key, error) {
	path, err := d.Path(ctx, target)
	if err != nil {
		return nil, err
	}
	return d.HostKeysOn(ctx, path)
}

// Path returns the way to a target. Its error is an *Error.
func (d *Dialer) Path(ctx context.Context, target transport.Target) (*route.Path, error) {
	a := d.attempt(target)
	path, err := d.routes.Path(ctx, a.target)
	if err != nil {
		return nil, a.explain(ctx, err)
	}
	return path, nil
}

// HostKeysOn is HostKeys for the host at the end of a way.
func (d *Dialer) HostKeysOn(ctx context.Context, path *route.Path) ([]hostkeys.Key, error) {
	return d.options.Hosts.Scan(ctx, path.Target, func(ctx context.Context, algorithms []string) (ssh.PublicKey, error) {
		a := d.attempt(path.Target)
		a.scan = &keyScan{algorithms: algorithms}
		_, err := a.on(ctx, path)
		if a.scan.seen != nil {
			return a.scan.seen, nil
		}
		return nil, err
	})
}
