package fleet

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"aixmend/transport/ownership"
)

const (
	connectTimeout = 10 * time.Second
	reconnectWait  = 2 * time.Second
	// pingEvery and maxPings bound how long a dead connection is not noticed.
	pingEvery = 10 * time.Second
	maxPings  = 3
	maxPass   = 1 << 20 // of a join file, in bytes
)

// ErrRevoked: the hub does not know the member, or not any more.
var ErrRevoked = errors.New("the hub refuses this join file: it was revoked, or is another hub's")

// Pass is a join file: where the hub is, how it proves itself, and the key of one member.
// It is a secret.
type Pass struct {
	V    int    `json:"v"`
	Role Role   `json:"role"`
	Name string `json:"name"`
	// Hub is HOST:PORT.
	Hub string `json:"hub"`
	// Authority is the certificate of the hub's authority, as PEM.
	Authority string `json:"authority"`
	// Seed is the private key of the member.
	Seed string `json:"seed"`
	// Key hides the addresses that hosts are compared by; of sites alone.
	Key []byte `json:"key,omitempty"`
}

// NewSeed makes a private key, with the public one that the hub knows the member by.
func NewSeed() (seed, public string, err error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return "", "", err
	}
	private, err := pair.Seed()
	if err != nil {
		return "", "", err
	}
	public, err = pair.PublicKey()
	return string(private), public, err
}

// ReadPass reads the join file of a role, which nobody but its owner may read.
func ReadPass(path string, role Role) (*Pass, error) {
	text, err := ReadSecret(path)
	if err != nil {
		return nil, err
	}
	var p Pass
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("%s is not a join file", path)
	}
	err = p.check(path)
	if err == nil && p.Role != role {
		err = fmt.Errorf("%s is the join file of %s %s; one of the role %s is needed", path, p.Role, p.Name, role)
	}
	return &p, err
}

// check never quotes the file: it is a secret.
func (p *Pass) check(path string) error {
	wrong := func(what string) error { return fmt.Errorf("%s is not a join file that can be used: %s", path, what) }
	if p.V != Version {
		return fmt.Errorf("%s: %w", path, otherVersion(p.V))
	}
	if p.Role != RoleSite && p.Role != RoleOperator {
		return wrong("its role is neither site nor operator")
	}
	if CheckName(string(p.Role), p.Name) != nil {
		return wrong("its name can't be one")
	}
	if _, _, err := net.SplitHostPort(p.Hub); err != nil {
		return wrong("hub is not HOST:PORT")
	}
	if !x509.NewCertPool().AppendCertsFromPEM([]byte(p.Authority)) {
		return wrong("it has no certificate of an authority")
	}
	if _, err := nkeys.FromSeed([]byte(p.Seed)); err != nil {
		return wrong("it has no key")
	}
	if p.Role == RoleSite && len(p.Key) < 16 {
		return wrong("the key that hides addresses is missing")
	}
	return nil
}

// watch is who learns of a connection.
type watch struct {
	// ended is told once, when the connection is over for good; nil: nobody.
	ended func(error)
	// told learns of each failed attempt and each break, with the reason, and with nil of each
	// connection that is there; nil: nobody.
	told func(error)
	// hasty: a hub that is not there is not waited for.
	hasty bool
}

// connect connects to the hub and waits until it is there, or ctx ends; from then on the
// connection is kept up.
func (p *Pass) connect(ctx context.Context, w watch, more ...nats.Option) (*nats.Conn, error) {
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM([]byte(p.Authority))
	host, _, err := net.SplitHostPort(p.Hub)
	if err != nil {
		return nil, err
	}
	first, over, hopeless := make(chan struct{}, 1), make(chan error, 1), make(chan error, 1)
	var why atomic.Pointer[error] // the newest failure of an attempt
	tell := func(err error) {
		if w.told != nil && !refused(err) { // that is the end, which is told by itself
			w.told(err)
		}
	}
	closed := func(err error) {
		over <- err
		if w.ended != nil {
			w.ended(err)
		}
	}
	dial := &dialer{Dialer: net.Dialer{Timeout: connectTimeout}}
	options := []nats.Option{
		nats.Secure(&tls.Config{MinVersion: tls.VersionTLS13, RootCAs: trust, ServerName: host}), nats.TLSHandshakeFirst(),
		nats.CustomInboxPrefix(inbox(p.Role, p.Name)), nats.SetCustomDialer(dial),
		nats.ConnectHandler(func(*nats.Conn) { close(first); tell(nil) }), nats.RetryOnFailedConnect(true), // waits for a hub that begins later
		nats.ReconnectHandler(func(*nats.Conn) { tell(nil) }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) {
			err = dial.reason(err)
			why.Store(&err)
			if untrusted(err) || w.hasty && absent(err) { // that does not get better by waiting
				select {
				case hopeless <- err:
				default: // it was told
				}
			}
			tell(err)
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil { // else it was closed here
				tell(err)
			}
		}),
	}
	conn, err := join("nats://"+p.Hub, p.Seed, closed, append(options, more...)...)
	if err != nil {
		return nil, err
	}
	select {
	case <-first:
		return conn, nil
	case err = <-over:
	case err = <-hopeless:
		conn.Close()
	case <-ctx.Done():
		err = context.Cause(ctx)
		if failure := why.Load(); failure != nil && errors.Is(err, context.DeadlineExceeded) {
			err = *failure
		}
		conn.Close()
	}
	if errors.Is(err, ErrRevoked) {
		return nil, err
	}
	return nil, &NoHub{p.Hub, err}
}

// NoHub is the error of a hub that can't be reached.
type NoHub struct {
	// Address is where it was looked for, HOST:PORT.
	Address string
	err     error
}

// Error implements error.
func (e *NoHub) Error() string {
	return fmt.Sprintf("the hub %s can't be reached: %s", e.Address, e.err)
}

// Unwrap returns the reason.
func (e *NoHub) Unwrap() error { return e.err }

// dialer remembers why it failed: the library that uses it does not always say so.
type dialer struct {
	net.Dialer
	failed atomic.Pointer[error]
}

// Dial implements nats.CustomDialer.
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := d.Dialer.Dial(network, address)
	if err != nil {
		d.failed.Store(&err)
	}
	return conn, err
}

// reason is the reason of a failed attempt.
func (d *dialer) reason(err error) error {
	if failure := d.failed.Load(); failure != nil && errors.Is(err, nats.ErrNoServers) {
		return *failure
	}
	return err
}

// absent reports whether nothing listens at the hub's address, or there is no such address.
func absent(err error) bool {
	var unknown *net.DNSError
	return errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &unknown) && unknown.IsNotFound
}

// refused reports whether the hub does not know the key.
func refused(err error) bool {
	return errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) || errors.Is(err, nats.ErrAuthRevoked)
}

// untrusted reports whether the server at the hub's address is not the hub of the join file.
func untrusted(err error) bool {
	var wrong *tls.CertificateVerificationError
	return errors.As(err, &wrong)
}

// ReadSecret reads a file that nobody but this user may read.
func ReadSecret(path string) ([]byte, error) {
	file, info, err := ownership.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if err := ownership.Private(path, info); err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(file, maxPass))
}

// join connects with the key of a member.
func join(url, seed string, ended func(error), more ...nats.Option) (*nats.Conn, error) {
	pair, err := nkeys.FromSeed([]byte(seed))
	if err != nil {
		return nil, err
	}
	public, err := pair.PublicKey()
	if err != nil {
		return nil, err
	}
	options := append([]nats.Option{
		nats.Nkey(public, pair.Sign), nats.Timeout(connectTimeout), nats.MaxReconnects(-1), nats.ReconnectWait(reconnectWait),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(maxPings), nats.NoEcho(),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // each call reports its own
		nats.ClosedHandler(func(c *nats.Conn) {
			err := c.LastError()
			if refused(err) {
				err = ErrRevoked
			}
			if ended != nil {
				ended(err)
			}
		}),
	}, more...)
	return nats.Connect(url, options...)
}

// Within connects the hub to a server of its own process.
func Within(seed string, server nats.InProcessConnProvider) (*nats.Conn, error) {
	return join("", seed, nil, nats.InProcessServer(server), nats.CustomInboxPrefix(inbox(RoleHub, "hub")))
}
