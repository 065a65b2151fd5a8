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
// itself, the identity and known_hosts of the flags, the inventory's own word on it,
// ssh_config, the defaults of the inventory. The default login is the local user's, as with ssh, not that of the hosts. config is the
// ssh_config of the host behind the bastion, for one that has none of its own: ssh -F
// hands its file on.
func (b bastions) find(ctx context.Context, name, config string) (transport.Target, error) {
	said, err := endpoint.Parse(name)
	if err != nil {
		return transport.Target{}, fmt.Errorf("%q %w", name, err)
	}
	host := inventory.Host{Name: name, Address: said.Host}
	known := b.known(said.Host)
	host.Address, host.SSH = cmp.Or(known.Address, host.Address), known.SSH
	b.asked.Override(&host.SSH)
	target := controller.TargetOf(host)
	target.User, target.Port = cmp.Or(said.User, target.User), cmp.Or(said.Port, target.Port)
	target.SSHConfig = cmp.Or(target.SSHConfig, config)
	if target, err = b.fill(ctx, target); err != nil {
		return transport.Target{}, err
	}
	b.complete(&target, host.SSH, known.Defaults)
	target.User = cmp.Or(target.User, localUser())
	return target.Defaulted(), nil
}

// complete fills in the defaults of the inventory for a target that was given some
// settings, and then filled from ssh_config.
func (b bastions) complete(target *transport.Target, given, defaults inventory.SSH) {
	b.asked.Override(&defaults)
	if target.Identity == "" && defaults.Identity != "" {
		target.Identity, target.Certificate = defaults.Identity, given.Certificate // that of ssh_config is for another key
	}
	if target.Identity == defaults.Identity {
		target.Certificate = cmp.Or(target.Certificate, defaults.Certificate)
		target.Passphrase = cmp.Or(target.Passphrase, defaults.Passphrase)
	}
	switch {
	case target.KnownHosts == "":
		target.KnownHosts = defaults.KnownHosts
	case given.KnownHosts == "" && defaults.KnownHosts != "": // of ssh_config, which may say no more than a file of the system
		target.KnownHosts += "\n" + defaults.KnownHosts
	}
}

// rate is how many connections a second the inventory allows through a bastion; 0: it
// sets no limit.
func (b bastions) rate(name string) int {
	said, err := endpoint.Parse(name)
	if err != nil {
		return 0
	}
	return b.known(said.Host).DialRate
}

// known returns the entry of a bastion in the inventory. One that it does not list has the
// defaults of the bastion without a name.
func (b bastions) known(name string) inventory.Bastion {
	for _, wanted := range []string{name, ""} {
		at := slices.IndexFunc(b.defined, func(known inventory.Bastion) bool { return known.Name == wanted })
		if at >= 0 {
			return b.defined[at]
		}
	}
	return inventory.Bastion{}
}

// localUser is the local user's name, the default login of ssh; "" when not known.
func localUser() string {
	u, err := user.Current()
	if err != nil {
		return os.Getenv("USER")
	}
	return u.Username[strings.LastIndexByte(u.Username, '\\')+1:] // DOMAIN\name on Windows
}
