package ssh

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"aixmend/transport"
	"aixmend/transport/lab/sshtest"
)

// relayVerb makes this program what nc is: see relay.
const relayVerb = "relay-for-a-test"

// relay connects its streams to a host and a port.
func relay(args []string) int {
	conn, err := net.Dial("tcp", net.JoinHostPort(args[0], args[1]))
	if err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		return 3
	}
	go func() {
		_, _ = io.Copy(conn, os.Stdin)
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(os.Stdout, conn)
	return 0
}

// relayed is a rig whose host is reached by a proxy command: what, with NC for
// a program that connects and PIDS for a file.
func relayed(t *testing.T, what string, o sshtest.Options) *rig {
	t.Helper()
	r := serve(t, framed(answers), o)
	r.pidFile = filepath.Join(t.TempDir(), "pids")
	r.target.ProxyCommand = strings.NewReplacer("NC", "'"+os.Args[0]+"' "+relayVerb, "PIDS", "'"+r.pidFile+"'", "%h", r.target.Address, "%p", strconv.Itoa(r.target.Port)).Replace(what)
	r.opts.DialContext = nil
	t.Cleanup(func() {
		pids := r.pids()
		if strings.Contains(what, "PIDS") && len(pids) == 0 {
			t.Error("the proxy command was never run")
		}
		for _, pid := range pids {
			gone(t, pid)
		}
	})
	return r
}

// pids are the processes that a proxy command has told of by now.
func (r *rig) pids() []int {
	r.t.Helper()
	text, err := os.ReadFile(r.pidFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.t.Fatal(err)
	}
	var list []int
	for _, word := range strings.Fields(string(text)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			r.t.Fatal(err)
		}
		list = append(list, pid)
	}
	return list
}

// gone waits until a process has ended: one that was killed by another than its
// parent may take a moment.
func gone(t *testing.T, pid int) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 5000 {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if syscall.Kill(pid, 0) != nil || err == nil && strings.Contains(string(stat), ") Z ") {
			return
		}
		<-tick.C
	}
	t.Errorf("process %d is left behind", pid)
}

// asked dials through the proxy command, asks one thing, hangs up and closes.
func (r *rig) asked() error {
	r.t.Helper()
	d := NewDialer(r.opts)
	err := ask(r.t, d, r.target)
	_ = d.Close()
	return err
}

func TestProxyCommand(t *testing.T) {
	for name, command := range map[string]string{
		"plain":                   "NC %h %p",
		"noise on stderr":         "sh -c 'echo $$ >PIDS; echo hello >&2; head -c 100000 /dev/zero >&2; exec NC %h %p'",
		"with what it has begun":  "sh -c 'sleep 1000 & echo $! $$ >PIDS; exec NC %h %p'",
		"that does not hang up":   "sh -c 'echo $$ >PIDS; NC %h %p; sleep 1000'",
		"whose stderr stays open": "sh -c 'sleep 1000 >/dev/null & echo $! >PIDS; exec NC %h %p'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := relayed(t, command, sshtest.Options{})
			if err := r.asked(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A bastion can be reached by a proxy command, too.
func TestBastionByProxyCommand(t *testing.T) {
	e := newEstate(t)
	e.add("aix1", sshtest.Options{})
	b := relayed(t, "NC %h %p", sshtest.Options{Dial: e.inside})
	e.targets["b1"] = b.target
	if err := ask(t, e.dialler(), e.behind("b1", "aix1")); err != nil {
		t.Fatal(err)
	}
	if len(e.direct) > 0 {
		t.Errorf("dialled %v", e.direct)
	}
	b.target.ProxyCommand = "sh -c 'echo no way >&2; exit 1'"
	e.targets["b2"] = b.target
	wantJump(t, ask(t, e.dialler(), e.behind("b2", "aix1")), transport.KindLost, "bastion b2: proxy command: lost: ", "no way")
}

func TestProxyCommandFails(t *testing.T) {
	for name, c := range map[string]struct {
		command string
		cause   transport.Kind
		texts   []string
	}{
		"nobody there":     {"NC 127.0.0.1 1", transport.KindLost, []string{"proxy command: lost: it ended (exit status 3): relay: dial tcp 127.0.0.1:1"}},
		"without a word":   {"false", transport.KindLost, []string{"it ended (exit status 1) without a word"}},
		"no such thing":    {"nosuchprogram", transport.KindLost, []string{"exit status 127", "nosuchprogram"}},
		"killed":           {"sh -c 'kill -9 $$'", transport.KindLost, []string{"signal: killed"}},
		"hostile":          {`sh -c 'printf "first\n\033]0;owned\007evil\n" >&2; exit 4'`, transport.KindLost, []string{"exit status 4): ?]0;owned?evil"}},
		"endless":          {`sh -c "head -c 1000000 /dev/zero | tr '\\000' e >&2; exit 5"`, transport.KindLost, []string{"exit status 5", "eeeee"}},
		"closes and says":  {"sh -c 'exec >&-; cat >/dev/null; echo why >&2; exit 6'", transport.KindLost, []string{"exit status 6): why"}},
		"closes and stays": {"sh -c 'echo $$ >PIDS; exec >&-; exec sleep 1000'", transport.KindLost, []string{"signal: killed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := relayed(t, c.command, sshtest.Options{})
			err := r.asked()
			wantJump(t, err, c.cause, append(c.texts, "aix1: ")...)
			if len(err.Error()) > 1000 || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("the error is %q", err)
			}
		})
	}
}

// The host's fault keeps its kind: the program that carries it did well.
func TestHostsFaultBehindAProxyCommand(t *testing.T) {
	for kind, faults := range map[transport.Kind]sshtest.Faults{
		transport.KindAuth: {RejectAuth: true},
		transport.KindLost: {DropAt: sshtest.StageKexInit},
	} {
		r := relayed(t, "NC %h %p", sshtest.Options{Faults: faults})
		wantError(t, r.asked(), kind)
	}
}

// A command that says nothing is over within the connect timeout, and is killed
// with what it has started.
func TestHungProxyCommand(t *testing.T) {
	r := relayed(t, "sh -c 'sleep 1000 & echo $! $$ >PIDS; echo still trying >&2; wait'", sshtest.Options{})
	r.opts.ConnectTimeout = short
	wantError(t, r.asked(), transport.KindTimeout, "200ms", "the proxy command said: still trying")
}

// A command that dies in the middle is why the connection is lost.
func TestProxyCommandDies(t *testing.T) {
	r := relayed(t, "sh -c 'echo $$ >PIDS; NC %h %p; echo out of here >&2; exit 7'", sshtest.Options{})
	d := NewDialer(r.opts)
	defer d.Close()
	conn, err := d.Dial(t.Context(), r.target)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r.server.CloseConnections()
	wantError(t, answered(t, conn), transport.KindLost, "proxy command: it ended (exit status 7): out of here")
}

// A command that ends by itself leaves nothing behind that it has begun.
func TestProxyCommandLeavesAProcess(t *testing.T) {
	r := relayed(t, "sh -c 'sleep 1000 >/dev/null & echo $! >PIDS; exec NC %h %p'", sshtest.Options{})
	d := NewDialer(r.opts)
	defer d.Close()
	conn, err := d.Dial(t.Context(), r.target)
	if err != nil {
		t.Fatal(err)
	}
	r.server.CloseConnections()
	wantError(t, answered(t, conn), transport.KindLost, "proxy command")
	_ = conn.Close()
	for _, pid := range r.pids() {
		gone(t, pid)
	}
}

// A process that left the group and holds the streams open delays nobody.
func TestProxyCommandEscapesItsGroup(t *testing.T) {
	setsid, err := exec.LookPath("setsid")
	if err != nil {
		t.Skip("no setsid on this machine")
	}
	r := relayed(t, "sh -c '"+setsid+` sh -c "echo \$\$ >PIDS; exec sleep 1000" & exec NC %h %p'`, sshtest.Options{})
	r.target.ProxyCommand = strings.Replace(r.target.ProxyCommand, ">'"+r.pidFile+"'", ">"+r.pidFile, 1)
	d := NewDialer(r.opts)
	conn, err := d.Dial(t.Context(), r.target)
	if err != nil {
		t.Fatal(err)
	}
	for len(r.pids()) == 0 { // it is on its way
		if err := answered(t, conn); err != nil {
			t.Fatal(err)
		}
	}
	_ = conn.Close()
	_ = d.Close()
	for _, pid := range r.pids() {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Errorf("it has not got away: %v", err)
		}
	}
}

// Close of the dialler leaves none behind, whoever has forgotten a connection.
func TestProxyCommandEndsWithTheDialler(t *testing.T) {
	r := relayed(t, "sh -c 'echo $$ >PIDS; exec NC %h %p'", sshtest.Options{})
	d := NewDialer(r.opts)
	conn, err := d.Dial(t.Context(), r.target)
	if err != nil {
		t.Fatal(err)
	}
	_ = d.Close()
	for _, pid := range r.pids() {
		if err := syscall.Kill(pid, 0); err == nil {
			t.Errorf("close has not waited for process %d", pid)
		}
	}
	wantError(t, answered(t, conn), transport.KindLost)
	_ = conn.Close()
	wantJump(t, ask(t, d, r.target), transport.KindJump, "closed")
}
