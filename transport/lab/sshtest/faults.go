package sshtest

import (
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// Stage names a point of the handshake.
type Stage string

// The points at which [Faults.DropAt] can cut a connection.
const (
	StageAccept   Stage = "accept"   // at once: what MaxStartups does
	StageGreeting Stage = "greeting" // after Faults.PreBanner: what MaxStartups does since OpenSSH 8.5
	StageVersion  Stage = "version"  // after both version lines
	StageKexInit  Stage = "kexinit"  // after the server's KEXINIT was sent
	StageAuth     Stage = "auth"     // when the client shows its first key or password
)

// ForwardFault names a way in which a direct-tcpip channel goes wrong.
type ForwardFault string

// Values of [Faults.Forward].
const (
	ForwardRefuse ForwardFault = "refuse" // it is refused
	ForwardDrop   ForwardFault = "drop"   // it is opened and closed at once
	ForwardIgnore ForwardFault = "ignore" // the request is never answered
	ForwardStall  ForwardFault = "stall"  // it is opened and nothing comes
	ForwardDie    ForwardFault = "die"    // the whole connection is cut
)

// Faults is how a server misbehaves; the zero value behaves. It is looked at
// when the event happens, so [Server.SetFaults] reaches open connections too.
type Faults struct {
	// Silent accepts connections and never says a word.
	Silent bool
	// PreBanner lines are sent before the SSH version line (RFC 4253, 4.2).
	PreBanner []string
	// DropAt closes the connection at that point of the handshake.
	DropAt Stage
	// RejectAuth lets no key and no password pass.
	RejectAuth bool

	// StallAfter stops sending for good after that many bytes were sent on a
	// connection, the handshake included: a black hole. 0 is off.
	StallAfter int64
	// CutAfter closes the connection after that many bytes were sent. 0 is off.
	CutAfter int64

	// StallSession never answers a request for a new session.
	StallSession bool
	// RejectSession answers it with ResourceShortage.
	RejectSession bool
	// DeadSFTP grants the sftp subsystem with nothing behind it: a program that
	// is not there, which says so on stderr and ends.
	DeadSFTP bool
	// TalkativeSFTP sends a line of text before the first packet of the sftp
	// subsystem, as a profile that prints does.
	TalkativeSFTP bool
	// SFTPLingers is how much later than its session's stdin the program of sftp ends.
	SFTPLingers time.Duration
	// HangExec accepts commands and never runs or finishes them.
	HangExec bool
	// IgnoreKeepalive answers no global request (keepalive@openssh.com).
	IgnoreKeepalive bool

	// Forward is how direct-tcpip channels go wrong; "": they do not.
	Forward ForwardFault
	// ForwardEvery spares all but every n-th channel of the server; 0 spares none.
	ForwardEvery int
	// ForwardReason and ForwardMessage are the answer of [ForwardRefuse]; the
	// reason 0 is ResourceShortage.
	ForwardReason  ssh.RejectionReason
	ForwardMessage string

	// CutBefore closes the connection when a command that contains this text
	// arrives: it does not run.
	CutBefore string
	// CutDuring closes the connection as soon as such a command was started:
	// it runs on behind a dead link, as under sshd.
	CutDuring string
	// CutAfterRun closes the connection when such a command has run, before
	// its exit status is sent.
	CutAfterRun string
	// Times limits CutBefore, CutDuring and CutAfterRun together to so many
	// cuts; 0 is without limit.
	Times int
}

// match reports whether a cut applies to a command.
func match(pattern, command string) bool {
	return pattern != "" && strings.Contains(command, pattern)
}
