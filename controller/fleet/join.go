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
	"slices"
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

// notAdmitted is ErrRevoked as a NATS says it that somebody else runs.
type notAdmitted struct{}

var errNotAdmitted = notAdmitted{}

// Error implements error.
func (notAdmitted) Error() string {
	return "the NATS does not let this key in: it was revoked, or the NATS has not loaded it: aixmend hub accounts prints its configuration"
}

// notAdmitted is ErrRevoked as the server of the member says it.
func (p *Pass) notAdmitted() error {
	if p.NATS != nil {
		return errNotAdmitted
	}
	return ErrRevoked
}

// Is reports whether it is ErrRevoked.
func (notAdmitted) Is(target error) bool { return target == ErrRevoked }

// Pass is a join file: where the hub is, how it proves itself, and the key of one member.
// It is a secret.
type Pass struct {
	V    int    `json:"v"`
	Role Role   `json:"role"`
	Name string `json:"name"`
	// Hub is HOST:PORT.
	Hub string `json:"hub"`
	// Authority is the certificate of the hub's authority, as PEM.
	Authority string `json:"authority,omitempty"`
	// NATS is where hub and members speak through a NATS that somebody else runs: Hub is then
	// its address, and HubKey the hub's public key. nil: the hub listens there itself.
	NATS   *NATS  `json:"nats,omitempty"`
	HubKey string `json:"hub_key,omitempty"`
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
	if p.V != FileVersion {
		return fmt.Errorf("%s has version %d, this program reads %d", path, p.V, FileVersion)
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
	if err := p.proof(); err != nil {
		return wrong(err.Error())
	}
	if _, err := nkeys.FromSeed([]byte(p.Seed)); err != nil {
		return wrong("it has no key")
	}
	if p.Role == RoleSite && len(p.Key) < 16 {
		return wrong("the key that hides addresses is missing")
	}
	return nil
}

// proof returns why the hub could not prove itself.
func (p *Pass) proof() error {
	switch {
	case p.NATS == nil && !x509.NewCertPool().AppendCertsFromPEM([]byte(p.Authority)):
		return errors.New("it has no certificate of an authority")
	case p.NATS == nil:
		return nil
	case p.NATS.Address() != p.Hub || !nkeys.IsValidPublicUserKey(p.HubKey):
		return errors.New("it has no key of the hub")
	case p.NATS.CA != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(p.NATS.CA)):
		return errors.New("it has no certificate of an authority")
	}
	return p.NATS.check()
}

// link is the connection of the member.
func (p *Pass) link(conn *nats.Conn) link {
	if p.NATS == nil {
		return link{conn: conn}
	}
	pair, _ := nkeys.FromSeed([]byte(p.Seed)) // it is the one of conn
	return link{conn, pair, p.HubKey}
}

// secure are the options by which the server proves itself.
func (p *Pass) secure() ([]nats.Option, error) {
	host, _, err := net.SplitHostPort(p.Hub)
	if err != nil {
		return nil, err
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS13, ServerName: host}
	authority := p.Authority
	if p.NATS != nil {
		authority = p.NATS.CA
	}
	if authority != "" || p.NATS == nil {
		settings.RootCAs = x509.NewCertPool()
		settings.RootCAs.AppendCertsFromPEM([]byte(authority))
	}
	switch {
	case p.NATS == nil:
		return []nats.Option{nats.Secure(settings), nats.TLSHandshakeFirst()}, nil
	case p.NATS.plain():
		return []nats.Option{nats.IgnoreDiscoveredServers()}, nil
	}
	return []nats.Option{nats.Secure(settings), nats.IgnoreDiscoveredServers()}, nil
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

// attempts are those to reach the hub for the first time.
type attempts struct {
	first    chan struct{} // closed when it is there
	over     chan error    // receives when the connection is over for good
	hopeless chan error    // receives a failure that no waiting mends
	there    atomic.Bool   // it was there
	newest   atomic.Pointer[error]
}

// connect connects to the hub and waits until it is there, or ctx ends; from then on the
// connection is kept up.
func (p *Pass) connect(ctx context.Context, w watch, more ...nats.Option) (*nats.Conn, error) {
	secure, err := p.secure()
	if err != nil {
		return nil, err
	}
	a := &attempts{first: make(chan struct{}, 1), over: make(chan error, 1), hopeless: make(chan error, 1)}
	tell := func(err error) {
		if w.told != nil && !refused(err) { // that is the end, which is told by itself
			w.told(err)
		}
	}
	closed := func(err error) {
		if errors.Is(err, ErrRevoked) {
			err = p.notAdmitted()
		}
		a.over <- err
		if w.ended != nil {
			w.ended(err)
		}
	}
	dial := &dialer{Dialer: net.Dialer{Timeout: connectTimeout}}
	options := []nats.Option{
		nats.CustomInboxPrefix(inbox(p.Role, p.Name)), nats.SetCustomDialer(dial),
		nats.ConnectHandler(func(*nats.Conn) { a.there.Store(true); close(a.first); tell(nil) }), nats.RetryOnFailedConnect(true), // waits for a hub that begins later
		nats.ReconnectHandler(func(*nats.Conn) { tell(nil) }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) {
			err = dial.reason(err)
			hopeless := untrusted(err) || w.hasty && absent(err)
			err = p.stranger(err)
			a.newest.Store(&err)
			if !hopeless || !a.end(err) {
				tell(err)
			}
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil { // else it was closed here
				tell(err)
			}
		}),
	}
	conn, err := join("nats://"+p.Hub, p.Seed, closed, slices.Concat(secure, options, more)...)
	if err != nil {
		return nil, err
	}
	if err = a.wait(ctx); err == nil {
		return conn, nil
	}
	conn.Close()
	switch {
	case errors.Is(err, nats.ErrNkeysNotSupported): // it knows nobody by a key
		return nil, p.notAdmitted()
	case errors.Is(err, ErrRevoked):
		return nil, err
	}
	return nil, &NoHub{p.Hub, p.NATS != nil, err}
}

// end ends the wait with an error, and reports whether it has: the hub may have been there.
func (a *attempts) end(err error) bool {
	select {
	case a.hopeless <- err:
	default: // it was told
	}
	return !a.there.Load()
}

// wait waits until the hub is there.
func (a *attempts) wait(ctx context.Context) error {
	select {
	case <-a.first:
		return nil
	case err := <-a.over:
		return err
	case err := <-a.hopeless:
		return err
	case <-ctx.Done():
	}
	err := context.Cause(ctx)
	if newest := a.newest.Load(); newest != nil && errors.Is(err, context.DeadlineExceeded) {
		err = *newest
	}
	return err
}

// stranger is the error of a server that somebody else vouches for than it should be; the system
// has no part in that.
func (p *Pass) stranger(err error) error {
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &unknown) || p.NATS != nil && p.NATS.CA == "" {
		return err
	}
	named := "the join file names"
	if p.Role == RoleHub {
		named = "--nats-ca has named"
	}
	return fmt.Errorf("its certificate is of another authority than %s", named)
}

// NoHub is the error of a hub that can't be reached.
type NoHub struct {
	// Address is where it was looked for, HOST:PORT.
	Address string
	// Through says that a NATS which somebody else runs is there.
	Through bool
	err     error
}

// Error implements error.
func (e *NoHub) Error() string {
	if e.Through {
		return fmt.Sprintf("the hub can't be reached through the NATS %s: %s", e.Address, e.err)
	}
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

// untrusted reports whether the server at the hub's address is not the hub of the join file, or
// can't be that.
func untrusted(err error) bool {
	var wrong *tls.CertificateVerificationError
	return errors.As(err, &wrong) || errors.Is(err, nats.ErrSecureConnWanted) || errors.Is(err, nats.ErrNkeysNotSupported)
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
