package ssh

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/cause"
	"aixmend/transport/plain"
	"aixmend/transport/ssh/fault"
	"aixmend/transport/ssh/hostkeys"
)

// classify gives the error of a failed attempt its kind and its cause.
func (a *attempt) classify(err error) error {
	var typed *transport.Error
	var algorithms *ssh.AlgorithmNegotiationError
	err = fault.Short(err)
	switch {
	case errors.As(err, &typed) && typed.Op == "": // of the way
		return a.fail(typed.Kind, behind(typed.Kind, typed.Err))
	case errors.As(err, &typed):
		return typed
	case a.hostKey != nil:
		return a.fail(hostkeys.Kind(a.hostKey), fault.Short(a.hostKey))
	case a.phase == "authenticate" && a.refusal(err) == nil && a.login.Unanswered(err):
		return a.failed(transport.KindAuth, cause.PasswordUnanswered, "no answer to the password of %s, which is not sent once more%w", a.target.User, plain.Silent(err))
	case a.phase == "dial":
		return a.undialled(err)
	case a.phase == "handshake" && !a.hello.spoke():
		return a.ungreeted(err)
	case a.phase == "handshake" && a.hello.outdated():
		return a.failed(transport.KindProtocol, cause.BadData, "the server speaks SSH protocol 1 only, which is not safe: update it (%s)%w", firstWords(string(a.hello.said)), plain.Silent(err))
	case fault.Timeout(err), errors.Is(err, os.ErrDeadlineExceeded):
		return a.failed(transport.KindTimeout, cause.NoAnswer, "%w (%s)", fault.ErrConnectTimeout, a.dialer.options.ConnectTimeout)
	case a.refusal(err) != nil:
		return a.refusal(err)
	case fault.Broken(err):
		return a.failed(transport.KindLost, cause.ClosedLater, "the connection was closed during the %s phase%w", a.phase, plain.Silent(err))
	case errors.As(err, &algorithms):
		return a.fail(transport.KindProtocol, cause.Because(cause.NoAlgorithm, noCommonAlgorithm(algorithms, a.target.LegacyAlgorithms)))
	case a.phase == "authenticate":
		return a.fail(transport.KindAuth, fault.Short(a.login.Refused(err)))
	}
	return a.failed(transport.KindProtocol, cause.BadData, "the server speaks SSH in a way that is not understood: %w", fault.Detail(err))
}

// failed returns an error of this attempt with its cause.
func (a *attempt) failed(kind transport.Kind, c cause.Cause, format string, args ...any) error {
	return a.fail(kind, cause.Because(c, fmt.Errorf(format, args...)))
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
	return a.failed(known.Kind, known.Cause, "%s, user %s: %w%w", a.target.Address, a.target.User, known, plain.Silent(err))
}
