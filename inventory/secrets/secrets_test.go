package secrets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"aixmend/inventory"
	"aixmend/transport"
	"aixmend/transport/ssh/passwords"
)

// source is a target whose password comes from p.
func source(p inventory.PasswordSource) transport.Target {
	return transport.Target{Name: "aix1", User: "ops", Become: transport.BecomeSudo, BecomePassword: p.Key()}
}

// wantSecret checks the secret or the error that a source yields.
func wantSecret(t *testing.T, s *Secrets, target transport.Target, want, problem string) {
	t.Helper()
	got, err := s.Password(t.Context(), passwords.ForBecome, target)
	switch {
	case problem == "" && (err != nil || string(got) != want):
		t.Errorf("%q, %v; want %q", got, err, want)
	case problem != "" && (err == nil || !strings.Contains(err.Error(), problem) || got != nil):
		t.Errorf("%q, %v; want an error that says %s", got, err, problem)
	case err != nil && strings.Contains(err.Error(), "hunter2"):
		t.Errorf("the password is in the error %v", err)
	}
}

func TestSecretsFromFiles(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		text          string
		mode          os.FileMode
		want, problem string
	}{
		"plain":    {"hunter2", 0o600, "hunter2", ""},
		"line":     {"hunter2\n", 0o400, "hunter2", ""},
		"windows":  {"hunter2\r\n", 0o600, "hunter2", ""},
		"blanks":   {" hunter2 \t\n", 0o600, " hunter2 \t", ""},
		"longest":  {strings.Repeat("x", maxSecret) + "\r\n", 0o600, strings.Repeat("x", maxSecret), ""},
		"longer":   {strings.Repeat("x", maxSecret+1), 0o600, "", "longer is longer than 4096 bytes"},
		"longest2": {strings.Repeat("x", maxSecret+1) + "\n", 0o600, "", "is longer than 4096 bytes"},
		"huge":     {strings.Repeat("x", 1<<20), 0o600, "", "is longer than 4096 bytes"},
		"two":      {"hunter2\nhunter2\n", 0o600, "", "two has more than one line"},
		"twice":    {"hunter2\n\n", 0o600, "", "has more than one line"},
		"cr":       {"hunter2\rx", 0o600, "", "has more than one line"},
		"nul":      {"hunter2\x00", 0o600, "", "nul holds a NUL byte"},
		"empty":    {"", 0o600, "", "empty is empty"},
		"newline":  {"\n", 0o600, "", "newline is empty"},
		"group":    {"hunter2", 0o640, "", "group is open to others (mode 0640): chmod 600 " + dir + "/group"},
		"others":   {"hunter2", 0o604, "", "(mode 0604)"},
		"writable": {"hunter2", 0o620, "", "(mode 0620)"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		wantSecret(t, New(nil, ""), source(inventory.PasswordSource{File: path}), c.want, c.problem)
	}
	wantSecret(t, New(nil, ""), source(inventory.PasswordSource{File: dir + "/none"}), "", "/none can't be read: it does not exist")
	wantSecret(t, New(nil, ""), source(inventory.PasswordSource{File: dir}), "", "is not a regular file")
	if err := syscall.Mkfifo(dir+"/pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	wantSecret(t, New(nil, ""), source(inventory.PasswordSource{File: dir + "/pipe"}), "", "is not a regular file")
}

func TestSecretsFromPrograms(t *testing.T) {
	for _, c := range []struct{ script, want, problem string }{
		{`echo hunter2`, "hunter2", ""},
		{`printf 'a b\n'; echo noise >&2`, "a b", ""},
		{`cat; echo "$1$2"`, "x y;$(id)", ""}, // no shell in between, and nothing on standard input
		{`echo hunter2; echo first >&2; printf 'the vault is\033[0m sealed\n\n' >&2; exit 3`, "", "/bin/sh: exit status 3: the vault is?[0m sealed"},
		{`echo hunter2; exit 1`, "", "/bin/sh: exit status 1"},
		{`exit 0`, "", "the output of /bin/sh is empty"},
		{`while :; do echo hunter2; done | /usr/bin/head -c 90000`, "", "is longer than 4096 bytes"},
		{`printf '%9000d' 1`, "", "is longer than 4096 bytes"},
		{`printf 'a\0b'`, "", "holds a NUL byte"},
		{`kill -9 $$`, "", "signal: killed"},
	} {
		argv := []string{"/bin/sh", "-c", c.script, "-", "x y;", "$(id)"}
		wantSecret(t, New(nil, ""), source(inventory.PasswordSource{Exec: argv}), c.want, c.problem)
	}
	wantSecret(t, New(nil, ""), source(inventory.PasswordSource{Exec: []string{"no-such-program"}}), "", "executable file not found")
}

// A hanging program is killed; a child that keeps its output open is not waited for.
func TestSecretsFromAHangingProgram(t *testing.T) {
	program := source(inventory.PasswordSource{Exec: []string{"/bin/sh", "-c", "echo hunter2; echo waiting >&2; sleep 3600 & wait"}})
	s := New(nil, "")
	for limit := 100 * time.Millisecond; limit < time.Minute; limit *= 4 { // a slow machine needs more to start it
		s = New(nil, "")
		s.timeout = limit
		if _, err := s.Password(t.Context(), passwords.ForBecome, program); err == nil || strings.HasSuffix(err.Error(), "waiting") {
			break
		}
	}
	wantSecret(t, s, program, "", fmt.Sprintf("/bin/sh: timed out after %s: waiting", s.timeout))
	if runtime.GOOS == "linux" {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := New(nil, "").Password(ctx, passwords.ForBecome, source(inventory.PasswordSource{Exec: []string{"/bin/sleep", "60"}})); !errors.Is(err, context.Canceled) {
			t.Errorf("after the run was stopped: %v", err)
		}
	}
}

// Each source is read once; a typed password serves one login only.
func TestSecretsAreAskedForOnce(t *testing.T) {
	log := filepath.Join(t.TempDir(), "asked")
	program := []string{"/bin/sh", "-c", "echo x >>" + log + "; exit 1"}
	s := New(nil, "")
	var asked atomic.Int32
	s.ask = func(_ context.Context, question string) ([]byte, error) {
		return fmt.Appendf(nil, "%d %s", asked.Add(1), question), nil
	}
	for range 2 {
		wantSecret(t, s, source(inventory.PasswordSource{Exec: program}), "", "exit status 1")
		other := source(inventory.PasswordSource{Exec: program})
		other.User = "dev"
		wantSecret(t, s, other, "", "exit status 1")
		ops := source(inventory.PasswordSource{Prompt: true})
		wantSecret(t, s, ops, "1 password of ops (sudo): ", "")
		ops.User = "dev"
		wantSecret(t, s, ops, "2 password of dev (sudo): ", "")
		ops.Become = transport.BecomeSu
		wantSecret(t, s, ops, "3 password of root (su): ", "")
		ops.User = "ops"
		wantSecret(t, s, ops, "3 password of root (su): ", "")
		ops.Become, ops.BecomeCommand = transport.BecomeCustom, "/opt/pb/bin/pbrun -u root"
		wantSecret(t, s, ops, "4 password of ops (/opt/pb/bin/pbrun): ", "")
	}
	if text, err := os.ReadFile(log); err != nil || string(text) != "x\n" {
		t.Errorf("the program ran %q, %v", text, err)
	}
	first, _ := s.Password(t.Context(), passwords.ForBecome, source(inventory.PasswordSource{Prompt: true}))
	clear(first)
	wantSecret(t, s, source(inventory.PasswordSource{Prompt: true}), "1 password of ops (sudo): ", "")
}

func TestSecretsNeedATerminal(t *testing.T) {
	wantSecret(t, New(nil, ""), source(inventory.PasswordSource{Prompt: true}), "", "there is no terminal to ask on: name its source")
	s := New(nil, "")
	s.ask = func(context.Context, string) ([]byte, error) { return nil, errors.New("the terminal is gone") }
	wantSecret(t, s, source(inventory.PasswordSource{Prompt: true}), "", "prompt: the terminal is gone")
	wantSecret(t, s, transport.Target{BecomePassword: "hunter2"}, "", "this is not the key of a password source")
}

// An interrupted question is asked again.
func TestSecretsAfterAnInterruptedQuestion(t *testing.T) {
	s := New(nil, "")
	s.ask = func(context.Context, string) ([]byte, error) {
		return nil, fmt.Errorf("interrupted: %w", context.Canceled)
	}
	if _, err := s.Password(t.Context(), passwords.ForBecome, source(inventory.PasswordSource{Prompt: true})); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	s.ask = func(context.Context, string) ([]byte, error) { return []byte("typed\n"), nil }
	wantSecret(t, s, source(inventory.PasswordSource{Prompt: true}), "typed", "")
}

// Programs run in the folder that is given.
func TestProgramsRunInTheFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "vault"), []byte("#!/bin/sh\necho hunter2\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	target := source(inventory.PasswordSource{Exec: []string{"./vault"}})
	wantSecret(t, New(nil, dir), target, "hunter2", "")
	wantSecret(t, New(nil, t.TempDir()), target, "", "no such file or directory")
}

// At the end of a run what was read or typed is overwritten, and nothing more is read.
func TestClear(t *testing.T) {
	file := t.TempDir() + "/password"
	if err := os.WriteFile(file, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := New(nil, "")
	target := source(inventory.PasswordSource{File: file})
	text, err := s.Password(t.Context(), passwords.ForBecome, target)
	if err != nil || string(text) != "hunter2" {
		t.Fatalf("%q, %v", text, err)
	}
	kept := s.known[target.BecomePassword].text
	typed := []byte("typed")
	s.typed["question"] = typed
	s.Clear()
	if strings.Trim(string(kept)+string(typed), "\x00") != "" {
		t.Errorf("%q and %q are left", kept, typed)
	}
	if text, err := s.Password(t.Context(), passwords.ForBecome, target); err == nil {
		t.Errorf("%q is read after the end", text)
	}
}

// A person is asked again for a passphrase that was wrong; a source has only one.
func TestPassphraseAgain(t *testing.T) {
	t.Setenv("AIXMEND_TEST_PASSPHRASE", "wrong")
	typed := []string{"wrong", "right"}
	var asked []string
	s := New(func(_ context.Context, question string) ([]byte, error) {
		asked = append(asked, question)
		return []byte(typed[len(asked)-1]), nil
	}, "")
	target := source(inventory.PasswordSource{})
	target.Identity = "/home/me/id"
	for _, c := range []struct {
		tries int
		want  string
	}{{0, "wrong"}, {1, "right"}, {0, "right"}} {
		if text, err := s.Passphrase(t.Context(), target, c.tries); err != nil || string(text) != c.want {
			t.Errorf("after %d wrong ones: %q, %v; want %s", c.tries, text, err, c.want)
		}
	}
	if got := strings.Join(asked, "|"); got != "passphrase of /home/me/id: |wrong; passphrase of /home/me/id: " {
		t.Errorf("asked %q", got)
	}
	for _, from := range []inventory.PasswordSource{{Env: "AIXMEND_TEST_PASSPHRASE"}, {Exec: []string{"echo", "wrong"}}} {
		target.Passphrase = from.Key()
		if text, err := s.Passphrase(t.Context(), target, 0); err != nil || string(text) != "wrong" {
			t.Errorf("%q, %v", text, err)
		}
		if _, err := s.Passphrase(t.Context(), target, 1); !errors.Is(err, passwords.ErrSameAgain) {
			t.Errorf("%v", err)
		}
	}
	if len(asked) != 2 {
		t.Errorf("asked %q", asked)
	}
}
