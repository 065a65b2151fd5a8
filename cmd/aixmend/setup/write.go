package setup

import (
	"fmt"
	"strings"

	"aixmend/inventory"
)

// Login is how the hosts of an inventory are logged in to. Empty fields are left to
// ssh_config and the defaults.
type Login struct{ User, Become, Identity, Jump string }

// text is the inventory of some hosts.
func text(hosts []entry, l Login) string {
	var b strings.Builder
	b.WriteString(`# The hosts that aixmend may touch. aixmend inventory check names every mistake here,
# and docs/inventory.md every setting.
apiVersion: ` + inventory.APIVersion + `

defaults:
  ssh:
    # Everything that is left out comes from your ssh_config. The login is root where
    # neither says another one.
`)
	setting := func(key, value, example, means string) {
		if value == "" {
			b.WriteString(fmt.Sprintf("    # %-35s # %s\n", key+": "+example, means))
			return
		}
		b.WriteString(fmt.Sprintf("    %-37s # %s\n", key+": "+inventory.Scalar(value), means))
	}
	setting("user", l.User, "ops", "the login")
	setting("become", l.Become, "sudo", "how a login that is not root becomes root: sudo, dzdo, pbrun or su")
	setting("identity", l.Identity, "~/.ssh/id_ed25519", "the private key")
	setting("jump", l.Jump, "ops@bastion.example.com", "the bastion on the way")
	b.WriteString(`
# A host takes any of those settings for itself, and groups for --limit:
#   aixdb01: {address: 10.1.3.3, groups: [prod], ssh: {user: root}}
# List the groups then, for what their hosts share:
#   groups: {prod: {ssh: {jump: bastion.example.com}}}
hosts:
`)
	for _, e := range hosts {
		if e.user == "root" && l.Become != "" {
			e.become = inventory.BecomeNone
		}
		b.WriteString(e.line())
	}
	return b.String()
}
