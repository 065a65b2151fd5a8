//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// TestOpenSSHProcedure goes through the rungs of the procedure, their refusals,
// and what the world does to a host meanwhile, as TestOpenSSH does. What became
// of a host is read from its disk, not from the report.
func TestOpenSSHProcedure(t *testing.T) {
	runSSH(t, []sshTest{
		{name: "OwnImage", run: testSSHOwnImage},
		{name: "OwnImageRefused", run: testSSHOwnImageRefused},
		{name: "Update", run: testSSHUpdate},
		{name: "UpdateNFS", run: testSSHUpdateNFS},
		{name: "UpdateUpload", run: testSSHUpdateUpload},
		{name: "UpdateUploadLinkDies", run: testSSHUpdateUploadLinkDies},
		{name: "UpdateLinkDies", run: testSSHUpdateLinkDies},
		{name: "UpdateTakenBack", run: testSSHUpdateTakenBack},
		{name: "UpdateRefused", run: testSSHUpdateRefused},
		{name: "HandOver", run: testSSHHandOver},
		{name: "SupportData", run: testSSHSupportData},
		{name: "PostMigration", run: testSSHPostMigration},
		{name: "SideEffects", run: testSSHSideEffects},
		{name: "TimedUndo", share: true, run: testSSHTimedUndo},
		{name: "TimedUndoOwnImage", run: testSSHTimedUndoOwnImage},
		{name: "Recfgct", run: testSSHRecfgct},
		{name: "RecfgctLinkDies", run: testSSHRecfgctLinkDies},
		{name: "Duplicate", run: testSSHDuplicate},
		{name: "SameMachine", run: testSSHSameMachine},
		{name: "NICRoles", run: testSSHNICRoles},
		{name: "Cluster0", run: testSSHCluster0},
		{name: "MissingClass", run: testSSHMissingClass},
		{name: "Lease", run: testSSHLease},
		{name: "PlanAndUndo", run: testSSHPlanAndUndo},
		{name: "Resume", share: true, run: testSSHResume},
		{name: "ResumeUndone", run: testSSHResumeUndone},
		{name: "ResumeOfAnotherHost", run: testSSHResumeOfAnotherHost},
		{name: "FrozenBeforeStop", run: testSSHFrozenBeforeStop},
	})
}

const noSetUID = "set-user-ID programs do not work in the test's folder: set TMPDIR to one that is not mounted nosuid"

// leaveOut skips a test that the system can't have, or fails it where it is
// required.
func leaveOut(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("AIXMEND_REQUIRE_OPENSSH") == "1" {
		t.Fatal("this part of the OpenSSH test is required and can't run: " + why)
	}
	t.Skip("this part of the OpenSSH test is left out: " + why)
}

// change changes the host's state as the world does, between two commands.
func (h *sshHost) change(t *testing.T, f func(*aixsim.State)) {
	t.Helper()
	lock, err := os.Open(h.path("/var/aixsim/state.json.lock"))
	noError(t, err)
	defer lock.Close()
	noError(t, syscall.Flock(int(lock.Fd()), syscall.LOCK_EX))
	s := h.now(t)
	f(s)
	text, err := json.Marshal(s)
	noError(t, err)
	noError(t, writeMode(h.path("/var/aixsim/state.json"), text, 0o644))
}

// swapBoot starts the machine from another volume, and leaves its sshd alone:
// what lay on the disk is gone, and what lies on the image is there.
func (h *sshHost) swapBoot(t *testing.T, image aixsim.BootImage) {
	t.Helper()
	s := h.now(t)
	s.SwapBoot(image)
	left, err := filepath.Glob(h.path("/etc/aixmend*"))
	noError(t, err)
	for name := range h.state.Files {
		left = append(left, h.path(name))
	}
	for _, name := range append(left, h.path("/var/aixsim/effects.log")) {
		if err := os.RemoveAll(name); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(s)
	noError(t, err)
	noError(t, os.WriteFile(h.root+".json", text, 0o600))
	noError(t, output(h.lab.standin, "--install", h.root, h.root+".json"))
	noError(t, writeMode(h.path("/etc/ssh/sshd_config"), []byte(h.config()), 0o600)) // it is sshd's
}

// connected reports whether RMC is connected, by the host's own word.
func (h *sshHost) connected(t *testing.T) bool {
	t.Helper()
	return strings.Contains(h.standin(t, "/usr/sbin/rsct/bin/rmcdomainstatus", "-s", "ctrmc"), "  I A  0x"+h.state.RMC.MCPNodeID)
}

// level is the level and state of rsct.core.rmc on the host's disk.
func (h *sshHost) level(t *testing.T) string {
	t.Helper()
	for _, f := range h.now(t).Filesets {
		if f.Name == "rsct.core.rmc" {
			return f.Level + " " + f.State
		}
	}
	return "absent"
}

// there lists what a pattern finds on the host's disk.
func (h *sshHost) there(t *testing.T, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(h.path(pattern))
	noError(t, err)
	for i := range list {
		list[i] = strings.TrimPrefix(list[i], h.root)
	}
	return list
}

// quiet fails the test unless every process of the host but its sshd has ended,
// or does so before killLong.
func (h *sshHost) quiet(t *testing.T) {
	t.Helper()
	late := time.NewTimer(killLong)
	defer late.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		pids := slices.DeleteFunc(h.processes(), func(pid int) bool { return pid == h.server })
		if len(pids) == 0 {
			return
		}
		select {
		case <-late.C:
			t.Errorf("%s: still running: %v", h.name, pids)
			return
		case <-tick.C:
		}
	}
}

// finding is the title and the evidence of the first finding with an id, "" when
// there is none.
func finding(report outcome.Host, id string) string {
	for _, f := range report.Findings {
		if f.ID == id {
			return f.Title + " " + strings.Join(f.Evidence, " ")
		}
	}
	return ""
}

// statuses are the changes, without those that arm and disarm an undo.
func statuses(report outcome.Host) []string {
	var list []string
	for _, c := range withoutTimedUndo(report.Changes) {
		list = append(list, c.Step+" "+c.Status)
	}
	return list
}

// statusOf is what became of a step the first time, "" when it was not taken.
func statusOf(report outcome.Host, step string) string {
	for _, c := range report.Changes {
		if c.Step == step {
			return c.Status
		}
	}
	return ""
}

// wire is the network in front of a host's sshd: a port of its own that leads
// there as long as the wire is whole.
type wire struct {
	t       *testing.T
	host    *sshHost
	address string
	port    int
	all     sync.WaitGroup

	mu       sync.Mutex
	listener net.Listener // nil while the wire is cut
	conns    map[net.Conn]bool
	silent   chan struct{} // not nil while nothing passes
	carried  int64
	cutAt    int64 // it is cut, and mended, when so many bytes were carried; 0: never
}

// wire puts a wire in front of the host, until the test ends.
func (h *sshHost) wire(t *testing.T) *wire {
	t.Helper()
	w := &wire{t: t, host: h, address: h.other(70), conns: map[net.Conn]bool{}}
	w.mend()
	t.Cleanup(func() {
		w.mend()
		w.cut()
		w.all.Wait()
	})
	return w
}

// row is the host as it is reached over the wire.
func (w *wire) row(key string) row {
	return row{sshHost: &sshHost{name: w.host.name, lab: w.host.lab, address: w.address, port: w.port}, key: key}
}

// cut ends all connections, and lets nobody in any more.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.listener != nil {
		_ = w.listener.Close()
		w.listener = nil
	}
	for c := range w.conns {
		_ = c.Close()
	}
}

// silence lets nothing pass: connections stay, and nobody is told anything.
func (w *wire) silence() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.silent == nil {
		w.silent = make(chan struct{})
	}
}

// mend makes the wire whole.
func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.silent != nil {
		close(w.silent)
		w.silent = nil
	}
	if w.listener != nil {
		return
	}
	l, err := net.Listen("tcp", net.JoinHostPort(w.address, strconv.Itoa(w.port)))
	if err != nil {
		w.t.Errorf("%s: the wire stays cut: %v", w.host.name, err)
		return
	}
	w.listener, w.port = l, l.Addr().(*net.TCPAddr).Port
	w.all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // cut
			}
			w.all.Go(func() { w.carry(c) })
		}
	})
}

// carry carries one connection until one of its ends closes it.
func (w *wire) carry(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp", net.JoinHostPort(w.host.address, strconv.Itoa(w.host.port)))
	if err != nil {
		return
	}
	defer out.Close()
	if !w.hold(in, out) {
		return
	}
	defer w.drop(in, out)
	ended := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
		w.all.Go(func() {
			w.copy(way[0], way[1])
			ended <- struct{}{}
		})
	}
	<-ended
}

// hold notes connections, to be closed by a cut; false when there was one.
func (w *wire) hold(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		w.conns[c] = true
	}
	return w.listener != nil
}

func (w *wire) drop(conns ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		delete(w.conns, c)
	}
}

func (w *wire) copy(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		w.pass(int64(n))
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass waits until bytes may go on.
func (w *wire) pass(n int64) {
	w.mu.Lock()
	w.carried += n
	cut := w.cutAt > 0 && w.carried >= w.cutAt
	if cut {
		w.cutAt = 0
	}
	silent := w.silent
	w.mu.Unlock()
	if cut {
		w.cut()
		w.mend()
	}
	if silent != nil {
		<-silent
	}
}

// Where a watched command asks, and the test answers.
const (
	asks    = "/var/aixsim/asks"
	answers = "/var/aixsim/answers"
)

// watch puts a script in the place of a command of the host that asks the test
// before and after it does its work, and waits for the answer: false ends it
// there. The answers come from another goroutine.
func (h *sshHost) watch(t *testing.T, command string, answer func(done bool, args string) (goOn bool)) {
	t.Helper()
	script := fmt.Sprintf(`#!%[1]s
ask() {
  printf '%%s %%s\n' "$1" "$2" >%[2]s
  IFS= read -r go <%[3]s
  [ "$go" = true ]
}
ask begun "$*" || exit 1
/var/aixsim/aixstandin %[4]s "$@"
r=$?
ask done "$*" || exit 1
exit $r
`, shellPath, asks, answers, filepath.Base(command))
	var ends []*os.File
	for _, name := range []string{asks, answers} {
		noError(t, syscall.Mkfifo(h.path(name), 0o600))
		end, err := os.OpenFile(h.path(name), os.O_RDWR, 0) // of both ends, so that nobody waits to open it
		noError(t, err)
		ends = append(ends, end)
	}
	noError(t, writeMode(h.path(command), []byte(script), 0o755))
	done := make(chan error, 1)
	go func() { done <- talk(ends[0], ends[1], answer) }()
	t.Cleanup(func() {
		_ = ends[0].Close()
		if err := <-done; !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s: %s was watched until %v", h.name, command, err)
		}
		_ = ends[1].Close()
	})
}

// talk answers until nobody can ask any more.
func talk(asked io.Reader, to io.Writer, answer func(done bool, args string) bool) error {
	lines := bufio.NewScanner(asked)
	for lines.Scan() {
		moment, args, _ := strings.Cut(lines.Text(), " ")
		if _, err := fmt.Fprintln(to, answer(moment == "done", args)); err != nil {
			return err
		}
	}
	return lines.Err()
}

// outage makes every change that leaves the host in a bad state an outage of
// the wire, as one of the interface is that carries the sessions. The calls of
// chdev are noted.
func (w *wire) outage(begin func(), bad func(*aixsim.State) bool) *calls {
	w.t.Helper()
	seen := new(calls)
	w.host.watch(w.t, "/usr/sbin/chdev", func(done bool, args string) bool {
		if !done {
			return true
		}
		s := new(aixsim.State)
		text, err := os.ReadFile(w.host.path("/var/aixsim/state.json"))
		if err = errors.Join(err, json.Unmarshal(text, s)); err != nil {
			w.t.Errorf("%s: state: %v", w.host.name, err)
		}
		if bad(s) {
			begin()
			seen.add(args + outageMark)
			return true
		}
		w.mend()
		seen.add(args)
		return true
	})
	return seen
}

// outageMark ends a call that began an outage.
const outageMark = " = outage"

// calls are those of a watched command, in order.
type calls struct {
	mu   sync.Mutex
	list []string
}

func (c *calls) add(args string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, args)
}

// all are the calls so far.
func (c *calls) all() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list)
}
