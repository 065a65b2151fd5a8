//go:build unix

package sshconfig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
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
				if got := fill(t, c, transport.Target{Address: fmt.Sprintf("aix%d", i)}); got.User != "ops" || got.Port != 0 {
					t.Errorf("%+v", got)
				}
			}
			if n := len(calls()); n > maxFailures {
				t.Errorf("%d processes", n)
			}
			h.wants(t, tc.want, `config:1: port is left out: "x" is not a port`, "config:3: Match exec is not evaluated here, so this block does not apply (ssh has failed)")
		})
	}
}

// A file that ssh refuses is read all the same; ssh's own words say where.
func TestFileThatSSHRefuses(t *testing.T) {
	ssh, calls := counted(t)
	c, h := asks(t, "Host *\n User ops\n Hots x\n", ssh)
	for i := range 10 {
		if got := fill(t, c, transport.Target{Address: fmt.Sprintf("aix%d", i)}); got.User != "ops" {
			t.Errorf("%+v", got)
		}
	}
	if n := len(calls()); n != maxFailures+1 {
		t.Errorf("%d processes", n)
	}
	h.wants(t, "line 3: Bad configuration option: hots; "+c.file+": terminating, 1 bad configuration options; the files are read without it")
}

// A Match exec that hangs is ended, with what it has started.
func TestMatchExecThatHangs(t *testing.T) {
	realSSH(t)
	dir := t.TempDir()
	mark := filepath.Join(dir, "pid")
	c, h := asks(t, "Match exec \"echo $$ >"+mark+"; exec sleep 1000\"\n Port 23\nUser ops\n", "")
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

	c.timeout = time.Millisecond
	if got := fill(t, c, aix1); got.Port != 0 {
		t.Errorf("%+v", got)
	}
	h.wants(t, "ssh -G: timed out after 1ms; the files are read without it", "config:1: Match exec is not evaluated here, so this block does not apply (ssh has failed)")
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
	if _, err := c.Dialer(nil).Dial(ctx, aix1); transport.KindOf(err) != transport.KindCanceled {
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

// What others may write is not read: a command in it would be run.
func TestFilesOfOthers(t *testing.T) {
	home := t.TempDir()
	write(t, home, map[string]string{".ssh/config": "User ops\nInclude open\n", ".ssh/open": "Port 23\n"})
	if err := os.Chmod(filepath.Join(home, ".ssh/open"), 0o602); err != nil {
		t.Fatal(err)
	}
	h := &heard{}
	c := New(Options{Home: home, Program: none, Warn: h.warn})
	c.system = t.TempDir()
	if got := fill(t, c, aix1); got.User != "ops" || got.Port != 0 {
		t.Errorf("%+v", got)
	}
	h.wants(t, "config:2: include "+filepath.Join(home, ".ssh/open")+" is left out: others may change it")

	if err := os.Chmod(filepath.Join(home, ".ssh/config"), 0o602); err != nil {
		t.Fatal(err)
	}
	h = &heard{}
	c = New(Options{Home: home, Program: none, Warn: h.warn})
	c.system = t.TempDir()
	if got := fill(t, c, aix1); got != aix1 {
		t.Errorf("%+v", got)
	}
	h.wants(t, "config:1: the file is left out: others may change it")
}

// A group that holds others may not write a file; that of the user alone may.
func TestGroups(t *testing.T) {
	path := write(t, t.TempDir(), map[string]string{"config": ""})
	if err := os.Chmod(path, 0o660); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	gid := strconv.Itoa(int(info.Sys().(*syscall.Stat_t).Gid))
	group, err := user.LookupGroupId(gid)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		login user.User
		want  bool
	}{
		{user.User{Gid: gid, Username: group.Name}, true},
		{user.User{Gid: gid, Username: "somebody"}, false},
		{user.User{Gid: "4711", Username: group.Name}, false},
	} {
		if got := guarded(info, tc.login); got != tc.want {
			t.Errorf("%+v: %t", tc.login, got)
		}
	}
}
