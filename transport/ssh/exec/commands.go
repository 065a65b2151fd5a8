package exec

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"aixmend/transport"
	"aixmend/transport/shell"
)

// This is the mode in which each command becomes root by itself. The script runs as
// the login; a shell function runs each of its commands that needs root. A text that
// can't be split into commands is run by one call of sh.

// maxChecks bounds the commands for which the tool is asked before a script.
const maxChecks = 64

// rootCall is the shell function that runs a command as root.
const rootCall = "aixmend_root"

// functions returns the shell functions of this mode.
//
// aixmend_root returns 127, as a shell does, for a command that does not exist,
// because tools return 1 for that and for much else. It does so only if the login
// can see that the file is missing: otherwise the tool is asked, and its failure is
// no proof of absence. A refused command is named between two lines, on both
// streams, since the text may redirect either. An empty name means that the tool
// itself does not exist.
//
// aixmend_may asks the tool for a command before any is run, and ends the script
// if it refuses.
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

// harmless is run to see whether a tool runs commands at all, if the tool can't be
// asked.
const harmless = "/usr/bin/id -u"

// checks returns shell text that asks the tool for commands before any is run, and
// their paths: one command for each path, only literal ones, and none that it has
// allowed before on this connection. A tool that can't be asked runs the harmless
// command instead, if it is among them.
func (t *tool) checks(commands []transport.Command, texts *Texts, allowed map[string]bool) (string, []string) {
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

// text is a command's text in this mode.
type text struct {
	line  string
	fixed [][]string // the calls whose words are all literal
}

// maxTexts bounds the kept texts. They are those of the probes, which every host
// gets.
const maxTexts = 1024

// Texts keeps the converted texts of read-only commands. It is safe for concurrent
// use, and ready to use when zero.
type Texts struct {
	mu    sync.Mutex
	known map[string]text
}

// of converts the text of a command, once for all hosts.
func (t *Texts) of(c transport.Command) text {
	t.mu.Lock()
	known, ok := t.known[c.Line]
	t.mu.Unlock()
	if ok {
		return known
	}
	apart := takeApart(c.Line)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil {
		t.known = map[string]text{}
	}
	if !c.Mutating && len(t.known) < maxTexts {
		t.known[c.Line] = apart
	}
	return apart
}

func takeApart(line string) text {
	split := shell.Split(line)
	if split.Whole() != "" {
		// The tool drops the environment: it is set again, as for a whole script.
		return text{
			line:  rootCall + " " + join(sh) + " " + shell.Quote(Prelude+line),
			fixed: [][]string{{sh[0], sh[1], "*"}}, // as in sudoers
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
