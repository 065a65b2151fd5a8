package exec

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"aixmend/transport"
	"aixmend/transport/shell"
)

// The frames start no process: they call no program, and no printf, which the ksh88 of AIX has
// not among its own commands.
func TestFramesStartNoProcess(t *testing.T) {
	t.Parallel()
	var frames strings.Builder
	frame(&frames, 7, transport.Command{Require: "AIX"}, "echo AIX")
	frame(&frames, 8, transport.Command{}, "exit 255")
	script := "PATH=/nonexistent; N=word; printf() { exit 99; }\n" + framing + becoming + frames.String()
	const want = "\nword P\n\nword B 7\n\nword E 7 0\n\nword B 8\n\nword E 8 255\n"
	inShells(t, script, func(name string, out, errs string) {
		if strings.Replace(out, "AIX\n", "", 1) != want || errs != want {
			t.Errorf("%s\nstdout: %q\nstderr: %q", name, out, errs)
		}
	})
}

// A required answer is shown byte for byte, also one that echo would take for an option or an
// escape, and a wrong one ends the script.
func TestRequiredAnswers(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"AIX", "-n", "-e x", `a\tb\c`, "", "two\nlines", "( x"} {
		var frames strings.Builder
		frame(&frames, 0, transport.Command{Require: answer}, "printf '%s\\n' "+shell.Quote(answer)+"; exit 3 # comment")
		frame(&frames, 1, transport.Command{Require: "other"}, "cd /; echo AIX")
		frame(&frames, 2, transport.Command{}, "echo never")
		want := "\nword B 0\n" + answer + "\n\nword E 0 3\n\nword B 1\nAIX\n\nword E 1 0\n"
		inShells(t, "N=word\n"+framing+frames.String(), func(name string, out, _ string) {
			if out != want {
				t.Errorf("%s: %q: %q", name, answer, out)
			}
		})
	}
}

// inShells runs a script in each shell that is here; it has to end well.
func inShells(t *testing.T, script string, check func(name string, out, errs string)) {
	t.Helper()
	for _, name := range []string{"mksh", "ksh", "dash", "bash", "sh"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		var out, errs bytes.Buffer
		cmd := exec.Command(path, "-c", script)
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		check(name, out.String(), errs.String())
	}
}
