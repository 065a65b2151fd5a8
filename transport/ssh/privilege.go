package ssh

import (
	"bytes"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/ssh/fault"
	"aixmend/transport/ssh/passwords"
)

// How a script becomes root, and what is said when it can't.

// tells prepares what is done when the login is about to become root: the time
// of the first command as root begins, and the password is sent. Its input is
// closed after it: the tool has one try, and nothing else can be read.
func (r *scriptRun) tells(session *ssh.Session) error {
	if r.request.tool == nil {
		return nil
	}
	if r.try == nil {
		r.out.root = func() { r.notice(r.request.root, false) }
		return nil
	}
	input, err := session.StdinPipe()
	if err != nil {
		return r.conn.fail(transport.KindProtocol, "session", err)
	}
	r.out.root = func() {
		r.notice(r.request.root, false)
		line := r.try.Line("")
		r.told = true
		_, _ = input.Write(line) // how the session ends says whether it arrived
		_ = input.Close()
		clear(line)
	}
	return nil
}

// forget clears the password, and gives the turn to try it back unless it is
// known by now whether the host takes it.
func (r *scriptRun) forget() {
	r.try.Clear()
	r.try.End(passwords.Open)
}

// isRoot notes that the tool has done what it was asked for.
func (r *scriptRun) isRoot() {
	if r.try != nil {
		r.try.End(passwords.Accepted)
	}
	for _, path := range r.request.checked {
		r.conn.allowed[path] = true
	}
}

// denied is the error of a login that can't become root, nil when it can, or
// when the session did not come so far. err is how the session ended.
func (r *scriptRun) denied(err error) error {
	if !r.out.asked || r.request.tool == nil {
		return nil
	}
	first := r.commands[r.request.root]
	if r.out.parts[r.request.root].begun {
		// It can become root, but not for each command: of one that only reads
		// the answer would be taken for the host's. A changing command has
		// failed, and its own words say why.
		if refused := r.refused(); refused != nil && !first.Mutating {
			return r.privilege(refused)
		}
		return nil
	}
	var exit *ssh.ExitError
	switch {
	case r.hungIndex() == r.request.root && !first.Mutating:
		return r.privilege(fmt.Errorf("%s gave no answer in time%s", r.request.tool.name, r.said()))
	case r.hungIndex() >= 0, err != nil && !errors.As(err, &exit):
		return nil // nobody knows how far it came
	}
	status := 0
	if exit != nil {
		status = exit.ExitStatus()
	}
	r.unrun = true
	return r.privilege(r.refusal(status))
}

// privilege is an error of a login that can't become root.
func (r *scriptRun) privilege(err error) error {
	return r.conn.fail(transport.KindPrivilege, r.request.tool.describe(r.request.asks), err)
}

// refused names the command that the tool refused, nil when it refused none.
func (r *scriptRun) refused() error {
	by := r.out
	if !by.named {
		by = r.err
	}
	switch {
	case !by.named && len(by.refused) == 0:
		return nil
	case len(by.refused) == 0:
		return fmt.Errorf("%s is not there", r.request.tool.name)
	}
	return fmt.Errorf("%s does not let %s run %s", r.request.tool.name, r.conn.target.User, fault.LastLine(by.refused))
}

// said is what the tool itself said, to stand at the end of a message.
func (r *scriptRun) said() string {
	if len(bytes.TrimSpace(r.err.said)) == 0 && len(bytes.TrimSpace(r.out.said)) == 0 {
		return ""
	}
	return ": " + fault.LastLine(r.err.said, r.out.said)
}

// refusal says in the tool's own words that nothing was run as root.
func (r *scriptRun) refusal(status int) error {
	tool, refused := r.request.tool, r.refused()
	switch {
	case status == 127:
		return fmt.Errorf("%s is not there%s", tool.name, r.said())
	case refused != nil:
		return fmt.Errorf("%w%s", refused, r.said())
	case r.told:
		r.try.End(passwords.Refused)
		return fmt.Errorf("%s did not accept the password of %s: exit %d%s", tool.name, tool.whose(r.conn.target), status, r.said())
	}
	return fmt.Errorf("exit %d%s", status, r.said())
}
