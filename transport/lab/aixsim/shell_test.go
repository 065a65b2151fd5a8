package aixsim

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"aixmend/transport/lab/sshtest"
)

func TestShell(t *testing.T) {
	runCases(t, []commandCase{
		{name: "function, case, for, arithmetic", command: "f() { case $1 in a*) echo A;; *) echo other;; esac; }; for x in ab c; do f $x; done; n=1; while [ $n -lt 3 ]; do n=$((n+1)); done; echo $n", out: "A\nother\n3\n"},
		{name: "stderr to stdout and back", command: "{ echo a; echo b >&2; } 2>&1 | sort; echo c >&2", out: "a\nb\n", err: "c"},
		{name: "here-document", command: "cat <<E\n$((1+1))\nE\n", out: "2\n"},
		{name: "exit status", command: "(exit 7); echo $?; exit 3", exit: 3, out: "7\n"},
		{name: "exit trap", command: "trap 'echo bye' 0 HUP INT TERM; trap '' HUP; echo hi; exit 4", exit: 4, out: "hi\nbye\n"},
		{name: "environment", command: "A=1; export A; B=2; /usr/bin/env | grep -c '^[AB]='; LC_ALL=C /usr/bin/env C=3 sh -c 'echo $A$B$C$LC_ALL'", out: "1\n13C\n"},
		{name: "positional parameters", command: "sh -c 'echo $0-$1' x y; set -- a b; echo $#", has: []string{"y\n2\n"}},
		{name: "connection", command: "set -- $SSH_CONNECTION; echo $3 $4 $PATH", out: "10.20.0.3 22 /usr/bin:/etc:/usr/sbin:/sbin:/bin\n"},
		{name: "connection behind NAT", change: func(s *State) { s.BehindNAT = true }, command: "set -- $SSH_CONNECTION; echo $3", out: "192.0.2.1\n"},
		{name: "bash is not here", command: "[[ a == a ]]", exit: 127, err: "not found"},
		{name: "nor its builtins", command: "f() { local x=1; }; f", exit: 127, err: "ksh: local:  not found."},
		{name: "syntax error", command: "if true; then", exit: 2, err: "0403-057"},
		{name: "nor in an eval", command: "eval 'cat <(echo a)'", exit: 2, err: "ksh: 0403-057 Syntax error"},
		{name: "script on the host", command: "printf '#!/bin/sh\\necho run $1\\n' > /tmp/s; sh /tmp/s a; /tmp/s; chmod +x /tmp/s; /tmp/s b", out: "run a\nrun b\n", err: "0403-006"},
		{name: "script on standard input", command: "/bin/sh -s x", stdin: "a=5\necho $a\nexit 9\necho never\n", exit: 9, out: "5\n"},
		{name: "sh -n runs nothing", command: "printf 'echo ran\\n' >/tmp/x; sh -n /tmp/x; echo $?", out: "0\n"},
		{name: "sh -n finds what is no script", command: "printf 'if true\\n' >/tmp/x; sh -n /tmp/x 2>/dev/null; echo $?", out: "2\n"},
		{name: "what reads standard input eats the script", command: "sh", stdin: "echo one\ncat\necho two\n", out: "one\necho two\n"},
		{name: "unless it is told not to", command: "sh", stdin: "echo one\ncat </dev/null\necho two\n", out: "one\ntwo\n"},
		{name: "read takes standard input", command: "read a; read b; echo \"$b$a\"", stdin: "1\n2\n", out: "21\n"},
		{name: "read -r keeps quotes and backslashes", command: `printf '%s\n' "a \\ 'b'" >/tmp/x; IFS= read -r a </tmp/x; echo "$a"; while IFS= read -r a; do printf '%s\n' "$a"; done </tmp/x`, out: "a \\ 'b'\na \\ 'b'\n"},
		{name: "upload", command: "umask 077; cat > /tmp/up && wc -c < /tmp/up", stdin: strings.Repeat("x", 100000), has: []string{"100000"}},
		{name: "profile noise", change: func(s *State) { s.ProfileOut, s.ProfileErr = "motd\n", "stty!\n" }, command: "echo hi", out: "motd\nhi\n", err: "stty!"},
		{name: "command -v", command: "command -v lssrc; command -v nosuch; command -v cd; type lspv", out: "/usr/bin/lssrc\ncd\nlspv is /usr/bin/lspv\n"},
		{name: "no sudo", command: "sudo -n id -u", exit: 127, err: "not found"},
		{name: "sudo", change: func(s *State) { s.Unprivileged, s.Sudo = true, "nopasswd" }, command: "id -u; sudo -n id -u; /usr/bin/sudo -n -- /bin/sh -c 'id -u; /usr/sbin/chdev -l en0 -a mtu=1400'; id -u", out: "202\n0\n0\nen0 changed\n202\n"},
		{name: "sudo wants a password", change: func(s *State) { s.Unprivileged, s.Sudo = true, "denied" }, command: "sudo -n id -u", exit: 1, err: "a password is required"},
		{name: "sudo script on standard input", change: func(s *State) { s.Unprivileged, s.Sudo = true, "nopasswd" }, command: "sudo -n /bin/sh -s", stdin: "id -u\n", out: "0\n"},
	})
}

// TestNothingRealIsReached tries every door from a script to the machine that
// runs the test.
func TestNothingRealIsReached(t *testing.T) {
	dir := t.TempDir()
	secret, tool := filepath.Join(dir, "secret"), filepath.Join(dir, "tool")
	if err := os.WriteFile(secret, []byte("echo REAL\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(tool, []byte("#!/bin/sh\necho REAL; echo REAL > "+dir+"/made\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	m := boot(t, Healthy("aixvm1", 1))
	fifo := filepath.Join(os.TempDir(), "sh-interp-aixsim-test") // the interpreter's own names
	if err := os.WriteFile(fifo, []byte("echo REAL\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Remove(fifo) }()
	fifos, _ := filepath.Glob(os.TempDir() + "/sh-interp-*")
	for _, script := range []string{
		"cat < " + fifo, "cat <(echo a)", "eval 'cat <(echo a)'", "echo 'cat <(echo a)' > /tmp/s; . /tmp/s",
		"cat " + secret, "cat < " + secret, "echo $(<" + secret + ")", ". " + secret, "cd " + dir + " && . ./secret", "eval 'cat " + secret + "'",
		tool, "exec " + tool, "command " + tool, "nohup " + tool, "env " + tool, "sh -c " + tool, tool + " &\nwait", "PATH=" + dir + "; tool", "PATH=" + dir + ":$PATH tool",
		"[ -e " + secret + " ] && echo REAL", "[ -r " + secret + " ] && echo REAL", "[ -x " + tool + " ] && echo REAL", "for f in " + dir + "/s*; do [ \"$f\" = " + secret + " ] && echo REAL; done",
		"ls " + dir + "/* | grep -c secret", "PATH=" + dir + "; command -v tool && echo REAL", "type " + tool + " && echo REAL",
		"[ ~root = /root ] && echo REAL", "sh " + tool, "echo 'echo R' > " + secret, "cp /etc/hosts " + dir + "/made", "echo x > " + dir + "/made", "touch " + dir + "/made", "tee " + dir + "/made",
		"/bin/ls /proc/self && echo REAL", "/usr/bin/python3 -c 'print(\"REAL\")'", "perl -e 'print \"REAL\"'", "TMPDIR=" + dir + "; export TMPDIR; cat < " + secret,
	} {
		if r := m.run(script); strings.Contains(r.Stdout, "REAL") || strings.Contains(r.Stderr, "echo REAL") {
			t.Errorf("%s reached the real machine: %q %q", script, r.Stdout, r.Stderr)
		}
	}
	if got, err := os.ReadFile(secret); err != nil || string(got) != "echo REAL\n" {
		t.Errorf("the real file is now %q, %v", got, err)
	}
	if after, _ := filepath.Glob(os.TempDir() + "/sh-interp-*"); len(after) != len(fifos) {
		t.Errorf("made in the real /tmp: %q", after)
	}
	if made, _ := filepath.Glob(dir + "/*"); len(made) != 2 {
		t.Errorf("made on the real machine: %q", made)
	}
}

// TestLogProvesWhatChanged: the log tells reading from changing.
func TestLogProvesWhatChanged(t *testing.T) {
	m := boot(t, Healthy("aixvm1", 1))
	m.wants(probeScript(45, "@@nonce"))
	for _, entry := range m.host.Log() {
		if entry.Mutated {
			t.Errorf("a probe changed something: %v", entry)
		}
	}
	if n := len(m.host.Log()); n < 45 {
		t.Errorf("%d commands logged, want 45 or more", n)
	}
	before := len(m.host.Log())
	m.wants("lspv > /tmp/x; cp /tmp/x /tmp/y; chdev -l en0 -a mtu=1500; chdev -l en0 -a mtu=1500; rm /tmp/y; uname; true > /tmp/x")
	type row struct {
		Argv    string
		Mutated bool
	}
	var got []row
	for _, e := range m.host.Log()[before:] {
		got = append(got, row{strings.Join(e.Argv, " "), e.Mutated})
	}
	want := []row{{"lspv", false}, {"> /tmp/x", true}, {"cp /tmp/x /tmp/y", true}, {"chdev -l en0 -a mtu=1500", true}, {"chdev -l en0 -a mtu=1500", false},
		{"rm /tmp/y", true}, {"uname", false}, {"> /tmp/x", true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if effects := m.host.Effects(); len(effects) < 5 {
		t.Errorf("effects %q", effects)
	}
}

// TestBackgroundJobOutlivesItsSession is the timed undo of a careful operator,
// and how it is called off.
func TestBackgroundJobOutlivesItsSession(t *testing.T) {
	const arm = "rm -f /tmp/keep; set -- 300; nohup sh -c 'sleep $0; [ -f /tmp/keep ] || /usr/sbin/chdev -l en0 -a mtu=9000' $1 >/dev/null 2>&1 </dev/null & echo $! > /tmp/pid"
	mtu := func(m *machine) string { return m.host.Snapshot().NICs[0].Attrs.MTU }
	for _, c := range []struct{ name, disarm, want string }{
		{"fires", "true", "9000"}, {"a file calls it off", "touch /tmp/keep", ""}, {"kill calls it off", "kill $(cat /tmp/pid)", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := boot(t, Healthy("aixvm1", 1))
				start := time.Now()
				m.wants(arm)
				if waited := time.Since(start); waited > time.Second {
					t.Errorf("the session was held for %v", waited)
				}
				m.wants("kill -0 $(cat /tmp/pid) && ps -ef | grep -c sleep")
				m.wants(c.disarm)
				time.Sleep(299 * time.Second)
				if got := mtu(m); got != "" {
					t.Errorf("fired before its time: %q", got)
				}
				time.Sleep(2 * time.Second)
				if got := mtu(m); got != c.want {
					t.Errorf("mtu %q, want %q", got, c.want)
				}
			})
		})
	}
}

// TestJobThatHoldsOutputHoldsTheSession is the trap of a job whose output was
// not redirected.
func TestJobThatHoldsOutputHoldsTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := boot(t, Healthy("aixvm1", 1))
		start := time.Now()
		if out := m.wants("(sleep 30; echo late) & echo early"); out != "early\nlate\n" {
			t.Errorf("stdout %q", out)
		}
		if waited := time.Since(start); waited != 30*time.Second {
			t.Errorf("waited %v", waited)
		}
		if out := m.wants("x=1; sleep 5 & sleep 60 & x=2; wait; echo $x; (exit 3) & wait $!; echo $?"); out != "2\n3\n" {
			t.Errorf("stdout %q", out)
		}
		if waited := time.Since(start); waited != 90*time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

// TestHang: a command that hangs is ended by a signal, and fake time goes on
// meanwhile, in a pipe and in a substitution too.
func TestHang(t *testing.T) {
	for _, script := range []string{"lscluster -c", "lscluster -c | head -n 1", "x=$(lscluster -c | cat); echo $x", "{ lscluster -c; } </dev/null | while read x; do :; done"} {
		t.Run(script, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := Healthy("aixvm1", 1)
				s.behave("lscluster", Behaviour{Hang: true})
				m := boot(t, s)
				session, err := m.client.NewSession()
				if err != nil {
					t.Fatal(err)
				}
				if err := session.Start("echo started; " + script + "; touch /tmp/never"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				if err := session.Signal(ssh.SIGTERM); err != nil {
					t.Fatal(err)
				}
				var exit *ssh.ExitError
				if err := session.Wait(); !errors.As(err, &exit) || exit.ExitStatus() != exitKilled {
					t.Errorf("ended with %v", err)
				}
				synctest.Wait()
				if _, ok := m.host.Snapshot().Files["/tmp/never"]; ok {
					t.Error("the script ran on")
				}
			})
		})
	}
}

// TestLinkDies: what runs on a host goes on behind a dead link until it writes
// to nobody; whether a change happened depends on when the link died.
func TestLinkDies(t *testing.T) {
	const change = "chdev -l en0 -a mtu=9000 >/dev/null"
	for _, c := range []struct {
		name   string
		faults sshtest.Faults
		script string
		want   string
	}{
		{"before it ran", sshtest.Faults{CutBefore: "mtu"}, change, ""},
		{"while it ran", sshtest.Faults{CutDuring: "mtu"}, "sleep 5; " + change, "9000"},
		{"after it ran", sshtest.Faults{CutAfterRun: "mtu"}, change, "9000"},
		{"and the script wrote to nobody first", sshtest.Faults{CutDuring: "mtu"}, "sleep 5; echo hello; sleep 1; " + change, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := boot(t, Healthy("aixvm1", 1))
				m.server.SetFaults(c.faults)
				session, err := m.client.NewSession()
				if err != nil {
					t.Fatal(err)
				}
				var exit *ssh.ExitError
				if err := session.Run(c.script); err == nil || errors.As(err, &exit) {
					t.Errorf("the client got a status: %v", err)
				}
				time.Sleep(time.Minute)
				if got := m.host.Snapshot().NICs[0].Attrs.MTU; got != c.want {
					t.Errorf("mtu %q, want %q", got, c.want)
				}
			})
		})
	}
}

// TestClosedHostRunsNothing keeps a late command from a host that is gone.
func TestClosedHostRunsNothing(t *testing.T) {
	h := NewHost(Healthy("aixvm1", 1), HostOptions{})
	h.Close()
	exit := h.ServeExec(context.Background(), &sshtest.Exec{User: "root", Command: "uname", Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard})
	if exit != 255 {
		t.Errorf("exit %d", exit)
	}
}
