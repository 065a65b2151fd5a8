package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strings"

	"aixmend/controller"
	"aixmend/inventory"
	"aixmend/transport"
	"aixmend/transport/endpoint"
	"aixmend/transport/sshconfig"
)

// bastions are the hosts on the way to others.
type bastions struct {
	asked   asked
	defined []inventory.Bastion
	config  *sshconfig.Config
}

// find says what a name in ssh.jump stands for, see ssh.Options: what the name
// itself says, then the identity and the known_hosts of the flags, what the
// inventory has of it, and what ssh_config knows. The login is a person's, as with
// ssh, and not that of hosts.
func (b bastions) find(ctx context.Context, name string) (transport.Target, error) {
	said, err := endpoint.Parse(name)
	if err != nil {
		return transport.Target{}, fmt.Errorf("%q %w", name, err)
	}
	host := inventory.Host{Name: name, Address: said.Host}
	if known, ok := b.known(said.Host); ok {
		host.Address, host.SSH = known.Address, known.SSH
	}
	b.asked.override(&host.SSH)
	target := controller.TargetOf(host)
	target.User, target.Port = cmp.Or(said.User, target.User), cmp.Or(said.Port, target.Port)
	if target, err = b.config.Fill(ctx, target); err != nil {
		return transport.Target{}, err
	}
	target.User = cmp.Or(target.User, localUser())
	return target.Defaulted(), nil
}

// rate is how many connections a second the inventory lets be asked of a
// bastion, 0 when it does not say.
func (b bastions) rate(name string) int {
	said, err := endpoint.Parse(name)
	if err != nil {
		return 0
	}
	known, _ := b.known(said.Host)
	return known.DialRate
}

// known is what the inventory has of a bastion.
func (b bastions) known(name string) (inventory.Bastion, bool) {
	at := slices.IndexFunc(b.defined, func(known inventory.Bastion) bool { return known.Name == name })
	if at < 0 {
		return inventory.Bastion{}, false
	}
	return b.defined[at], true
}

// localUser is the name of whoever runs this, which ssh logs in with where nobody
// says another; "" when it is not known.
func localUser() string {
	u, err := user.Current()
	if err != nil {
		return os.Getenv("USER")
	}
	return u.Username[strings.LastIndexByte(u.Username, '\\')+1:] // DOMAIN\name on Windows
}
