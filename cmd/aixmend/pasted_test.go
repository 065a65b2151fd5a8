package main

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// pasted gives the commands of the last summary to a shell, as an operator would:
// pasted COUNT. None may be wrong as a command.
func pasted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: pasted COUNT")
	}
	var commands []string
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		if at := strings.Index(line, " aixmend "); at >= 0 && (strings.HasPrefix(line, " ") || strings.HasPrefix(line, "saved ")) {
			commands = append(commands, strings.TrimSpace(line[at:]))
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
