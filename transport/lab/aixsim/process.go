package aixsim

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"aixmend/transport/lab/sshtest"
)

// session is one command that came over SSH, with everything it started.
type session struct {
	id      int
	user    string
	command string
	env     []string
	stdin   *bufio.Reader
	out     *guardedWriter
	errw    *guardedWriter

	mu   sync.Mutex
	last map[int]int // the newest process of each background statement
	jobs []*proc
}

// proc is a process: a session's shell, or a background job.
type proc struct {
	pid     int
	uid     int
	session *session
	command string
	start   time.Time
	cancel  context.CancelFunc
	done    chan struct{}
	exit    int
	prog    *program // whose background statements it can spawn
	holds   bool     // keeps the session's output open
}

// withProgram is the process as the shell of a program.
func (p *proc) withProgram(ctx context.Context, prog *program) (*proc, context.Context) {
	q := *p
	q.prog = prog
	return &q, context.WithValue(ctx, procKey{}, &q)
}

// procInfo is a row of ps.
type procInfo struct {
	pid, ppid, uid int
	command        string
}

// shown lets ps show a program until the returned function is called.
func (h *Host) shown(e *Env) func() {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := procInfo{pid: e.proc.pid + 1, ppid: e.proc.pid, uid: e.UID, command: strings.Join(append([]string{e.Path}, e.Args...), " ")}
	for _, other := range h.programs { // of a pipe
		if other.pid >= p.pid && other.ppid == p.ppid {
			p.pid = other.pid + 10000
		}
	}
	h.programs[e] = p
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.programs, e)
	}
}

type procKey struct{}

func procOf(ctx context.Context) *proc {
	p, _ := ctx.Value(procKey{}).(*proc)
	return p
}

// guardedWriter is standard output or error of a session: shared by all that
// run in it. After a failed write its session is told that nobody listens.
type guardedWriter struct {
	mu     sync.Mutex
	w      io.Writer
	gone   atomic.Bool
	broken func()
}

func (g *guardedWriter) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if g.gone.Load() {
		return 0, io.ErrClosedPipe
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	n, err := g.w.Write(p)
	if err != nil {
		g.leave()
	}
	return n, err
}

// leave makes every later write fail.
func (g *guardedWriter) leave() {
	if !g.gone.Swap(true) && g.broken != nil {
		g.broken()
	}
}

// ServeExec runs a command as sshd runs it: `ksh -c`. The running command is
// not ended by a link that dies, as under sshd without a terminal: the script
// goes on until it writes to nobody. A signal request does end it.
func (h *Host) ServeExec(ctx context.Context, x *sshtest.Exec) int {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return 255
	}
	h.sessions++
	if len(h.scripts) < h.opts.LogLimit {
		h.scripts = append(h.scripts, x.Command)
	}
	uid := 0
	if h.s.Unprivileged {
		uid = unprivilegedUID
	}
	s := &session{id: h.sessions, user: x.User, command: x.Command, last: map[int]int{}, env: h.sessionEnv(x, uid)}
	s.stdin = bufio.NewReader(x.Stdin)
	h.wg.Add(1)
	h.mu.Unlock()
	s.out, s.errw = &guardedWriter{w: x.Stdout}, &guardedWriter{w: x.Stderr}

	result := make(chan int, 1)
	run, cancel := context.WithCancel(h.ctx)
	s.out.broken, s.errw.broken = cancel, func() {}
	go func() {
		defer h.wg.Done()
		defer cancel()
		result <- h.runSession(run, s, uid)
	}()
	select {
	case exit := <-result:
		return h.waitHolders(ctx, s, exit)
	case <-ctx.Done():
		if _, ok := errors.AsType[sshtest.SignalError](context.Cause(ctx)); ok {
			cancel()
		}
		// The writers are the channel's: nothing may use them from now on
		// but to learn that they are gone.
		s.abandon()
		return exitKilled
	}
}

// abandon swaps the writers for ones that fail, so that the next write ends
// the script (SIGPIPE) and nothing touches the channel after ServeExec.
func (s *session) abandon() {
	for _, g := range []*guardedWriter{s.out, s.errw} {
		g.mu.Lock()
		g.w = deadWriter{}
		g.mu.Unlock()
	}
}

type deadWriter struct{}

func (deadWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// waitHolders waits for background jobs that hold the session's output: sshd
// keeps the session open as long as anybody does.
func (h *Host) waitHolders(ctx context.Context, s *session, exit int) int {
	s.mu.Lock()
	jobs := append([]*proc(nil), s.jobs...)
	s.mu.Unlock()
	for _, j := range jobs {
		if !j.holds {
			continue
		}
		select {
		case <-j.done:
		case <-ctx.Done():
			s.abandon()
			return exit
		}
	}
	s.abandon()
	return exit
}

// unprivilegedUID is the user id where State.Unprivileged holds.
const unprivilegedUID = 202

// sessionEnv is the environment of a login over SSH; the caller holds mu.
func (h *Host) sessionEnv(x *sshtest.Exec, uid int) []string {
	host, port := "192.0.2.10", "50022"
	if x.Remote != nil {
		if i := strings.LastIndexByte(x.Remote.String(), ':'); i > 0 {
			host, port = strings.Trim(x.Remote.String()[:i], "[]"), x.Remote.String()[i+1:]
		}
	}
	home := "/"
	if uid != 0 {
		home = "/home/" + x.User
	}
	env := []string{"PATH=" + strings.Join(searchPath(), ":"), "HOME=" + home, "LOGNAME=" + x.User, "USER=" + x.User,
		"SHELL=/usr/bin/ksh", "TZ=UTC", "LOCPATH=/usr/lib/nls/loc", "ODMDIR=/etc/objrepos",
		"SSH_CLIENT=" + host + " " + port + " 22", "SSH_CONNECTION=" + host + " " + port + " " + h.s.sessionIP() + " 22"}
	if h.s.Language == "de" {
		return append(env, "LANG=de_DE")
	}
	return append(env, "LANG=C")
}

// runSession runs the login shell of a session.
func (h *Host) runSession(ctx context.Context, s *session, uid int) int {
	h.mu.Lock()
	noise, complaint := h.s.ProfileOut, h.s.ProfileErr
	h.mu.Unlock()
	_, _ = io.WriteString(s.out, noise)
	_, _ = io.WriteString(s.errw, complaint)
	p, ctx := h.newProc(ctx, s, uid, s.command)
	defer h.endProc(p)
	sh := shellCall{name: "ksh", env: s.env, dir: "/", stdout: s.out, stderr: s.errw}
	p.exit = h.runScript(ctx, p, s.command, sh)
	return p.exit
}

// newProc gives a process a number and a context of its own.
func (h *Host) newProc(ctx context.Context, s *session, uid int, command string) (*proc, context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	p := &proc{pid: h.pid(), uid: uid, session: s, command: command, start: h.clock(),
		cancel: cancel, done: make(chan struct{})}
	h.procs[p.pid] = p
	return p, context.WithValue(ctx, procKey{}, p)
}

// pid is the next free process id; processes come and go without changing the
// state.
func (h *Host) pid() int {
	pid := h.s.NextPID + 2*len(h.procs) + 2
	for h.procs[pid] != nil {
		pid += 2
	}
	return pid
}

func (h *Host) endProc(p *proc) {
	p.cancel()
	h.mu.Lock()
	delete(h.procs, p.pid)
	h.mu.Unlock()
	close(p.done)
}

// processes lists the running processes, oldest first.
func (h *Host) processes() []procInfo {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]procInfo, 0, len(h.procs)+len(h.programs))
	for _, p := range h.procs {
		list = append(list, procInfo{p.pid, 1, p.uid, p.command})
	}
	for _, p := range h.programs {
		list = append(list, p)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].pid < list[j].pid })
	return list
}

// kill ends a process; with check it only looks.
func (h *Host) kill(pid int, check bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.procs[pid]
	if p != nil && !check {
		p.cancel()
	}
	return p != nil
}

// wait is the shell's wait: for the jobs named, or all of the session.
func (h *Host) wait(ctx context.Context, e *Env, pids []string) int {
	s := e.proc.session
	s.mu.Lock()
	jobs := append([]*proc(nil), s.jobs...)
	s.mu.Unlock()
	exit := 0
	if len(pids) > 0 {
		exit = 127
	}
	for _, j := range jobs {
		named := false
		for _, p := range pids {
			named = named || p == strconv.Itoa(j.pid)
		}
		if len(pids) > 0 && !named {
			continue
		}
		select {
		case <-j.done:
		case <-ctx.Done():
			return exitKilled
		}
		if named {
			exit = j.exit
		}
	}
	return exit
}
