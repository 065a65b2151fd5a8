package settings

import (
	"maps"
	"slices"

	"aixmend/inventory"
	"aixmend/inventory/strictyaml"
)

// A Layer is the settings of one place, the defaults, a group or a host, with
// only those set that were given and are right.
type Layer struct {
	SSH     SSHDoc
	nic     Text
	cloud   CloudDoc
	waivers []inventory.Waiver
	accepts []inventory.Acceptance
}

// Layer checks settings, and changes s. folder is where relative paths start.
func (c *Checker) Layer(folder string, s *Doc) *Layer {
	Check(c, "ssh.user", &s.SSH.User, CheckUser)
	Check(c, "ssh.port", &s.SSH.Port, CheckPort)
	c.become(&s.SSH.Become, &s.SSH.Mode)
	c.password("ssh.become_password", folder, &s.SSH.Password)
	c.password("ssh.password", folder, &s.SSH.Login)
	c.password("ssh.passphrase", folder, &s.SSH.Passphrase)
	Check(c, "ssh.jump", &s.SSH.Jump, CheckJump)
	Check(c, "rmc_nic", &s.RMCNIC, checkNIC)
	Check(c, "ssh.host_key_alias", &s.SSH.KeyAlias, checkAlias)
	c.sshPath("ssh.identity", folder, &s.SSH.Identity)
	if s.SSH.Config.V != none {
		c.path("ssh.config", folder, &s.SSH.Config)
	}
	if s.SSH.Cert.V != none {
		c.sshPath("ssh.certificate", folder, &s.SSH.Cert)
	}
	if s.SSH.Agent.V != none {
		c.sshPath("ssh.agent", folder, &s.SSH.Agent)
	}
	c.cloud(&s.Cloud)
	c.hostFiles("ssh.known_hosts", folder, &s.SSH.KnownHosts)
	return &Layer{SSH: s.SSH, nic: s.RMCNIC, cloud: s.Cloud, waivers: c.waivers(s.Waive), accepts: c.acceptances(s.Accept)}
}

// Resolve lays a layer over the built-in values.
func (c *Checker) Resolve(l *Layer) inventory.Host {
	host := inventory.Host{SSH: inventory.SSH{Become: inventory.DefaultBecome}}
	waivers := map[string]inventory.Waiver{}
	var become rise
	lay(&host.SSH.User, l.SSH.User)
	lay(&host.SSH.Port, l.SSH.Port)
	lay(&host.SSH.Identity, l.SSH.Identity)
	lay(&host.SSH.Certificate, l.SSH.Cert)
	laySource(&host.SSH.Passphrase, l.SSH.Passphrase)
	laySource(&host.SSH.Password, l.SSH.Login)
	lay(&host.SSH.LegacyAlgorithms, l.SSH.Legacy)
	lay(&host.SSH.Agent, l.SSH.Agent)
	lay(&host.SSH.HostKeyAlias, l.SSH.KeyAlias)
	if l.SSH.KnownHosts.Set() {
		host.SSH.KnownHosts = l.SSH.KnownHosts.lines()
	}
	lay(&host.SSH.Config, l.SSH.Config)
	become.lay(l.SSH.Become, l.SSH.Mode, l.SSH.Password)
	lay(&host.SSH.Jump, l.SSH.Jump)
	lay(&host.RMCNIC, l.nic)
	lay(&host.Cloud.Instance, l.cloud.Instance)
	lay(&host.Cloud.Workspace, l.cloud.Workspace)
	for _, w := range l.waivers {
		waivers[w.Finding] = w
	}
	host.Accepts = layAcceptances(host.Accepts, l.accepts)
	become.settle(c, &host.SSH)
	for _, finding := range slices.Sorted(maps.Keys(waivers)) {
		host.Waivers = append(host.Waivers, waivers[finding])
	}
	return host
}

// lay replaces a value by one that is given.
func lay[T any](over *T, v strictyaml.Value[T]) {
	if v.Set() {
		*over = v.V
	}
}

// laySource replaces the key of a source by that of one that is given.
func laySource(over *string, d passwordDoc) {
	if d.set() {
		*over = d.key()
	}
}
