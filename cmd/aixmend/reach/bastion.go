package reach

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strings"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/inventory"
	"aixmend/transport"
	"aixmend/transport/endpoint"
)

// bastions resolves the names of ssh.jump.
type bastions struct {
	asked   request.Asked
	defined []inventory.Bastion
	fill    func(context.Context, transport.Target) (transport.Target, error)
}

// find resolves a name of ssh.jump; see ssh.Options. In order of precedence: the name
// itself, the identity and known_hosts of the flags, the inventory, ssh_config. The
// default login is the local user's, as with ssh, not that of the hosts.
func (b bastions) find(ctx context.Context, name string) (transport.Target, error) {
	said, err := endpoint.Parse(name)
	if err != nil {
		return transport.Target{}, fmt.Errorf("%q %w", name, err)
	}
	host := inventory.Host{Name: name, Address: said.Host}
	if known, ok := b.known(said.Host); ok {
		host.Address, host.SSH = known.Address, known.SSH
	}
	b.asked.Override(&host.SSH)
	target := controller.TargetOf(host)
	target.User, target.Port = cmp.Or(said.User, target.User), cmp.Or(said.Port, target.Port)
	if target, err = b.fill(ctx, target); err != nil {
		return transport.Target{}, err
	}
	target.User = cmp.Or(target.User, localUser())
	return target.Defaulted(), nil
}

// rate is how many connections a second the inventory allows through a bastion; 0: it
// sets no limit.
func (b bastions) rate(name string) int {
	said, err := endpoint.Parse(name)
	if err != nil {
		return 0
	}
	known, _ := b.known(said.Host)
	return known.DialRate
}

// known finds a bastion in the inventory.
func (b bastions) known(name string) (inventory.Bastion, bool) {
	at := slices.IndexFunc(b.defined, func(known inventory.Bastion) bool { return known.Name == name })
	if at < 0 {
		return inventory.Bastion{}, false
	}
	return b.defined[at], true
}

// localUser is the local user's name, the default login of ssh; "" when not known.
func localUser() string {
	u, err := user.Current()
	if err != nil {
		return os.Getenv("USER")
	}
	return u.Username[strings.LastIndexByte(u.Username, '\\')+1:] // DOMAIN\name on Windows
}
