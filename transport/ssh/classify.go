package ssh

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/ssh/fault"
	"aixmend/transport/ssh/hostkeys"
)

// classify gives the error of a failed attempt its kind.
func (a *attempt) classify(err error) error {
	var typed *transport.Error
	var timeout net.Error
	var dns *net.DNSError
	var algorithms *ssh.AlgorithmNegotiationError
	err = fault.Short(err)
	switch {
	case errors.As(err, &typed) && typed.Op == "": // of the way
		return a.fail(typed.Kind, typed.Err)
	case errors.As(err, &typed):
		return typed
	case a.hostKey != nil:
		return a.fail(hostkeys.Kind(a.hostKey), fault.Short(a.hostKey))
	case a.phase == "authenticate" && a.refusal(err) == nil && a.login.Unanswered(err):
		return a.fail(transport.KindAuth, fmt.Errorf("no answer to the password of %s, which is not sent once more: %w", a.target.User, err))
	case errors.Is(err, fault.ErrConnectTimeout), errors.Is(err, os.ErrDeadlineExceeded):
		return a.fail(transport.KindTimeout, fmt.Errorf("%w (%s)", fault.ErrConnectTimeout, a.dialer.options.ConnectTimeout))
	case errors.As(err, &dns):
		return a.fail(transport.KindDNS, err)
	case errors.As(err, &timeout) && timeout.Timeout():
		return a.fail(transport.KindTimeout, err)
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE): // one is free once another host has ended
		return a.fail(transport.KindRefused, fmt.Errorf("by this machine, not by the host: no file is left to open (ulimit -n): %w", err))
	case a.phase == "dial":
		return a.fail(transport.KindRefused, err)
	case a.refusal(err) != nil:
		return a.refusal(err)
	case fault.Broken(err) && a.phase == "handshake" && !a.hello.over:
		return a.fail(transport.KindLost, fmt.Errorf("the connection was closed during the handshake phase, before the server sent its version: too many logins are in progress there (MaxStartups), or this machine may not log in: %w", err))
	case fault.Broken(err):
		return a.fail(transport.KindLost, fmt.Errorf("the connection was closed during the %s phase: %w", a.phase, err))
	case errors.As(err, &algorithms):
		return a.fail(transport.KindProtocol, noCommonAlgorithm(algorithms, a.target.LegacyAlgorithms))
	case a.phase == "authenticate":
		return a.fail(transport.KindAuth, fault.Short(a.login.Refused(err)))
	}
	return a.fail(transport.KindProtocol, err)
}

// refusal returns the refusal that keeps the login out, nil if none is known.
func (a *attempt) refusal(err error) error {
	var known *fault.Refusal
	switch {
	case a.phase == "handshake" && a.hello != nil:
		known = fault.Recognise(string(a.hello.said))
	case a.phase == "authenticate" && a.login != nil:
		known = fault.Recognise(a.login.Heard(), err.Error())
	}
	if known == nil {
		return nil
	}
	return a.fail(known.Kind, fmt.Errorf("%s, user %s: %w (%w)", a.target.Address, a.target.User, known, fault.Short(err)))
}
