package transport

import (
	"errors"
	"fmt"
)

// Kind is the class of a transport error. The engine acts on it, and the reason of
// an unreachable host begins with it.
type Kind string

// The kinds of error.
const (
	// KindRefused: the connection was refused, or there is no route.
	KindRefused Kind = "refused"
	// KindTimeout: no answer within the connect timeout.
	KindTimeout Kind = "timeout"
	// KindDNS: the name does not resolve.
	KindDNS Kind = "dns"
	// KindHostKeyUnknown: known_hosts lists no key for the host.
	KindHostKeyUnknown Kind = "host-key-unknown"
	// KindHostKeyChanged: known_hosts lists another key for the host.
	KindHostKeyChanged Kind = "host-key-changed"
	// KindAuth: the host did not accept the identity, or there is none.
	KindAuth Kind = "auth"
	// KindProtocol: the server does not speak SSH as we do.
	KindProtocol Kind = "protocol"
	// KindLost: an established connection broke.
	KindLost Kind = "lost"
	// KindJump: the bastion failed, not the host.
	KindJump Kind = "jump"
	// KindPrivilege: the login works, becoming root does not.
	KindPrivilege Kind = "privilege"
	// KindCanceled: the run was stopped. The host may be fine.
	KindCanceled Kind = "canceled"
)

// Temporary reports whether trying again later can help without anybody
// changing anything. Host keys, authentication and privilege are final: trying
// again locks accounts.
func (k Kind) Temporary() bool {
	return k == KindRefused || k == KindTimeout || k == KindLost
}

// Error is the error type of every transport.
type Error struct {
	Kind Kind
	// Op is the failed operation: dial, handshake, session, run.
	Op string
	// Host is the target's name.
	Host string
	// Err is the cause; it may hold advice for the operator.
	Err error
}

// Error returns host, operation and cause, without the kind.
func (e *Error) Error() string { return fmt.Sprintf("%s: %s: %v", e.Host, e.Op, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Reason returns the form for reports: "kind: cause".
func (e *Error) Reason() string { return string(e.Kind) + ": " + e.Err.Error() }

// KindOf returns the kind of err, "" if err is not a transport error.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

// CauseOf returns the kind of err or, if the bastion failed, the kind of the bastion's
// error; KindJump if that is unknown.
func CauseOf(err error) Kind {
	var e *Error
	if !errors.As(err, &e) {
		return ""
	}
	if inner := CauseOf(e.Err); e.Kind == KindJump && inner != "" {
		return inner
	}
	return e.Kind
}

// ErrHung means that a command did not end within its timeout.
var ErrHung = errors.New("hung: no end within its time limit")

// ErrLate means that the time for all commands of a script was over before the command
// had ended. It may not have begun.
var ErrLate = errors.New("late: the time limit of the whole script was over")

// ErrNotRun means that a command never started: a required answer did not come, too
// many commands before it hung, or the login could not become root.
var ErrNotRun = errors.New("not run")

// ErrGateShut means that the gate did not let a changing command pass.
var ErrGateShut = errors.New("the gate is shut: nothing that changes a host may run")
