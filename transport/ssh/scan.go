package ssh

import (
	"context"
	"errors"
	"net"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/ssh/hostkeys"
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
	return d.options.Hosts.Scan(ctx, target, func(ctx context.Context, algorithms []string) (ssh.PublicKey, error) {
		a := d.attempt(target)
		a.scan = &keyScan{algorithms: algorithms}
		_, err := a.connect(ctx)
		if a.scan.seen != nil {
			return a.scan.seen, nil
		}
		return nil, err
	})
}
