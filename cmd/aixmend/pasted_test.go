package main

import (
	"errors"
	"html"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// pasted gives the commands of the last summary, or of a page, to a shell, as an operator would:
// pasted COUNT [PAGE]. None may be wrong as a command.
func pasted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: pasted COUNT [PAGE]")
	}
	var commands []string
	if len(args) == 2 {
		commands = ofPage(ts.ReadFile(args[1]))
	} else {
		for line := range strings.Lines(ts.ReadFile("stdout")) {
			if at := strings.Index(line, " aixmend "); at >= 0 && (strings.HasPrefix(line, " ") || strings.HasPrefix(line, "saved ")) {
				commands = append(commands, strings.TrimSpace(line[at:]))
			}
		}
	}
	if want, err := strconv.Atoi(args[0]); err != nil || len(commands) != want {
		ts.Fatalf("%d commands, wanted %s: %q", len(commands), args[0], commands)
	}
	for _, command := range commands {
		if leftOpen(strings.Fields(command)) != "" { // only the reader knows a value in it
			continue
		}
		if strings.HasPrefix(command, "aixmend recover") {
			command += " --yes"
		}
		err := ts.Exec("sh", "-c", command)
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			ts.Fatalf("%s: %v", command, err)
		}
		if exit != nil && (exit.ExitCode() <= 2 || exit.ExitCode() > 8) {
			ts.Fatalf("%s: exit code %d", command, exit.ExitCode())
		}
	}
}

// pageCommand matches a command of this program on a page.
var pageCommand = regexp.MustCompile(`<pre class="command">(aixmend [^<]*)</pre>`)

// ofPage lists the commands on a page, each once.
func ofPage(page string) []string {
	var commands []string
	for _, m := range pageCommand.FindAllStringSubmatch(page, -1) {
		if command := html.UnescapeString(m[1]); !slices.Contains(commands, command) {
			commands = append(commands, command)
		}
	}
	return commands
}
