package onhost

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// shells are the POSIX shells of this machine. ksh93 is what AIX has, too, so where
// the OpenSSH test is required it is required here.
func shells(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, name := range []string{"sh", "ksh", "ksh93", "mksh", "dash", "bash"} {
		path, err := exec.LookPath(name)
		if err == nil {
			path, err = filepath.EvalSymlinks(path)
		}
		if err == nil && !slices.Contains(found, path) {
			found = append(found, path)
		}
	}
	ksh := strings.Contains(strings.Join(found, " "), "ksh")
	if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" && !ksh {
		t.Fatal("ksh93 is required and is not installed: apt-get install ksh93u+m")
	}
	if len(found) == 0 {
		t.Skip("there is no POSIX shell on this machine")
	}
	return found
}

// inShell runs a text in a shell of this machine, as the transport does on a host:
// in a subshell that reads nothing.
func inShell(t *testing.T, shell, text string) (exit int, stdout, stderr string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), shell, "-c", "LC_ALL=C; export LC_ALL\n( "+text+"\n) </dev/null")
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); c.ProcessState == nil {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), out.String(), errs.String()
}
