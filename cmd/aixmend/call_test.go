package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// said is how a call of the command ended.
type said struct {
	args     []string
	code     int
	out, err string
}

// notUnderRace leaves a test out whose work is done by many child processes: the
// race detector makes each of them slow and sees nothing in this one. make suites,
// and so CI, runs it without.
func notUnderRace(t *testing.T) {
	t.Helper()
	if underRace {
		t.Skip("its work is done by child processes: make suites runs it")
	}
}

// call runs the real main in a process of its own, with a home and the
// variables that are given.
func call(t *testing.T, env []string, args ...string) said {
	t.Helper()
	c := command(t, "aixmend", args...)
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "NO_COLOR="}, env...)
	var out, errs strings.Builder
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return said{args, c.ProcessState.ExitCode(), out.String(), errs.String()}
}

// everyFile gives the text of every file below a folder, by its path. A name is
// a part of the text: it can tell, too.
func everyFile(t *testing.T, dir string) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		texts[path] = path + "\n" + string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// write writes a file of a test.
func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
