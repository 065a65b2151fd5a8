//go:build unix

package notify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"aixmend/transport/ownership"
)

// script writes a program, and returns the target that it is.
func script(t *testing.T, text string) (Target, string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "tell")
	if err := os.WriteFile(path, []byte("#!/bin/sh\ncd "+dir+"\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	return target(t, `exec:["`+path+`", "two words", "$HOME"]`), dir
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestProgram(t *testing.T) {
	to, dir := script(t, `printf '%s|' "$@" >args; cat >document; env >env; echo said`)
	told2 := &Teller{Token: token, Env: []string{"PATH=" + os.Getenv("PATH"), "AIXMEND_NOTIFY=https://s3cret", "AIXMEND_NOTIFY_TOKEN=" + token, "AIXMEND_STATE=/state", "MINE=1"}}
	if said := told(t.Context(), t, told2, to); said != "" {
		t.Error(said)
	}
	if args := read(t, dir, "args"); args != "two words|$HOME|" {
		t.Errorf("arguments %q", args)
	}
	var n Notice
	document := read(t, dir, "document")
	if err := json.Unmarshal([]byte(document), &n); err != nil || n.RunID != "20261122T023000.000Z-3f9ac2" || !strings.HasSuffix(document, "}\n") {
		t.Errorf("document %v, %s", err, document)
	}
	env := "\n" + read(t, dir, "env")
	for _, want := range []string{"AIXMEND_RUN_ID=20261122T023000.000Z-3f9ac2", "AIXMEND_EXIT_CODE=3", "AIXMEND_NEWS=3", "AIXMEND_VERB=audit", "AIXMEND_NOTIFY=", "AIXMEND_STATE=/state", "MINE=1"} {
		if !strings.Contains(env, "\n"+want+"\n") {
			t.Errorf("there is no %s in%s", want, env)
		}
	}
	if strings.Contains(env, "AIXMEND_NOTIFY_") || strings.Contains(env, "s3cret") || strings.Contains(env, token) || strings.Contains(env, "channel") {
		t.Errorf("environment%s", env)
	}
}

func TestProgramsThatFail(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"a code", "exit 3", "exit status 3"},
		{"last words", "echo first; printf 'no \\033[31mpaper\\n' >&2; exit 1", "exit status 1: no ?[31mpaper"},
		{"the token", "echo " + token + " >&2; exit 1", "exit status 1: ***"},
		{"a signal", "kill -9 $$", "signal: killed"},
		{"it reads nothing, and is well", "exit 0", ""},
		{"it floods, and is well", "yes | head -c 5000000; yes | head -c 5000000 >&2", ""},
		{"it floods, and fails", "yes | head -c 5000000 >&2; exit 1", "exit status 1: y"},
		{"a line without end", "yes | tr -d '\\n' | head -c 5000000 >&2; exit 1", "..."},
	} {
		t.Run(c.name, func(t *testing.T) {
			to, _ := script(t, c.text)
			teller := &Teller{Token: token, Env: os.Environ()}
			if said := told(t.Context(), t, teller, to); (c.says == "") != (said == "") || !strings.Contains(said, c.says) {
				t.Errorf("it says %q", said)
			}
		})
	}
}

// A program that hangs is cut off, and what it has started with it.
func TestProgramThatHangs(t *testing.T) {
	to, dir := script(t, "exec 3>alive; echo waiting >&2; (echo x >&3; exec sleep 1000) & wait")
	alive := filepath.Join(dir, "alive")
	if err := syscall.Mkfifo(alive, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cut := context.WithCancelCause(t.Context())
	ended := make(chan string, 1)
	go func() { ended <- told(ctx, t, &Teller{Env: os.Environ()}, to) }()
	pipe, err := os.Open(alive) // as soon as the program has it
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if _, err := io.ReadFull(pipe, make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	cut(errors.New("a signal"))
	if said := <-ended; !strings.HasSuffix(said, "tell could not be notified: a signal: waiting") {
		t.Errorf("it says %q", said)
	}
	// The end of the pipe is when nobody who was started has it any more.
	if err := pipe.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := pipe.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("what the program started lives: %v", err)
	}
}

// A program that others can change is not run: it would run as this user.
func TestProgramOfOthers(t *testing.T) {
	script := filepath.Join(t.TempDir(), "tell")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Parse("exec:"+script, lookup); err != nil {
		t.Errorf("of one's own: %v", err)
	}
	if err := os.Chmod(script, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"exec:" + script, "exec:/bin/sh " + script} {
		var fault *ownership.Fault
		if _, err := Parse(text, lookup); !errors.As(err, &fault) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
