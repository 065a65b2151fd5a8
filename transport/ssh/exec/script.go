package exec

import (
	"fmt"
	"strconv"
	"strings"

	"aixmend/transport"
	"aixmend/transport/shell"
)

// framing defines the functions that print the lines around a command, on both
// streams. Functions keep the script small: with these lines at each command it
// would be nearly twice as large, and beyond ten TCP segments it costs one more
// round trip.
//
// They take echo, whose arguments hold no backslash here: the ksh88 of AIX has no printf of
// its own, and would start four processes around each command.
const framing = `aixmend_b() { echo "
$N B $1"; echo "
$N B $1" >&2; }
aixmend_e() { echo "
$N E $1 $2"; echo "
$N E $1 $2" >&2; }
`

// becoming announces on both streams that the login is about to become root. The
// password is sent then; the tool's own messages follow.
const becoming = `echo "
$N P"; echo "
$N P" >&2` + "\n"

// request is a script that is ready to be sent.
type request struct {
	line string
	// tool runs the commands from root on as root; nil: none runs as root.
	tool *tool
	// root is the index of the first command that runs as root; the number of
	// commands if none does.
	root int
	// asks: the password must be sent when the host announces that it is becoming
	// root.
	asks bool
	// each: each command becomes root by itself.
	each bool
	// checked lists the paths for which the tool is asked before the commands.
	checked []string
}

// request frames the commands into one POSIX sh script. The output of command i
// stands between the lines "NONCE B i" and "NONCE E i STATUS", on both streams.
// Commands that run as the login come first; the target's tool runs the others as a
// script of their own, or each by itself.
func (r *Runner) request(nonce string, commands []transport.Command) (request, error) {
	req := request{}
	for req.root < len(commands) && commands[req.root].AsLogin {
		req.root++
	}
	for _, command := range commands[req.root:] {
		if command.AsLogin {
			return request{}, fmt.Errorf("command %s: a login command after a privileged one", command.ID)
		}
	}
	tool, err := toolOf(r.Target)
	if err != nil {
		return request{}, err
	}
	if req.root < len(commands) {
		req.tool = tool
	}
	req.each = req.tool != nil && r.Target.BecomeMode == transport.ModeCommands
	req.asks = req.tool != nil && r.Target.BecomePassword != "" && !req.each
	var outer, inner strings.Builder
	begin := Prelude + "N=" + nonce + "\n" + framing
	size := len(begin)
	for _, command := range commands {
		size += len(command.Line) + 96 // with its frame
	}
	outer.Grow(size + 1<<10)
	outer.WriteString(begin)
	for i, command := range commands[:req.root] {
		frame(&outer, i, command, command.Line)
	}
	if req.each {
		var checks string
		checks, req.checked = req.tool.checks(commands[req.root:], r.Texts, r.allowed)
		outer.WriteString(toolPath + req.tool.functions() + becoming + checks)
	}
	to := &inner
	if req.tool == nil || req.each {
		to = &outer
	} else {
		inner.Grow(size)
	}
	for i, command := range commands[req.root:] {
		text := command.Line
		if req.each {
			text = r.Texts.of(command).line
		}
		frame(to, req.root+i, command, text)
	}
	switch script := inner.String(); {
	case to == &outer: // it is whole
	case req.asks:
		outer.WriteString(toolPath + becoming + "exec " + req.tool.command(deaf+begin+script, true) + "\n")
	default:
		// sudo drops the environment: the inner script sets it again.
		outer.WriteString(toolPath + becoming + "exec " + req.tool.command(begin+script, false) + " </dev/null\n")
	}
	req.line = outer.String()
	return req, nil
}

// frame writes one framed command with the given text. The subshell contains the
// command's exit, cd and variables; the newline before ")" ends a trailing comment;
// the blank after "(" keeps ksh from reading "((" as arithmetic.
func frame(b *strings.Builder, i int, c transport.Command, text string) {
	index := strconv.Itoa(i)
	add := func(parts ...string) {
		for _, part := range parts {
			b.WriteString(part)
		}
	}
	add("aixmend_b ", index, "\n")
	if c.Require == "" {
		add("( ", text, "\n) </dev/null; R=$?\n")
	} else {
		// An answer is printed by echo, too, unless echo may take it for an option or an escape.
		add("V=$( ( ", text, "\n) </dev/null ); R=$?\ncase \"$V\" in -*|*\\\\*) printf '%s\\n' \"$V\" ;; *) echo \"$V\" ;; esac\n")
	}
	add("aixmend_e ", index, ` "$R"`, "\n")
	if c.Require != "" {
		add("[ \"$V\" = ", shell.Quote(c.Require), " ] || exit 0\n")
	}
}
