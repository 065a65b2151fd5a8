// Package transport declares the types of a connection to a host. The engine is
// written against them, and everything that can carry a command (real SSH, a
// scripted fake) implements them.
//
// Terms. A target is where and as whom to connect. A command is one piece of
// POSIX sh text. A session is one exec channel; it carries a script, in which
// each command stands in a frame of its own, so that every command keeps its
// own stdout, stderr and exit status. A transcript holds the results of a script.
package transport

import (
	"context"
	"time"
)

// Target is one host to connect to. It is a value: comparable, no secrets. An
// empty field was not set: see Defaulted.
type Target struct {
	// Name is the inventory's name of the host; it stands in every error.
	Name string
	// Address is a DNS name or an IP address.
	Address string
	// Port is 1 to 65535; 0: 22.
	Port int
	// User is the login; empty: root.
	User string
	// Identity is the path of a private key, or of a public one whose private half
	// the agent holds; empty: the user's own, then the agent.
	Identity string
	// Untried holds the keys that ssh would try after Identity, one a line: they are not
	// offered, and an error names them.
	Untried string
	// Certificate is the path of the user certificate of Identity; "none": none;
	// empty: IDENTITY-cert.pub if it exists, or the agent's.
	Certificate string
	// Agent is the path of the agent's socket; "none": no agent; empty: the
	// user's own.
	Agent string
	// Passphrase names where the passphrase of Identity comes from, never the
	// passphrase itself; empty: a person is asked.
	Passphrase string
	// Password names where the login's password comes from, never the password
	// itself; empty: the login is by key only.
	Password string
	// LegacyAlgorithms also offers algorithms that are no longer safe, for SSH servers of
	// old AIX levels.
	LegacyAlgorithms bool
	// KnownHosts holds the paths of known_hosts files, one a line; empty: the
	// user's own, then the system's.
	KnownHosts string
	// HostKeyAlias is the name under which known_hosts holds the host's key;
	// empty: its address and port.
	HostKeyAlias string
	// SSHConfig is the path of the one ssh_config that completes the target and its
	// bastions; "none": nothing does; empty: the one of the run.
	SSHConfig string
	// AddressFamily is inet or inet6: of the addresses of a name only those of that family
	// are dialled; empty: all. It does not matter where something else dials.
	AddressFamily string
	// RevokedHostKeys is the path of a list of keys, or an OpenSSH KRL: a host that shows
	// one of them is refused; empty: none.
	RevokedHostKeys string
	// KnownHostsCommand is the place of a setting that names a command which might know the
	// host's key; it is not run; empty: none.
	KnownHostsCommand string
	// Jump names the bastions on the way, commas between, the nearest to this
	// machine first; each is [user@]name[:port]; empty or "none": none.
	Jump string
	// ProxyCommand is a shell command of this machine whose streams are the
	// connection, with nothing left to fill in; empty or "none": none. Jump and
	// ProxyCommand are not both set.
	ProxyCommand string
	// Become is how to become root; empty: BecomeNone.
	Become string
	// BecomeCommand is the prefix of BecomeCustom: words, separated by blanks,
	// without a meaning to a shell.
	BecomeCommand string
	// BecomeMode says how much becomes root: ModeScript, or ModeCommands for a login
	// that may run single commands only; empty: ModeScript.
	BecomeMode string
	// BecomePassword names where the password comes from that the tool of Become
	// asks for, never the password itself; empty: it asks for none. It goes with
	// ModeScript only.
	BecomePassword string
}

// Defaults.
const (
	DefaultUser = "root"
	DefaultPort = 22
)

// Defaulted returns the target with the default user and port where none is set.
func (t Target) Defaulted() Target {
	if t.User == "" {
		t.User = DefaultUser
	}
	if t.Port == 0 {
		t.Port = DefaultPort
	}
	return t
}

// Ways to become root.
const (
	BecomeNone   = "none"
	BecomeSudo   = "sudo"
	BecomeDzdo   = "dzdo" // Centrify's sudo
	BecomePbrun  = "pbrun"
	BecomeSu     = "su"
	BecomeCustom = "command" // the words of Target.BecomeCommand
)

// Values of Target.BecomeMode.
const (
	// ModeScript runs all commands of a script as one, by one call of the tool.
	ModeScript = "script"
	// ModeCommands calls the tool for each command of the script's text.
	ModeCommands = "commands"
)

// ScriptBegin is how every script begins that a dialler of this module runs on a
// host: a shell that runs one is known by it in the process table.
const ScriptBegin = "LC_ALL=C; LANG=C; ODMDIR=/etc/objrepos"

// DefaultMaxOutput is the default of Command.MaxOutput, in bytes.
const DefaultMaxOutput = 256 << 10

// Command is one piece of POSIX sh text to run on a host.
type Command struct {
	// ID names the command in results and errors.
	ID string
	// Line is the text, complete by itself (parsed when the playbook was loaded).
	Line string
	// Mutating marks a command that may change the host. It travels alone, or behind
	// the one command that Requires an answer for it to be run.
	Mutating bool
	// Finishes marks a mutating command that belongs to one that was sent
	// before, such as the disarming of its undo: a gate that shuts for new
	// changes still lets it pass. The gate of the read-only verbs does not.
	Finishes bool
	// AsLogin commands run as the login user, before privilege is taken or a
	// password sent.
	// They can only stand at the beginning of a script.
	AsLogin bool
	// Require, when not empty, is the output that the command must print (without
	// the final newlines) for the script to continue; else the rest is not run.
	Require string
	// Timeout is how long the command may take; past it it is called hung.
	Timeout time.Duration
	// Within is how long the commands of a script may take together, up to the end of
	// this one; past it the one that runs is stopped as a hung one is, and it and all
	// after it are called late. 0: only their own limits count.
	Within time.Duration
	// MaxOutput bounds the bytes kept of each stream; 0: DefaultMaxOutput.
	MaxOutput int
}

// Result is the result of one command.
type Result struct {
	ID string
	// Exit is the exit status, 0 to 255; it is meaningless when Err is set.
	Exit int
	// Stdout and Stderr are the bytes kept of each stream.
	Stdout, Stderr []byte
	// StdoutDropped and StderrDropped count the bytes that were not kept.
	StdoutDropped, StderrDropped int64
	// Started is when the command's frame opened, by the controller's clock.
	Started  time.Time
	Duration time.Duration
	// Err says why there is no exit status: ErrHung, ErrLate, ErrNotRun, or the error
	// that ended the connection. A command that was to run as root and certainly
	// did not, because the login can't become root, has an error that is both
	// ErrNotRun and of KindPrivilege.
	Err error
}

// Truncated reports whether the host sent more than was kept.
func (r Result) Truncated() bool { return r.StdoutDropped > 0 || r.StderrDropped > 0 }

// Transcript holds the results of a script.
type Transcript struct {
	// Results holds one result a command, in the order of the commands.
	Results []Result
	// Noise is the output outside every frame (banners, a talkative profile):
	// evidence, never parsed. Bounded.
	Noise []byte
}

// Conn is one connection to one host. It is used by one goroutine at a time.
type Conn interface {
	// Run runs the commands in order as one script. A hung command is named
	// by ErrHung in its result, and the commands after it still run, unless it
	// was a mutating one. Where the commands take longer than one may be Within,
	// none after it is run. An error means that the script did not finish;
	// the transcript then holds all known results, and each command without
	// an exit status has its Err set: ErrNotRun when it is certain that it
	// was never run.
	Run(ctx context.Context, commands []Command) (Transcript, error)
	// Close ends the connection. It is safe to call twice.
	Close() error
}

// Dialer opens connections.
type Dialer interface {
	// Dial connects and authenticates. Its error is an *Error.
	Dial(ctx context.Context, target Target) (Conn, error)
}

// DialerFunc is a function that implements Dialer.
type DialerFunc func(ctx context.Context, target Target) (Conn, error)

// Dial calls f.
func (f DialerFunc) Dial(ctx context.Context, target Target) (Conn, error) { return f(ctx, target) }
