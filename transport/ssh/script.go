package ssh

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"aixmend/transport"
)

// prelude makes every host answer alike: untranslated messages, the system's
// ODM, a known search path (aix-facts section 5). It prints nothing.
const prelude = transport.ScriptBegin + `; PATH=/usr/bin:/usr/sbin:/bin:/sbin:/etc
export LC_ALL LANG ODMDIR PATH
`

// framing prints the lines around a command, on both streams. Functions keep the
// script small: it would be nearly twice as large with these lines at each command,
// and what is over ten segments of TCP costs one more round trip.
const framing = `aixmend_b() { printf '\n%s B %s\n' "$N" "$1"; printf '\n%s B %s\n' "$N" "$1" >&2; }
aixmend_e() { printf '\n%s E %s %s\n' "$N" "$1" "$2"; printf '\n%s E %s %s\n' "$N" "$1" "$2" >&2; }
`

// becoming says on both streams that the login is about to become root. What
// the tool says of it comes next, and its password is sent then.
const becoming = `printf '\n%s P\n' "$N"; printf '\n%s P\n' "$N" >&2` + "\n"

// newNonce returns the word that marks this session's frames. Nothing that is
// already on the host can know it.
func newNonce() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return "aixmend-" + hex.EncodeToString(b[:])
}

// request is one script, ready to be sent.
type request struct {
	line string
	// tool makes the commands from root on run as root; nil: nothing does.
	tool *tool
	// root is the first command that runs as root; the number of commands when
	// none does.
	root int
	// asks: a password follows when the host says that it is becoming root.
	asks bool
	// each: the commands become root each by itself.
	each bool
	// checked are the paths that the tool is asked for before the commands.
	checked []string
}

// request frames the commands into one POSIX sh script. Command i prints
// between the lines "NONCE B i" and "NONCE E i STATUS", on both streams. The
// commands that run as the login user come first; the others are handed to the
// target's tool as one script of its own, or take it one by one.
func (c *conn) request(nonce string, commands []transport.Command) (request, error) {
	req := request{}
	for req.root < len(commands) && commands[req.root].AsLogin {
		req.root++
	}
	for _, command := range commands[req.root:] {
		if command.AsLogin {
			return request{}, fmt.Errorf("command %s: a login command after a privileged one", command.ID)
		}
	}
	tool, err := toolOf(c.target)
	if err != nil {
		return request{}, err
	}
	if req.root < len(commands) {
		req.tool = tool
	}
	req.each = req.tool != nil && c.target.BecomeMode == transport.ModeCommands
	req.asks = req.tool != nil && c.target.BecomePassword != "" && !req.each
	var outer, inner strings.Builder
	begin := prelude + "N=" + nonce + "\n" + framing
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
		checks, req.checked = req.tool.checks(commands[req.root:], c.texts, c.allowed)
		outer.WriteString(toolPath + req.tool.functions() + becoming + checks)
	}
	inner.Grow(size)
	for i, command := range commands[req.root:] {
		text := command.Line
		if req.each {
			text = c.texts.of(command).line
		}
		frame(&inner, req.root+i, command, text)
	}
	switch script := inner.String(); {
	case req.tool == nil || req.each:
		outer.WriteString(script)
	case req.asks:
		outer.WriteString(toolPath + becoming + "exec " + req.tool.command(deaf+begin+script, true) + "\n")
	default:
		// sudo drops the environment: the inner script sets it anew.
		outer.WriteString(toolPath + becoming + "exec " + req.tool.command(begin+script, false) + " </dev/null\n")
	}
	req.line = outer.String()
	return req, nil
}

// frame writes one framed command, with text for its line. The subshell keeps a
// command's exit, cd and variables to itself; the newline before ")" ends a
// trailing comment, and the blank after "(" keeps ksh from seeing arithmetic
// when the text begins with "(".
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
		add("V=$( ( ", text, "\n) </dev/null ); R=$?\nprintf '%s\\n' \"$V\"\n")
	}
	add("aixmend_e ", index, ` "$R"`, "\n")
	if c.Require != "" {
		add("[ \"$V\" = ", quote(c.Require), " ] || exit 0\n")
	}
}

// quote returns s as one POSIX sh word.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
