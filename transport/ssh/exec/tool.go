package exec

import (
	"errors"
	"fmt"
	"strings"

	"aixmend/transport"
	"aixmend/transport/shell"
)

// toolPath finds tools outside base AIX: the Toolbox's sudo, a local one, and the
// default folders of pbrun and dzdo (aix-facts 5).
const toolPath = "PATH=$PATH:/opt/freeware/bin:/usr/local/bin:/opt/pbul/bin:/usr/share/centrifydc/bin\n"

// tool is the command line of a program that makes a login root.
type tool struct {
	// name is its name in messages.
	name string
	// silent holds the words before a command that runs as root; the program must
	// not ask for anything.
	silent []string
	// asking holds the words with which it takes a password as the first line of
	// its standard input.
	asking []string
	// lists: `TOOL -l COMMAND` says whether it allows the command.
	lists bool
	// script holds the words between the program's and a script.
	script []string
}

// sh runs a script.
var sh = []string{"/usr/bin/sh", "-c"}

// toolOf returns the tool by which a target becomes root, nil if it needs none.
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
		// It runs root's own shell. Without a terminal AIX's su reads the password
		// from its standard input (K).
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

// describe names the tool and its options for messages.
func (t *tool) describe(asked bool) string {
	words := t.silent
	if asked {
		words = t.asking
	}
	switch {
	case t.lists && asked:
		words = words[:2] // without the prompt
	case t.name == transport.BecomeSu:
		return t.name
	}
	return strings.Join(words, " ")
}

// whose returns the login whose password the tool asks for.
func (t *tool) whose(target transport.Target) string {
	if t.name == transport.BecomeSu {
		return "root"
	}
	return target.User
}

// command returns the line that runs a script as root.
func (t *tool) command(script string, asking bool) string {
	words := t.silent
	if asking {
		words = t.asking
	}
	return join(words) + " " + join(t.script) + " " + shell.Quote(script)
}

// deaf begins a script whose standard input may still hold the password, since the
// tool did not ask: nothing that runs as root may read it.
const deaf = "exec </dev/null\n"
