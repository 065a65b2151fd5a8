package ansible

import (
	"regexp"
	"slices"
	"strings"

	"aixmend/inventory/strictyaml"
)

// A variable is one of Ansible's, or of ours in an Ansible inventory, that says
// how to reach a host. Where Ansible has two names for one thing, the one that
// wins has the later number.
type variable int

const (
	hostVar variable = iota
	sshHostVar
	portVar
	sshPortVar
	userVar
	sshUserVar
	keyVar
	sshKeyVar
	connectionVar
	becomeVar
	becomeMethodVar
	becomeUserVar
	becomeExeVar
	becomeFlagsVar
	sshArgsVar
	commonArgsVar
	extraArgsVar
	keyCheckVar
	passwordVar
	becomePasswordVar
	passphraseVar
	ourAddressVar
	ourSSHVar
	ourNICVar
	ourWaiveVar
	ourAcceptVar
	variables // how many there are
)

// variableNames are the names that variables have.
var variableNames = map[string]variable{
	"ansible_host": hostVar, "ansible_ssh_host": sshHostVar,
	"ansible_port": portVar, "ansible_ssh_port": sshPortVar,
	"ansible_user": userVar, "ansible_ssh_user": sshUserVar,
	"ansible_private_key_file": keyVar, "ansible_ssh_private_key_file": sshKeyVar,
	"ansible_connection": connectionVar,
	"ansible_become":     becomeVar, "ansible_become_method": becomeMethodVar, "ansible_become_user": becomeUserVar,
	"ansible_become_exe": becomeExeVar, "ansible_become_flags": becomeFlagsVar,
	"ansible_ssh_args": sshArgsVar, "ansible_ssh_common_args": commonArgsVar, "ansible_ssh_extra_args": extraArgsVar,
	"ansible_host_key_checking": keyCheckVar, "ansible_ssh_host_key_checking": keyCheckVar,
	"ansible_password": passwordVar, "ansible_ssh_pass": passwordVar, "ansible_ssh_password": passwordVar,
	"ansible_become_password": becomePasswordVar, "ansible_become_pass": becomePasswordVar,
	"ansible_sudo_pass": becomePasswordVar, "ansible_su_pass": becomePasswordVar,
	"ansible_private_key_passphrase": passphraseVar, "ansible_ssh_private_key_passphrase": passphraseVar,
	"aixmend_address": ourAddressVar, "aixmend_ssh": ourSSHVar, "aixmend_rmc_nic": ourNICVar, "aixmend_waive": ourWaiveVar,
	"aixmend_accept": ourAcceptVar,
}

// ourVariables are the names that begin with ourPrefix.
const ourPrefix = "aixmend_"

func ourVariables() []string {
	return slices.DeleteFunc(sortedKeys(variableNames), func(name string) bool { return !strings.HasPrefix(name, ourPrefix) })
}

// silent are variables of Ansible that have nothing to do with how a host is
// reached, or only with how Ansible works on it.
var silent = regexp.MustCompile(`^ansible_(` + strings.Join([]string{
	"group_priority", ".*_interpreter", "python_.*", "remote_tmp", "local_tmp", "async_dir", "system_tmpdirs", "shell_.*",
	"(ssh_)?pipelining", "(ssh_)?timeout", "(ssh_)?retries", "ssh_transfer_method", "ssh_use_tty", "ssh_executable", "(ssh_|persistent_)?control_path.*",
	"(scp|sftp|winrm|psrp|httpapi|network|netconf|persistent|docker|podman|kubectl|lxd|aws|connect|command)_.*",
	"facts?(_.*)?", "distribution.*", "os_family", "system", "architecture", "hostname", "fqdn", "diff_mode", "check_mode", "verbosity", "no_log", "module_.*",
}, "|") + `)$`)

// given is the value of a variable and the name by which it was found.
type given struct {
	name  string
	value strictyaml.Tree
}

// there reports whether a variable has a value, be it one that is not read.
func (g given) there() bool {
	return g.name != "" && (!g.value.Given() || g.value.Kind() != strictyaml.Null)
}

// assignment is one variable of a map.
type assignment struct {
	variable
	given
}

// values are the variables of one host or of all hosts of the same groups.
type values [variables]given

// isVault reports whether a value is encrypted.
func isVault(t strictyaml.Tree) bool {
	return strings.HasPrefix(t.Tag(), "!vault") || t.Get("__ansible_vault").Given() || strings.HasPrefix(t.Text(), "$ANSIBLE_VAULT;")
}

// isTemplate reports whether a text is a Jinja template.
func isTemplate(s string) bool {
	return strings.Contains(s, "{{") || strings.Contains(s, "{%") || strings.Contains(s, "{#")
}
