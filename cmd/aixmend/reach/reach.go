// Package reach connects to hosts: it wires the inventory, ssh_config, bastions, keys,
// passwords and known_hosts into one SSH dialler.
package reach

import (
	"context"
	"os"
	"slices"
	"sync"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/inventory/secrets"
	"aixmend/transport"
	"aixmend/transport/retry"
	"aixmend/transport/ssh"
	"aixmend/transport/ssh/auth"
	"aixmend/transport/ssh/hostkeys"
	"aixmend/transport/sshconfig"
	"aixmend/transport/wrap"
)

// Options say how hosts are reached.
type Options struct {
	// Asked holds the flags: identity, known_hosts, ssh_config, timeout.
	Asked request.Asked
	// Bastions are those that the inventory defines.
	Bastions []inventory.Bastion
	// Folder is where local programs run and relative paths of ssh_config begin; "":
	// the working folder.
	Folder string
	// Home is the user's home folder, "" for none.
	Home string
	// Ask asks a person for a secret; nil: nobody can be asked.
	Ask secrets.Ask
	// Say tells the operator.
	Say func(format string, args ...any)
}

// Way leads to the hosts of a run. Its owner closes it.
type Way struct {
	config  *sshconfig.Files
	known   *hostkeys.KnownHosts
	ssh     *ssh.Dialer
	secrets *secrets.Secrets
	dialled dialled
}

// New wires the way to hosts.
func New(o Options) *Way {
	warn := func(message string) { o.Say("warning: %s", message) }
	w := &Way{dialled: dialled{to: map[string]outcome.Dialled{}}, config: sshconfig.NewFiles(sshconfig.Options{File: o.Asked.SSHConfig, Home: o.Home, Folder: o.Folder, Warn: warn})}
	w.known = &hostkeys.KnownHosts{Default: append(hostkeys.UserFiles(o.Home), hostkeys.SystemFiles()...), Warn: warn}
	passwords := secrets.New(o.Ask, o.Folder)
	w.secrets = passwords
	between := bastions{asked: o.Asked, defined: o.Bastions, fill: w.config.Fill}
	w.ssh = ssh.NewDialer(ssh.Options{
		ConnectTimeout: o.Asked.ConnectTimeout,
		Bastion:        between.find,
		BastionRate:    between.rate,
		Keys:           &auth.Keys{Home: o.Home, AgentSocket: os.Getenv("SSH_AUTH_SOCK"), Passphrase: passwords.Passphrase},
		Hosts:          w.known,
		Passwords:      passwords,
		Folder:         o.Folder,
	})
	return w
}

// Close closes the connections to bastions, and clears the passwords and passphrases.
func (w *Way) Close() {
	_ = w.ssh.Close()
	w.secrets.Clear()
}

// SSH is the dialler without ssh_config: it takes targets as Targets returns them.
func (w *Way) SSH() *ssh.Dialer { return w.ssh }

// Known are the host keys that are trusted.
func (w *Way) Known() *hostkeys.KnownHosts { return w.known }

// Dialer connects to targets as the inventory has them, and tries once more after a
// failure that may pass.
func (w *Way) Dialer() transport.Dialer {
	return wrap.Retried(w.config.Dialer(w.dialled.remembering(w.ssh)), retry.Dial)
}

// Target returns the address and the login at which a host will be reached. Its error is
// an *Error.
func (w *Way) Target(ctx context.Context, host inventory.Host) (transport.Target, error) {
	target := controller.TargetOf(host).Defaulted()
	_, err := w.config.Dialer(transport.DialerFunc(func(_ context.Context, filled transport.Target) (transport.Conn, error) {
		target = filled.Defaulted()
		return nil, nil
	})).Dial(ctx, controller.TargetOf(host))
	return target, err
}

// Targets returns the address and the login at which each host will be reached, and for
// each why that is not known.
func (w *Way) Targets(ctx context.Context, hosts []inventory.Host) ([]transport.Target, []error) {
	targets, failed := make([]transport.Target, len(hosts)), make([]error, len(hosts))
	var work sync.WaitGroup
	for i, h := range hosts {
		work.Go(func() {
			t, err := w.config.Fill(ctx, controller.TargetOf(h))
			targets[i], failed[i] = t.Defaulted(), err
		})
	}
	work.Wait()
	return targets, failed
}

// Proxied reports whether a host is reached through a proxy command. A host that can't be
// resolved does not count: it fails later, with its reason.
func (w *Way) Proxied(ctx context.Context, hosts []inventory.Host) bool {
	targets, _ := w.Targets(ctx, hosts)
	return slices.ContainsFunc(targets, func(t transport.Target) bool { return t.ProxyCommand != "" })
}
