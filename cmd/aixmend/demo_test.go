package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/charmbracelet/x/ansi"
	gocmp "github.com/google/go-cmp/cmp"

	"aixmend/cmd/aixmend/story"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/transport/lab/golden"
)

// maxStory is the longest story of the demo, in lines of 80 columns.
const maxStory = 40

// demo returns a call of demo in a folder of its own, typed as arg0.
func demo(t *testing.T, arg0 string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(program(t), append([]string{"demo"}, args...)...)
	cmd.Args[0], cmd.Dir = arg0, t.TempDir()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir}
	return cmd
}

// The README's sample is the output of its own command, which is one page; and the commands
// that it suggests work.
func TestReadmeSampleIsTheDemo(t *testing.T) {
	t.Parallel()
	cmd := demo(t, "/tmp/go-build1/b001/exe/aixmend")
	out, err := cmd.Output()
	noError(t, err)
	text, err := os.ReadFile(filepath.Join(repository, "README.md"))
	noError(t, err)
	sample := regexp.MustCompile("(?s)```\nAudit of .*?```").FindString(string(text))
	got := "```\n" + ownRun.ReplaceAllString(string(out), "20261130T103000.000Z-3f9ac2") + "```"
	if golden.Updating() {
		noError(t, os.WriteFile(filepath.Join(repository, "README.md"), []byte(strings.Replace(string(text), sample, got, 1)), 0o644))
		sample = got
	}
	if diff := gocmp.Diff(sample, got); diff != "" {
		t.Errorf("README.md does not show the output of the demo; to write it: go test ./cmd/aixmend -run TestReadmeSampleIsTheDemo -update (-README +demo):\n%s", diff)
	}
	if n := strings.Count(string(out), "\n"); n > maxStory {
		t.Errorf("the story has %d lines", n)
	}
	if !strings.HasSuffix(string(out), " go run ./cmd/aixmend demo --serve\n") {
		t.Error("the last hint can't be pasted behind go run")
	}
	if said := call(t, nil, "explain", "aixvm012", "--state", filepath.Join(cmd.Dir, "aixmend-state")); said.code != 0 {
		t.Errorf("explain: %d\n%s", said.code, said.err)
	}
	fits(t, filepath.Join(cmd.Dir, "aixmend-state"))
}

// fits checks the story of the runs in a state folder on terminals.
func fits(t *testing.T, state string) {
	t.Helper()
	store, err := journal.OpenExisting(state)
	noError(t, err)
	ids, err := store.RunIDs()
	noError(t, err)
	slices.Sort(ids)
	if len(ids) != 4 {
		t.Fatalf("%d runs", len(ids))
	}
	for _, width := range []int{60, 80, 120, 200} {
		teller := story.Teller{Program: "aixmend", State: "aixmend-state", Reports: store, Options: report.TextOptions{Width: width, Color: true}}
		text := ""
		for _, id := range ids {
			run, err := store.LoadRun(id)
			noError(t, err)
			text += teller.Run(*run)
			if _, err := os.Stat(filepath.Join(store.RunDir(id), "report.html")); err != nil {
				t.Error(err)
			}
		}
		text = ansi.Strip(text + teller.End())
		if n := strings.Count(text, "\n"); n > maxStory && width >= 80 {
			t.Errorf("%d columns: %d lines", width, n)
		}
		for line := range strings.Lines(text) {
			if n := ansi.StringWidth(strings.TrimRight(line, "\n")); n > width && !strings.HasSuffix(line, "/report.html\n") || strings.Count(line, "[") != strings.Count(line, "]") {
				t.Errorf("%d columns: %q", width, line)
			}
		}
	}
}

// The commands that demo --serve prints work in any folder.
func TestServedCommands(t *testing.T) {
	t.Parallel()
	cmd := demo(t, program(t), "--serve", "--hosts", "4", "--state", "my state")
	out, err := cmd.StdoutPipe()
	noError(t, err)
	noError(t, cmd.Start())
	var commands []string
	variables := ""
	for lines := bufio.NewScanner(out); len(commands) < 4 && lines.Scan(); {
		line, ok := strings.CutPrefix(lines.Text(), "  ")
		switch {
		case strings.HasPrefix(line, "cd "), strings.HasPrefix(line, ". "):
			variables += line + " && "
		case ok:
			commands = append(commands, line)
		}
	}
	if again := callIn(t, cmd, "demo", "--serve", "--state", "my state"); !strings.Contains(again, "another demo is using my state/demo") {
		t.Errorf("a second demo in the same folder: %s", again)
	}
	for i, want := range []int{3, 3, 0, 0} {
		if i == 3 {
			commands[i] += " --yes"
		}
		sh := exec.Command("sh", "-c", variables+commands[i])
		sh.Dir, sh.Env = t.TempDir(), cmd.Env
		if text, err := sh.CombinedOutput(); sh.ProcessState.ExitCode() != want {
			t.Errorf("%s: %v\n%s", commands[i], err, text)
		}
	}
	noError(t, cmd.Process.Signal(syscall.SIGINT))
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	entries, err := os.ReadDir(cmd.Dir)
	noError(t, err)
	if len(entries) != 1 {
		t.Errorf("%v is left behind beside the state folder", entries)
	}
}

// callIn calls the program of a command that runs, in its folder, and returns all that it says.
func callIn(t *testing.T, cmd *exec.Cmd, args ...string) string {
	t.Helper()
	c := exec.Command(cmd.Path, args...)
	c.Dir, c.Env = cmd.Dir, cmd.Env
	out, err := c.CombinedOutput()
	if c.ProcessState.ExitCode() != int(outcome.ExitUsage) {
		t.Errorf("%q: %v, %s", args, err, out)
	}
	return string(out)
}
