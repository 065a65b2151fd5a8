//go:build unix

package program

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		command Command
		want    string
	}{
		"arguments":       {Command{Argv: []string{"/bin/echo", "two words", "$HOME"}, Limit: 100}, "two words $HOME\n"},
		"a line":          {Command{Line: "echo a | cat; echo lost >&2", Limit: 100}, "a\n"},
		"folder":          {Command{Line: "pwd -P", Dir: dir, Limit: 1000}, real(t, dir) + "\n"},
		"environment":     {Command{Line: "echo $ONE", Env: []string{"ONE=1"}, Limit: 100}, "1\n"},
		"stdin":           {Command{Argv: []string{"/bin/cat"}, Stdin: strings.NewReader("in"), Limit: 100}, "in"},
		"stdin is empty":  {Command{Argv: []string{"/bin/cat"}, Limit: 100}, ""},
		"it reads none":   {Command{Line: "exit 0", Stdin: strings.NewReader(strings.Repeat("x", 1<<20))}, ""},
		"beginning":       {Command{Line: "echo 123456", Limit: 3}, "123"},
		"strict, in full": {Command{Line: "printf 123", Limit: 3, Strict: true}, "123"},
		"no output kept":  {Command{Line: "echo 123"}, ""},
		"past first room": {Command{Line: "head -c 100000 /dev/zero", Limit: 100000}, strings.Repeat("\x00", 100000)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.command.Run(t.Context())
			if err != nil || string(got) != c.want {
				t.Errorf("got %.80q, %v; want %.80q", got, err, c.want)
			}
		})
	}
}

func real(t *testing.T, dir string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRunFails(t *testing.T) {
	for name, c := range map[string]struct {
		command Command
		cause   error // nil: any
		want    string
	}{
		"exit status":        {Command{Line: "echo out; echo first >&2; echo ' last ' >&2; exit 3", Limit: 10}, nil, "/bin/sh: exit status 3: last"},
		"two lines":          {Command{Line: "printf 'a\\nb\\n c\\n\\n' >&2; exit 3", Lines: 2}, nil, "/bin/sh: exit status 3: b; c"},
		"stdout when unkept": {Command{Line: "echo out; exit 3"}, nil, "/bin/sh: exit status 3: out"},
		"silent":             {Command{Line: "exit 3"}, nil, "/bin/sh: exit status 3"},
		"unprintable":        {Command{Line: `printf '\033[1m\377x' >&2; exit 1`}, nil, "/bin/sh: exit status 1: ?[1m?x"},
		"long":               {Command{Line: "head -c 5000 /dev/zero | tr '\\0' y >&2; exit 1"}, nil, "/bin/sh: exit status 1: " + strings.Repeat("y", maxLine) + "..."},
		"signal":             {Command{Line: "kill -9 $$"}, nil, "/bin/sh: signal: killed"},
		"not there":          {Command{Argv: []string{"/nowhere/x"}}, os.ErrNotExist, "/nowhere/x: fork/exec /nowhere/x: no such file or directory"},
		"time":               {Command{Line: "sleep 1000", Timeout: 100 * time.Millisecond}, ErrTimeout, "/bin/sh: timed out after 100ms"},
		"time, shared group": {Command{Line: "exec sleep 1000", Timeout: 100 * time.Millisecond, Group: SharedGroup}, ErrTimeout, "/bin/sh: timed out after 100ms"},
		"flood":              {Command{Argv: []string{"/bin/cat", "/dev/zero"}, Limit: 1 << 20, Strict: true}, ErrTooMuch, "/bin/cat: it printed more than 1 MB"},
		"one byte too much":  {Command{Line: "printf 1234", Limit: 3, Strict: true}, ErrTooMuch, "/bin/sh: it printed more than 3 bytes"},
		"held":               {Command{Line: "sleep 1000 &", Grace: time.Millisecond}, ErrHeld, "/bin/sh: exec: WaitDelay expired before I/O complete"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.command.Run(t.Context())
			var failed *Error
			if !errors.As(err, &failed) || err.Error() != c.want || got != nil {
				t.Fatalf("got %q, %v\nwant %s", got, err, c.want)
			}
			if c.cause != nil && !errors.Is(err, c.cause) {
				t.Errorf("%v is no %v", err, c.cause)
			}
			if err.Error() != failed.Program+": "+failed.Reason() {
				t.Errorf("reason %q", failed.Reason())
			}
		})
	}
}

// alive is a named pipe: its end is read when no process holds it any more.
func alive(t *testing.T) (path string, wait func(), ended func()) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "alive")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	var pipe *os.File
	wait = func() {
		var err error
		if pipe, err = os.Open(path); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pipe.Close() })
		if _, err := io.ReadFull(pipe, make([]byte, 2)); err != nil {
			t.Fatal(err)
		}
	}
	ended = func() {
		if err := pipe.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := pipe.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("a child of the program is still alive: %v", err)
		}
	}
	return path, wait, ended
}

func TestRunKillsChildren(t *testing.T) {
	const child = `exec 3>"$0"; echo waiting >&2; (echo x >&3; exec sleep 1000) & wait`
	const alone = `exec 3>"$0"; echo waiting >&2; echo x >&3; exec sleep 1000`
	for name, c := range map[string]struct {
		group  Group
		script string
	}{"group": {OwnGroup, child}, "session": {OwnSession, child}, "shared group, itself alone": {SharedGroup, alone}} {
		t.Run(name, func(t *testing.T) {
			path, wait, ended := alive(t)
			gone := errors.New("the caller is gone")
			ctx, cut := context.WithCancelCause(t.Context())
			result := make(chan error, 1)
			go func() {
				_, err := Command{Argv: []string{"/bin/sh", "-c", c.script, path}, Group: c.group}.Run(ctx)
				result <- err
			}()
			wait()
			cut(gone)
			if err := <-result; !errors.Is(err, gone) || err.Error() != "/bin/sh: the caller is gone: waiting" {
				t.Error(err)
			}
			ended()
		})
	}
}

func TestStart(t *testing.T) {
	p, err := Command{Line: "cat; echo done >&2; exit 3", Group: OwnSession}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Stdin.Write([]byte("there and back")); err != nil {
		t.Fatal(err)
	}
	back := make([]byte, len("there and back"))
	if _, err := io.ReadFull(p.Stdout, back); err != nil || string(back) != "there and back" {
		t.Fatalf("%q, %v", back, err)
	}
	if err := p.Stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(p.Stdout); err != nil || len(rest) > 0 {
		t.Errorf("%q, %v", rest, err)
	}
	if err := p.Wait(); err == nil || err.Error() != "/bin/sh: exit status 3: done" || p.Said() != "done" {
		t.Errorf("%v, %q", err, p.Said())
	}
}

func TestStartEnds(t *testing.T) {
	gone := errors.New("gone")
	for name, c := range map[string]struct {
		end  func(*Process, context.CancelCauseFunc)
		want string
	}{
		"killed":                   {func(p *Process, _ context.CancelCauseFunc) { p.Kill() }, "/bin/sh: signal: killed"},
		"context":                  {func(_ *Process, cut context.CancelCauseFunc) { cut(gone) }, "/bin/sh: gone"},
		"by itself, a child stays": {func(p *Process, _ context.CancelCauseFunc) { _ = p.Stdin.Close() }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path, wait, ended := alive(t)
			ctx, cut := context.WithCancelCause(t.Context())
			defer cut(nil)
			p, err := Command{Argv: []string{"/bin/sh", "-c", `exec 3>"$0"; (echo x >&3; exec sleep 1000 >/dev/null 2>&1) & read x`, path}}.Start(ctx)
			if err != nil {
				t.Fatal(err)
			}
			wait()
			c.end(p, cut)
			if _, err := io.Copy(io.Discard, p.Stdout); err != nil {
				t.Error(err)
			}
			err = p.Wait()
			if c.want == "" {
				var exit interface{ ExitCode() int }
				if errors.As(err, &exit) && exit.ExitCode() != 1 { // read met the end
					t.Error(err)
				}
			} else if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
			ended()
		})
	}
	if _, err := (Command{Argv: []string{"/nowhere/x"}}).Start(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestTail(t *testing.T) {
	var end tail
	for range 1000 {
		for _, text := range []string{"first\n", strings.Repeat("x", 3*maxSaid), "\nlast "} {
			if n, err := end.Write([]byte(text)); n != len(text) || err != nil || len(end.kept) > maxSaid {
				t.Fatalf("%d of %d, %v; %d bytes are kept", n, len(text), err, len(end.kept))
			}
		}
	}
	if got := end.words(1); got != "last" {
		t.Errorf("%q", got)
	}
}

// A short output is never copied: wiping it leaves no copy behind.
func TestHeadDoesNotMove(t *testing.T) {
	h := &head{limit: firstRoom}
	_, _ = h.Write([]byte("a"))
	first := &h.kept[0]
	_, _ = h.Write(bytes.Repeat([]byte("b"), 2*firstRoom))
	if &h.kept[0] != first || len(h.kept) != firstRoom {
		t.Errorf("it moved, or %d bytes", len(h.kept))
	}
}
