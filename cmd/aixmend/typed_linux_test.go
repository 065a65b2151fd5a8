package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"aixmend/cmd/aixmend/request"
	"aixmend/playbooks"
)

// typedPage is the page that is typed in.
const typedPage = "docs/writing-a-playbook.md"

// typed types the pieces of the playbook into one file, as the page says: a piece that names
// a key goes to the end of its list, any other one to the end of the file.
func typed(t *testing.T) string {
	t.Helper()
	var lines []string
	for _, b := range readPage(t, typedPage).blocks {
		key, is := strings.CutPrefix(b.info, "yaml")
		key = strings.TrimSpace(key)
		at, piece := len(lines), strings.Split(strings.TrimSuffix(b.text, "\n"), "\n")
		switch {
		case !is || key == "file":
			continue
		case key == "":
			piece = append(piece, "") // a blank line between parts
		case key != "":
			at = slices.Index(lines, key+":") + 1
			for at < len(lines) && strings.HasPrefix(lines[at], " ") {
				at++
			}
		}
		lines = slices.Insert(lines, at, piece...)
	}
	return strings.Join(lines, "\n")
}

// The page works when its pieces are typed in: they are the playbook of the examples.
func TestTypedPlaybook(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "playbook-subsystem.yaml"), typed(t))
	got, err := playbooks.Load(file)
	noError(t, err)
	want, err := playbooks.Load(secondPlaybook)
	noError(t, err)
	if got.Show() != want.Show() {
		t.Errorf("typed in, it is another playbook than %s:\n%s", secondPlaybook, got.Show())
	}
	files := 0
	for _, b := range readPage(t, typedPage).blocks {
		if b.info != "yaml file" {
			continue
		}
		files++
		if _, err := playbooks.Load(write(t, filepath.Join(dir, "b.yaml"), b.text)); err != nil {
			t.Errorf("line %d: %v", b.line, err)
		}
	}
	if files == 0 {
		t.Error("no file of its own was seen")
	}
}

// prompted is a command of a transcript and its output.
type prompted struct {
	command string
	output  []string
}

// promptedOn returns the commands of a page that are shown with a prompt, in their order.
func promptedOn(t *testing.T, name string) []prompted {
	t.Helper()
	var list []prompted
	inside := false
	for _, line := range readPage(t, name).text {
		code, indented := strings.CutPrefix(line, "    ")
		command, is := strings.CutPrefix(code, "$ ")
		switch {
		case indented && is:
			list, inside = append(list, prompted{command: command}), true
		case indented && inside:
			list[len(list)-1].output = append(list[len(list)-1].output, code)
		case line != "":
			inside = false
		}
	}
	return list
}

// The commands of the page print its output, in a shell that is started in an empty folder.
func TestTypedCommands(t *testing.T) {
	t.Parallel()
	if tool("ssh") == "" {
		t.Skip("no ssh (Debian: openssh-client)")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "playbook-subsystem.yaml"), typed(t))
	env := append(os.Environ(), "PATH="+filepath.Dir(program(t))+":"+os.Getenv("PATH"), "NO_COLOR=1", "AIXMEND_SSH_CONFIG="+request.None)
	var script strings.Builder
	list := promptedOn(t, typedPage)
	for _, c := range list {
		if strings.HasPrefix(c.command, "aixmend demo --serve") {
			serveDemo(t, dir, env, c.command)
			c.command = "true"
		}
		script.WriteString("echo '>>>'\n" + c.command + "\n")
	}
	shell := exec.CommandContext(t.Context(), "sh", "-c", script.String())
	shell.Dir, shell.Env = dir, env
	said, _ := shell.CombinedOutput() // a plan of ill hosts is not 0
	outputs := strings.Split(string(said), ">>>\n")[1:]
	if len(outputs) != len(list) || len(list) < 8 {
		t.Fatalf("%d outputs of %d commands:\n%s", len(outputs), len(list), said)
	}
	run := regexp.MustCompile(`\b2[0-9]{7}T[0-9]{6}\.[0-9]{3}Z-[0-9a-f]{6}\b`)
	for i, c := range list {
		got := run.ReplaceAllString(outputs[i], "RUN")
		for _, line := range c.output {
			if !strings.Contains(got, strings.TrimRight(line, " ")) {
				t.Errorf("$ %s\ndoes not print\n%s\nbut\n%s", c.command, line, got)
				break
			}
		}
	}
}

// serveDemo starts the demo of the page, which lives as long as the test.
func serveDemo(t *testing.T, dir string, env []string, command string) {
	t.Helper()
	demo := exec.CommandContext(t.Context(), program(t), strings.Fields(command)[1:]...)
	demo.Dir, demo.Env = dir, env
	out, err := demo.StdoutPipe()
	noError(t, err)
	demo.Stderr = demo.Stdout
	noError(t, demo.Start())
	t.Cleanup(func() {
		_ = demo.Process.Kill()
		_ = demo.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "listen on loopback") {
			return
		}
	}
	t.Fatal("the demo does not serve")
}
