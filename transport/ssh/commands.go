package ssh

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"aixmend/transport"
	shelltext "aixmend/transport/shell"
)

// The mode in which each command becomes root by itself. The script runs as the
// login user; a shell function stands in front of every command in it that
// needs root, and what can't be taken apart so runs by one call of sh.

// maxChecks is how many commands are asked for before a script: one a path.
const maxChecks = 64

// rootCall is the shell function that runs a command as root.
const rootCall = "aixmend_root"

// functions are the shell functions of this mode.
//
// aixmend_root keeps what a shell says of a command that is not there, 127,
// because tools say 1, as for many another thing. Only where the login can see
// that nothing is there it says so: else the tool is asked, and its failure is
// no proof of absence. A command that the tool refuses is named between two
// lines, on both streams: the text may send either away. An empty name is the
// tool itself, which is not there.
//
// aixmend_may asks for a command before any is run, and ends the script when it
// is refused.
func (t *tool) functions() string {
	call, ask, listed := join(t.silent), join(t.silent), ""
	if t.lists {
		ask += " -l"
		listed = fmt.Sprintf("\n  1) %s \"$@\" </dev/null >/dev/null 2>&1 || aixmend_refused \"$*\" ;;", ask)
	}
	return fmt.Sprintf(`aixmend_refused() {
  printf '\n%%s M\n%%s\n%%s m\n' "$N" "$1" "$N"
  printf '\n%%s M\n%%s\n%%s m\n' "$N" "$1" "$N" >&2
}
aixmend_root() {
  case $1 in
  /*)
    aixmend_d=${1%%/*}
    while [ -n "$aixmend_d" ] && [ ! -d "$aixmend_d" ]; do aixmend_d=${aixmend_d%%/*}; done
    if [ ! -f "$1" ] && [ -x "${aixmend_d:-/}" ]; then
      printf '%%s: not found\n' "$1" >&2
      return 127
    fi ;;
  esac
  %s "$@"
  aixmend_s=$?
  case $aixmend_s in%s
  127) [ "$1" = /usr/bin/sh ] || aixmend_refused '' ;;
  esac
  return "$aixmend_s"
}
aixmend_may() {
  [ -f "$1" ] || return 0
  %s "$@" </dev/null >/dev/null && return 0
  aixmend_s=$?
  aixmend_refused "$*"
  exit "$aixmend_s"
}
`, call, listed, ask)
}

// harmless is the command that is run to see whether a tool runs any, where the
// tool can't be asked.
const harmless = "/usr/bin/id -u"

// checks returns shell text that asks the tool for the commands before any is
// run: one for each path, only those that the text says word by word, and none
// of which it has said yes on this connection. Their paths are returned, too.
// A tool that can't be asked is to run the harmless one, if it is among them.
func (t *tool) checks(commands []transport.Command, texts *texts, allowed map[string]bool) (string, []string) {
	var b strings.Builder
	var paths []string
	for _, c := range commands {
		for _, words := range texts.of(c).fixed {
			path := words[0]
			if path == sh[0] && len(words) > 1 {
				path += " " + words[1] // sh -c is another right than sh -n
			}
			if allowed[path] || slices.Contains(paths, path) || len(paths) == maxChecks || !t.lists && join(words) != harmless {
				continue
			}
			paths = append(paths, path)
			b.WriteString("aixmend_may " + join(words) + "\n")
		}
	}
	return b.String(), paths
}

// text is what became of a command's text in this mode.
type text struct {
	line  string
	fixed [][]string // the calls in it that are fixed, word by word
}

// maxTexts bounds how many texts are kept. They are those of the probes, which
// every host gets.
const maxTexts = 1024

// texts keeps what became of the texts of read-only commands. It is safe for
// concurrent use.
type texts struct {
	mu    sync.Mutex
	known map[string]text
}

func newTexts() *texts { return &texts{known: map[string]text{}} }

// of takes the text of a command apart, once for all hosts.
func (t *texts) of(c transport.Command) text {
	t.mu.Lock()
	known, ok := t.known[c.Line]
	t.mu.Unlock()
	if ok {
		return known
	}
	apart := takeApart(c.Line)
	t.mu.Lock()
	defer t.mu.Unlock()
	if !c.Mutating && len(t.known) < maxTexts {
		t.known[c.Line] = apart
	}
	return apart
}

func takeApart(line string) text {
	split := shelltext.Split(line)
	if split.Whole() != "" {
		// The tool drops the environment: it is set anew, as for a whole script.
		return text{
			line:  rootCall + " " + join(sh) + " " + quote(prelude+line),
			fixed: [][]string{{sh[0], sh[1], "*"}}, // as sudoers has it
		}
	}
	t := text{line: split.Prefixed(rootCall)}
	for _, call := range split.Calls() {
		if words, ok := call.Words(); ok {
			t.fixed = append(t.fixed, words)
		}
	}
	return t
}
