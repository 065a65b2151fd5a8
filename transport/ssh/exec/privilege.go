package exec

import (
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/ssh/fault"
	"aixmend/transport/ssh/passwords"
)

// prepareRoot sets the action for the moment when the login is about to become
// root: the time of the first command as root begins, and the password is sent. The
// input is closed after it: the tool has one try and can read nothing else.
func (s *session) prepareRoot(session *ssh.Session) error {
	if s.request.tool == nil {
		return nil
	}
	if s.try == nil {
		s.out.root = func() { s.notice(s.request.root, false) }
		return nil
	}
	input, err := session.StdinPipe()
	if err != nil {
		return s.runner.fail(transport.KindProtocol, "session", err)
	}
	s.out.root = func() {
		s.notice(s.request.root, false)
		s.told = s.try.Line("")
		_, _ = input.Write(s.told) // the end of the session shows whether it arrived
		_ = input.Close()
	}
	return nil
}

// mask removes the password from everything that the host said, if it was sent.
func (s *session) mask() {
	for _, from := range []*splitter{s.out, s.err} {
		for _, text := range []*[]byte{&from.noise, &from.said, &from.refused} {
			*text = passwords.Mask(*text, s.told, false)
		}
		for i := range from.parts {
			from.parts[i].data = passwords.Mask(from.parts[i].data, s.told, true)
		}
	}
}

// forget clears the password, and passes the turn to try it on unless the host has
// accepted or refused it.
func (s *session) forget() {
	clear(s.told)
	s.try.Clear()
	s.try.End(passwords.Open)
}

// isRoot notes that the tool has made the login root.
func (s *session) isRoot() {
	if s.try != nil {
		s.try.End(passwords.Accepted)
	}
	s.runner.allow(s.request.checked)
}

// denied returns the error of a login that can't become root, nil if it can, or if
// the session did not get that far. err is the end of the session.
func (s *session) denied(err error) error {
	if !s.out.asked || s.request.tool == nil {
		return nil
	}
	first := s.commands[s.request.root]
	if s.out.parts[s.request.root].begun {
		// It can become root, but not for each command. The refusal of a probe
		// would be taken for the host's answer. A changing command has failed, and
		// its own output says why.
		if refused := s.refused(); refused != nil && !first.Mutating {
			return s.privilege(refused)
		}
		return nil
	}
	var exit *ssh.ExitError
	switch {
	case !s.watchdog.isLate() && s.watchdog.hungIndex() == s.request.root && !first.Mutating:
		return s.privilege(fmt.Errorf("%s gave no answer in time%s", s.request.tool.name, s.said()))
	case s.watchdog.hungIndex() >= 0, err != nil && !errors.As(err, &exit):
		return nil // it is unknown how far it got
	}
	status := 0
	if exit != nil {
		status = exit.ExitStatus()
	}
	s.unrun = true
	return s.privilege(s.refusal(status))
}

// privilege returns an error of a login that can't become root.
func (s *session) privilege(err error) error {
	return s.runner.fail(transport.KindPrivilege, s.request.tool.describe(s.request.asks), err)
}

// refused names the command that the tool refused, nil if it refused none.
func (s *session) refused() error {
	by := s.out
	if !by.named {
		by = s.err
	}
	switch {
	case !by.named && len(by.refused) == 0:
		return nil
	case len(by.refused) == 0:
		return fmt.Errorf("%s is not there", s.request.tool.name)
	}
	return fmt.Errorf("%s does not let %s run %s", s.request.tool.name, s.runner.Target.User, fault.LastLine(by.refused))
}

// said returns the tool's own last words, for the end of a message.
func (s *session) said() string {
	if len(bytes.TrimSpace(s.err.said)) == 0 && len(bytes.TrimSpace(s.out.said)) == 0 {
		return ""
	}
	return ": " + fault.LastLine(s.err.said, s.out.said)
}

// refusal explains why nothing was run as root, in the tool's own words.
func (s *session) refusal(status int) error {
	tool, refused := s.request.tool, s.refused()
	switch {
	case status == 127:
		return fmt.Errorf("%s is not there%s", tool.name, s.said())
	case refused != nil:
		return fmt.Errorf("%w%s", refused, s.said())
	case s.told != nil:
		s.try.End(passwords.Refused)
		return fmt.Errorf("%s did not accept the password of %s: exit %d%s", tool.name, tool.whose(s.runner.Target), status, s.said())
	}
	return fmt.Errorf("exit %d%s", status, s.said())
}
