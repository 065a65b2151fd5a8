// Package cause names why a host could not be reached, in a few fixed words behind the
// kind of the error: "auth: wrong passphrase: ...". Hosts are grouped by it, and advice
// depends on it.
package cause

import (
	"slices"
	"strings"
)

// Cause is one cause.
type Cause string

// Causes of the kind refused.
const (
	ConnectionRefused  Cause = "connection refused"
	NoRoute            Cause = "no route"
	NetworkUnreachable Cause = "network unreachable"
	NotPermittedHere   Cause = "not permitted here"
	TooManyFiles       Cause = "too many open files here"
	TooManyLogins      Cause = "too many logins in progress"
	Penalised          Cause = "this machine is locked out"
)

// Causes of the kind timeout.
const (
	NoAnswer Cause = "no answer"
	Silent   Cause = "connected, but silent"
)

// Causes of the kind dns.
const (
	NoSuchName     Cause = "no such name"
	ResolverFailed Cause = "name server failed"
	ResolverSilent Cause = "name server timeout"
)

// Causes of the kind auth that are found here, before the host is dialled.
const (
	NoKey             Cause = "no identity"
	KeyMissing        Cause = "key file missing"
	KeyUnreadable     Cause = "key file unreadable"
	KeyOpen           Cause = "key file open to others"
	KeyForeign        Cause = "key file of another user"
	NotAKey           Cause = "not a private key"
	PrivateMissing    Cause = "private key missing"
	PassphraseMissing Cause = "passphrase missing"
	WrongPassphrase   Cause = "wrong passphrase"
	AgentFailed       Cause = "agent failed"
	SeveralKeys       Cause = "several keys in the agent"
	BadCertificate    Cause = "certificate unusable"
	OldKey            Cause = "key too old"
	PasswordMissing   Cause = "password missing"
	PasswordWithheld  Cause = "password refused elsewhere"
)

// Causes of the kind auth that the host gives.
const (
	KeyRefused         Cause = "key refused"
	KeyTypeRefused     Cause = "key type refused"
	CertificateRefused Cause = "certificate refused"
	PasswordRefused    Cause = "password refused"
	MoreWanted         Cause = "second proof wanted"
	MethodMissing      Cause = "login method missing"
	PasswordExpired    Cause = "password expired"
	AccountLocked      Cause = "account locked"
	AccountClosed      Cause = "account not available"
	TooManySessions    Cause = "too many sessions"
	TooManyTries       Cause = "too many login tries"
	PasswordUnanswered Cause = "no answer to the password"
)

// Causes of the kind protocol.
const (
	NotSSH          Cause = "not an SSH server"
	NoAlgorithm     Cause = "no common algorithm"
	ShortHostKey    Cause = "the host's key is known, and too short to be trusted"
	BadData         Cause = "SSH not understood"
	SessionRefused  Cause = "session refused"
	CommandsRefused Cause = "commands refused"
	ForcedCommand   Cause = "forced command or shell"
	ScriptCut       Cause = "script ended early"
	ConfigUnusable  Cause = "ssh_config not usable"
)

// RevokedHostKey is a cause of the kind host-key-changed.
const RevokedHostKey Cause = "the host's key is revoked"

// Causes of the kind lost.
const (
	ClosedEarly Cause = "closed before its version"
	ClosedLater Cause = "connection closed"
	ShellSilent Cause = "login shell silent"
)

// kinds are the kinds of package transport that have causes, each with its own.
var kinds = map[string][]Cause{
	"refused": {ConnectionRefused, NoRoute, NetworkUnreachable, NotPermittedHere, TooManyFiles, TooManyLogins, Penalised},
	"timeout": {NoAnswer, Silent},
	"dns":     {NoSuchName, ResolverFailed, ResolverSilent},
	"auth": {
		NoKey, KeyMissing, KeyUnreadable, KeyOpen, KeyForeign, NotAKey, PrivateMissing, PassphraseMissing, WrongPassphrase,
		AgentFailed, SeveralKeys, BadCertificate, OldKey, PasswordMissing, PasswordWithheld,
		KeyRefused, KeyTypeRefused, CertificateRefused, PasswordRefused, MoreWanted, MethodMissing, PasswordExpired,
		AccountLocked, AccountClosed, TooManySessions, TooManyTries, PasswordUnanswered,
	},
	"protocol":         {AccountClosed, NotSSH, NoAlgorithm, ShortHostKey, BadData, SessionRefused, CommandsRefused, ForcedCommand, ScriptCut, ConfigUnusable},
	"lost":             {ClosedEarly, ClosedLater, ShellSilent},
	"host-key-unknown": nil,
	"host-key-changed": {RevokedHostKey},
}

// All lists the causes of a kind.
func All(kind string) []Cause { return slices.Clone(kinds[kind]) }

// because is an error with its cause.
type because struct {
	cause Cause
	err   error
}

// Because puts a cause before an error, nil before nil.
func Because(c Cause, err error) error {
	if err == nil {
		return nil
	}
	return &because{c, err}
}

// Error begins with the cause.
func (b *because) Error() string { return string(b.cause) + ": " + b.err.Error() }

// Unwrap returns the error without its cause.
func (b *because) Unwrap() error { return b.err }

// jump is the kind of a host whose bastion or proxy command failed.
const jump = "jump"

// Of returns the kind and the cause that a reason begins with: those of the bastion where
// one failed. "" stands for one that it does not name.
func Of(reason string) (kind string, c Cause) {
	kind, c, _ = read(reason)
	return kind, c
}

// Head returns the part of a reason that hosts share which fail in the same way: kind and
// cause, with the bastion where one failed.
func Head(reason string) string {
	_, _, head := read(reason)
	return head
}

func read(reason string) (kind string, c Cause, head string) {
	first, rest, more := strings.Cut(reason, ": ")
	if first != jump {
		first, _, _ = strings.Cut(first, ":")
		for _, one := range kinds[first] {
			if more && (rest == string(one) || strings.HasPrefix(rest, string(one)+": ")) {
				return first, one, first + ": " + string(one)
			}
		}
		return first, "", first
	}
	who, inner, more := strings.Cut(rest, ": ")
	head = jump + ": " + who
	for more { // a name of a bastion may hold anything
		name, _, _ := strings.Cut(inner, ": ")
		if _, known := kinds[name]; known || name == jump {
			kind, c, deeper := read(inner)
			return kind, c, head + ": " + deeper
		}
		_, inner, more = strings.Cut(inner, ": ")
	}
	if !strings.HasPrefix(who, "bastion ") && !strings.HasPrefix(who, "proxy command") {
		head = jump
	}
	return jump, "", head
}
