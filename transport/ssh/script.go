package ssh

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"

	"aixmend/transport"
)

// prelude makes every host answer alike: untranslated messages, the system's
// ODM, a known search path (aix-facts section 5). It prints nothing.
const prelude = `LC_ALL=C; LANG=C; ODMDIR=/etc/objrepos; PATH=/usr/bin:/usr/sbin:/bin:/sbin:/etc
export LC_ALL LANG ODMDIR PATH
`

// newNonce returns the word that marks this session's frames. Nothing that is
// already on the host can know it.
func newNonce() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return "aixmend-" + hex.EncodeToString(b[:])
}

// buildScript frames the commands into one POSIX sh script. Command i prints
// between the lines "NONCE B i" and "NONCE E i STATUS", on both streams. The
// commands that run as the login user come first; the others are handed to
// become as one script of its own.
func buildScript(nonce, become string, commands []transport.Command) (string, error) {
	login := 0
	for login < len(commands) && commands[login].AsLogin {
		login++
	}
	var outer strings.Builder
	outer.WriteString(prelude)
	fmt.Fprintf(&outer, "N=%s\n", nonce)
	for i, c := range commands[:login] {
		frame(&outer, i, c)
	}
	var inner strings.Builder
	for i, c := range commands[login:] {
		if c.AsLogin {
			return "", fmt.Errorf("command %s: a login command after a privileged one", c.ID)
		}
		frame(&inner, login+i, c)
	}
	if inner.Len() == 0 {
		return outer.String(), nil
	}
	switch become {
	case "", transport.BecomeNone:
		outer.WriteString(inner.String())
	case transport.BecomeSudo:
		// sudo drops the environment: the inner script sets it anew. It is not
		// in base AIX, so the Toolbox's places are looked at (aix-facts 5).
		script := prelude + fmt.Sprintf("N=%s\n", nonce) + inner.String()
		fmt.Fprintf(&outer, "PATH=$PATH:/opt/freeware/bin:/usr/local/bin\nexec sudo -n /usr/bin/sh -c %s </dev/null\n", quote(script))
	default:
		return "", fmt.Errorf("become %q is not known", become)
	}
	return outer.String(), nil
}

// frame writes one framed command. The subshell keeps a command's exit, cd and
// variables to itself; the newline before ")" ends a trailing comment, and the
// blank after "(" keeps ksh from seeing arithmetic when the text begins with "(".
func frame(b *strings.Builder, i int, c transport.Command) {
	fmt.Fprintf(b, "printf '\\n%%s B %d\\n' \"$N\"; printf '\\n%%s B %d\\n' \"$N\" >&2\n", i, i)
	if c.Require == "" {
		fmt.Fprintf(b, "( %s\n) </dev/null; R=$?\n", c.Line)
	} else {
		fmt.Fprintf(b, "V=$( ( %s\n) </dev/null ); R=$?\nprintf '%%s\\n' \"$V\"\n", c.Line)
	}
	fmt.Fprintf(b, "printf '\\n%%s E %d %%s\\n' \"$N\" \"$R\"; printf '\\n%%s E %d %%s\\n' \"$N\" \"$R\" >&2\n", i, i)
	if c.Require != "" {
		fmt.Fprintf(b, "[ \"$V\" = %s ] || exit 0\n", quote(c.Require))
	}
}

// quote returns s as one POSIX sh word.
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
