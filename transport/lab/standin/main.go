//go:build linux

// Command aixstandin packs the commands of transport/lab/aixsim into one real program:
// on Linux, called by the names of AIX's commands, it makes a chroot with sshd,
// ksh93 and coreutils look like AIX to whoever logs in.
//
// It is called by the name of a link to it, as busybox is, or as
//
//	aixstandin COMMAND [ARG]...
//	aixstandin --install ROOT STATE.json
//
// A copy of it that is set-user-ID root is the tools to become root that the
// state names: it is for a chroot that nobody else can reach.
//
// The state is the JSON of an aixsim.State at $AIXSIM_STATE or
// /var/aixsim/state.json, under the lock file beside it; files are those of
// the disk. Everything that changes is appended to effects.log beside it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"aixmend/transport/lab/aixsim"
)

// home is where the program and the state are, in the root that it serves.
const (
	home         = "/var/aixsim"
	defaultState = home + "/state.json"
)

func main() {
	statePath := os.Getenv("AIXSIM_STATE")
	if os.Getuid() != os.Geteuid() { // set-user-ID: the caller has no say
		statePath = ""
		if !isBecome(os.Args[0]) {
			os.Exit(report(errors.New("this copy is for becoming root only")))
		}
	}
	os.Exit(run(os.Args, statePath))
}

// run does the program's work and returns the exit status.
func run(argv []string, statePath string) int {
	if statePath == "" {
		statePath = defaultState
	}
	name, args := argv[0], argv[1:]
	if strings.HasPrefix(filepath.Base(name), "aixstandin") {
		if len(args) == 3 && args[0] == "--install" {
			return report(install(args[1], args[2]))
		}
		if len(args) == 0 || strings.HasPrefix(args[0], "-") {
			return report(errors.New("usage: aixstandin --install ROOT STATE.json | aixstandin COMMAND [ARG ...] (busybox style)"))
		}
		name, args = args[0], args[1:]
	}
	do := execute
	if isBecome(name) {
		do = become
	}
	exit, err := do(name, args, statePath)
	if err != nil {
		return report(err)
	}
	return exit
}

func report(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "aixstandin: "+err.Error())
	return 125
}

// execute runs one command against the state on disk.
func execute(name string, args []string, statePath string) (int, error) {
	command := find(name)
	if command == nil {
		return 0, fmt.Errorf("%s is no command of AIX", name)
	}
	behaviour, err := misbehaviour(statePath, command.Name)
	if err != nil {
		return 0, err
	}
	if exit, done := misbehave(behaviour); done {
		return exit, nil
	}
	e := &aixsim.Env{Path: name, Args: args, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Dir: workingDir(),
		UID: os.Getuid(), PID: os.Getpid(), Getenv: os.Getenv, Shared: func(string) bool { return false }}
	e.Files = disk{effect: e.Effect}
	held := func(ctx context.Context, c *aixsim.Command) (exit int, err error) {
		return hold(ctx, statePath, c, *e)
	}
	var exit int
	if command.Filter { // it may wait for its input, and holds no lock meanwhile
		e.Hold = func(ctx context.Context, c *aixsim.Command) int {
			var status int
			if status, err = held(ctx, c); err != nil {
				status = 125
			}
			return status
		}
		exit = command.Run(context.Background(), e)
	} else {
		exit, err = held(context.Background(), command)
	}
	time.Sleep(time.Duration(behaviour.Linger))
	for behaviour.Stuck {
		time.Sleep(time.Hour)
	}
	return exit, err
}

// hold runs a command with the state to itself.
func hold(ctx context.Context, statePath string, c *aixsim.Command, e aixsim.Env) (exit int, err error) {
	err = withState(statePath, func(s *aixsim.State) bool {
		e.Files = disk{effect: e.Effect}
		before := s.RMC
		exit = aixsim.Execute(ctx, c, s, &e, time.Now)
		return len(e.Effects()) > 0 || s.RMC != before
	})
	return exit, err
}

func workingDir() string {
	dir, err := os.Getwd()
	if err != nil {
		return "/"
	}
	return dir
}

// find looks a command up by path, or by name alone.
func find(name string) *aixsim.Command {
	for p, c := range standins() {
		if p == name || path.Base(p) == filepath.Base(name) {
			return c
		}
	}
	return nil
}

// standins are the commands to stand in for: those of AIX, and the few of
// every Unix that answer from the state.
func standins() map[string]*aixsim.Command {
	m := aixsim.AIXCommands()
	for _, name := range []string{"uname", "df", "date", "hostname"} {
		for _, dir := range []string{"/usr/bin", "/bin"} {
			if c := aixsim.FindCommand(path.Join(dir, name)); c != nil {
				m[path.Join(dir, name)] = c
			}
		}
	}
	return m
}

func misbehaviour(statePath, name string) (b aixsim.Behaviour, err error) {
	err = withState(statePath, func(s *aixsim.State) bool {
		var counted bool
		b, counted = s.Behave(name)
		return counted
	})
	return b, err
}

// misbehave is a command's fault, instead of or before its work; it holds no
// lock meanwhile.
func misbehave(b aixsim.Behaviour) (exit int, done bool) {
	for left := b.Flood; left > 0; left -= 80 {
		fmt.Println(strings.Repeat("#", min(left, 80)-1))
	}
	for b.Hang {
		time.Sleep(time.Hour) // select {} would be a deadlock to the runtime, which ends the program
	}
	time.Sleep(time.Duration(b.Delay))
	fmt.Fprint(os.Stderr, b.Stderr)
	if b.Missing {
		return 127, true
	}
	return b.Exit, b.Exit != 0
}

// withState loads the state under a lock, and saves it when f says so.
func withState(statePath string, f func(*aixsim.State) bool) error {
	lock, err := os.OpenFile(statePath+".lock", os.O_CREATE|os.O_RDONLY, 0o666)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	s, err := load(statePath)
	if err != nil {
		return err
	}
	known := len(s.Effects)
	if !f(s) {
		return nil
	}
	if err := logEffects(filepath.Join(filepath.Dir(statePath), "effects.log"), s.Effects[known:]); err != nil {
		return err
	}
	return save(statePath, s)
}

func logEffects(name string, effects []string) error {
	if len(effects) == 0 {
		return nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	stamp := time.Now().UTC().Format(time.RFC3339)
	for _, effect := range effects {
		if _, err := fmt.Fprintln(f, stamp+" "+strconv.Quote(effect)); err != nil {
			f.Close()
			return err
		}
	}
	return f.Close()
}
