package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const nobody = 65534

// nobodys is a folder with the program that the user nobody can run.
func nobodys(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("root reads everything, and only root can be another user")
	}
	dir := t.TempDir()
	for at := dir; at != "/tmp" && at != "/"; at = filepath.Dir(at) {
		noError(t, os.Chmod(at, 0o755))
	}
	// The program is copied by another process: this one must not hold it open.
	noError(t, exec.Command("/bin/cp", program(t), dir+"/aixmend").Run())
	return dir
}

// shut gives a state folder to the user nobody, and one folder of it to root alone.
func shut(t *testing.T, state, folder string) {
	t.Helper()
	noError(t, exec.Command("/bin/chown", "-R", fmt.Sprint(nobody), state).Run())
	noError(t, os.Chown(folder, 0, 0))
	noError(t, os.Chmod(folder, 0o700))
}

// asNobody runs a command as the user nobody and returns its exit code and output.
func asNobody(t *testing.T, dir string, args ...string) (code int, said string) {
	t.Helper()
	cmd := exec.Command(dir+"/aixmend", args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	cmd.Dir, cmd.Env = "/", []string{"HOME=/"}
	out, _ := cmd.CombinedOutput()
	return cmd.ProcessState.ExitCode(), string(out)
}

// A verb that can't read a part of the state folder says so, with the path and the way
// out: it never takes a folder that it can't read for one that is empty.
func TestUnreadableIsNotEmpty(t *testing.T) {
	t.Parallel()
	const id = "20260101T000000.000Z-00000a"
	dir := nobodys(t)
	for _, c := range []struct {
		closed string
		verbs  []string
	}{
		{"", []string{"runs", "runs --format json", "capture list", "capture show aix1", "report latest", "explain aix1", "diff latest", "resume", "runs prune --keep 1", "capture prune", "recover --undo latest"}},
		{"runs", []string{"runs", "capture list", "report latest", "explain latest aix1", "diff " + id, "resume", "runs prune --keep 1"}},
		{"captures", []string{"capture list", "capture show aix1", "capture compare aix1 a b"}},
		{"captures/aix1", []string{"capture list", "capture show aix1", "capture prune aix1"}},
		{"runs/" + id, []string{"report latest", "report " + id, "report " + id + " --host aix1", "explain aix1", "explain latest aix1", "diff latest", "resume", "resume " + id, "recover --undo latest", "recover --undo " + id}},
	} {
		state := filepath.Join(dir, "state"+strings.NewReplacer("/", "-", ".", "-").Replace(c.closed))
		for _, folder := range []string{"runs/" + id + "/hosts", "captures/aix1/20260101T000000.000Z"} {
			noError(t, os.MkdirAll(filepath.Join(state, folder), 0o755))
		}
		write(t, filepath.Join(state, "runs", id, "run.json"), "{}")
		noError(t, os.Symlink(id, filepath.Join(state, "runs", "latest")))
		closed := filepath.Join(state, c.closed)
		shut(t, state, closed)
		for _, verb := range c.verbs {
			code, said := asNobody(t, dir, append(strings.Fields(verb), "--state", state)...)
			if code != 2 || !strings.Contains(said, closed) || !strings.Contains(said, "permission denied") || !strings.Contains(said, "hint: run aixmend as ") {
				t.Errorf("%s, with %q closed: %d: %s", verb, c.closed, code, said)
			}
		}
	}
}

// Of several runs the list shows those that can be read.
func TestRunsBesideAnUnreadableOne(t *testing.T) {
	t.Parallel()
	dir := nobodys(t)
	for _, id := range []string{"20260101T000000.000Z-00000a", "20260102T000000.000Z-00000b"} {
		noError(t, os.MkdirAll(filepath.Join(dir, "state/runs", id), 0o755))
	}
	closed := dir + "/state/runs/20260102T000000.000Z-00000b"
	shut(t, dir+"/state", closed)
	if code, said := asNobody(t, dir, "runs", "--state", dir+"/state"); code != 0 || !strings.Contains(said, "warning: run 20260102T000000.000Z-00000b: "+closed+" can't be read: permission denied") || !strings.Contains(said, "20260101T000000.000Z-00000a") {
		t.Errorf("%d: %s", code, said)
	}
}
