package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"aixmend/cmd/aixmend/config"
	"aixmend/cmd/aixmend/request"
	"aixmend/transport/lab/suite"
)

// said is how a call of the command ended.
type said struct {
	args     []string
	code     int
	out, err string
}

// testMain is the tests, with a folder for what they build.
type testMain struct{ *testing.M }

// built is the folder for binaries that the tests build.
var built string

// Run runs the tests.
func (s testMain) Run() int {
	var err error
	if built, err = os.MkdirTemp("", "aixmend-built"); err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(built) }()
	// No test depends on the ssh_config of the machine or on a config file, nor does what it starts.
	for name, none := range map[string]string{"AIXMEND_SSH_CONFIG": request.None, "AIXMEND_CONFIG": config.None} {
		if err := os.Setenv(name, none); err != nil {
			panic(err)
		}
	}
	return s.M.Run()
}

// buildProgram builds the command as users have it.
var buildProgram = sync.OnceValues(func() (string, error) {
	path := filepath.Join(built, "aixmend")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	// Calls by its path print its plain name in hints, as those of a user who has it on PATH.
	return path, os.Setenv("PATH", built+string(os.PathListSeparator)+os.Getenv("PATH"))
})

// program is the command as users have it, without the race detector: under it, the test
// would tell no more than it does without, so it is skipped. Scripts run the one with it.
func program(t testing.TB) string {
	t.Helper()
	suite.Unraced(t, "the command as users have it")
	path, err := buildProgram()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// call runs the real main in a process of its own, with a home and the
// variables that are given.
func call(t *testing.T, env []string, args ...string) said {
	t.Helper()
	c := exec.Command(program(t), args...)
	c.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "NO_COLOR=", "AIXMEND_SSH_CONFIG=" + request.None}, env...)
	var out, errs strings.Builder
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	checkHints(t.Errorf, strings.Join(args, " "), out.String()+errs.String())
	return said{args, c.ProcessState.ExitCode(), out.String(), errs.String()}
}

// everyFile gives the text of every file below a folder, by its path. A name is
// a part of the text: it can tell, too.
func everyFile(t testing.TB, dir string) map[string]string {
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

// noError ends a test that can not go on.
func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
