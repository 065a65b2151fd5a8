package ssh

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/transport"
	"aixmend/transport/lab/transporttest"
)

// apiece makes a rig's target one where each command becomes root by itself.
func (r *rig) apiece() *rig {
	r.target.BecomeMode = transport.ModeCommands
	return r
}

func TestConformanceCommandByCommand(t *testing.T) {
	for _, become := range []string{transport.BecomeSudo, transport.BecomeDzdo, transport.BecomePbrun, transport.BecomeCustom} {
		t.Run(become, func(t *testing.T) {
			ofTheShare(t, become)
			t.Parallel()
			transporttest.Conformance(t, func(t *testing.T) transport.Conn { return newToolbox(t).rig(become).apiece().dial() })
		})
	}
}

// Each command of a text runs by a call of its own, in every shell that a login
// may have.
func TestCommandByCommand(t *testing.T) {
	eachShell(t, func(t *testing.T, path string) {
		box := newToolbox(t)
		r := serve(t, box.handler(shell(path)), memory())
		r.target.User, r.target.Become = "ops", transport.BecomeSudo
		login := probe("login", `/usr/bin/env | /usr/bin/grep SUDO; echo me`)
		login.AsLogin = true
		got, err := r.apiece().run(login,
			requiring("/usr/bin/id -u >/dev/null; /usr/bin/printf 0", "0"),
			probe("plain", "/usr/bin/env"),
			probe("loop", `for d in /usr/bin /bin; do if [ -x "$d/printf" ]; then p=$d/printf; break; fi; done; "$p" '%s\n' "$d" | /usr/bin/tr / -`),
			probe("status", "/usr/bin/false || exit 44"),
			probe("nobody", `printf '%s\n' "${SUDO_USER-none}"; a=$(/usr/bin/printenv SUDO_USER); printf '%s\n' "$a"`),
			probe("whole", "cd /; umask 077; printf '%s\n' \"$SUDO_USER $LC_ALL $ODMDIR $(pwd)\""))
		if err != nil {
			t.Fatal(err)
		}
		wantStdout(t, got.Results[0], "me\n")
		wantStdout(t, got.Results[1], "0\n")
		if env := string(got.Results[2].Stdout); !strings.Contains(env, "SUDO_USER=ops\n") || !strings.Contains(env, "LC_ALL=C\n") {
			t.Errorf("the environment of a command is %q", env)
		}
		wantStdout(t, got.Results[3], "-usr-bin\n")
		if c := got.Results[4]; c.Exit != 44 || c.Err != nil {
			t.Errorf("exit %d, %v", c.Exit, c.Err)
		}
		wantStdout(t, got.Results[5], "none\nops\n")
		wantStdout(t, got.Results[6], "ops C /etc/objrepos /\n")
		want := []string{"/usr/bin/id -u", "/usr/bin/printf 0", "/usr/bin/env", "/usr/bin/printf %s\\n /usr/bin", "/usr/bin/tr / -", "/usr/bin/false", "/usr/bin/printenv SUDO_USER"}
		ran := slices.DeleteFunc(box.lines("ran"), func(l string) bool { return !slices.Contains(want, l) })
		slices.Sort(ran)
		slices.Sort(want)
		if diff := cmp.Diff(want, ran); diff != "" {
			t.Errorf("what ran as root (-want +got):\n%s", diff)
		}
	})
}

// A missing command exits with 127, as in a shell, though sudo exits with 1: by it
// parsers tell "not installed" from "failed".
func TestMissingCommand(t *testing.T) {
	for _, become := range []string{transport.BecomeSudo, transport.BecomePbrun} {
		r := newToolbox(t).rig(become).apiece()
		got, err := r.run(
			probe("file", "/usr/bin/no-such-thing -x"), probe("folder", "/no/such/folder/thing"),
			probe("variable", `p=/usr/bin/no-such-thing; "$p"; printf '%s\n' $?`), probe("dropped", `/no/thing 2>/dev/null; exit $?`))
		if err != nil {
			t.Fatalf("%s: %v", become, err)
		}
		for _, i := range []int{0, 1, 3} {
			if c := got.Results[i]; c.Exit != 127 || c.Err != nil {
				t.Errorf("%s, %s: exit %d, %v", become, c.ID, c.Exit, c.Err)
			}
		}
		wantStdout(t, got.Results[2], "127\n")
		if text := string(got.Results[0].Stderr); text != "/usr/bin/no-such-thing: not found\n" {
			t.Errorf("stderr %q", text)
		}
	}
}

// Privilege is asked for before anything is run, and the answer names what is
// missing.
func TestCommandIsNotAllowed(t *testing.T) {
	for _, become := range []string{transport.BecomeSudo, transport.BecomeDzdo} {
		for _, mutating := range []bool{false, true} {
			box := newToolbox(t)
			box.file("rules", "/usr/bin/id -u\n/usr/bin/env\n")
			r := box.rig(become).apiece()
			commands := []transport.Command{probe("uid", "/usr/bin/id -u"), probe("env", "/usr/bin/env"), probe("list", "/bin/ls -l '/a b'")}
			if mutating {
				commands = []transport.Command{{ID: "change", Line: "/usr/bin/env; /bin/ls -l '/a b'", Mutating: true, Timeout: ages}}
			}
			got, err := r.run(commands...)
			wantError(t, err, transport.KindPrivilege)
			if want := fmt.Sprintf("aix1: %s -n: %[1]s does not let ops run /bin/ls -l /a b", become); err.Error() != want {
				t.Errorf("%q, want %q", err, want)
			}
			for _, res := range got.Results {
				if transport.KindOf(res.Err) != transport.KindPrivilege || !errors.Is(res.Err, transport.ErrNotRun) {
					t.Errorf("command %s: %v", res.ID, res.Err)
				}
			}
			if ran := box.lines("ran"); len(ran) > 0 {
				t.Errorf("%q ran as root", ran)
			}
		}
	}
}

// A sudo that wants a password says so, once.
func TestCommandByCommandWantsAPassword(t *testing.T) {
	box := newToolbox(t)
	box.file("password", rightPassword)
	box.file("rules", "none\n")
	r := box.rig(transport.BecomeSudo).apiece()
	_, err := r.run(probe("uid", "/usr/bin/id -u"), probe("env", "/usr/bin/env"))
	wantError(t, err, transport.KindPrivilege, "sudo does not let ops run /usr/bin/id -u")
}

// A tool that can't be asked runs the harmless command first, and one that is
// not there is told from one that refuses.
func TestToolsWithoutListing(t *testing.T) {
	box := newToolbox(t)
	box.file("rules", "/usr/bin/env\n")
	_, err := box.rig(transport.BecomePbrun).apiece().run(probe("env", "/usr/bin/env"), probe("uid", "/usr/bin/id -u"))
	wantError(t, err, transport.KindPrivilege, "aix1: pbrun: pbrun does not let ops run /usr/bin/id -u: Sorry, user ops is not allowed")
	if ran := box.lines("ran"); len(ran) > 0 {
		t.Errorf("%q ran as root", ran)
	}
	for _, line := range []string{"/usr/bin/id -u", "/usr/bin/env"} {
		for _, become := range []string{transport.BecomePbrun, transport.BecomeDzdo} {
			r := serve(t, posix, memory())
			r.target.Become = become
			_, err = r.apiece().run(probe("p", line))
			wantError(t, err, transport.KindPrivilege, ": "+become+" is not there")
		}
	}
}

// A command that no text could name before is found out when it is refused,
// wherever the text sends what it prints. One that only failed is not refused.
func TestRefusalWhileRunning(t *testing.T) {
	for _, line := range []string{
		`n=/etc; /usr/bin/env ls "$n"`, `n=/etc; a=$(/usr/bin/env ls "$n" 2>/dev/null); printf 'a=%s\n' "$a"`,
		`n=/etc; /usr/bin/env ls "$n" >/dev/null`, `n=/etc; if /usr/bin/env ls "$n"; then echo yes; else echo no; fi`,
	} {
		box := newToolbox(t)
		box.file("rules", "/usr/bin/id -u\n/usr/bin/env false\n")
		r := box.rig(transport.BecomeSudo).apiece()
		got, err := r.run(probe("fails", `f=false; /usr/bin/env "$f"`), probe("refused", line), probe("after", "/usr/bin/id -u >/dev/null; echo on"))
		if want := "aix1: sudo -n: sudo does not let ops run /usr/bin/env ls /etc"; err == nil || err.Error() != want || transport.KindOf(err) != transport.KindPrivilege {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
		if got.Results[0].Exit != 1 || got.Results[0].Err != nil {
			t.Errorf("a command that fails: %+v", got.Results[0])
		}
		if text := string(got.Results[1].Stdout) + string(got.Results[1].Stderr); strings.Contains(text, "aixmend-") {
			t.Errorf("%s: lines of the transport are in %q", line, text)
		}
		wantStdout(t, got.Results[2], "on\n")
		if _, err := r.dial().Run(t.Context(), []transport.Command{probe("fails", `f=false; /usr/bin/env "$f"`)}); err != nil {
			t.Errorf("a command that only failed: %v", err)
		}
	}
}

// A changing command that was refused in its middle has failed; it is not a
// login without rights, since part of it may have happened.
func TestRefusalInAChange(t *testing.T) {
	box := newToolbox(t)
	box.file("rules", "/usr/bin/id -u\n")
	r := box.rig(transport.BecomeSudo).apiece()
	got, err := r.run(transport.Command{ID: "change", Line: `n=x; /usr/bin/id -u >/dev/null && /usr/bin/env "$n"`, Mutating: true, Timeout: ages})
	if c := got.Results[0]; err != nil || c.Err != nil || c.Exit != 1 || !strings.Contains(string(c.Stderr), "is not allowed to execute") || strings.Contains(string(c.Stderr), "aixmend-") {
		t.Errorf("%v: %+v", err, c)
	}
}

// A text that can't be split needs a root shell. Where sudo allows none, the error comes
// before any part of it has run.
func TestWholeTextIsNotAllowed(t *testing.T) {
	box := newToolbox(t)
	box.file("rules", "/usr/bin/*\n")
	r := box.rig(transport.BecomeSudo).apiece()
	if _, err := r.run(probe("whole", "cd /etc && /usr/bin/id")); err != nil {
		t.Errorf("with a root shell: %v", err)
	}
	box.file("rules", "/usr/bin/id*\n")
	_, err := r.run(transport.Command{ID: "change", Line: "/usr/bin/id >/etc/x", Mutating: true, Timeout: ages})
	wantError(t, err, transport.KindPrivilege, "sudo does not let ops run /usr/bin/sh -c *")
}

// The tool is asked for each path once a connection, and for no command whose
// words a variable has a part in.
func TestChecks(t *testing.T) {
	r := newToolbox(t).rig(transport.BecomeSudo).apiece()
	conn := r.dial()
	commands := []transport.Command{
		probe("a", "/usr/bin/id -u; /usr/bin/id -g"), probe("b", `n=1; /usr/bin/expr "$n"; /usr/bin/env echo`),
		probe("c", "/usr/bin/sh -n /dev/null"), probe("d", ": >/dev/null; echo x >>/dev/zero"),
	}
	for range 2 {
		if _, err := conn.Run(t.Context(), commands); err != nil {
			t.Fatal(err)
		}
	}
	var checks [][]string
	for _, script := range r.server.Commands() {
		var of []string
		for line := range strings.Lines(script) {
			if rest, ok := strings.CutPrefix(line, "aixmend_may "); ok {
				of = append(of, strings.TrimSpace(rest))
			}
		}
		checks = append(checks, of)
	}
	want := [][]string{{"/usr/bin/id -u", "/usr/bin/env echo", "/usr/bin/sh -n /dev/null", "/usr/bin/sh -c '*'"}, nil}
	if diff := cmp.Diff(want, checks); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
