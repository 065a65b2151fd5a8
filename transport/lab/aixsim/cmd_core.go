package aixsim

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/interp"
)

func bin() []string { return []string{"/usr/bin", "/bin"} }

// coreCommands are those of the shell itself and those that run others.
func coreCommands() []Command {
	shells := []string{"sh", "ksh", "ksh93", "bsh"}
	list := []Command{
		{Name: cmdSpawn, Filter: true, Unix: true, Run: func(ctx context.Context, e *Env) int { return e.host.spawn(ctx, e, atoi(e.Args[0])) }},
		{Name: cmdLastPID, Filter: true, Unix: true, Run: cmdPrintPID},
		{Name: "__aixsim_missing", Filter: true, Unix: true, Run: func(_ context.Context, e *Env) int {
			return e.fail(127, "ksh: %s:  not found.", e.Args[0])
		}},
		{Name: "__aixsim_syntax", Filter: true, Unix: true, Run: func(_ context.Context, e *Env) int {
			return e.fail(2, "ksh: 0403-057 Syntax error: %s", e.Args[0])
		}},
		{Name: "__aixsim_echo", Filter: true, Unix: true, Run: cmdEcho},
		{Name: "echo", Dirs: bin(), Filter: true, Unix: true, Run: cmdEcho},
		{Name: "__aixsim_kill", Filter: true, Unix: true, Run: cmdKill},
		{Name: "kill", Dirs: bin(), Filter: true, Unix: true, Run: cmdKill},
		{Name: "__aixsim_wait", Filter: true, Unix: true, Run: func(ctx context.Context, e *Env) int { return e.host.wait(ctx, e, e.Args) }},
		{Name: "__aixsim_type", Filter: true, Unix: true, Run: cmdType},
		{Name: "__aixsim_umask", Filter: true, Unix: true, Run: cmdUmask},
		{Name: "sleep", Dirs: bin(), Filter: true, Unix: true, Run: cmdSleep},
		{Name: "nohup", Dirs: bin(), Filter: true, Unix: true, Run: cmdNohup},
		{Name: "env", Dirs: bin(), Filter: true, Unix: true, Run: cmdEnv},
		{Name: "true", Dirs: bin(), Filter: true, Unix: true, Run: cmdNothing},
		{Name: "false", Dirs: bin(), Filter: true, Unix: true, Run: func(context.Context, *Env) int { return 1 }},
		{Name: "sync", Dirs: append(bin(), "/usr/sbin"), Filter: true, Unix: true, Run: cmdNothing},
		{Name: "ps", Dirs: bin(), Filter: true, Unix: true, Run: cmdPs},
	}
	for _, name := range []string{"ulimit", "hash", "jobs", "newgrp"} {
		list = append(list, Command{Name: "__aixsim_" + name, Filter: true, Unix: true, Run: cmdNothing})
	}
	for _, name := range shells {
		list = append(list, Command{Name: name, Dirs: bin(), Filter: true, Unix: true, Run: cmdShell})
	}
	return list
}

func cmdNothing(context.Context, *Env) int { return 0 }

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

func cmdPrintPID(_ context.Context, e *Env) int {
	e.out("%d\n", e.host.lastPID(e, atoi(e.Args[0])))
	return 0
}

// cmdEcho interprets backslashes, as AIX's echo does.
func cmdEcho(_ context.Context, e *Env) int {
	text := strings.Join(e.Args, " ")
	newline := "\n"
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		if text[i] == 'c' {
			newline = ""
			break
		}
		if j := strings.IndexByte(`abfnrtv\`, text[i]); j >= 0 {
			b.WriteByte("\a\b\f\n\r\t\v\\"[j])
			continue
		}
		b.WriteByte('\\')
		b.WriteByte(text[i])
	}
	if _, err := e.Stdout.Write([]byte(b.String() + newline)); err != nil {
		return exitSIGPIPE
	}
	return 0
}

func cmdKill(_ context.Context, e *Env) int {
	exit, check := 0, false
	for i := 0; i < len(e.Args); i++ {
		arg := e.Args[i]
		switch {
		case arg == "-s":
			i++
		case arg == "-0":
			check = true
		case strings.HasPrefix(arg, "-"):
		default:
			if !e.host.kill(atoi(arg), check) {
				exit = e.fail(1, "kill: %s: 0403-003 The specified process does not exist.", arg)
			}
		}
	}
	return exit
}

// cmdType is type and, with -path, command -v.
func cmdType(_ context.Context, e *Env) int {
	exit := 0
	for _, name := range e.Args {
		if name == "-path" {
			continue
		}
		found := e.host.resolve(e, name)
		if found == "" && name == "printf" { // a builtin of the interpreter, not of ksh88
			found = "/usr/bin/printf"
		}
		if found == "" && interp.IsBuiltin(name) {
			found = name
		}
		switch {
		case found == "":
			exit = 1
		case e.Args[0] == "-path":
			e.out("%s\n", found)
		case found == name:
			e.out("%s is a shell builtin\n", name)
		default:
			e.out("%s is %s\n", name, found)
		}
	}
	return exit
}

func cmdUmask(_ context.Context, e *Env) int {
	if len(e.Args) == 0 {
		e.out("022\n")
	}
	return 0
}

func cmdSleep(ctx context.Context, e *Env) int {
	if len(e.Args) != 1 {
		return e.fail(2, "usage: sleep Seconds")
	}
	n, err := strconv.Atoi(e.Args[0])
	if err != nil || n < 0 {
		return e.fail(2, "sleep: 0403-001 %s is not a valid number of seconds.", e.Args[0])
	}
	if !pause(ctx, Duration(n)*1e9) {
		return exitKilled
	}
	return 0
}

func cmdNohup(ctx context.Context, e *Env) int {
	if len(e.Args) == 0 {
		return e.fail(127, "usage: nohup Command [Argument...]")
	}
	return e.host.exec(ctx, e, e.Args, e.UID)
}

func cmdEnv(ctx context.Context, e *Env) int {
	set := map[string]string{}
	args := e.Args
	clear := false
	for len(args) > 0 {
		name, value, ok := strings.Cut(args[0], "=")
		if args[0] == "-i" || args[0] == "-" {
			clear = true
		} else if !ok {
			break
		} else {
			set[name] = value
		}
		args = args[1:]
	}
	if len(args) == 0 {
		for _, v := range e.environ() {
			e.out("%s\n", v)
		}
		return 0
	}
	child := *e
	child.extra = set
	outer := e.Getenv
	child.Getenv = func(name string) string {
		if v, ok := set[name]; ok {
			return v
		}
		if clear && name != "PATH" {
			return ""
		}
		return outer(name)
	}
	return e.host.exec(ctx, &child, args, e.UID)
}

// cmdShell is sh and ksh: -c TEXT, -s, a script file, or standard input.
func cmdShell(ctx context.Context, e *Env) int {
	args := e.Args
	readOnly := false // -n: read the script, run nothing
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		flags := args[0]
		args = args[1:]
		switch {
		case flags == "-n":
			readOnly = true
		case flags == "--" || flags == "-":
		case strings.Contains(flags, "c"):
			if len(args) == 0 {
				return e.fail(2, "%s: 0403-010 A flag needs a value: -c", e.name())
			}
			arg0 := ""
			if len(args) > 1 {
				arg0 = args[1]
			}
			return e.host.shell(ctx, e, args[0], arg0, args[min(2, len(args)):])
		case strings.Contains(flags, "s"):
			return e.host.shellStdin(ctx, e, args)
		}
	}
	if len(args) == 0 {
		return e.host.shellStdin(ctx, e, nil)
	}
	text, err := e.Files.ReadFile(e.abs(args[0]))
	if err != nil {
		return e.fail(127, "%s: %s:  not found.", e.name(), args[0])
	}
	if readOnly {
		if _, err := parse(string(text)); err != nil {
			return e.fail(2, "%s: 0403-057 Syntax error: %v", args[0], err)
		}
		return 0
	}
	return e.host.shell(ctx, e, string(text), args[0], args[1:])
}

// cmdPs is ps -ef and, with -o, the pid, ppid and args of all (K: a list without
// names has no heading; args is the program as it was called, with the arguments it was
// given, on one line).
func cmdPs(_ context.Context, e *Env) int {
	if slices.Contains(e.Args, "-o") {
		for _, p := range e.host.processes() {
			e.out("%8d %8d %s\n", p.pid, p.ppid, strings.ReplaceAll(p.command, "\n", " "))
		}
		return 0
	}
	e.out("     UID      PID    PPID   C    STIME    TTY  TIME CMD\n")
	for _, p := range e.host.processes() {
		line, _, _ := strings.Cut(p.command, "\n")
		user := "root"
		if p.uid != 0 {
			user = strconv.Itoa(p.uid)
		}
		e.out("%8s %8d %7d   0 00:00:00      -  0:00 %s\n", user, p.pid, p.ppid, line)
	}
	return 0
}
