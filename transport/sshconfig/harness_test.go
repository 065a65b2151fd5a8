package sshconfig

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"aixmend/transport"
)

// realSSH is the system's own ssh; without one a test is skipped, or fails where
// CI requires it.
func realSSH(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("ssh")
	if err != nil {
		if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
			t.Fatalf("AIXMEND_REQUIRE_OPENSSH is set: %v", err)
		}
		t.Skipf("no ssh on this machine: %v", err)
	}
	return path
}

// loginHome is the home that ssh takes.
func loginHome(t testing.TB) string {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return me.HomeDir
}

// heard collects warnings.
type heard struct {
	mu   sync.Mutex
	list []string
}

func (h *heard) warn(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, text)
}

// wants checks that the warnings are those, each beginning cut off before the
// first "…" of what is wanted.
func (h *heard) wants(t *testing.T, parts ...string) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	slices.Sort(h.list)
	left := slices.Clone(h.list)
	for _, part := range parts {
		at := slices.IndexFunc(left, func(w string) bool { return strings.Contains(w, part) })
		if at < 0 {
			t.Errorf("no warning says %q, there are:\n%s", part, strings.Join(h.list, "\n"))
			continue
		}
		left = slices.Delete(left, at, at+1)
	}
	if len(left) > 0 {
		t.Errorf("these warnings were not wanted:\n%s", strings.Join(left, "\n"))
	}
}

// write writes files into a folder and gives the path of the first.
func write(t testing.TB, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "config")
}

// fill fills a target, which must not fail.
func fill(t testing.TB, c *Config, target transport.Target) transport.Target {
	t.Helper()
	filled, err := c.Fill(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	return filled
}

// wantsError checks that an error says all parts.
func wantsError(t testing.TB, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("the error is %v, want %q in it", err, part)
		}
	}
}

// own is a Config that asks no ssh.
func own(t testing.TB, text string) (*Config, *heard) {
	t.Helper()
	h := &heard{}
	path := write(t, t.TempDir(), map[string]string{"config": text})
	return New(Options{File: path, Program: none, Home: t.TempDir(), Warn: h.warn}), h
}

// filesOf are Files of which c is the usual one.
func filesOf(c *Config) *Files { return &Files{usual: c, named: map[string]*Config{}} }

// fakeSSH writes a program that stands in for ssh: it adds a line to the log
// for each call, then runs the text.
func fakeSSH(t testing.TB, text string) (path string, calls func() []string) {
	t.Helper()
	dir := t.TempDir()
	path, log := filepath.Join(dir, "ssh"), filepath.Join(dir, "calls")
	script := "#!/bin/sh\necho \"$*\" >>'" + log + "'\n" + text
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path, func() []string {
		said, err := os.ReadFile(log)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSuffix(string(said), "\n"), "\n")
	}
}
