package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"aixmend/controller/journal"
)

// plainName matches a command to type with the plain name of the program.
var plainName = regexp.MustCompile(`(?m)(?:^|[^/\w-])aixmend (?:audit|capture|diff|explain|hostkeys|inventory|plan|recover|report|resume|runs)\b.*`)

// Where PATH does not lead to the program, each command to type next has its path.
func TestCommandsNameTheProgram(t *testing.T) {
	t.Parallel()
	path, dir := program(t), t.TempDir()
	said := func(want string, args ...string) {
		t.Helper()
		c := exec.CommandContext(t.Context(), path, args...)
		c.Dir = dir
		c.Env = []string{"PATH=/nonexistent", "HOME=" + dir, "AIXMEND_SSH_CONFIG=none"}
		out, _ := c.CombinedOutput() // trouble has an exit code of its own
		if plain := plainName.FindAllString(string(out), -1); plain != nil || !strings.Contains(string(out), path+" "+want) {
			t.Errorf("%v: plain %q, or no %s:\n%s", args, plain, want, out)
		}
	}
	said("hostkeys", "init", "aix01=root@127.0.0.1:1")
	said("explain", "audit", "--connect-timeout", "1s")
	noError(t, os.Remove(filepath.Join(dir, "inventory.yaml")))
	said("hostkeys", "init", "aix01=root@127.0.0.1:1", "aix02=root@127.0.0.2:1")
	said("explain", "audit", "--connect-timeout", "1s", "--since", "latest") // aix02 is news
	said("capture", "capture", "show", "aix01")
	store, err := journal.Open(filepath.Join(dir, "aixmend-state"))
	noError(t, err)
	latest, err := os.Readlink(filepath.Join(store.Root(), "runs/latest"))
	noError(t, err)
	noError(t, os.Remove(filepath.Join(store.RunDir(filepath.Base(latest)), "run.json")))
	said("resume", "runs")
}
