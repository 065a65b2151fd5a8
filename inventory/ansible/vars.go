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
	executableVar
	tokenKeyVar
	keyTextVar
	paramikoHostVar
	libsshHostVar
	paramikoUserVar
	libsshUserVar
	paramikoPortVar
	libsshPortVar
	paramikoKeyVar
	libsshKeyVar
	paramikoProxyVar
	libsshProxyVar
	libsshConfigVar
	becomeVar
	becomeMethodVar
	becomeUserVar
	becomeExeVar
	becomeFlagsVar
	sudoUserVar
	sudoExeVar
	sudoFlagsVar
	suUserVar
	suExeVar
	suFlagsVar
	dzdoUserVar
	dzdoExeVar
	dzdoFlagsVar
	pbrunUserVar
	pbrunExeVar
	pbrunFlagsVar
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
	ourOddVar // a name that begins as ours do, and is none
	variables // how many there are

	noVariable variable = -1
)

// variableNames are the names that variables have. All that ansible-doc lists for the
// plugins ssh, paramiko_ssh, libssh, sudo, su, dzdo and pbrun are here or in silent.
var variableNames = map[string]variable{
	"ansible_host": hostVar, "ansible_ssh_host": sshHostVar,
	"ansible_port": portVar, "ansible_ssh_port": sshPortVar,
	"ansible_user": userVar, "ansible_ssh_user": sshUserVar,
	"ansible_private_key_file": keyVar, "ansible_ssh_private_key_file": sshKeyVar,
	"ansible_connection": connectionVar, "ansible_ssh_executable": executableVar,
	"ansible_ssh_pkcs11_provider": tokenKeyVar, "ansible_pkcs11_provider": tokenKeyVar,
	"ansible_private_key": keyTextVar, "ansible_ssh_private_key": keyTextVar,
	"ansible_paramiko_host": paramikoHostVar, "ansible_libssh_host": libsshHostVar,
	"ansible_paramiko_user": paramikoUserVar, "ansible_libssh_user": libsshUserVar,
	"ansible_paramiko_port": paramikoPortVar, "ansible_libssh_port": libsshPortVar,
	"ansible_paramiko_private_key_file": paramikoKeyVar, "ansible_libssh_private_key_file": libsshKeyVar,
	"ansible_paramiko_proxy_command": paramikoProxyVar, "ansible_libssh_proxy_command": libsshProxyVar,
	"ansible_libssh_config_file": libsshConfigVar,
	"ansible_become":             becomeVar, "ansible_become_method": becomeMethodVar, "ansible_become_user": becomeUserVar,
	"ansible_become_exe": becomeExeVar, "ansible_become_flags": becomeFlagsVar,
	"ansible_sudo_user": sudoUserVar, "ansible_sudo_exe": sudoExeVar, "ansible_sudo_flags": sudoFlagsVar,
	"ansible_su_user": suUserVar, "ansible_su_exe": suExeVar, "ansible_su_flags": suFlagsVar,
	"ansible_dzdo_user": dzdoUserVar, "ansible_dzdo_exe": dzdoExeVar, "ansible_dzdo_flags": dzdoFlagsVar,
	"ansible_pbrun_user": pbrunUserVar, "ansible_pbrun_exe": pbrunExeVar, "ansible_pbrun_flags": pbrunFlagsVar,
	"ansible_ssh_args": sshArgsVar, "ansible_ssh_common_args": commonArgsVar, "ansible_ssh_extra_args": extraArgsVar,
	"ansible_host_key_checking": keyCheckVar, "ansible_ssh_host_key_checking": keyCheckVar,
	"ansible_paramiko_host_key_checking": keyCheckVar, "ansible_libssh_host_key_checking": keyCheckVar,
	"ansible_password": passwordVar, "ansible_ssh_pass": passwordVar, "ansible_ssh_password": passwordVar,
	"ansible_paramiko_pass": passwordVar, "ansible_paramiko_password": passwordVar,
	"ansible_libssh_pass": passwordVar, "ansible_libssh_password": passwordVar,
	"ansible_become_password": becomePasswordVar, "ansible_become_pass": becomePasswordVar,
	"ansible_sudo_pass": becomePasswordVar, "ansible_su_pass": becomePasswordVar,
	"ansible_dzdo_pass": becomePasswordVar, "ansible_pbrun_pass": becomePasswordVar,
	"ansible_private_key_passphrase": passphraseVar, "ansible_ssh_private_key_passphrase": passphraseVar,
	"aixmend_address": ourAddressVar, "aixmend_ssh": ourSSHVar, "aixmend_rmc_nic": ourNICVar, "aixmend_waive": ourWaiveVar,
	"aixmend_accept": ourAcceptVar,
}

// topics are the questions that variables are about.
var topics = map[variable]question{
	hostVar: aboutAddress, sshHostVar: aboutAddress, paramikoHostVar: aboutAddress, libsshHostVar: aboutAddress, ourAddressVar: aboutAddress,
	portVar: aboutPort, sshPortVar: aboutPort, paramikoPortVar: aboutPort, libsshPortVar: aboutPort,
	userVar: aboutLogin, sshUserVar: aboutLogin, paramikoUserVar: aboutLogin, libsshUserVar: aboutLogin,
	keyVar: aboutKey, sshKeyVar: aboutKey, paramikoKeyVar: aboutKey, libsshKeyVar: aboutKey, tokenKeyVar: aboutKey, keyTextVar: aboutKey,
	connectionVar: aboutConnection, executableVar: aboutWay, paramikoProxyVar: aboutWay, libsshProxyVar: aboutWay, libsshConfigVar: aboutConfig,
	sshArgsVar: aboutWay, commonArgsVar: aboutWay, extraArgsVar: aboutWay,
	becomeVar: aboutBecome, becomeMethodVar: aboutBecome, becomeUserVar: aboutBecome, becomeExeVar: aboutBecome, becomeFlagsVar: aboutBecome,
	sudoUserVar: aboutBecome, sudoExeVar: aboutBecome, sudoFlagsVar: aboutBecome, suUserVar: aboutBecome, suExeVar: aboutBecome, suFlagsVar: aboutBecome,
	dzdoUserVar: aboutBecome, dzdoExeVar: aboutBecome, dzdoFlagsVar: aboutBecome, pbrunUserVar: aboutBecome, pbrunExeVar: aboutBecome, pbrunFlagsVar: aboutBecome,
}

// toolVariables are the variables of each tool to become root with; they win over those
// of all.
var toolVariables = map[string]struct{ user, exe, flags variable }{
	"sudo":  {sudoUserVar, sudoExeVar, sudoFlagsVar},
	"su":    {suUserVar, suExeVar, suFlagsVar},
	"dzdo":  {dzdoUserVar, dzdoExeVar, dzdoFlagsVar},
	"pbrun": {pbrunUserVar, pbrunExeVar, pbrunFlagsVar},
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
	"(ssh_)?pipelining", "(ssh_)?timeout", "(ssh_)?retries", "ssh_transfer_method", "ssh_use_tty", "ssh_password_mechanism", "sshpass_prompt", "ssh_verbosity", "su_prompt_l10n", "(paramiko|libssh)_(use_.*|.*timeout|look_for_keys|host_key_auto_add|record_host_keys|pty|password_prompt|publickey_algorithms|hostkeys|key_exchange_algorithms|ciphers)", "(ssh_|persistent_)?control_path.*",
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
