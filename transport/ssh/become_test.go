package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
	"aixmend/transport/lab/suite"
	"aixmend/transport/lab/transporttest"
	"aixmend/transport/ssh/passwords"
)

// rightPassword is what the tools of the tests take.
const rightPassword = "open sesame's"

// fakeSudo is sudo and dzdo as far as they matter here: -n, -l, -S with three
// tries, and the first line of standard input that it asks for.
const fakeSudo = `ask=; list=
while :; do
  case $1 in
  -n) shift ;;
  -l) list=1; shift ;;
  -S) ask=1; shift ;;
  -p) shift 2 ;;
  *) break ;;
  esac
done
` + fakeRights + `
if [ -n "$list" ]; then allowed "$@" || exit 1; printf '%s\n' "$*"; exit 0; fi
if [ -f "$dir/password" ]; then
  [ -n "$ask" ] || { echo 'sudo: a password is required' >&2; exit 1; }
  n=0
  while :; do
    IFS= read -r p || { echo 'sudo: no password was provided' >&2; exit 1; }
    n=$((n+1)); printf 'tried\n' >>"$dir/tries"
    [ "$p" != "$(cat "$dir/password")" ] || break
    echo 'Sorry, try again.' >&2
    [ $n -lt 3 ] || { echo "sudo: $n incorrect password attempts" >&2; exit 1; }
  done
fi
` + fakeRun

// fakePlain is a tool without options: pbrun, su and a site's own.
const fakePlain = fakeRights + `
if [ "${0##*/}" = su ]; then shift; set -- /bin/sh "$@"; fi
if [ "${0##*/}" = elevate ]; then shift 2; fi
if [ -f "$dir/password" ]; then
  IFS= read -r p; printf 'tried\n' >>"$dir/tries"
  [ "$p" = "$(cat "$dir/password")" ] || { echo 'Authentication is denied.' >&2; exit 1; }
fi
` + fakeRun

// fakeRights and fakeRun are what the tools have in common: rules, if there are
// any, are patterns of case.
const (
	fakeRights = `allowed() {
  [ -f "$dir/rules" ] || return 0
  while IFS= read -r rule; do
    case "$*" in $rule) return 0 ;; esac
  done <"$dir/rules"
  return 1
}`
	fakeRun = `allowed "$@" || { echo 'Sorry, user ops is not allowed to execute that.' >&2; exit 1; }
case $1 in /*) [ -f "$1" ] || { echo "sudo: $1: command not found" >&2; exit 1; } ;; esac
printf '%s\n' "$*" >>"$dir/ran"
exec /usr/bin/env -i PATH=/usr/bin:/bin SUDO_USER=ops LC_ALL="$LC_ALL" "$@"
`
)

// toolbox are the tools of a host that becomes root, and what they write down.
type toolbox struct {
	t   *testing.T
	dir string
}

func newToolbox(t *testing.T) toolbox {
	t.Helper()
	box := toolbox{t, t.TempDir()}
	for name, program := range map[string]string{
		"sudo": fakeSudo, "dzdo": fakeSudo, "pbrun": fakePlain, "su": fakePlain, "elevate": fakePlain,
	} {
		// Written by another process: one that this process has open can't be
		// run by a child of another test.
		cmd := exec.Command("/bin/sh", "-c", `cat >"$0" && chmod 700 "$0"`, filepath.Join(box.dir, name))
		cmd.Stdin = strings.NewReader("#!/bin/sh\nPATH=/usr/bin:/bin; dir=" + box.dir + "\n" + program)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	return box
}

func (b toolbox) file(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// lines are those of a file that the tools write.
func (b toolbox) lines(name string) []string {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.t.Fatal(err)
	}
	return strings.Split(string(text), "\n")[:strings.Count(string(text), "\n")]
}

// tries is how many passwords were given to the tools.
func (b toolbox) tries() int { return len(b.lines("tries")) }

// handler runs scripts with the tools in place of the host's own.
func (b toolbox) handler(inner sshtest.HandlerFunc) sshtest.HandlerFunc {
	return func(ctx context.Context, x *sshtest.Exec) int {
		x.Command = strings.ReplaceAll(x.Command, "PATH=$PATH:", "PATH="+b.dir+":$PATH:")
		x.Command = strings.ReplaceAll(x.Command, "/usr/bin/su ", filepath.Join(b.dir, "su")+" ")
		return inner(ctx, x)
	}
}

// rig is a host with these tools.
func (b toolbox) rig(become string) *rig {
	b.t.Helper()
	r := serve(b.t, b.handler(posix), memory())
	r.target.User, r.target.Become = "ops", become
	if become == transport.BecomeCustom {
		r.target.BecomeCommand = "elevate -u root"
	}
	return r
}

// vault is where the tests' passwords come from.
type vault struct {
	secret string
	err    error
	asked  atomic.Int32
}

// with makes a rig's target one that is asked for a password.
func (r *rig) with(v *vault) *rig {
	r.target.BecomePassword, r.opts.Passwords = "prompt", v
	return r
}

var everyTool = []string{transport.BecomeSudo, transport.BecomeDzdo, transport.BecomePbrun, transport.BecomeSu, transport.BecomeCustom}

// ofTheShare skips all tools but sudo and su without -suite.whole: dzdo, pbrun and a
// command of one's own get root as sudo does, and their command lines are compared
// byte for byte (TestCommandLines).
func ofTheShare(t *testing.T, become string) {
	t.Helper()
	if become != transport.BecomeSudo && become != transport.BecomeSu {
		suite.Long(t, "one conformance suite a tool")
	}
}

func TestConformanceOfEveryTool(t *testing.T) {
	for _, become := range everyTool {
		t.Run(become, func(t *testing.T) {
			ofTheShare(t, become)
			t.Parallel()
			transporttest.Conformance(t, func(t *testing.T) transport.Conn { return newToolbox(t).rig(become).dial() })
		})
	}
}

func TestConformanceWithAPassword(t *testing.T) {
	for _, become := range everyTool {
		t.Run(become, func(t *testing.T) {
			ofTheShare(t, become)
			t.Parallel()
			transporttest.Conformance(t, func(t *testing.T) transport.Conn {
				box := newToolbox(t)
				box.file("password", rightPassword)
				return box.rig(become).with(&vault{secret: rightPassword}).dial()
			})
		})
	}
}

// eachElevation calls judge with a session, elevated by each tool that asks for a
// password and by each that does not, and with the line and the input that run a script
// in it.
func eachElevation(t *testing.T, script string, judge func(name string, session *ssh.Session, line, stdin string)) {
	t.Helper()
	for _, become := range everyTool {
		for _, asks := range []bool{true, false} {
			box := newToolbox(t)
			if asks {
				box.file("password", rightPassword)
			}
			inner := box.rig(become).with(&vault{secret: rightPassword}).dial().(*conn)
			if _, err := inner.Run(t.Context(), []transport.Command{probe("p", ":")}); err != nil {
				t.Fatalf("%s: %v", become, err)
			}
			line, stdin, err := inner.runner.Elevate(script)
			if err != nil {
				t.Fatal(err)
			}
			session, err := inner.NewSession(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			judge(fmt.Sprintf("%s, asks %v", become, asks), session, line, string(stdin))
		}
	}
}

// An elevated script runs with its own standard input, whether the tool asks for a
// password or not.
func TestElevate(t *testing.T) {
	eachElevation(t, "echo \"$SUDO_USER\"; cat", func(name string, session *ssh.Session, line, stdin string) {
		session.Stdin = io.MultiReader(strings.NewReader(stdin), strings.NewReader("data\n\x00more"))
		if out, err := session.Output(line); err != nil || string(out) != "ops\ndata\n\x00more" {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	})
}

// The password goes to the tool's standard input: not into a command, not into
// an environment, and not to what runs as root, even where the tool does not
// ask for it.
func TestPasswordReachesTheToolAlone(t *testing.T) {
	for _, asks := range []bool{true, false} {
		for _, become := range everyTool {
			box := newToolbox(t)
			if asks {
				box.file("password", rightPassword)
			}
			r := box.rig(become).with(&vault{secret: rightPassword})
			login := probe("login", "cat; env")
			login.AsLogin = true
			got, err := r.run(login, probe("root", "cat; env"), requiring("cat; echo ok", "ok"), probe("shell", "read x; echo \"$x\""))
			if err != nil {
				t.Fatalf("%s: %v", become, err)
			}
			wantStdout(t, got.Results[2], "ok\n")
			wantStdout(t, got.Results[3], "\n")
			everything := string(got.Noise) + strings.Join(r.server.Commands(), "\n")
			for _, res := range got.Results {
				everything += string(res.Stdout) + string(res.Stderr)
			}
			if strings.Contains(everything, "sesame") {
				t.Errorf("%s, asks %v: the password is in\n%s", become, asks, everything)
			}
			if tries := box.tries(); asks && tries != 1 || !asks && tries != 0 {
				t.Errorf("%s, asks %v: it was tried %d times", become, asks, tries)
			}
		}
	}
}

// A wrong password is tried once: sudo asks three times, and hears nothing.
func TestWrongPassword(t *testing.T) {
	for _, become := range everyTool {
		box := newToolbox(t)
		box.file("password", rightPassword)
		r := box.rig(become).with(&vault{secret: "a wrong one"})
		login := probe("login", "id -u")
		login.AsLogin = true
		got, err := r.run(login, probe("root", "id"), probe("more", "id"))
		wantError(t, err, transport.KindPrivilege, "did not accept the password of ", ": exit 1: ")
		if tries := box.tries(); tries != 1 {
			t.Errorf("%s: it was tried %d times", become, tries)
		}
		if got.Results[0].Err != nil {
			t.Errorf("%s: the login command: %v", become, got.Results[0].Err)
		}
		for _, res := range got.Results[1:] {
			if transport.KindOf(res.Err) != transport.KindPrivilege || !errors.Is(res.Err, transport.ErrNotRun) {
				t.Errorf("%s: command %s: %v", become, res.ID, res.Err)
			}
		}
		if strings.Contains(err.Error(), "wrong one") {
			t.Errorf("the password is in the error: %v", err)
		}
	}
}

// Two hosts have refused it and none has accepted it: the third does not get it,
// or an account that they share is locked.
func TestPasswordRefusedByAll(t *testing.T) {
	box := newToolbox(t)
	box.file("password", rightPassword)
	v := &vault{secret: "a wrong one"}
	r := box.rig(transport.BecomeSudo).with(v)
	dialer := NewDialer(r.opts)
	var errs []error
	for _, name := range []string{"aix1", "aix2", "aix3"} {
		r.target.Name = name
		conn, err := dialer.Dial(t.Context(), r.target)
		if err != nil {
			t.Fatal(err)
		}
		_, err = conn.Run(t.Context(), []transport.Command{probe("p", "id")})
		_ = conn.Close()
		errs = append(errs, err)
	}
	if want := "aix3: password: aix1 and aix2 refused it, and none has accepted it: no further host gets it"; errs[2] == nil || errs[2].Error() != want {
		t.Errorf("the third host: %v, want %s", errs[2], want)
	}
	if n := box.tries(); n != 2 || v.asked.Load() != 1 || transport.KindOf(errs[2]) != transport.KindPrivilege {
		t.Errorf("it was tried %d times, asked for %d times; %v", n, v.asked.Load(), errs)
	}
}

// Once a host has taken it, another one that refuses it is alone with that; and
// it is asked for once.
func TestPasswordRefusedByOne(t *testing.T) {
	odd := newToolbox(t)
	odd.file("password", "its own")
	even := newToolbox(t)
	even.file("password", rightPassword)
	v := &vault{secret: rightPassword}
	r := even.rig(transport.BecomeSudo).with(v)
	var host atomic.Pointer[toolbox]
	server := serve(t, func(ctx context.Context, x *sshtest.Exec) int { return host.Load().handler(posix)(ctx, x) }, memory())
	server.target.User, server.target.Become = "ops", r.target.Become
	server.with(v)
	conn := server.dial()
	for _, c := range []struct {
		box  *toolbox
		want transport.Kind
	}{{&odd, transport.KindPrivilege}, {&even, ""}, {&odd, transport.KindPrivilege}, {&odd, transport.KindPrivilege}, {&even, ""}} {
		host.Store(c.box)
		if _, err := conn.Run(t.Context(), []transport.Command{probe("p", "id")}); transport.KindOf(err) != c.want {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	if v.asked.Load() != 1 {
		t.Errorf("asked for %d times", v.asked.Load())
	}
}

func TestPasswordSourceFails(t *testing.T) {
	for name, v := range map[string]passwords.Source{"there is nobody to ask for it": nil, "the vault is sealed": &vault{err: errors.New("the vault is sealed")}} {
		r := newToolbox(t).rig(transport.BecomeSudo)
		r.target.BecomePassword, r.opts.Passwords = "prompt", v
		conn := r.dial()
		for range 2 {
			got, err := conn.Run(t.Context(), []transport.Command{probe("p", "id")})
			wantError(t, err, transport.KindPrivilege, "aix1: password: "+name)
			if !errors.Is(got.Results[0].Err, transport.ErrNotRun) || r.server.Execs() != 0 {
				t.Errorf("%d scripts were sent; %v", r.server.Execs(), got.Results[0].Err)
			}
		}
		if v, ok := v.(*vault); ok && v.asked.Load() != 1 {
			t.Errorf("asked for %d times", v.asked.Load())
		}
	}
}

// A password source may find that the run is being stopped: the host is not at fault.
func TestWhoIsAskedStopsTheRun(t *testing.T) {
	r := newToolbox(t).rig(transport.BecomeSudo).with(&vault{err: fmt.Errorf("interrupted: %w", context.Canceled)})
	_, err := r.run(probe("p", "id"))
	wantError(t, err, transport.KindCanceled, "password: interrupted")
}

func (v *vault) Password(context.Context, passwords.Use, transport.Target) ([]byte, error) {
	v.asked.Add(1)
	return []byte(v.secret), v.err
}

// hears is a host that keeps its standard input.
func hears(f func(ctx context.Context, s script) int) (sshtest.HandlerFunc, <-chan string) {
	heard := make(chan string, 8)
	return framed(func(ctx context.Context, s script) int {
		exit := f(ctx, s)
		text, _ := io.ReadAll(s.Stdin)
		heard <- string(text)
		return exit
	}), heard
}

// A password is sent when the host says that the tool comes next, and not
// before: to no menu, no other system, no profile that reads.
func TestPasswordIsNotSentUnasked(t *testing.T) {
	for name, f := range map[string]func(ctx context.Context, s script) int{
		"a menu":         func(context.Context, script) int { return 0 },
		"another system": func(_ context.Context, s script) int { s.says(0, "Linux"); return 0 },
	} {
		heard := make(chan string, 1)
		r := serve(t, framed(func(ctx context.Context, s script) int {
			go func() {
				text, _ := io.ReadAll(s.Stdin)
				heard <- string(text)
			}()
			return f(ctx, s)
		}), memory())
		r.target.Become = transport.BecomeSudo
		v := &vault{secret: "secret"}
		first := requiring("uname", "AIX")
		first.AsLogin = true
		_, _ = r.with(v).run(first, probe("root", "id"))
		if text := <-heard; text != "" {
			t.Errorf("%s heard %q", name, text)
		}
	}
	handler, heard := hears(func(_ context.Context, s script) int {
		s.says(0, "AIX")
		s.both("\n" + s.nonce + " P\n")
		return 1
	})
	r := serve(t, handler, memory())
	r.target.Become = transport.BecomeSudo
	first := requiring("uname", "AIX")
	first.AsLogin = true
	_, err := r.with(&vault{secret: "secret"}).run(first, probe("root", "id"))
	wantError(t, err, transport.KindPrivilege, "sudo -S: sudo did not accept the password of root: exit 1")
	if text := <-heard; text != "secret\n" {
		t.Errorf("the tool heard %q", text)
	}
}

// A tool that says nothing and does not end: reading again would only try the
// password again. Of a change nobody knows whether it will still happen.
func TestHungTool(t *testing.T) {
	for _, c := range []struct {
		mutating, asks bool
		want           string
	}{{false, false, "sudo -n: "}, {false, true, "sudo -S: "}, {true, false, ""}, {true, true, ""}} {
		synctest.Test(t, func(t *testing.T) {
			r := serve(t, framed(func(ctx context.Context, s script) int {
				s.both("\n" + s.nonce + " P\n")
				_, _ = io.WriteString(s.Stderr, "ldap: timed out\n")
				<-ctx.Done()
				return 0
			}), memory())
			r.target.Become = transport.BecomeSudo
			if c.asks {
				r.with(&vault{secret: "secret"})
			}
			r.opts.KeepaliveEvery = time.Hour
			first := transport.Command{ID: "p", Timeout: 10 * time.Second, Mutating: c.mutating}
			began := time.Now()
			got, err := r.run(first, probe("q", ""))
			if c.mutating {
				if err != nil || !errors.Is(got.Results[0].Err, transport.ErrHung) {
					t.Errorf("a change: %v, %v", err, got.Results[0].Err)
				}
			} else {
				wantError(t, err, transport.KindPrivilege, c.want+"sudo gave no answer in time: ldap: timed out")
			}
			if n, took := r.server.Execs(), time.Since(began); n != 1 || took > 15*time.Second {
				t.Errorf("%d sessions in %s, want one in 10 s", n, took)
			}
		})
	}
}

// Without the tool on the host nothing is said about the password.
func TestMissingTool(t *testing.T) {
	r := serve(t, posix, memory())
	r.target.Become = transport.BecomeDzdo
	_, err := r.with(&vault{secret: "secret"}).run(probe("p", "id"))
	wantError(t, err, transport.KindPrivilege, "dzdo -S: dzdo is not there: ")
	try, err := NewDialer(r.opts).passwords.Take(t.Context(), passwords.ForBecome, r.target)
	if err != nil || try.Text() != "secret" {
		t.Errorf("the password counts as refused: %v", err)
	}
}

// The output of a talkative profile is not taken for the tool's message.
func TestToolsWordsAreItsOwn(t *testing.T) {
	r := serve(t, func(ctx context.Context, x *sshtest.Exec) int {
		_, _ = io.WriteString(x.Stderr, strings.Repeat("profile noise\n", 2000))
		return posix(ctx, x)
	}, memory())
	r.target.Become, r.target.BecomeCommand = transport.BecomeCustom, "/usr/bin/false"
	_, err := r.run(probe("p", "id"))
	wantError(t, err, transport.KindPrivilege)
	if want := "aix1: /usr/bin/false: exit 1"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}
