// Package ssh carries commands and files over real SSH with golang.org/x/crypto/ssh.
//
// Its parts are packages of their own: hostkeys judges the host, auth and passwords
// prove the login, route finds the way, exec runs commands, files moves files. Here
// they become one connection.
//
// It avoids the traps of x/crypto/ssh: the handshake has a deadline of its own,
// sessions are bounded, keepalives have a reply deadline, and host keys are always
// checked, with the algorithms of the known keys.
package ssh

import (
	"context"
	"net"
	"time"

	"aixmend/transport"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/exec"
	"aixmend/transport/ssh/hostkeys"
	"aixmend/transport/ssh/passwords"
	"aixmend/transport/ssh/route"
)

// Options are the same for all hosts of a run.
type Options struct {
	// ConnectTimeout bounds TCP connect, handshake and login together; 0: 15 s.
	ConnectTimeout time.Duration
	// KeepaliveEvery is the time between two keepalives, and the limit of the reply
	// to one; 0: 15 s.
	KeepaliveEvery time.Duration
	// ReplyTimeout bounds each answer of the SSH server itself, such as that to a
	// session request; 0: 15 s.
	ReplyTimeout time.Duration
	// StartTimeout bounds the time from the request to the script's first frame:
	// login profiles run meanwhile; 0: 60 s.
	StartTimeout time.Duration
	// Bastion returns the target that a name in Target.Jump stands for, where config is
	// the SSHConfig of the target behind it; nil: there
	// are no bastions.
	Bastion func(ctx context.Context, name, config string) (transport.Target, error)
	// BastionRate returns the connections a second to ask of a bastion, after a
	// first 20; 0, and a nil BastionRate: 100.
	BastionRate func(name string) int
	// Keys finds identities; Hosts checks host keys. Both read their files once.
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
	routes    *route.Routes
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
	d.routes = route.New(route.Options{
		ConnectTimeout: o.ConnectTimeout, DialContext: o.DialContext, Bastion: o.Bastion, BastionRate: o.BastionRate, Folder: o.Folder,
		Dial: func(ctx context.Context, path *route.Path) (route.Conn, error) {
			return d.attempt(path.Target).on(ctx, path)
		},
	})
	return d
}

// Close ends the connections to bastions, and with them the connections through
// them, and clears the passwords. Nothing can be dialled any more.
func (d *Dialer) Close() error {
	d.routes.Close()
	d.passwords.Clear()
	return nil
}

// Dial implements transport.Dialer.
func (d *Dialer) Dial(ctx context.Context, target transport.Target) (transport.Conn, error) {
	c, err := d.attempt(target).connect(ctx)
	if err != nil {
		return nil, err
	}
	return c, nil
}
