package aixsim

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
)

// Command is one AIX command.
type Command struct {
	Name string
	// Dirs are the folders it is found in.
	Dirs []string
	// Run does it and returns the exit status.
	Run func(ctx context.Context, e *Env) int
	// Filter commands read standard input or run others: they work without
	// the host's lock, and reach files one operation at a time. All others
	// run under the lock as one step, their output is handed on afterwards.
	Filter bool
	// Root is needed to run it.
	Root bool
	// Fileset must be installed for the command to be there.
	Fileset string
	// Where further limits on which hosts the command is there.
	Where func(s *State) bool
	// Unix commands are there on every Unix: the stand-in leaves them alone.
	Unix bool
}

// Env is the world of a command: its arguments, streams, files and host.
type Env struct {
	Path   string   // as it was called
	Args   []string // without the name
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Dir    string // working directory
	UID    int
	PID    int
	// State is held under the host's lock; nil in a [Command.Filter].
	State *State
	Files FS
	// Now is the host's clock, ClockOffset included.
	Now func() time.Time
	// Getenv reads the environment of the command.
	Getenv func(string) string
	// German messages, decided from the host's language and the environment.
	German bool
	// Shared reports whether another host of the fleet uses a node id.
	Shared func(id string) bool
	// Hold runs a command that is no filter as one step under the lock, in
	// the surroundings of a [Command.Filter]: a command that has to read first and then
	// see the state.
	Hold func(ctx context.Context, c *Command) int

	effects []string
	environ func() []string   // the inherited environment
	extra   map[string]string // the additions of env
	proc    *proc             // nil in the stand-in
	host    runner
}

// runner runs other commands, which a few commands need.
type runner interface {
	exec(ctx context.Context, e *Env, argv []string, uid int) int
	shell(ctx context.Context, e *Env, script, arg0 string, params []string) int
	shellStdin(ctx context.Context, e *Env, params []string) int
	processes() []procInfo
	kill(pid int, check bool) bool
	wait(ctx context.Context, e *Env, pids []string) int
	spawn(ctx context.Context, e *Env, n int) int
	lastPID(e *Env, n int) int
	resolve(e *Env, name string) string
	rights(tool string, e *Env) Rights
	same(name string) []string
}

// effect notes that something changed. Every change of the state has one.
func (e *Env) effect(format string, args ...any) {
	e.effects = append(e.effects, fmt.Sprintf(format, args...))
}

// Effect is for an [FS]: it notes a change.
func (e *Env) Effect(format string, args ...any) { e.effect(format, args...) }

// Effects returns the changes of the command.
func (e *Env) Effects() []string { return e.effects }

func (e *Env) name() string { return path.Base(e.Path) }

func (e *Env) out(format string, args ...any) { fmt.Fprintf(e.Stdout, format, args...) }

func (e *Env) err(format string, args ...any) { fmt.Fprintf(e.Stderr, format, args...) }

// fail prints a message and returns exit.
func (e *Env) fail(exit int, format string, args ...any) int {
	e.err(format+"\n", args...)
	return exit
}

// tongues is a message in the languages that the simulated AIX speaks; both
// take the same arguments.
type tongues struct{ english, german string }

// failIn is fail in the host's language.
func (e *Env) failIn(exit int, t tongues, args ...any) int {
	e.err("%s\n", e.say(t, args...))
	return exit
}

// notRoot turns an ordinary user away.
func (e *Env) notRoot() int {
	return e.failIn(1, tongues{"%s: 0403-027 The parameter list is not valid or you do not have root user authority.",
		"%s: 0403-027 Die Parameterliste ist ungültig, oder Sie haben keine Rootberechtigung."}, e.name())
}

// say chooses the language.
func (e *Env) say(t tongues, args ...any) string {
	if e.German {
		return fmt.Sprintf(t.german, args...)
	}
	return fmt.Sprintf(t.english, args...)
}

// abs makes a path absolute and clean.
func (e *Env) abs(name string) string {
	if !path.IsAbs(name) {
		name = path.Join(e.Dir, name)
	}
	return path.Clean(name)
}

// link is the way to the hypervisor, now: by true time, for a clock that is
// wrong ends no handshake sooner or later.
func (e *Env) link() link {
	return e.State.link(e.Files, e.Shared, e.Now().Add(-time.Duration(e.State.ClockOffset)))
}

// german decides the language of messages as the locale rules do.
func german(s *State, getenv func(string) string) bool {
	if s.Language != "de" {
		return false
	}
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			return strings.HasPrefix(strings.ToLower(v), "de")
		}
	}
	return true
}

// findCommand finds a command by its absolute path.
func findCommand(name string) *Command {
	base := path.Base(name)
	for _, c := range commandTable[base] {
		if slices.Contains(c.Dirs, path.Dir(name)) {
			return c
		}
	}
	return nil
}

// installed reports whether a command is there on a host.
func (s *State) installed(name string, c *Command) bool {
	if b, ok := s.Behaviours[c.Name]; ok && b.Missing {
		return false
	}
	if b, ok := s.Behaviours[name]; ok && b.Missing {
		return false
	}
	if s.system() != "AIX" && !c.Unix {
		return false
	}
	if c.Fileset != "" && s.fileset(c.Fileset) == nil {
		return false
	}
	return c.Where == nil || c.Where(s)
}

// commandPaths lists the commands in a folder.
func (s *State) commandPaths(dir string) []string {
	var list []string
	for name, all := range commandTable {
		for _, c := range all {
			if p := path.Join(dir, name); slices.Contains(c.Dirs, dir) && s.installed(p, c) {
				list = append(list, p)
			}
		}
	}
	return list
}

// commandTable is filled by its declaration and never changes.
var commandTable = index(coreCommands(), fileCommands(), textCommands(), systemCommands(), networkCommands(),
	srcCommands(), odmCommands(), lppCommands(), rsctCommands(), clusterCommands(), diskCommands(), mountCommands(), supportCommands(),
	becomeCommands())

func index(groups ...[]Command) map[string][]*Command {
	m := map[string][]*Command{}
	for _, g := range groups {
		for i := range g {
			m[g[i].Name] = append(m[g[i].Name], &g[i])
		}
	}
	return m
}

// AIXCommands returns every AIX command with its absolute paths: the ones the
// stand-in installs. Commands that any Unix has are not among them.
func AIXCommands() map[string]*Command {
	m := map[string]*Command{}
	for name, all := range commandTable {
		for _, c := range all {
			if c.Unix {
				continue
			}
			for _, dir := range c.Dirs {
				m[path.Join(dir, name)] = c
			}
		}
	}
	return m
}

// Execute runs a command that is no filter against a state, outside of a host
// and its shell: the multi-call stand-in. The caller holds a lock on s and
// saves it afterwards; e needs Path, Args, Stdout, Stderr, UID, Files and
// Getenv. It returns the exit status; its changes are in [Env.Effects] and in
// s.Effects.
func Execute(ctx context.Context, c *Command, s *State, e *Env, now func() time.Time) int {
	var stdout, stderr bytes.Buffer
	out, errw := e.Stdout, e.Stderr
	e.Stdout, e.Stderr, e.State = &stdout, &stderr, s
	e.Now = func() time.Time { return now().Add(time.Duration(s.ClockOffset)) }
	e.German = german(s, e.Getenv)
	s.evaluate(e.Files, e.Shared, now()) // files may have changed behind our back
	exit := runLocked(ctx, c, s, e)
	s.evaluate(e.Files, e.Shared, now())
	_, _ = out.Write(stdout.Bytes())
	_, _ = errw.Write(stderr.Bytes())
	return exit
}

// runLocked checks rights and runs a command that has the state to itself.
func runLocked(ctx context.Context, c *Command, s *State, e *Env) int {
	connected := e.link() == linkUp
	if c.Root && e.UID != 0 {
		return e.notRoot()
	}
	exit := c.Run(ctx, e)
	s.Effects = append(s.Effects, e.effects...)
	if len(e.effects) > 0 && connected {
		s.RMC.Registered = true
	}
	return exit
}

// FindCommand returns the command at an absolute path, nil when there is none.
func FindCommand(name string) *Command {
	c := findCommand(name)
	return c
}

// Installed reports whether a command is there on a host in this state.
func (s *State) Installed(name string, c *Command) bool { return s.installed(name, c) }

// Behave returns how a command misbehaves and counts a behaviour that wears
// off; changed tells that it did.
func (s *State) Behave(name string) (b Behaviour, changed bool) {
	b, ok := s.Behaviours[name]
	if path.Base(name) == "recfgct" {
		b.Hang = b.Hang || s.RMC.Recfgct == "hang"
		b.Stuck = b.Stuck || s.RMC.Recfgct == "hang-after"
	}
	if !ok || b.Times == 0 {
		return b, false
	}
	left := b
	if left.Times--; left.Times == 0 {
		delete(s.Behaviours, name)
	} else {
		s.Behaviours[name] = left
	}
	return b, true
}

// Settle makes a host of which RMC can be connected one that has been up for
// long.
func (s *State) Settle(files FS, now time.Time) {
	s.RMC.HeldSince = time.Time{}
	s.evaluate(files, nil, now.Add(-time.Duration(s.RMC.ConnectDelay)))
}
