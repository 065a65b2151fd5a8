package ssh

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/lab/transporttest"
)

// eachShell runs a test with every shell that a login may have. sh is there
// on every machine; the others where they are installed.
func eachShell(t *testing.T, test func(t *testing.T, path string)) {
	t.Helper()
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Fatalf("no POSIX shell on this machine: %v", err)
	}
	tested := map[string]string{}
	for _, name := range []string{"sh", "dash", "bash", "ksh93", "ksh", "mksh", "yash"} {
		path, err := exec.LookPath(name)
		real, _ := filepath.EvalSymlinks(path)
		same := tested[real]
		tested[real] = name
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			switch {
			case err != nil:
				t.Skipf("%s is not installed on this machine", name)
			case same != "":
				t.Skipf("%s is %s on this machine", name, same)
			}
			test(t, path)
		})
	}
}

func TestConformance(t *testing.T) {
	eachShell(t, func(t *testing.T, path string) {
		transporttest.Conformance(t, func(t *testing.T) transport.Conn {
			return serve(t, shell(path), memory()).dial()
		})
	})
}

func TestConformanceAsSudo(t *testing.T) {
	t.Parallel()
	transporttest.Conformance(t, func(t *testing.T) transport.Conn {
		r := serve(t, sudoers(posix, allow), memory())
		r.target.Become = transport.BecomeSudo
		return r.dial()
	})
}

func TestShellsReportASignalAlike(t *testing.T) {
	eachShell(t, func(t *testing.T, path string) {
		got, err := serve(t, shell(path), memory()).run(probe("p", "sh -c 'kill -KILL $$'"), probe("q", "echo on"))
		if err != nil || got.Results[0].Err != nil || got.Results[0].Exit != 128+9 {
			t.Errorf("exit %d, %v, %v; want %d", got.Results[0].Exit, got.Results[0].Err, err, 128+9)
		}
		wantStdout(t, got.Results[1], "on\n")
	})
}

// The environment that the handler gives is as bad as a login's can be.
func TestScriptSetsTheEnvironment(t *testing.T) {
	for _, become := range []string{transport.BecomeNone, transport.BecomeSudo} {
		t.Run(become, func(t *testing.T) {
			r := serve(t, sudoers(posix, allow), memory())
			r.target.Become = become
			got, err := r.run(probe("env", `echo "$LC_ALL $LANG $ODMDIR $PATH"`), probe("child", `sh -c 'echo $LC_ALL'`))
			if err != nil {
				t.Fatal(err)
			}
			wantStdout(t, got.Results[0], "C C /etc/objrepos /usr/bin:/usr/sbin:/bin:/sbin:/etc\n")
			wantStdout(t, got.Results[1], "C\n")
		})
	}
}

// Commands read nothing, whatever the session's standard input is.
func TestScriptGivesCommandsNoInput(t *testing.T) {
	for _, become := range []string{transport.BecomeNone, transport.BecomeSudo} {
		t.Run(become, func(t *testing.T) {
			r := serve(t, func(ctx context.Context, x *sshtest.Exec) int {
				x.Stdin = strings.NewReader("leaked\n")
				return sudoers(posix, allow)(ctx, x)
			}, memory())
			r.target.Become = become
			login := probe("login", "cat")
			login.AsLogin = true
			got, err := r.run(login, requiring("cat; echo end", "end"), probe("plain", "cat"))
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range []string{"", "end\n", ""} {
				wantStdout(t, got.Results[i], want)
			}
		})
	}
}

func requiring(line, answer string) transport.Command {
	return transport.Command{ID: line, Line: line, Require: answer, Timeout: ages}
}

// Ways in which a sudo of the machine under test answers.
const (
	allow    = `#!/bin/sh` + "\n" + `[ "$1" = -n ] || exit 99; shift; SUDO_USER=ops; export SUDO_USER; exec env -u LC_ALL -u LANG -u ODMDIR PATH=/nowhere SUDO_USER=ops "$@"`
	password = "#!/bin/sh\necho 'sudo: a password is required' >&2; exit 1"
)

// sudoers replaces sudo by a program of the test: the script sets its own
// PATH, so a stub in front of it would not be found.
func sudoers(inner sshtest.HandlerFunc, program string) sshtest.HandlerFunc {
	return func(ctx context.Context, x *sshtest.Exec) int {
		dir, err := os.MkdirTemp("", "sudo")
		if err != nil {
			return 250
		}
		defer func() { _ = os.RemoveAll(dir) }()
		stub := dir + "/sudo"
		program := strings.ReplaceAll(program, "env -u", "/usr/bin/env -u")
		if err := os.WriteFile(stub, []byte(program), 0o600); err != nil {
			return 251
		}
		x.Command = strings.Replace(x.Command, "exec sudo ", "exec /bin/sh "+stub+" ", 1)
		return inner(ctx, x)
	}
}

func TestBecomeSudo(t *testing.T) {
	r := serve(t, sudoers(posix, allow), memory())
	r.target.Become = transport.BecomeSudo
	login := probe("login", `echo "${SUDO_USER-none}"`)
	login.AsLogin = true
	got, err := r.run(login, probe("root", `echo "${SUDO_USER-none} it's"`), probe("more", "cat; exit 3"))
	if err != nil {
		t.Fatal(err)
	}
	wantStdout(t, got.Results[0], "none\n")
	wantStdout(t, got.Results[1], "ops it's\n")
	if r := got.Results[2]; r.Err != nil || r.Exit != 3 {
		t.Errorf("the last command: exit %d, %v", r.Exit, r.Err)
	}
	if n := r.server.Execs(); n != 1 {
		t.Errorf("%d sessions, want one", n)
	}
}

func TestBecomeSudoOfLoginCommandsAlone(t *testing.T) {
	r := serve(t, sudoers(posix, password), memory())
	r.target.Become = transport.BecomeSudo
	got, err := r.run(transport.Command{Line: "echo me", AsLogin: true, Timeout: ages})
	if err != nil {
		t.Fatal(err)
	}
	wantStdout(t, got.Results[0], "me\n")
}

func TestBecomeSudoUnmetRequirementEndsBothScripts(t *testing.T) {
	for _, asLogin := range []bool{true, false} {
		r := serve(t, sudoers(posix, allow), memory())
		r.target.Become = transport.BecomeSudo
		got, err := r.run(transport.Command{Line: "echo Linux", Require: "AIX", AsLogin: asLogin, Timeout: ages}, probe("never", "echo never"))
		if err != nil || string(got.Results[0].Stdout) != "Linux\n" || !errors.Is(got.Results[1].Err, transport.ErrNotRun) {
			t.Errorf("as login %v: %v, %+v", asLogin, err, got.Results)
		}
	}
}

// A refused sudo is told from a broken script by where it happens, and its
// own words are found behind what the profile printed.
func TestPrivilegeMissing(t *testing.T) {
	talkative := func(ctx context.Context, x *sshtest.Exec) int {
		_, _ = x.Stderr.Write([]byte("stty: standard input: not a tty\n"))
		return sudoers(posix, password)(ctx, x)
	}
	for name, commands := range map[string][]transport.Command{
		"at once":                  {probe("root", "id")},
		"after a login command":    {{Line: "id", AsLogin: true, Timeout: ages}, probe("root", "id")},
		"after a required answer":  {{Line: "echo AIX", Require: "AIX", AsLogin: true, Timeout: ages}, probe("root", "id")},
		"before a mutating change": {{Line: "id", Mutating: true, Timeout: ages}},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t, talkative, memory())
			r.target.Become = transport.BecomeSudo
			got, err := r.run(commands...)
			wantError(t, err, transport.KindPrivilege, "exit 1", "sudo: a password is required")
			last := len(commands) - 1
			if transport.KindOf(got.Results[last].Err) != transport.KindPrivilege {
				t.Errorf("the privileged command: %v", got.Results[last].Err)
			}
			if last > 0 && (got.Results[0].Err != nil || len(got.Results[0].Stdout) == 0) {
				t.Errorf("the login command: %+v", got.Results[0])
			}
			if !strings.Contains(string(got.Noise), "not a tty") {
				t.Errorf("the noise is no evidence: %q", got.Noise)
			}
		})
	}
}

func TestInvalidScriptsAreNotSent(t *testing.T) {
	for name, c := range map[string]struct {
		become string
		want   string
	}{
		"a login command after a privileged one": {transport.BecomeNone, "command second"},
		"an unknown way to become root":          {"doas", `"doas"`},
		"a command to become root that is none":  {transport.BecomeCustom, "none is named"},
	} {
		t.Run(name, func(t *testing.T) {
			r := serve(t, posix, memory())
			r.target.Become = c.become
			second := probe("second", "id")
			second.AsLogin = c.become == transport.BecomeNone
			got, err := r.run(probe("first", "id"), second)
			wantError(t, err, transport.KindProtocol, c.want)
			if got.Results[0].Err == nil || got.Results[1].Err == nil || r.server.Execs() > 0 {
				t.Errorf("%d scripts were sent; results %+v", r.server.Execs(), got.Results)
			}
		})
	}
}

func TestEveryScriptHasItsOwnNonce(t *testing.T) {
	r := serve(t, posix, memory())
	conn := r.dial()
	seen := map[string]bool{}
	for range 3 {
		if _, err := conn.Run(t.Context(), []transport.Command{probe("p", ":")}); err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range r.server.Commands() {
		seen[nonceLine.FindString(command)] = true
	}
	if len(seen) != 3 {
		t.Errorf("3 scripts carry %d nonces", len(seen))
	}
}
