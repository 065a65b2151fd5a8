package aixsim

import (
	"context"
	"os"
	"path"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
)

// snapshotEnv is a copy of a shell's variables.
type snapshotEnv map[string]expand.Variable

func (s snapshotEnv) Get(name string) expand.Variable { return s[name] }

func (s snapshotEnv) Each(f func(string, expand.Variable) bool) {
	for name, v := range s {
		if !f(name, v) {
			return
		}
	}
}

func snapshotOf(env expand.Environ) snapshotEnv {
	s := snapshotEnv{}
	env.Each(func(name string, v expand.Variable) bool {
		v.ReadOnly = false
		s[name] = v
		return true
	})
	return s
}

// spawn starts background statement n of the calling shell as a process of the
// host: it outlives the shell and its session, and can be killed.
func (h *Host) spawn(ctx context.Context, e *Env, n int) int {
	hc := interp.HandlerCtx(ctx)
	prog := e.proc.prog
	st := prog.jobs[n]
	devNull, err := os.OpenFile(os.DevNull, os.O_RDONLY, 0)
	if err != nil {
		return e.fail(1, "ksh: %v", err)
	}
	s := e.proc.session
	job, jobCtx := h.newProc(h.ctx, s, e.UID, s.command)
	job.prog, job.holds = prog, holdsOutput(st)
	call := shellCall{name: "ksh", vars: snapshotOf(hc.Env), dir: hc.Dir, params: e.Args[1:],
		stdin: devNull, stdout: hc.Stdout, stderr: hc.Stderr}
	r, err := h.newRunner(job, call)
	if err != nil {
		h.endProc(job)
		return e.fail(1, "ksh: %v", err)
	}
	s.mu.Lock()
	s.jobs = append(s.jobs, job)
	s.last[n] = job.pid
	s.mu.Unlock()
	funcs := append(prog.funcs[:0:0], prog.funcs...)
	h.wg.Go(func() {
		defer h.endProc(job)
		defer devNull.Close()
		for _, f := range funcs {
			_ = r.Run(jobCtx, f)
		}
		job.exit = exitOf(r.Run(jobCtx, st))
	})
	return 0
}

func (h *Host) lastPID(e *Env, n int) int {
	e.proc.session.mu.Lock()
	defer e.proc.session.mu.Unlock()
	return e.proc.session.last[n]
}

// shell runs a script in a shell of its own: sh -c, a script file.
func (h *Host) shell(ctx context.Context, e *Env, script, arg0 string, params []string) int {
	p, call, ctx := h.childShell(ctx, e, params)
	call.arg0 = arg0
	return h.runScript(ctx, p, script, call)
}

// shellStdin runs a script that comes on standard input.
func (h *Host) shellStdin(ctx context.Context, e *Env, params []string) int {
	p, call, ctx := h.childShell(ctx, e, params)
	if call.stdin == nil {
		return h.runStdin(ctx, p, p.session.stdin, call)
	}
	return h.runStdin(ctx, p, e.Stdin, call)
}

// childShell prepares a shell that a command starts. It gets the exported variables.
func (h *Host) childShell(ctx context.Context, e *Env, params []string) (*proc, shellCall, context.Context) {
	p := *e.proc
	p.uid = e.UID
	call := shellCall{name: path.Base(e.Path), dir: e.Dir, stdout: e.Stdout, stderr: e.Stderr, params: params, env: e.inherited()}
	if in, ok := e.Stdin.(patientFile); ok {
		call.stdin = in.f
	}
	return &p, call, context.WithValue(ctx, procKey{}, &p)
}

// inherited is the environment of a command, with the variables that env added.
func (e *Env) inherited() []string {
	list := e.environ()
	for name, v := range e.extra {
		list = append(list, name+"="+v)
	}
	return list
}

func (h *Host) resolve(e *Env, name string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range candidates(name, e.Dir, e.Getenv("PATH")) {
		if c := findCommand(p); c != nil && h.s.installed(p, c) {
			return p
		}
		if f, ok := h.s.Files[p]; ok && f.Mode&0o111 != 0 {
			return p
		}
	}
	return ""
}
