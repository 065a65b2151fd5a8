package aixsim

import (
	"context"
	"path"
	"strings"
)

// becomeCommands make their user root, see State.Become.
func becomeCommands() []Command {
	tool := func(name, dir string) Command {
		return Command{Name: name, Dirs: []string{dir}, Filter: true, Unix: true, Run: cmdBecome,
			Where: func(s *State) bool { _, ok := s.Rights(name, "", 0); return ok }}
	}
	return []Command{tool("sudo", "/usr/bin"), tool("dzdo", "/usr/bin"), tool("pbrun", "/usr/local/bin"), tool("su", "/usr/bin")}
}

// cmdBecome runs a command as root, if that is allowed.
func cmdBecome(ctx context.Context, e *Env) int {
	rights := e.host.rights(e.name(), e)
	login := rights.Tool == "su" && len(e.Args) > 0 && e.Args[0] == "-"
	command, exit := rights.Call(e.Args, BecomeIO{Stdin: e.Stdin, Stdout: e.Stdout, Stderr: e.Stderr,
		Resolve: func(name string) string { return e.host.resolve(e, name) }, Same: e.host.same})
	if len(command) == 0 {
		return exit
	}
	child := *e
	if rights.Tool == "sudo" || rights.Tool == "dzdo" || login {
		child.fresh(rights)
	}
	if strings.Contains(command[0], "=") {
		child.Path, child.Args, child.UID = "env", command, 0
		return cmdEnv(ctx, &child)
	}
	return e.host.exec(ctx, &child, command, 0)
}

// same are all paths of a command.
func (h *Host) same(name string) []string {
	c := findCommand(name)
	if c == nil {
		return nil
	}
	var list []string
	for _, dir := range c.Dirs {
		list = append(list, path.Join(dir, c.Name))
	}
	return list
}

// fresh is the environment that sudo gives a command, and a login: little is
// left of the user's own.
func (e *Env) fresh(r Rights) {
	env := map[string]string{"PATH": strings.Join(searchPath(), ":"), "HOME": "/", "LOGNAME": "root", "USER": "root", "SHELL": "/usr/bin/ksh"}
	if r.Tool != "su" {
		env["SUDO_USER"] = r.User
	}
	for _, name := range []string{"LANG", "LC_ALL", "LC_MESSAGES", "TZ"} {
		if v := e.Getenv(name); v != "" {
			env[name] = v
		}
	}
	e.Getenv = func(name string) string { return env[name] }
	e.extra = nil
	e.environ = func() []string {
		var list []string
		for name, v := range env {
			list = append(list, name+"="+v)
		}
		return list
	}
}

// rights asks the host for the rights that a tool gives a user.
func (h *Host) rights(tool string, e *Env) Rights {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, _ := h.s.Rights(tool, e.user(), e.UID)
	return r
}
