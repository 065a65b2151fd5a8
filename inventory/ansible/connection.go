package ansible

import (
	"path"
	"strings"

	"aixmend/inventory/settings"
)

// The connection plugins of Ansible that use SSH.
const (
	pluginSSH      = "ssh"
	pluginParamiko = "paramiko"
	pluginLibssh   = "libssh"
)

// plugin returns the connection plugin of the host, "" where the inventory leaves it to
// Ansible; false when it does not use SSH.
func (r *reading) plugin() (name string, overSSH bool) {
	connection, ok := r.text(connectionVar)
	if !ok {
		return "", true
	}
	switch name := strings.TrimPrefix(strings.TrimPrefix(connection.V, "ansible.builtin."), "ansible.legacy."); name {
	case "ssh":
		return pluginSSH, true
	case "paramiko", "paramiko_ssh":
		return pluginParamiko, true
	case "libssh", "ansible.netcommon.libssh":
		return pluginLibssh, true
	case "smart":
		return "", true
	}
	return connection.V, false
}

// elsewhere reports whether the host is not reached over SSH.
func (r *reading) elsewhere() bool {
	name, overSSH := r.plugin()
	if overSSH {
		return false
	}
	r.a.warn("connection "+name, r.values[connectionVar].value.Pos(), "", "hosts of ansible_connection %s are left out, such as %s: they are not reached over SSH", settings.Quote(name), r.host.name)
	return true
}

// executable sees to it that ssh is the program that Ansible runs.
func (r *reading) executable() {
	program, ok := r.text(executableVar)
	if ok && path.Base(program.V) != "ssh" {
		r.doubt(aboutWay, program.Pos, "%s %s is another program than ssh, and may go another way", r.values[executableVar].name, settings.Quote(program.V))
	}
	if provider, ok := r.text(tokenKeyVar); ok {
		r.doubt(aboutKey, provider.Pos, "%s is not read: no key of a smart card is shown", r.values[tokenKeyVar].name)
	}
}

// pluginVariables are those that one plugin alone reads, and the variable over which
// each of them wins.
var pluginVariables = []struct {
	variable
	plugin string
	over   variable
}{
	{paramikoHostVar, pluginParamiko, sshHostVar}, {libsshHostVar, pluginLibssh, sshHostVar},
	{paramikoUserVar, pluginParamiko, sshUserVar}, {libsshUserVar, pluginLibssh, sshUserVar},
	{paramikoPortVar, pluginParamiko, sshPortVar}, {libsshPortVar, pluginLibssh, sshPortVar},
	{paramikoKeyVar, pluginParamiko, sshKeyVar}, {libsshKeyVar, pluginLibssh, sshKeyVar},
	{paramikoProxyVar, pluginParamiko, noVariable}, {libsshProxyVar, pluginLibssh, noVariable},
	{libsshConfigVar, pluginLibssh, noVariable},
}

// prefer lets the variables of the host's plugin win.
func (r *reading) prefer() {
	for _, one := range pluginVariables {
		if given := r.values[one.variable]; given.there() && one.over != noVariable {
			if plugin, _ := r.plugin(); plugin == one.plugin {
				r.values[one.over] = given
			}
		}
	}
}

// plugins takes the variables of single plugins. Where the inventory does not say which
// one Ansible uses, nobody knows whether they hold.
func (r *reading) plugins() {
	plugin, _ := r.plugin()
	for _, one := range pluginVariables {
		given := r.values[one.variable]
		at := given.value.Pos()
		switch {
		case !given.there():
		case plugin == "":
			r.doubt(topics[one.variable], at, "%s holds where ansible_connection is %s, and the inventory does not say so", given.name, one.plugin)
		case plugin != one.plugin:
			r.a.warn(given.name, at, "", "%s is ignored, as by Ansible: ansible_connection is %s", given.name, plugin)
		case one.over != noVariable: // see prefer
		default:
			value, ok := r.text(one.variable)
			if !ok {
				continue
			}
			if one.variable == libsshConfigVar {
				r.configFile(value, given.name)
			} else {
				r.proxyCommand(value, given.name)
			}
		}
	}
}
