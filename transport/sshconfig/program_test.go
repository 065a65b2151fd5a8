//go:build unix

package sshconfig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"aixmend/transport"
)

// asks is a Config of a file that asks a program.
func asks(t testing.TB, text, program string) (*Config, *heard) {
	t.Helper()
	h := &heard{}
	path := write(t, t.TempDir(), map[string]string{"config": text})
	return New(Options{File: path, Program: program, Home: loginHome(t), Warn: h.warn}), h
}

// counted is a program that hands on to the system's ssh.
func counted(t *testing.T) (path string, calls func() []string) {
	t.Helper()
	return fakeSSH(t, "exec '"+realSSH(t)+"' \"$@\"\n")
}

// A process for each of 10,000 hosts would cost half a minute: one for each
// class of hosts is enough.
func TestProcessesAreFew(t *testing.T) {
	ssh, calls := counted(t)
	c, h := asks(t, "Host prod*\n User ops\n ProxyJump b1\nHost test*\n User adm\nHost *7\n Port 2222\n HostName %h.example\n", ssh)
	const hosts = 10_000
	var work sync.WaitGroup
	got := make([]transport.Target, hosts)
	for worker := range 50 {
		work.Go(func() {
			for i := worker; i < hosts; i += 50 {
				got[i], _ = c.Fill(t.Context(), transport.Target{Address: fmt.Sprintf("%s%04d", [...]string{"prod", "test"}[i%2], i)})
			}
		})
	}
	work.Wait()
	for i, g := range got {
		want := transport.Target{Address: fmt.Sprintf("prod%04d", i), User: "ops", Jump: "b1"}
		if i%2 == 1 {
			want = transport.Target{Address: fmt.Sprintf("test%04d", i), User: "adm"}
		}
		if i%10 == 7 {
			want.Address, want.Port = want.Address+".example", 2222
		}
		if g != want {
			t.Fatalf("%+v, want %+v", g, want)
		}
	}
	if n := len(calls()); n != 4 { // prod, test, test with a 7, and what holds anyway
		t.Errorf("%d processes:\n%s", n, strings.Join(calls(), "\n"))
	}
	h.wants(t)
}

// A file that was generated may have a block for each host: once ssh has said
// often enough what the parser says, it is not asked any more.
func TestProcessesForABlockEach(t *testing.T) {
	ssh, calls := counted(t)
	var text strings.Builder
	for i := range 300 {
		fmt.Fprintf(&text, "Host aix%d\n HostName h%d\n", i, i)
	}
	c, _ := asks(t, text.String(), ssh)
	for i := range 300 {
		if got, want := fill(t, c, transport.Target{Address: fmt.Sprintf("aix%d", i)}).Address, fmt.Sprintf("h%d", i); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	}
	if n := len(calls()); n != enough+1 {
		t.Errorf("%d processes, want %d", n, enough+1)
	}
}

// Where nothing is said that matters here, ssh is not asked.
func TestNoProcess(t *testing.T) {
	ssh, calls := fakeSSH(t, "exit 1\n")
	for _, text := range []string{"", "# User ops\n\n", "Host *\n SendEnv LANG LC_*\n HashKnownHosts yes\n"} {
		c, h := asks(t, text, ssh)
		if got := fill(t, c, aix1); got != aix1 {
			t.Errorf("%q: %+v", text, got)
		}
		h.wants(t)
	}
	c := New(Options{Home: t.TempDir(), Program: ssh}) // another home than ssh would take
	write(t, c.home, map[string]string{".ssh/config": "User ops\n"})
	if got := fill(t, c, aix1); got.User != "ops" {
		t.Errorf("%+v", got)
	}
	if c.system = t.TempDir(); len(calls()) != 1 || calls()[0] != "" {
		t.Errorf("calls %q", calls())
	}
}

// What only ssh can evaluate it is asked for, host by host, and only where it
// matters.
func TestMatchExecAndFinal(t *testing.T) {
	ssh, calls := counted(t)
	c, h := asks(t, "Match host aix* exec \"test %n = aix1\"\n User one\nMatch final host *.example\n Port 2222\nHost aix*\n HostName %h.example\nHost *\n User all\n", ssh)
	for address, want := range map[string]transport.Target{
		"aix1":  {Address: "aix1.example", User: "one", Port: 2222},
		"aix2":  {Address: "aix2.example", User: "all", Port: 2222},
		"other": {Address: "other", User: "all"}, "others": {Address: "others", User: "all"},
	} {
		for range 2 { // the second time nobody is asked
			if got := fill(t, c, transport.Target{Address: address}); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		}
	}
	if n := len(calls()); n != 4 {
		t.Errorf("%d processes:\n%s", n, strings.Join(calls(), "\n"))
	}
	h.wants(t)
}

// How ssh is called: no shell, the address behind all flags.
func TestHowSSHIsCalled(t *testing.T) {
	ssh, calls := fakeSSH(t, "echo user x; echo hostname x; echo port 22\n")
	c, _ := asks(t, "User ops\n", ssh)
	fill(t, c, transport.Target{Address: "aix1", User: "$(x) y", Port: 23})
	want := []string{"-G -F none -- localhost", "-G -F " + c.file + " -l $(x) y -p 23 -- aix1"}
	if got := calls(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("calls %q, want %q", got, want)
	}
}

// Where ssh says something else than the parser, each host is asked for, and
// what ssh says holds.
func TestSSHIsRight(t *testing.T) {
	ssh, calls := fakeSSH(t, `case "$*" in *none*) u=me;; *) u=theirs;; esac
for last; do :; done; echo "user $u"; echo "hostname $last"; echo "port 22"
`)
	c, h := asks(t, "User ops\n", ssh)
	for i := range 5 {
		if got := fill(t, c, transport.Target{Address: fmt.Sprintf("aix%d", i)}); got.User != "theirs" {
			t.Errorf("%+v", got)
		}
	}
	if n := len(calls()); n != 6 {
		t.Errorf("%d processes", n)
	}
	h.wants(t)
}

// A program that does not do what ssh does is a warning with its last words; the
// parser takes over, and it is not called for each host.
func TestBadProgram(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"fails", "echo first >&2; echo second >&2; printf 'no \\033[31m good\\n' >&2; exit 3\n", "ssh -G: exit status 3: second; no ?[31m good; the files are read without it"},
		{"says nothing", "", "ssh -G: what it prints is not a configuration"},
		{"garbage", "echo user x; echo hostname x; echo port x\n", "ssh -G: what it prints is not a configuration"},
		{"control characters", "echo user x; printf 'hostname x\\033x\\n'; echo port 22\n", "ssh -G: what it prints is not a configuration"},
		{"endless", "while :; do echo user xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done\n", "ssh -G: it printed more than 1 MB"},
		{"not there", "", "no such file or directory"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ssh, calls := fakeSSH(t, tc.text)
			if tc.name == "not there" {
				ssh = filepath.Join(t.TempDir(), "ssh")
			}
			c, h := asks(t, "Port x\nUser ops\nMatch exec true\n Port 23\n", ssh)
			for i := range 10 {
				ask := transport.Target{Address: fmt.Sprintf("aix%d", i)}
				_, err := c.Fill(t.Context(), ask)
				wantsError(t, err, `config:1: Port can't be read: "x" is not a port`, strings.TrimSuffix(tc.want, "; the files are read without it"), "say ssh.port")
				ask.Port = 23
				if got := fill(t, c, ask); got.User != "ops" || got.Port != 23 {
					t.Errorf("%+v", got)
				}
			}
			if n := len(calls()); n > tries {
				t.Errorf("%d processes", n)
			}
			h.wants(t, tc.want)
		})
	}
}

// A file that ssh refuses it refuses for every host; its own words say where. It is not
// asked for each of them.
func TestFileThatSSHRefuses(t *testing.T) {
	ssh, calls := counted(t)
	c, h := asks(t, "Host *\n User ops\nHost other\n Hots x\n", ssh)
	for i := range 10 {
		_, err := c.Fill(t.Context(), transport.Target{Address: fmt.Sprintf("aix%d", i)})
		wantsError(t, err, "ssh refuses the file", "line 4: Bad configuration option: hots; "+c.file+": terminating", "ssh.config: none")
	}
	if n := len(calls()); n != 2 {
		t.Errorf("%d processes", n)
	}
	h.wants(t)
	ask := aix1
	ask.SSHConfig = none // the remedy
	if got, err := filesOf(c).Fill(t.Context(), ask); err != nil || got != ask {
		t.Errorf("%+v, %v", got, err)
	}
}

// A Match exec that hangs is ended, with what it has started.
func TestMatchExecThatHangs(t *testing.T) {
	realSSH(t)
	dir := t.TempDir()
	mark := filepath.Join(dir, "pid")
	c, h := asks(t, "User ops\nMatch originalhost aix1 exec \"echo $$ >"+mark+"; exec sleep 1000\"\n Port 23\n", "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.timeout = time.Hour
	go func() { // the time is up when the command runs
		for {
			if text, err := os.ReadFile(mark); err == nil && strings.HasSuffix(string(text), "\n") || ctx.Err() != nil {
				cancel()
				return
			}
		}
	}()
	if _, err := c.Fill(ctx, aix1); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	text, err := os.ReadFile(mark)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); syscall.Kill(pid, 0) == nil && !zombie(pid); { // the signal was sent; the kernel delivers it
		if time.Now().After(end) {
			t.Fatal("the command still runs")
		}
	}
	h.wants(t)

	if _, err := c.Fill(t.Context(), transport.Target{Name: "other", Address: "other", User: "me"}); err != nil {
		t.Errorf("another host: %v", err)
	}
	c.timeout = time.Millisecond
	_, err = c.Fill(t.Context(), aix1)
	wantsError(t, err, "config:2: Match exec is not decided here, and Port (line 3) depends on it", "ssh -G: timed out after 1ms", "say ssh.port in the inventory")
	remedied := aix1
	if remedied.Port = 23; fill(t, c, remedied).User != "ops" {
		t.Errorf("the remedy does not help")
	}
}

// zombie reports whether a process has ended and nobody has asked how.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

// Who gives up while ssh is asked says nothing of it for the others.
func TestGivenUp(t *testing.T) {
	ssh, calls := counted(t)
	c, h := asks(t, "User ops\n", ssh)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Fill(ctx, aix1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := filesOf(c).Dialer(nil).Dial(ctx, aix1); transport.KindOf(err) != transport.KindCanceled {
		t.Errorf("error %v", err)
	}
	if got := fill(t, c, aix1); got.User != "ops" || c.agreed != 1 {
		t.Errorf("%+v after %d processes", got, len(calls()))
	}
	h.wants(t)
}

// BenchmarkFill fills the target of one host of a fleet when ssh has been asked
// for its class, as for all hosts but the first.
func BenchmarkFill(b *testing.B) {
	c := New(Options{File: write(b, b.TempDir(), map[string]string{
		"config": "Host prod*\n User ops\n ProxyJump b1\n IdentityFile /nowhere\nHost test*\n User adm\nHost *7\n HostName %h.example\n ProxyCommand nc %h %p\n",
	}), Home: loginHome(b)})
	t := transport.Target{Name: "prod0007", Address: "prod0007"}
	b.ReportAllocs()
	for b.Loop() {
		fill(b, c, t)
	}
}

// A file that others may write is not read, whatever ssh says: a command in it would be run. No
// host goes another way because of it.
func TestFilesOfOthers(t *testing.T) {
	home := t.TempDir()
	write(t, home, map[string]string{".ssh/config": "User ops\nHost aix1\n Include open\n", ".ssh/open": "Port 23\n"})
	if err := os.Chmod(filepath.Join(home, ".ssh/open"), 0o602); err != nil {
		t.Fatal(err)
	}
	h := &heard{}
	c := New(Options{Home: home, Program: none, Warn: h.warn})
	c.system = t.TempDir()
	_, err := c.Fill(t.Context(), aix1)
	wantsError(t, err, "config:3: Include can't be read: "+filepath.Join(home, ".ssh/open")+": others may change it", "chmod")
	if got := fill(t, c, transport.Target{Address: "other"}); got.User != "ops" {
		t.Errorf("another host: %+v", got)
	}

	if err := os.Chmod(filepath.Join(home, ".ssh/config"), 0o602); err != nil {
		t.Fatal(err)
	}
	ssh, calls := fakeSSH(t, "echo user x; echo hostname x; echo port 22\n")
	c = New(Options{Home: home, Program: none, Warn: h.warn})
	c.system, c.program = t.TempDir(), ssh
	_, err = c.Fill(t.Context(), aix1)
	wantsError(t, err, "config:1: the file can't be read: others may change it", "chmod", "ssh.config: none")
	if len(calls()) != 1 || calls()[0] != "" {
		t.Errorf("ssh was asked: %q", calls())
	}
	h.wants(t)
}
