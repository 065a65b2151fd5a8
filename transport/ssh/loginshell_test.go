package ssh

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
)

// loginShell is a program that stands where a login's shell stands: sshd calls it with
// -c and the script.
func (b toolbox) loginShell(text string) sshtest.HandlerFunc {
	b.t.Helper()
	path := filepath.Join(b.dir, "shell")
	cmd := exec.Command("/bin/sh", "-c", `cat >"$0" && chmod 700 "$0"`, path)
	cmd.Stdin = strings.NewReader("#!/bin/sh\nPATH=/usr/bin:/bin; export PATH; dir=" + b.dir + "\n" + text)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("%v: %s", err, out)
	}
	return shell(path)
}

// behind is a host whose login has such a shell, and becomes root by a tool.
func (b toolbox) behind(shell sshtest.HandlerFunc, become string) *rig {
	b.t.Helper()
	r := b.rig(become)
	b.t.Cleanup(func() { _ = r.server.Close() })
	other := serve(b.t, b.handler(shell), memory())
	other.target.User, other.target.Become, other.target.BecomeCommand = r.target.User, become, r.target.BecomeCommand
	return other
}

// text is everything that a transcript holds.
func transcribed(got transport.Transcript, err error) string {
	text := fmt.Sprintf("%s\n%v\n", got.Noise, err)
	for _, r := range got.Results {
		text += fmt.Sprintf("%s\n%s\n%v\n", r.Stdout, r.Stderr, r.Err)
	}
	return text
}

// A login shell that keeps or sends back what it is given learns the password of root on
// its way to the tool, and nothing else; the login's password never. What it sends back
// is in no answer, no noise and no message.
func TestShellThatKeepsItsInput(t *testing.T) {
	for name, shell := range map[string]string{
		"records":           `tee "$dir/kept" | /bin/sh "$@"`,
		"echoes to stdout":  `exec 3>&1; tee "$dir/kept" /dev/fd/3 | /bin/sh "$@"`,
		"echoes to stderr":  `exec 3>&2; tee "$dir/kept" /dev/fd/3 | /bin/sh "$@"`,
		"echoes as a pty":   `exec 3>&1; tee "$dir/kept" | while read -r l; do printf '%s\r\n' "$l" >&3; printf '%s\n' "$l"; done | /bin/sh "$@"`,
		"echoes in a line":  `exec 3>&2; tee "$dir/kept" | while read -r l; do printf '<%s> read\n' "$l" >&3; printf '%s\n' "$l"; done | /bin/sh "$@"`,
		"echoes every word": `{ echo "$@" | tee "$dir/args" >&2; tee "$dir/kept" | /bin/sh "$@"; }`,
	} {
		for _, password := range []string{rightPassword, "another1"} { // accepted, and refused
			t.Run(fmt.Sprintf("%s, accepted %v", name, password == rightPassword), func(t *testing.T) {
				box := newToolbox(t)
				box.file("password", rightPassword)
				r := box.behind(box.loginShell(shell), transport.BecomeSudo).with(&vault{secret: password})
				login := probe("login", "echo here")
				login.AsLogin = true
				got, err := r.run(login, probe("root", "echo \"$SUDO_USER\""))
				if password == rightPassword {
					if err != nil {
						t.Fatal(err)
					}
					wantStdout(t, got.Results[0], "here\n")
					wantStdout(t, got.Results[1], "ops\n")
				} else {
					wantError(t, err, transport.KindPrivilege, "did not accept the password of ops")
				}
				if all := transcribed(got, err); strings.Contains(all, password) {
					t.Errorf("the password came back:\n%s", all)
				}
				if kept := box.lines("kept"); len(kept) != 1 || kept[0] != password {
					t.Errorf("the shell was given %q", kept)
				}
				if strings.Contains(strings.Join(box.lines("args"), "\n")+strings.Join(r.server.Commands(), "\n"), password) {
					t.Error("the password is an argument")
				}
			})
		}
	}
}

// A shell that is given no password has nothing to keep: none is sent where no tool asks
// for it, and a login's password goes through no shell.
func TestShellIsGivenNoPassword(t *testing.T) {
	box := newToolbox(t)
	keeps := box.handler(box.loginShell(`tee "$dir/kept" | /bin/sh "$@"`))
	g := gate{secret: rightPassword}
	r := serve(t, keeps, g.options())
	r.target.Identity, r.target.Password, r.opts.Passwords = "", "prompt", &vault{secret: rightPassword}
	r.works()
	box.rig(transport.BecomeSudo)
	other := serve(t, keeps, memory())
	other.target.User, other.target.Become = "ops", transport.BecomeSudo
	other.works()
	if kept := box.lines("kept"); len(kept) > 0 {
		t.Errorf("the shell was given %q", kept)
	}
}

// Traced shells tell every command on stderr, with a prompt that a profile chose. The
// answers are the same, and no trace has the password: not of the login's shell, and not
// of root's, which reads it past a tool that did not ask.
func TestShellThatTraces(t *testing.T) {
	shells := []string{"/bin/sh"}
	for _, name := range []string{"ksh93", "mksh", "bash", "dash"} {
		if path, err := exec.LookPath(name); err == nil {
			shells = append(shells, path)
		}
	}
	for _, path := range shells {
		for _, prompt := range []string{"", "\x1b[31m$LINENO: ", "\n", "\naixmend-0123 E 0 0\n", "$N B 0\n", "$(echo x)"} {
			for _, asks := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s, %q, asks %v", filepath.Base(path), prompt, asks), func(t *testing.T) {
					box := newToolbox(t)
					if asks {
						box.file("password", rightPassword)
					}
					box.file("ps4", prompt)
					r := box.behind(box.loginShell(`PS4=$(cat "$dir/ps4"; echo .); PS4=${PS4%.}; export PS4; shift; exec `+path+` -xv -c "$1"`), transport.BecomeSudo)
					r.with(&vault{secret: rightPassword})
					conn := r.dial()
					got, err := conn.Run(t.Context(), []transport.Command{probe("one", "echo one"), requiring("echo two", "two"), probe("bad", "echo three; exit 3")})
					if err != nil {
						t.Fatal(err)
					}
					wantStdout(t, got.Results[0], "one\n")
					wantStdout(t, got.Results[1], "two\n")
					if last := got.Results[2]; last.Exit != 3 || string(last.Stdout) != "three\n" {
						t.Errorf("%d, %q, %v", last.Exit, last.Stdout, last.Err)
					}
					if all := transcribed(got, err); strings.Contains(all, rightPassword) {
						t.Errorf("the password is in\n%s", all)
					}
				})
			}
		}
	}
}

// Root's own shell may trace too: ksh88 reads the file that ENV names for each script.
func TestRootShellThatTraces(t *testing.T) {
	eachElevation(t, "cat; exit 3", func(name string, session *ssh.Session, line, stdin string) {
		session.Stdin = strings.NewReader(stdin + "data")
		for _, begin := range []string{"/usr/bin/sh -c '", "root -c '"} {
			line = strings.ReplaceAll(line, begin, begin+"set -x\n")
		}
		var traced bytes.Buffer
		session.Stderr = &traced
		out, _ := session.Output(line)
		if string(out) != "data" || !strings.Contains(traced.String(), "set +x") {
			t.Errorf("%s: nothing was traced: %q, %q", name, out, traced.String())
		}
		if strings.Contains(string(out)+traced.String(), "sesame") {
			t.Errorf("%s: the password is in %q", name, traced.String())
		}
	})
}
