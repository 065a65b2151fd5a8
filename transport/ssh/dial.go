// Package ssh carries commands over real SSH with golang.org/x/crypto/ssh.
//
// It knows the traps of that package: the handshake has a deadline of its own,
// sessions are raced against their limit, keepalives have a reply deadline,
// one identity is offered, host keys are always checked with the algorithms
// that known_hosts holds. One connection serves one host; all read-only
// commands of a stage travel as one framed script in one session.
package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
)

// Options are the same for all hosts of a run.
type Options struct {
	// ConnectTimeout bounds TCP connect, handshake and authentication
	// together; 0: 15 s.
	ConnectTimeout time.Duration
	// KeepaliveEvery is the time between two keepalives, and how long the
	// reply to one may take; 0: 15 s.
	KeepaliveEvery time.Duration
	// ReplyTimeout bounds each answer the SSH server itself owes us, such as
	// that to a session request; 0: 15 s.
	ReplyTimeout time.Duration
	// StartTimeout bounds the time from the request to the script's first
	// frame, which is how long a login profile may take; 0: 60 s.
	StartTimeout time.Duration
	// Bastion gives the target that a name of Target.Jump stands for; nil: there
	// are no bastions.
	Bastion func(ctx context.Context, name string) (transport.Target, error)
	// Keys gives the identity and the agent; Hosts checks host keys. Both
	// read their files once.
	Keys  *Keys
	Hosts *HostKeys
	// Passwords gives those with which logins become root; nil: there are none.
	Passwords Passwords
	// DialContext opens the network connection; nil: TCP.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
}

// Dialer opens SSH connections. It is safe for concurrent use.
type Dialer struct {
	options   Options
	passwords *keyring
	texts     *texts
}

// NewDialer returns a dialler with the options' defaults filled in.
func NewDialer(o Options) *Dialer {
	orElse := func(d *time.Duration, fallback time.Duration) {
		if *d <= 0 {
			*d = fallback
		}
	}
	orElse(&o.ConnectTimeout, 15*time.Second)
	orElse(&o.KeepaliveEvery, 15*time.Second)
	orElse(&o.ReplyTimeout, 15*time.Second)
	orElse(&o.StartTimeout, 60*time.Second)
	if o.DialContext == nil {
		o.DialContext = new(net.Dialer).DialContext
	}
	return &Dialer{options: o, passwords: newKeyring(o.Passwords), texts: newTexts()}
}

// clientVersion is how we call ourselves.
const clientVersion = "SSH-2.0-aixmend"

var errConnectTimeout = errors.New("no answer within the connect timeout")

// Dial implements transport.Dialer.
func (d *Dialer) Dial(ctx context.Context, target transport.Target) (transport.Conn, error) {
	a := d.attempt(target)
	conn, err := a.dial(ctx)
	if a.policy != nil && a.policy.another { // the host is known by a type of key that it was not asked for
		end := a.end
		a = d.attempt(target)
		a.end = end
		conn, err = a.dial(ctx)
	}
	if err != nil {
		return nil, a.failed(ctx, err)
	}
	return conn, nil
}

// attempt begins one.
func (d *Dialer) attempt(target transport.Target) *attempt {
	return &attempt{dialer: d, target: target.Defaulted(), phase: "dial"}
}

// failed makes the error of an attempt one of transport.
func (a *attempt) failed(ctx context.Context, err error) error {
	if end, ok := ctx.Deadline(); ok && !time.Now().Before(end) {
		<-ctx.Done() // the network may notice the run's end a moment earlier
	}
	if ctx.Err() != nil {
		return a.fail(transport.KindCanceled, context.Cause(ctx))
	}
	return a.classify(err)
}

// begin starts the time of the connect timeout, once.
func (a *attempt) begin() {
	if a.end.IsZero() {
		a.end = time.Now().Add(a.dialer.options.ConnectTimeout)
	}
}

// attempt is one try to connect, and how far it came: the errors of x/crypto
// are mostly text, so their kind follows from the phase.
type attempt struct {
	dialer  *Dialer
	target  transport.Target
	phase   string         // dial, handshake, authenticate
	end     time.Time      // of the connect timeout
	policy  *hostKeyPolicy // what is known of the host's key
	hostKey error          // what the host key check said
	key     string         // the fingerprint of the key
}

func (a *attempt) fail(kind transport.Kind, err error) error {
	return &transport.Error{Kind: kind, Op: a.phase, Host: a.target.Name, Err: err}
}

func (a *attempt) dial(ctx context.Context) (*conn, error) {
	o := a.dialer.options
	auth, err := o.Keys.method(a.target.Identity)
	if err != nil {
		a.phase = "authenticate"
		return nil, a.fail(transport.KindAuth, err)
	}
	if a.policy, err = o.Hosts.policy(a.target); err != nil {
		return nil, a.fail(transport.KindHostKeyUnknown, err)
	}
	a.begin() // not before: a person may have typed a passphrase
	network, err := a.open(ctx)
	if err != nil {
		return nil, err
	}
	config := &ssh.ClientConfig{
		User:              a.target.User,
		Auth:              []ssh.AuthMethod{auth},
		HostKeyAlgorithms: a.policy.algorithms,
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			a.hostKey, a.key = a.policy.check(key), ssh.FingerprintSHA256(plainKey(key))
			if a.hostKey == nil {
				a.phase = "authenticate"
			}
			return a.hostKey
		},
		ClientVersion: clientVersion,
	}
	client, err := a.handshake(ctx, network, config)
	if err != nil {
		return nil, err
	}
	return a.established(client), nil
}

// open opens the network connection to the target.
func (a *attempt) open(ctx context.Context) (net.Conn, error) {
	if a.target.Jump != "" && a.target.Jump != "none" {
		return nil, a.fail(transport.KindJump, fmt.Errorf("jump host %s: connecting through a jump host is not supported yet", a.target.Jump))
	}
	dialing, cancel := context.WithDeadlineCause(ctx, a.end, errConnectTimeout)
	defer cancel()
	network, err := a.dialer.options.DialContext(dialing, "tcp", net.JoinHostPort(a.target.Address, strconv.Itoa(a.target.Port)))
	if err != nil && dialing.Err() != nil {
		return nil, context.Cause(dialing)
	}
	return network, err
}

// handshake makes the network connection an SSH connection, or closes it.
func (a *attempt) handshake(ctx context.Context, network net.Conn, config *ssh.ClientConfig) (*ssh.Client, error) {
	a.phase = "handshake"
	address := net.JoinHostPort(a.target.Address, strconv.Itoa(a.target.Port))
	// The handshake is outside ClientConfig.Timeout: a deadline on the
	// connection holds it, a cancelled run closes it.
	_ = network.SetDeadline(a.end)
	stop := context.AfterFunc(ctx, func() { _ = network.Close() })
	inner, channels, requests, err := ssh.NewClientConn(network, address, config)
	if err != nil {
		stop()
		_ = network.Close()
		return nil, err
	}
	if !stop() {
		_ = inner.Close()
		return nil, context.Cause(ctx)
	}
	_ = network.SetDeadline(time.Time{})
	return ssh.NewClient(inner, channels, requests), nil
}

// established starts the keepalive of a new connection.
func (a *attempt) established(client *ssh.Client) *conn {
	alive, stop := context.WithCancel(context.Background()) //nolint:forbidigo // it outlives the dial's context, and ends with Close
	c := &conn{
		target: a.target, client: client, options: a.dialer.options, stop: stop, done: make(chan struct{}),
		passwords: a.dialer.passwords, texts: a.dialer.texts, allowed: map[string]bool{}, hostKey: a.key,
	}
	go c.keepalive(alive)
	return c
}

// classify gives a failed attempt its kind.
func (a *attempt) classify(err error) error {
	var typed *transport.Error
	var timeout net.Error
	var dns *net.DNSError
	var algorithms *ssh.AlgorithmNegotiationError
	err = said{err}
	switch {
	case errors.As(err, &typed):
		return typed
	case a.hostKey != nil:
		return a.fail(hostKeyKind(a.hostKey), said{a.hostKey})
	case errors.Is(err, errConnectTimeout), errors.Is(err, os.ErrDeadlineExceeded):
		return a.fail(transport.KindTimeout, fmt.Errorf("%w (%s)", errConnectTimeout, a.dialer.options.ConnectTimeout))
	case errors.As(err, &dns):
		return a.fail(transport.KindDNS, err)
	case errors.As(err, &timeout) && timeout.Timeout():
		return a.fail(transport.KindTimeout, err)
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE): // one is free when another host has ended
		return a.fail(transport.KindRefused, fmt.Errorf("by this machine, not by the host: no file is left to open (ulimit -n): %w", err))
	case a.phase == "dial":
		return a.fail(transport.KindRefused, err)
	case broken(err):
		return a.fail(transport.KindLost, fmt.Errorf("the connection was closed during the %s phase: %w", a.phase, err))
	case errors.As(err, &algorithms):
		return a.fail(transport.KindProtocol, err)
	case a.phase == "authenticate":
		return a.fail(transport.KindAuth, fmt.Errorf("%s did not take %s for user %s: %w",
			a.target.Address, a.dialer.options.Keys.describe(a.target.Identity), a.target.User, err))
	}
	return a.fail(transport.KindProtocol, err)
}

// broken tells whether err says that a connection that was there has ended.
func broken(err error) bool {
	for _, end := range []error{io.EOF, io.ErrClosedPipe, net.ErrClosed, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}
