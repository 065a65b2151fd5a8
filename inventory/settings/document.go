package settings

import (
	"aixmend/inventory/strictyaml"
)

// The document types are the file as it is written; schema.json is made of
// them, descriptions and patterns included (go test ./inventory/settings -update).

// Document is one inventory file.
type Document struct {
	APIVersion Text                       `yaml:"apiVersion,required" missing:"write as the first line apiVersion: aixmend/v1" jsonschema:"required,enum=aixmend/v1" jsonschema_description:"The format of this file."`
	Defaults   Doc                        `yaml:"defaults" jsonschema_description:"What holds for every host of this file unless its groups or the host say otherwise."`
	Groups     groupDocs                  `yaml:"groups" jsonschema_description:"Groups of hosts; a list of names where a group has no settings."`
	Hosts      strictyaml.Map[HostDoc]    `yaml:"hosts" jsonschema_description:"Hosts by name. A name may hold ranges: aix[01-20], aix[1,3,7-9]."`
	Source     SourceDoc                  `yaml:"source" jsonschema_description:"More hosts: a program prints them, or Power Virtual Server lists them."`
	Bastions   strictyaml.Map[BastionDoc] `yaml:"bastions" jsonschema_description:"Hosts to go through, by the name that ssh.jump has for them."`
}

// SourceDoc is where more hosts come from: a program that prints them, or Power Virtual
// Server.
type SourceDoc struct {
	Pos     strictyaml.Pos `yaml:"-"`
	Exec    []Text         `yaml:"exec" jsonschema:"minItems=1" jsonschema_description:"The program and its arguments; it is run without a shell and prints an inventory in the form of Ansible's --list. One that is named by a path starts at the folder of this file."`
	Timeout duration       `yaml:"timeout" jsonschema_description:"How long the program may take, such as 30s."`
	Powervs PowervsDoc     `yaml:"powervs" jsonschema_description:"The virtual machines of workspaces of Power Virtual Server."`
}

// BastionDoc is a host to go through to others.
type BastionDoc struct {
	Address  Text   `yaml:"address" jsonschema:"minLength=1" jsonschema_description:"IPv4 address, IPv6 address or DNS name. Without it the name is the address."`
	SSH      SSHDoc `yaml:"ssh" jsonschema_description:"How to log in there. The identity (with certificate and passphrase) and known_hosts of the defaults hold where neither this nor ssh_config says another; nothing else of the defaults or of the hosts behind it does."`
	DialRate Number `yaml:"dial_rate" jsonschema:"minimum=1" jsonschema_description:"How many connections a second may be opened through it."`
}

// Doc may stand in the defaults, a group or a host.
type Doc struct {
	SSH    SSHDoc          `yaml:"ssh" jsonschema_description:"How to reach the host."`
	RMCNIC Text            `yaml:"rmc_nic" jsonschema:"pattern=^en[0-9]+$" jsonschema_description:"The interface that carries RMC, such as en1. Without it the interface is found out."`
	Waive  []waiverDoc     `yaml:"waive" jsonschema_description:"Findings that count for nothing."`
	Cloud  CloudDoc        `yaml:"cloud" jsonschema_description:"Which virtual machine of Power Virtual Server the host is."`
	Accept []acceptanceDoc `yaml:"accept" jsonschema_description:"Checks of the cluster guard whose unclear answer is taken as no cluster; a positive answer never is."`
}

// SSHDoc says how a host is reached and logged in to.
type SSHDoc struct {
	User       Text        `yaml:"user" jsonschema:"default=root,pattern=^[^\\s-]\\S*$" jsonschema_description:"The login on the host."`
	Port       Number      `yaml:"port" jsonschema:"default=22,minimum=1,maximum=65535" jsonschema_description:"The TCP port of the SSH server."`
	Identity   Text        `yaml:"identity" jsonschema:"minLength=1" jsonschema_description:"The private key file, or the public one of a key that the agent holds; ~ is the home folder, a relative path starts at the folder of this file. ${NAME} and the tokens of ssh such as %h and %r are replaced, %% is a %."`
	Cert       Text        `yaml:"certificate" jsonschema:"minLength=1" jsonschema_description:"The user certificate that goes with the identity; none for none. Without it IDENTITY-cert.pub, if that is there. Paths as for identity."`
	Passphrase passwordDoc `yaml:"passphrase" jsonschema_description:"Where the passphrase of the identity comes from; never the passphrase itself. Without it a person is asked."`
	Login      passwordDoc `yaml:"password" jsonschema_description:"Where the password of the login comes from, for hosts that take no key; never the password itself."`
	Legacy     yesNo       `yaml:"legacy_algorithms" jsonschema:"default=false" jsonschema_description:"Also offer and take what is not safe any more (SHA-1, CBC, DSA, RSA keys under 2048 bits), for SSH servers of old AIX levels."`
	Agent      Text        `yaml:"agent" jsonschema:"minLength=1" jsonschema_description:"The socket of the agent; none for no agent. Without it the user's own. Paths as for identity."`
	KnownHosts Paths       `yaml:"known_hosts" jsonschema_description:"The file of known host keys, or a list of them; paths as for identity. In it user and system stand for the files of ssh_config, else for those that ssh reads."`
	KeyAlias   Text        `yaml:"host_key_alias" jsonschema:"minLength=1" jsonschema_description:"The name under which known_hosts has the key of the host. Without it the address, with the port where that is not 22."`
	Config     Text        `yaml:"config" jsonschema:"minLength=1" jsonschema_description:"The one ssh_config file that is read for the host, as by ssh -F; none for none. Without it that of --ssh-config, else the user's own and the system's. Paths as for identity."`
	Become     BecomeDoc   `yaml:"become" jsonschema_description:"How to become root after the login."`
	Mode       Text        `yaml:"become_mode" jsonschema:"default=script,enum=script,enum=commands" jsonschema_description:"What becomes root: all commands as one script, or each command by itself, for a login that may run single commands only (aixmend playbook sudoers prints which)."`
	Password   passwordDoc `yaml:"become_password" jsonschema_description:"Where the password comes from that sudo, dzdo, pbrun, su or the command asks for; never the password itself."`
	Jump       Text        `yaml:"jump" jsonschema:"minLength=1" jsonschema_description:"[user@]host[:port] of the bastion to go through; several, the nearest to this machine first, with commas between; none for a direct way."`
}

// GroupDoc is a group of hosts, with the settings they share.
type GroupDoc struct {
	Concurrency Number `yaml:"concurrency" jsonschema:"minimum=1" jsonschema_description:"How many hosts of the group may be worked on at one time."`
	Doc
}

// HostDoc is a host, or the hosts of a name with ranges.
type HostDoc struct {
	Address Text       `yaml:"address" jsonschema:"minLength=1" jsonschema_description:"IPv4 address, IPv6 address or DNS name, with as many ranges as the name has; they count in step. Without it the name is the address."`
	Groups  GroupNames `yaml:"groups" jsonschema_description:"Groups of the host; where two say different things the later one wins."`
	// Most hosts of a large fleet have no settings of their own: nil.
	*Doc
}

// groupDocs are the groups of a file, a map or a list of names.
type groupDocs struct {
	strictyaml.Map[GroupDoc] `yaml:"-"`
}

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (g *groupDocs) UnmarshalStrict(n *strictyaml.Node) {
	if n.Kind() != strictyaml.List {
		n.Decode(&g.Map)
		return
	}
	var names []Text
	n.Decode(&names)
	for _, name := range names {
		g.Map = append(g.Map, strictyaml.Entry[GroupDoc]{Key: name.V, KeyPos: name.Pos})
	}
}

// GroupNames are the groups of a host, a list or one name.
type GroupNames []Text

// UnmarshalStrict implements strictyaml.Unmarshaler.
func (g *GroupNames) UnmarshalStrict(n *strictyaml.Node) {
	switch n.Kind() {
	case strictyaml.Scalar:
		var name Text
		if n.Decode(&name) {
			*g = GroupNames{name}
		}
	case strictyaml.Dict:
		n.Wrong("a list of groups")
	default:
		n.Decode((*[]Text)(g))
	}
}
