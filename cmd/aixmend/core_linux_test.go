package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"aixmend/cmd/aixmend/request"
	"aixmend/transport/lab/sshtest"
)

// heldPassword is in the memory of a process that waits for a host.
const heldPassword = "hunter2-that-must-not-be-dumped"

// waiting is a process that holds a password and waits for a host. It was started with
// no limit on core files, in a folder of its own.
type waiting struct {
	*exec.Cmd
	dir  string
	said bytes.Buffer
}

// await starts aixmend against a host that takes the password and then says nothing.
func await(t *testing.T, as *syscall.SysProcAttr, env ...string) *waiting {
	t.Helper()
	dir, err := os.MkdirTemp("", "aixmend-core-")
	noError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	asked, stop := make(chan struct{}, 1), make(chan struct{})
	server, err := sshtest.Serve(sshtest.HandlerFunc(func(ctx context.Context, _ *sshtest.Exec) int {
		asked <- struct{}{}
		select {
		case <-ctx.Done():
		case <-stop:
		}
		return 1
	}), sshtest.Options{Password: func(_, password string) bool { return password == heldPassword }})
	noError(t, err)
	t.Cleanup(func() { close(stop); _ = server.Close() })
	address := server.Addr().(*net.TCPAddr)
	write(t, dir+"/password", heldPassword+"\n")
	write(t, dir+"/known_hosts", server.KnownHostsLine(address.String())+"\n")
	write(t, dir+"/inventory.yaml", fmt.Sprintf("apiVersion: aixmend/v1\nhosts:\n  aix1: {address: %q, ssh: {port: %d, known_hosts: known_hosts, password: {file: %s/password}}}\n",
		address.IP, address.Port, dir))
	w := &waiting{dir: filepath.Join(dir, "here")}
	noError(t, os.Mkdir(w.dir, 0o777))
	w.Cmd = exec.Command("/bin/sh", "-c", `ulimit -c unlimited 2>/dev/null; exec "$@"`, "sh", program(t), "audit", "-vv", "-i", dir+"/inventory.yaml", "--state", dir+"/state")
	w.Dir, w.Stdout, w.Stderr = w.dir, &w.said, &w.said
	if as != nil {
		// The program is copied by another process: this one must not hold it open.
		install := exec.Command("/bin/sh", "-c", `cp "$1" "$2/aixmend" && chown -R "$3:$3" "$2"`, "sh", program(t), dir, fmt.Sprint(as.Credential.Uid))
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		w.Args[4], w.SysProcAttr = dir+"/aixmend", as
	}
	w.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "AIXMEND_SSH_CONFIG=" + request.None}, env...)
	noError(t, w.Start())
	t.Cleanup(func() { _ = w.Process.Kill() })
	<-asked
	return w
}

// inMemory reports whether the writable memory of a process holds a text.
func inMemory(t *testing.T, pid int, text string) bool {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	noError(t, err)
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	noError(t, err)
	defer memory.Close()
	for _, m := range regexp.MustCompile(`(?m)^([0-9a-f]+)-([0-9a-f]+) rw`).FindAllStringSubmatch(string(maps), -1) {
		var from, to int64
		_, err := fmt.Sscanf(m[1]+" "+m[2], "%x %x", &from, &to)
		noError(t, err)
		for ; from < to; from += 1 << 20 {
			part := make([]byte, min(to-from, 1<<20+int64(len(text))))
			n, _ := memory.ReadAt(part, from)
			if bytes.Contains(part[:n], []byte(text)) {
				return true
			}
		}
	}
	return false
}

// Whatever ends the process, no core file holds its passwords, and no trace of its
// goroutines does.
func TestNoCoreFile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		signal    syscall.Signal
		traceback string
	}{{syscall.SIGQUIT, ""}, {syscall.SIGQUIT, "crash"}, {syscall.SIGABRT, "crash"}, {syscall.SIGSEGV, "crash"}, {syscall.SIGABRT, "system"}} {
		w := await(t, nil, "GOTRACEBACK="+c.traceback)
		if os.Geteuid() == 0 && !inMemory(t, w.Process.Pid, heldPassword) {
			t.Error("the password is not in memory: this tests nothing")
		}
		limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", w.Process.Pid))
		if err == nil && !regexp.MustCompile(`(?m)^Max core file size +0 `).Match(limits) {
			t.Errorf("a core file may have a size:\n%s", limits)
		}
		noError(t, w.Process.Signal(c.signal))
		_ = w.Wait()
		if w.ProcessState.Success() || !strings.Contains(w.said.String(), "goroutine ") {
			t.Errorf("%v with GOTRACEBACK=%s: %v, %s", c.signal, c.traceback, w.ProcessState, w.said.String())
		}
		if w.ProcessState.Sys().(syscall.WaitStatus).CoreDump() {
			t.Errorf("%v with GOTRACEBACK=%s: core dumped", c.signal, c.traceback)
		}
		if strings.Contains(w.said.String(), heldPassword) {
			t.Errorf("%v with GOTRACEBACK=%s: the trace holds the password", c.signal, c.traceback)
		}
		if left, err := os.ReadDir(w.dir); err != nil || len(left) > 0 {
			t.Errorf("%v with GOTRACEBACK=%s: left %v, %v", c.signal, c.traceback, left, err)
		}
	}
}

// Another process of the same user can't read the memory.
func TestMemoryIsClosed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can start a process of another user: CI runs this test as root")
	}
	const nobody = 65534
	as := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	// read has the user nobody read a file of a process of theirs.
	read := func(pid int, file string) error {
		c := exec.Command("/bin/cat", fmt.Sprintf("/proc/%d/%s", pid, file))
		c.SysProcAttr = as
		return c.Run()
	}
	control := exec.Command("/bin/sleep", "1000")
	control.SysProcAttr = as
	noError(t, control.Start())
	defer func() { _ = control.Process.Kill(); _ = control.Wait() }()
	w := await(t, as)
	for _, file := range []string{"environ", "maps", "auxv"} {
		if err := read(control.Process.Pid, file); err != nil {
			t.Skipf("nobody can read nothing of a process of theirs: %v", err)
		}
		if read(w.Process.Pid, file) == nil {
			t.Errorf("a process of the same user reads %s", file)
		}
	}
}
