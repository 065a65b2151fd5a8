package ssh

import (
	"aixmend/transport"
	"aixmend/transport/plain"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/exec"
	"aixmend/transport/ssh/fault"
	"aixmend/transport/ssh/files"
	"aixmend/transport/ssh/hostkeys"
	"aixmend/transport/ssh/route"
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"
)

// clientVersion is our version in the SSH protocol.
const clientVersion = "SSH-2.0-aixmend"

// attempt is one attempt to connect to a target.
type attempt struct {
	dialer *Dialer
	target transport.Target
	scan   *keyScan // nil: log in
	via    []string // the bastions on the way
	handshake
}

// handshake is the progress of the last handshake. The kind of an error follows from
// it, since most errors of x/crypto are only text.
type handshake struct {
	phase   string           // dial, handshake, authenticate
	policy  *hostkeys.Policy // the known keys of the host
	hostKey error            // the result of the host key check
	key     string           // the fingerprint of the key
	login   *auth.Login
	hello   *greeting // the connection, nil before there is one
}

// attempt returns a new attempt.
func (d *Dialer) attempt(target transport.Target) *attempt {
	return &attempt{dialer: d, target: target.Defaulted(), handshake: handshake{phase: "dial"}}
}

// connect connects to the target on the way that it names.
func (a *attempt) connect(ctx context.Context) (*conn, error) {
	path, err := a.dialer.routes.Path(ctx, a.target)
	if err != nil {
		return nil, a.explain(ctx, err)
	}
	return a.on(ctx, path)
}

// on connects to the target on a path. It asks once more where the host turned out
// to be known by another type of key.
func (a *attempt) on(ctx context.Context, path *route.Path) (c *conn, err error) {
	a.via = path.Via()
	once := func() error {
		return path.Connect(ctx, func(ctx context.Context, way route.Way) (err error) {
			a.handshake = handshake{phase: "dial"}
			c, err = a.dial(ctx, way)
			return err
		})
	}
	if err = once(); a.policy != nil && a.policy.TypeWanted() {
		a.handshake = handshake{phase: "dial"}
		err = once()
	}
	if err != nil {
		return nil, a.explain(ctx, err)
	}
	return c, nil
}

// explain returns the error of a failed attempt: that the run was stopped, or the
// cause with its kind.
func (a *attempt) explain(ctx context.Context, err error) error {
	if end, ok := ctx.Deadline(); ok && !time.Now().Before(end) {
		<-ctx.Done() // the network may notice the end of the run a moment earlier
	}
	if ctx.Err() != nil {
		return a.fail(transport.KindCanceled, context.Cause(ctx))
	}
	return a.classify(err)
}

// fail returns an error of this attempt.
func (a *attempt) fail(kind transport.Kind, err error) error {
	return &transport.Error{Kind: kind, Op: a.phase, Host: a.target.Name, Err: plain.Error(err)}
}

// dial opens the network connection of a way and makes the handshake over it.
func (a *attempt) dial(ctx context.Context, way route.Way) (*conn, error) {
	config, err := a.config(ctx)
	if err != nil {
		return nil, err
	}
	address := net.JoinHostPort(a.target.Address, strconv.Itoa(a.target.Port))
	deadline := time.Now().Add(way.Left) // not before config: a person may have typed a passphrase
	dialing, cancel := context.WithDeadlineCause(ctx, deadline, fault.ErrConnectTimeout)
	defer cancel()
	network, err := way.Open(dialing, address)
	if err != nil {
		var resolving *net.DNSError
		if dialing.Err() != nil && (ctx.Err() != nil || !errors.As(err, &resolving)) {
			return nil, context.Cause(dialing)
		}
		return nil, err
	}
	a.phase = "handshake"
	// ClientConfig.Timeout does not cover the handshake: a deadline on the
	// connection bounds it, and a cancelled run closes it.
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
	c := a.established(ssh.NewClient(inner, channels, requests), way.Lost)
	c.link = negotiated(inner, a.login.Proof(), a.key, a.via)
	c.link.Legacy = c.link.Legacy || a.policy.Insecure()
	return c, nil
}

// config returns the configuration of a handshake that logs in, or that only scans a
// host key. It reads files and asks people before there is a connection that waits.
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
func (a *attempt) established(client *ssh.Client, lost func() error) *conn {
	alive, stop := context.WithCancel(context.Background()) //nolint:forbidigo // it outlives the dial's context, and ends with Close
	o := a.dialer.options
	c := &conn{target: a.target, client: client, replyTimeout: o.ReplyTimeout, stop: stop, done: make(chan struct{}), lost: lost}
	c.runner = &exec.Runner{
		Conn: c, Target: a.target, ReplyTimeout: o.ReplyTimeout, StartTimeout: o.StartTimeout,
		Passwords: a.dialer.passwords, Texts: &a.dialer.texts,
	}
	c.files = &files.Mover{Conn: c, Target: a.target, ReplyTimeout: o.ReplyTimeout, StartTimeout: o.StartTimeout, Elevate: c.runner.Elevate}
	go c.keepalive(alive, o.KeepaliveEvery)
	return c
}
