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
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/exec"
	"aixmend/transport/ssh/fault"
	"aixmend/transport/ssh/files"
	"aixmend/transport/ssh/hostkeys"
	"aixmend/transport/ssh/passwords"
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
	// BastionRate gives how many connections a second are asked of the bastion of
	// a name, after a first 20; 0, and a nil BastionRate: 100.
	BastionRate func(name string) int
	// Keys gives the identity and the agent; Hosts checks host keys. Both
	// read their files once.
	Keys  *auth.Keys
	Hosts *hostkeys.KnownHosts
	// Passwords is the source of the passwords of logins and of root; nil: none.
	Passwords passwords.Source
	// Folder is the working folder of proxy commands; "": that of this process.
	Folder string
	// DialContext opens the network connection; nil: TCP.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
}

// Dialer opens SSH connections. It is safe for concurrent use.
type Dialer struct {
	options   Options
	passwords *passwords.Keyring
	texts     exec.Texts
	bastions  *bastions
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
	d := &Dialer{options: o, passwords: passwords.NewKeyring(o.Passwords)}
	d.bastions = newBastions(d)
	return d
}

// Close ends the connections to bastions, and with them whatever still goes
// through one. Nothing is dialled any more.
func (d *Dialer) Close() error {
	d.bastions.close()
	return nil
}

// clientVersion is how we call ourselves.
const clientVersion = "SSH-2.0-aixmend"

// Dial implements transport.Dialer.
func (d *Dialer) Dial(ctx context.Context, target transport.Target) (transport.Conn, error) {
	conn, err := d.attempt(target).onWay(ctx)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// attempt begins one.
func (d *Dialer) attempt(target transport.Target) *attempt {
	return &attempt{dialer: d, target: target.Defaulted(), phase: "dial"}
}

// onWay connects to the target on the way that it names.
func (a *attempt) onWay(ctx context.Context) (*conn, error) {
	via, err := a.dialer.bastions.to(ctx, a.target.Jump)
	if err != nil {
		return nil, a.explain(ctx, a.fail(transport.KindJump, err))
	}
	conn, err := a.connect(ctx, via)
	if err != nil {
		return nil, a.explain(ctx, err)
	}
	return conn, nil
}

// explain is the error of a failed attempt: that the run was stopped, or what
// went wrong, with its kind.
func (a *attempt) explain(ctx context.Context, err error) error {
	if end, ok := ctx.Deadline(); ok && !time.Now().Before(end) {
		<-ctx.Done() // the network may notice the run's end a moment earlier
	}
	if ctx.Err() != nil {
		return a.fail(transport.KindCanceled, context.Cause(ctx))
	}
	return a.classify(err)
}

// attempt is one try to connect, and how far it came: the errors of x/crypto
// are mostly text, so their kind follows from the phase.
type attempt struct {
	dialer *Dialer
	target transport.Target
	scan   *keyScan // nil: it is to log in
	way
	phase   string           // dial, handshake, authenticate
	policy  *hostkeys.Policy // what is known of the host's key
	hostKey error            // what the host key check said
	key     string           // the fingerprint of the key
	login   *auth.Login
	hello   *greeting // the connection, nil before there is one
}

func (a *attempt) fail(kind transport.Kind, err error) error {
	return &transport.Error{Kind: kind, Op: a.phase, Host: a.target.Name, Err: err}
}

// dial opens the network connection, and talks over it.
func (a *attempt) dial(ctx context.Context) (*conn, error) {
	config, err := a.config(ctx)
	if err != nil {
		return nil, err
	}
	address := net.JoinHostPort(a.target.Address, strconv.Itoa(a.target.Port))
	deadline := time.Now().Add(a.left) // not sooner: a person may have typed a passphrase
	dialing, cancel := context.WithDeadlineCause(ctx, deadline, fault.ErrConnectTimeout)
	defer cancel()
	network, err := a.open(dialing, address)
	if err != nil {
		if dialing.Err() != nil {
			return nil, context.Cause(dialing)
		}
		return nil, err
	}
	a.phase = "handshake"
	// The handshake is outside ClientConfig.Timeout: a deadline on the
	// connection holds it, a cancelled run closes it.
	_ = network.SetDeadline(deadline)
	if a.login != nil {
		a.login.Configure(ctx, config, network, deadline)
	}
	a.hello = &greeting{Conn: network}
	stop := context.AfterFunc(ctx, func() { _ = network.Close() })
	inner, channels, requests, err := ssh.NewClientConn(a.hello, address, config)
	if a.login != nil {
		a.login.End(err)
	}
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
	c := a.established(ssh.NewClient(inner, channels, requests))
	c.link = negotiated(inner, a.login.Proof(), a.key, a.via)
	return c, nil
}

// config is what the handshake goes by: to log in, or to see a key of the host.
// Files are read, and people asked, before there is a connection that waits.
func (a *attempt) config(ctx context.Context) (*ssh.ClientConfig, error) {
	config := &ssh.ClientConfig{User: a.target.User, ClientVersion: clientVersion}
	algorithms(config, a.target.LegacyAlgorithms)
	if a.scan != nil {
		a.scan.configure(config)
		return config, nil
	}
	var err error
	if a.login, err = auth.Prepare(ctx, a.dialer.options.Keys, a.dialer.passwords, a.target); err != nil {
		return nil, err
	}
	if a.policy, err = a.dialer.options.Hosts.Policy(a.target); err != nil {
		return nil, a.fail(transport.KindHostKeyUnknown, err)
	}
	config.HostKeyAlgorithms = a.policy.Algorithms()
	config.HostKeyCallback = func(_ string, _ net.Addr, key ssh.PublicKey) error {
		a.hostKey, a.key = a.policy.Check(key), ssh.FingerprintSHA256(hostkeys.BareKey(key))
		if a.hostKey == nil {
			a.phase = "authenticate"
		}
		return a.hostKey
	}
	return config, nil
}

// established returns a new connection and starts its keepalive.
func (a *attempt) established(client *ssh.Client) *conn {
	alive, stop := context.WithCancel(context.Background()) //nolint:forbidigo // it outlives the dial's context, and ends with Close
	o := a.dialer.options
	c := &conn{target: a.target, client: client, replyTimeout: o.ReplyTimeout, stop: stop, done: make(chan struct{})}
	if a.medium != nil {
		c.lost = a.medium.lost
	}
	c.runner = &exec.Runner{
		Conn: c, Target: a.target, ReplyTimeout: o.ReplyTimeout, StartTimeout: o.StartTimeout,
		Passwords: a.dialer.passwords, Texts: &a.dialer.texts,
	}
	c.files = &files.Mover{Conn: c, Target: a.target, ReplyTimeout: o.ReplyTimeout, StartTimeout: o.StartTimeout, Elevate: c.runner.Elevate}
	go c.keepalive(alive, o.KeepaliveEvery)
	return c
}

// classify gives a failed attempt its kind.
func (a *attempt) classify(err error) error {
	var typed *transport.Error
	var timeout net.Error
	var dns *net.DNSError
	var algorithms *ssh.AlgorithmNegotiationError
	err = fault.Short(err)
	switch {
	case errors.As(err, &typed):
		return typed
	case a.hostKey != nil:
		return a.fail(hostkeys.Kind(a.hostKey), fault.Short(a.hostKey))
	case a.phase == "authenticate" && a.refusal(err) == nil && a.login.Unanswered(err):
		return a.fail(transport.KindAuth, fmt.Errorf("no answer to the password of %s, which is not sent once more: %w", a.target.User, err))
	case errors.Is(err, fault.ErrConnectTimeout), errors.Is(err, os.ErrDeadlineExceeded):
		return a.fail(transport.KindTimeout, fmt.Errorf("%w (%s)", fault.ErrConnectTimeout, a.dialer.options.ConnectTimeout))
	case errors.As(err, &dns):
		return a.fail(transport.KindDNS, err)
	case errors.As(err, &timeout) && timeout.Timeout():
		return a.fail(transport.KindTimeout, err)
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE): // one is free when another host has ended
		return a.fail(transport.KindRefused, fmt.Errorf("by this machine, not by the host: no file is left to open (ulimit -n): %w", err))
	case a.phase == "dial":
		return a.fail(transport.KindRefused, err)
	case a.refusal(err) != nil:
		return a.refusal(err)
	case fault.Broken(err) && a.phase == "handshake" && !a.hello.over:
		return a.fail(transport.KindLost, fmt.Errorf("the connection was closed during the handshake phase, before the server said its version: too many logins are under way there (MaxStartups), or this machine may not log in: %w", err))
	case fault.Broken(err):
		return a.fail(transport.KindLost, fmt.Errorf("the connection was closed during the %s phase: %w", a.phase, err))
	case errors.As(err, &algorithms):
		return a.fail(transport.KindProtocol, noCommonAlgorithm(algorithms, a.target.LegacyAlgorithms))
	case a.phase == "authenticate":
		return a.fail(transport.KindAuth, fault.Short(a.login.Refused(err)))
	}
	return a.fail(transport.KindProtocol, err)
}

// refusal returns the refusal that keeps the login out, nil if none is known.
func (a *attempt) refusal(err error) error {
	var known *fault.Refusal
	switch {
	case a.phase == "handshake" && a.hello != nil:
		known = fault.Recognise(string(a.hello.said))
	case a.phase == "authenticate" && a.login != nil:
		known = fault.Recognise(a.login.Heard(), err.Error())
	}
	if known == nil {
		return nil
	}
	return a.fail(known.Kind, fmt.Errorf("%s, user %s: %w (%w)", a.target.Address, a.target.User, known, fault.Short(err)))
}
