package ssh

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"aixmend/transport"
	"aixmend/transport/ssh/passwords"
)

// toolPath finds the tools that are not in base AIX: the Toolbox's sudo, a
// local one, and where the makers of pbrun and dzdo put theirs (aix-facts 5).
const toolPath = "PATH=$PATH:/opt/freeware/bin:/usr/local/bin:/opt/pbul/bin:/usr/share/centrifydc/bin\n"

// tool is how one program that makes a login root is spoken to.
type tool struct {
	// name is what messages call it.
	name string
	// silent are the words after which a command stands that runs as root; the
	// program must not ask for anything.
	silent []string
	// asking are those with which it takes a password as the first line of its
	// standard input.
	asking []string
	// lists: `TOOL -l COMMAND` says whether the command may be run.
	lists bool
	// script are the words between the program's and a script.
	script []string
}

// sh runs a script.
var sh = []string{"/usr/bin/sh", "-c"}

// toolOf returns the tool of a target that becomes root; nil for one that need
// not.
func toolOf(t transport.Target) (*tool, error) {
	sudo := func(name string) *tool {
		return &tool{
			name: name, silent: []string{name, "-n"}, asking: []string{name, "-S", "-p", ""}, lists: true, script: sh,
		}
	}
	same := func(name string, script []string, words ...string) *tool {
		return &tool{name: name, silent: words, asking: words, script: script}
	}
	switch t.Become {
	case "", transport.BecomeNone:
		return nil, nil
	case transport.BecomeSudo, transport.BecomeDzdo:
		return sudo(t.Become), nil
	case transport.BecomePbrun:
		return same(t.Become, sh, "pbrun"), nil
	case transport.BecomeSu:
		// It runs root's own shell. Where there is no terminal AIX's su reads
		// the password from its standard input (K).
		return same(t.Become, []string{"-c"}, "/usr/bin/su", "root"), nil
	case transport.BecomeCustom:
		words := strings.Fields(t.BecomeCommand)
		if len(words) == 0 {
			return nil, errors.New("become by a command, but none is named")
		}
		return same(words[0], sh, words...), nil
	}
	return nil, fmt.Errorf("become %q is not known", t.Become)
}

// describe is what messages call the tool: its name, and how it was asked.
func (t *tool) describe(asked bool) string {
	words := t.silent
	if asked {
		words = t.asking
	}
	switch {
	case t.lists && asked:
		words = words[:2] // not its prompt
	case t.name == transport.BecomeSu:
		return t.name
	}
	return strings.Join(words, " ")
}

// whose password the tool asks for.
func (t *tool) whose(target transport.Target) string {
	if t.name == transport.BecomeSu {
		return "root"
	}
	return target.User
}

// command is the line that runs a script as root.
func (t *tool) command(script string, asking bool) string {
	words := t.silent
	if asking {
		words = t.asking
	}
	return join(words) + " " + join(t.script) + " " + quote(script)
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

// join makes shell text of words.
func join(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if quoted[i] = w; !plainWord.MatchString(w) {
			quoted[i] = quote(w)
		}
	}
	return strings.Join(quoted, " ")
}

// deaf begins a script that a password may be left for on standard input: the
// tool did not ask, and nothing that runs as root shall read it.
const deaf = "exec </dev/null\n"

// elevate returns the complete command line for the exec request that runs the
// POSIX sh script as root, in the way of the target's become, and the bytes
// that must be written first to the session's standard input; what is written
// after them is the script's.
//
// The bytes (nil where nothing is asked for) hold the password: the caller
// clears them once they are written. There are none before a host has taken
// the password, and a script of Run is what finds that out: here a wrong one
// would be tried again with what follows it. The script's environment is the
// login's, or what the tool makes of it.
func (c *conn) elevate(script string) (line string, stdin []byte, err error) {
	tool, err := toolOf(c.target)
	switch {
	case err != nil:
		return "", nil, c.fail(transport.KindProtocol, "script", err)
	case tool == nil:
		return script, nil, nil
	case c.target.BecomePassword == "" || c.target.BecomeMode == transport.ModeCommands:
		return toolPath + "exec " + tool.command(script, false), nil, nil
	}
	try, err := c.passwords.Known(passwords.ForBecome, c.target)
	if err != nil {
		return "", nil, c.fail(transport.KindPrivilege, "password", err)
	}
	// A tool that did not ask leaves the password to the script, which reads on
	// to the mark.
	mark := newNonce()
	skip := fmt.Sprintf("while IFS= read -r aixmend_l && [ \"$aixmend_l\" != %s ]; do :; done\n", mark)
	return toolPath + "exec " + tool.command(skip+script, true), try.Line(mark + "\n"), nil
}

// password takes the turn to try the target's password.
func (c *conn) password(ctx context.Context) (*passwords.Try, error) {
	try, err := c.passwords.Take(ctx, passwords.ForBecome, c.target)
	switch {
	case err == nil:
		return try, nil
	case ctx.Err() != nil:
		return nil, c.fail(transport.KindCanceled, "password", context.Cause(ctx))
	case errors.Is(err, context.Canceled): // who was asked, says that the run is being stopped
		return nil, c.fail(transport.KindCanceled, "password", err)
	}
	return nil, c.fail(transport.KindPrivilege, "password", err)
}
