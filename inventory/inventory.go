// Package inventory holds the hosts that the controller may touch, with all settings
// resolved. It selects hosts by patterns and writes them as one inventory file.
// Package inventory/load reads inventories.
//
// A *host* is one AIX machine. A *group* is a set of hosts that share settings.
// *Defaults* are settings that all hosts of a file share. A setting of the host
// wins over one of its groups, where a later group in the host's list wins over
// an earlier one, over the defaults, over the built-in values. A *waiver* makes a
// finding on a host count for nothing. An *acceptance* takes an unclear answer of
// one check of the cluster guard as "no cluster". A *range* such as aix[01-20]
// stands for many hosts. A *pattern* selects hosts by name or group.
package inventory

import (
	"slices"
	"strings"
	"time"

	"aixmend/inventory/ranges"
	"aixmend/inventory/strictyaml"
)

// MaxHosts is how many hosts an inventory may hold.
const MaxHosts = ranges.MaxResults

// APIVersion is the only value of apiVersion that is read.
const APIVersion = "aixmend/v1"

// DefaultBecome holds where an inventory says nothing else.
const DefaultBecome = BecomeNone

// The values of SSH.Become.
const (
	BecomeNone    = "none"
	BecomeSudo    = "sudo"
	BecomeDzdo    = "dzdo"
	BecomePbrun   = "pbrun"
	BecomeSu      = "su"
	BecomeCommand = "command"
)

// The values of SSH.BecomeMode in a file; script is the default.
const (
	ModeScript   = "script"
	ModeCommands = "commands"
)

// An Inventory is the content of one or more files. It must not be changed.
type Inventory struct {
	// Hosts are sorted by name.
	Hosts []Host
	// Groups are sorted by name.
	Groups []Group
	// Bastions are those that are defined or have defaults of their own, sorted by name.
	Bastions []Bastion
	// Files are the files it was read from, in the order they were named.
	Files []string
	// Warnings name the settings that are ignored or not followed, with their places, in
	// the order of the places.
	Warnings strictyaml.Problems
	// Faults say, by the name of a host, why a host can't be selected: something that is needed to reach
	// it is written in a way that is not read.
	Faults map[string]strictyaml.Problems
}

// A Host is one machine, with all settings resolved. Hosts may share slices.
type Host struct {
	// Name is unique, also when case is ignored. It matches
	// ^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$, so it can be part of a file name.
	Name string
	// Address is an IPv4 or IPv6 address or a DNS name; the name of the host
	// where the inventory gives none. It may be empty for a host that Select
	// refuses.
	Address string
	// Groups are the groups of the host, in the order it lists them.
	Groups []string
	SSH    SSH
	// RMCNIC is the interface that carries RMC, such as "en1"; empty when it
	// is to be found out (procedure.md D4).
	RMCNIC string
	// Cloud says which virtual machine of Power Virtual Server it is; its fields may be empty.
	Cloud Cloud
	// Waivers are sorted by finding; there is one at most for each.
	Waivers []Waiver
	// Accepts are sorted by check; there is one at most for each.
	Accepts []Acceptance
	// Pos is where the entry of the host begins.
	Pos strictyaml.Pos
}

// Cloud names a virtual machine of Power Virtual Server.
type Cloud struct {
	// Instance is its id there, Workspace the CRN of its workspace.
	Instance, Workspace string
}

// SSH says how to reach a host. A field that the inventory does not set is empty; it
// is taken from the user's ssh_config, else from the defaults of transport.Target.
type SSH struct {
	// User has no spaces and no control characters.
	User string
	// Port is 1 to 65535, or 0.
	Port int
	// Identity, Certificate and Agent are absolute paths, or paths relative to the
	// working folder where the inventory file was named so. The tokens of ssh in them
	// are not expanded yet. Certificate and Agent may be "none".
	Identity, Certificate, Agent string
	// KnownHosts are such paths, one a line; the words user and system stand for the
	// files of ssh_config, else for those that ssh reads.
	KnownHosts string
	// HostKeyAlias is the name of the host in known_hosts; "": its address and port.
	HostKeyAlias string
	// Config is the path of the one ssh_config of the host, as Identity is; "none": it
	// has none; "": that of --ssh-config, else the user's own.
	Config string
	// Passphrase and Password are keys of the PasswordSources of the identity's
	// passphrase and of the login's password.
	Passphrase, Password string
	// LegacyAlgorithms also offers algorithms that are not safe any more.
	LegacyAlgorithms bool
	// Become is one of the values above: how to become root.
	Become string
	// BecomeCommand is the prefix of a command where Become is BecomeCommand: words that
	// mean nothing to a shell, one blank between. Else it is empty.
	BecomeCommand string
	// BecomeMode is ModeCommands when each command becomes root by itself, and
	// empty when a script of them does (or none need).
	BecomeMode string
	// BecomePassword is the key of the PasswordSource that the tool of Become
	// asks for; empty when it asks for none. It goes with no BecomeMode.
	BecomePassword string
	// Jump names the bastions on the way, commas between, the nearest to this
	// machine first, each [user@]host[:port]; "none" for a direct way.
	Jump string
}

// A Bastion is a host that others are reached through, where the inventory has more
// of it than its name in ssh.jump.
type Bastion struct {
	// Name is its name in ssh.jump: an address or a DNS name. The one without a name
	// holds the Defaults of all that are not listed, those of ssh_config included.
	Name string
	// Address is where it is; its name when the inventory gives none.
	Address string
	// SSH says how to log in there. Its Become fields are empty.
	SSH SSH
	// Defaults hold the identity, with its certificate and passphrase, and the
	// known_hosts of the defaults of the inventory. SSH and ssh_config go before them;
	// the other fields are empty.
	Defaults SSH `json:",omitzero"`
	// DialRate is how many connections a second may be opened through it, 1 or
	// more; 0 when the inventory does not say.
	DialRate int
	// Pos is where it is defined.
	Pos strictyaml.Pos
}

// A Group is a set of hosts.
type Group struct {
	Name string
	// Concurrency is how many hosts of the group may be worked on at one
	// time, 1 or more; 0 when the group sets no bound.
	Concurrency int
	// Hosts are the names of the hosts in the group, sorted.
	Hosts []string
	// Pos is where the group is defined.
	Pos strictyaml.Pos
}

// A Waiver says that a finding counts for nothing on a host, why, and how long.
type Waiver struct {
	// Finding is the id of the finding.
	Finding string
	// Until is the last day on which the waiver holds, at 00:00 UTC; zero when
	// it has no end.
	Until time.Time
	// Reason is one line of text, never empty.
	Reason string
	// Pos is where the waiver stands.
	Pos strictyaml.Pos
}

// ActiveAt reports whether the waiver holds at t: through the whole of the day
// Until, in UTC.
func (w Waiver) ActiveAt(t time.Time) bool {
	return w.Until.IsZero() || t.Before(w.Until.AddDate(0, 0, 1))
}

// Host returns the host with a name, and whether there is one.
func (inv *Inventory) Host(name string) (Host, bool) {
	at, found := slices.BinarySearchFunc(inv.Hosts, name, func(h Host, name string) int {
		return strings.Compare(h.Name, name)
	})
	if !found {
		return Host{}, false
	}
	return inv.Hosts[at], true
}

// Group returns the group with a name, and whether there is one.
func (inv *Inventory) Group(name string) (Group, bool) {
	at, found := slices.BinarySearchFunc(inv.Groups, name, func(g Group, name string) int {
		return strings.Compare(g.Name, name)
	})
	if !found {
		return Group{}, false
	}
	return inv.Groups[at], true
}
