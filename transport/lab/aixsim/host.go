package aixsim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"time"

	"aixmend/transport/lab/sshtest"
)

// HostOptions of a host; the zero value is fine.
type HostOptions struct {
	// Now is the true time; nil is time.Now. The host's own clock is
	// State.ClockOffset ahead of it.
	Now func() time.Time
	// VerifyEffects compares the whole state before and after every step, so
	// that a change that its command did not report is found: slow, for tests.
	VerifyEffects bool
	// Cut, when set, is called when a command has taken the address away that
	// sessions come in by: whoever serves the host cuts its connections. In a
	// [Fleet] that is done without it, and nobody gets in until the address is
	// back.
	Cut func()
	// LogLimit is how many entries of [Host.Log] are kept: 0 is 10000,
	// negative keeps none.
	LogLimit int
}

// LogEntry is one simple command that ran on a host, or a redirection that
// wrote a file: its Argv is then ">" or ">>" and the path.
type LogEntry struct {
	Session int // counts the commands that came over SSH, from 1
	Argv    []string
	Exit    int
	// Mutated tells that the state or a file was changed by it.
	Mutated bool
	// Effects lists the changes.
	Effects []string
}

// Host is one simulated host. It serves SSH through [sshtest.Handler].
type Host struct {
	opts   HostOptions
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	fleet  *registry // nil outside a fleet

	mu       sync.Mutex
	s        *State
	log      []LogEntry
	scripts  []string
	procs    map[int]*proc
	programs map[*Env]procInfo // running programs besides shells
	sessions int
	closed   bool
	door     string // the address that sessions come in by, "" when there was never one
	// unreported are changes that VerifyEffects found without an effect.
	unreported []string
}

var _ sshtest.Handler = (*Host)(nil)

// NewHost returns a host in a state, which it owns from now on. Where RMC can
// be connected it is, as on a host that has been up for long. Close it.
func NewHost(s *State, opts HostOptions) *Host { return newHost(s, opts, nil) }

func newHost(s *State, opts HostOptions, fleet *registry) *Host {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.LogLimit == 0 {
		opts.LogLimit = 10000
	}
	h := &Host{opts: opts, s: s, fleet: fleet, procs: map[int]*proc{}, programs: map[*Env]procInfo{}}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	if s.NextPID == 0 {
		s.NextPID = 7340032
	}
	h.door = s.sessionAddress()
	if fleet != nil {
		fleet.update(h, "", h.nodeID())
	}
	if s.RMC.HeldSince.IsZero() {
		s.evaluate(h.files(nil), h.shared, opts.Now().Add(-time.Duration(s.RMC.ConnectDelay)))
	}
	return h
}

// Close ends everything that still runs on the host and waits for it.
func (h *Host) Close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.cancel()
	h.wg.Wait()
}

// Snapshot returns a copy of the state.
func (h *Host) Snapshot() *State {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.s.Clone()
}

// Mutate changes the state from outside, as the world does; it is not logged.
// Who gives the host another address tells everybody: it can be reached there.
func (h *Host) Mutate(f func(*State)) {
	h.step(nil, func(*Env) {
		before := h.s.sessionAddress()
		f(h.s)
		if after := h.s.sessionAddress(); after != before && after != "" {
			h.door = after
		}
	})
}

// Connected reports whether RMC is connected now, from true causes only.
func (h *Host) Connected() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.s.link(h.files(nil), h.shared, h.opts.Now()) == linkUp
}

// Why returns the reason why RMC is not connected, "" when it is.
func (h *Host) Why() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if why := h.s.causes(h.files(nil), h.shared); why != "" {
		return why
	}
	switch h.s.link(h.files(nil), h.shared, h.opts.Now()) {
	case linkDown:
		return "port 657 is filtered"
	case linkPending:
		return "the handshake has not ended"
	}
	return ""
}

// Log returns the commands that ran on the host, in the order in which they ended.
func (h *Host) Log() []LogEntry {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]LogEntry(nil), h.log...)
}

// Scripts returns the commands that came over SSH, byte for byte: the first one
// is that of session 1 in the log. As many are kept as log entries.
func (h *Host) Scripts() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.scripts...)
}

// Effects returns everything that changed the host over SSH, oldest first.
func (h *Host) Effects() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.s.Effects...)
}

// files is the file system of the state; the caller holds mu while using it.
func (h *Host) files(e *Env) FS {
	effect := func(string, ...any) {}
	if e != nil {
		effect = e.effect
	}
	return stateFS{s: h.s, now: h.clock, effect: effect}
}

// clock is the host's own time; the caller holds mu.
func (h *Host) clock() time.Time { return h.opts.Now().Add(time.Duration(h.s.ClockOffset)) }

func (h *Host) nodeID() string { return validNodeID(firstLine(h.files(nil), workNodeID)) }

func (h *Host) shared(id string) bool { return h.fleet != nil && h.fleet.shared(h, id) }

// step changes or reads the state as one step under the lock: the only way to
// the state. Afterwards RMC's causes are looked at again, here and on hosts
// that share or shared a node id with this one. Without e it is the world that
// does it.
func (h *Host) step(e *Env, f func(*Env)) {
	world := e == nil
	verify := h.opts.VerifyEffects && !world
	if world {
		e = &Env{}
	}
	h.mu.Lock()
	before, reachable := h.nodeID(), h.reachable()
	var print uint64
	if verify {
		print = h.fingerprint()
	}
	known := len(e.effects)
	f(e)
	if verify && len(e.effects) == known && print != h.fingerprint() {
		h.unreported = append(h.unreported, fmt.Sprint(append([]string{e.Path}, e.Args...)))
		e.effect("unreported change")
	}
	after := h.nodeID()
	if h.fleet != nil && before != after {
		h.fleet.update(h, before, after)
	}
	h.s.evaluate(h.files(nil), h.shared, h.opts.Now())
	cut := !world && reachable && !h.reachable()
	h.mu.Unlock()
	if h.fleet != nil && before != after {
		h.fleet.reevaluate(h, before, after)
	}
	if cut && h.opts.Cut != nil {
		h.opts.Cut()
	}
}

// reevaluate looks at the causes again after another host has changed.
func (h *Host) reevaluate() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.s.evaluate(h.files(nil), h.shared, h.opts.Now())
}

// note adds to the log.
func (h *Host) note(entry LogEntry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.log) < h.opts.LogLimit {
		h.log = append(h.log, entry)
	}
}

// invoke runs a command with its behaviour and logs it.
func (h *Host) invoke(ctx context.Context, c *Command, e *Env) int {
	defer h.shown(e)()
	b := h.behaviour(c.Name, e.Path)
	exit, done := h.misbehave(ctx, b, e)
	if !done {
		if c.Filter {
			e.Files = lockedFS{h, e}
			e.Hold = func(ctx context.Context, c *Command) int { return h.hold(ctx, c, e) }
			exit = c.Run(ctx, e)
		} else {
			exit = h.runLocked(ctx, c, e)
		}
		pause(ctx, b.Linger)
		if b.Stuck {
			<-ctx.Done()
			exit = exitKilled
		}
	}
	if !internalCommand(c.Name) {
		h.note(LogEntry{Session: e.proc.session.id, Argv: append([]string{e.Path}, e.Args...), Exit: exit,
			Mutated: len(e.effects) > 0, Effects: e.effects})
	}
	return exit
}

// runLocked runs a command as one step and hands on its output afterwards.
func (h *Host) runLocked(ctx context.Context, c *Command, e *Env) int {
	var stdout, stderr bytes.Buffer
	out, errw := e.Stdout, e.Stderr
	e.Stdout, e.Stderr = &stdout, &stderr
	exit := 0
	h.step(e, func(e *Env) {
		e.State, e.Files, e.Now = h.s, h.files(e), h.clock
		exit = runLocked(ctx, c, h.s, e)
		e.State = nil
	})
	if _, err := out.Write(stdout.Bytes()); err != nil && stdout.Len() > 0 {
		exit = exitSIGPIPE
	}
	_, _ = errw.Write(stderr.Bytes())
	return exit
}

// hold runs a command as one step in the surroundings of a filter.
func (h *Host) hold(ctx context.Context, c *Command, e *Env) int {
	files, now, out, errw := e.Files, e.Now, e.Stdout, e.Stderr
	defer func() { e.Files, e.Now, e.Stdout, e.Stderr = files, now, out, errw }()
	return h.runLocked(ctx, c, e)
}

// exitSIGPIPE is the status of a command that wrote to nobody.
const exitSIGPIPE = 141

// behaviour returns how a command misbehaves, and counts those that wear off.
func (h *Host) behaviour(name, called string) Behaviour {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.s.Behaviours[name]; !ok {
		name = called
	}
	b, _ := h.s.Behave(name)
	return b
}

// misbehave performs a command's fault, before or instead of its work.
func (h *Host) misbehave(ctx context.Context, b Behaviour, e *Env) (exit int, done bool) {
	if b.Flood > 0 {
		line := bytes.Repeat([]byte{'#'}, 79)
		line = append(line, '\n')
		for left := b.Flood; left > 0; left -= len(line) {
			if _, err := e.Stdout.Write(line[:min(left, len(line))]); err != nil {
				return exitSIGPIPE, true
			}
		}
	}
	if b.Hang {
		<-ctx.Done()
		return exitKilled, true
	}
	if !pause(ctx, b.Delay) {
		return exitKilled, true
	}
	if b.Stderr != "" {
		_, _ = io.WriteString(e.Stderr, b.Stderr)
	}
	return b.Exit, b.Exit != 0
}

const exitKilled = 143

// pause waits; false when ctx ended first.
func pause(ctx context.Context, d Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(time.Duration(d))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// searchPath is the short PATH of a command over SSH.
func searchPath() []string { return []string{"/usr/bin", "/etc", "/usr/sbin", "/sbin", "/bin"} }

// find resolves a command that a script called; nil when it is not there.
func (h *Host) find(name, dir, pathVar string) *Command {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range candidates(name, dir, pathVar) {
		if c := findCommand(p); c != nil && h.s.installed(p, c) {
			return c
		}
	}
	return nil
}

func candidates(name, dir, pathVar string) []string {
	if strings.Contains(name, "/") {
		if !path.IsAbs(name) {
			name = path.Join(dir, name)
		}
		return []string{path.Clean(name)}
	}
	var list []string
	for _, d := range splitPath(pathVar) {
		list = append(list, path.Join(d, name))
	}
	return list
}

func splitPath(pathVar string) []string {
	if pathVar == "" {
		return searchPath()
	}
	return strings.Split(pathVar, ":")
}
