package exec

import (
	"aixmend/transport"
	"aixmend/transport/ssh/passwords"
	"context"
	"errors"
	"fmt"
)

// Elevate returns the command line that runs a POSIX sh script as root by the
// target's tool, and the bytes to write to the session's standard input before the
// script's own input.
//
// The bytes, nil if the tool asks for nothing, contain the password: the caller
// clears them once they are written. Only a password that a host has accepted is
// used, which a script of Run finds out: a tool that refuses one here would read
// the script's input as the next try. The environment of the script is the login's,
// or the tool's.
func (r *Runner) Elevate(script string) (line string, stdin []byte, err error) {
	tool, err := toolOf(r.Target)
	switch {
	case err != nil:
		return "", nil, r.fail(transport.KindProtocol, "script", err)
	case tool == nil:
		return script, nil, nil
	case r.Target.BecomePassword == "" || r.Target.BecomeMode == transport.ModeCommands:
		return toolPath + "exec " + tool.command(script, false), nil, nil
	}
	try, err := r.Passwords.Known(passwords.ForBecome, r.Target)
	if err != nil {
		return "", nil, r.fail(transport.KindPrivilege, "password", err)
	}
	// If the tool did not ask, the script skips the password, up to the mark, and
	// tells no trace of it.
	mark := NewNonce()
	skip := fmt.Sprintf("set +x; while IFS= read -r aixmend_l && [ \"$aixmend_l\" != %s ]; do :; done\n", mark)
	return toolPath + "exec " + tool.command(skip+script, true), try.Line(mark + "\n"), nil
}

// password waits for the turn to try the target's password.
func (r *Runner) password(ctx context.Context) (*passwords.Try, error) {
	try, err := r.Passwords.Take(ctx, passwords.ForBecome, r.Target)
	switch {
	case err == nil:
		return try, nil
	case ctx.Err() != nil:
		return nil, r.fail(transport.KindCanceled, "password", context.Cause(ctx))
	case errors.Is(err, context.Canceled): // the source of the password knows that the run is being stopped
		return nil, r.fail(transport.KindCanceled, "password", err)
	}
	return nil, r.fail(transport.KindPrivilege, "password", err)
}
