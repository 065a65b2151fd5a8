//go:build linux

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"aixmend/transport/lab/aixsim"
)

// becomeProgram is the copy of the program that is set-user-ID root. It is
// nothing but the tools to become root.
const becomeProgram = home + "/aixstandin-become"

// becomeTools are those tools, by path.
func becomeTools() map[string]string {
	return map[string]string{"/usr/bin/sudo": "sudo", "/usr/bin/dzdo": "dzdo", "/usr/local/bin/pbrun": "pbrun", "/usr/bin/su": "su"}
}

// installBecome installs the tools that the state names, if any.
func installBecome(root string, s *aixsim.State, program []byte) error {
	done := false
	for at, tool := range becomeTools() {
		if s.Become[tool] == "" && (tool != "sudo" || s.Sudo == "") {
			continue
		}
		if !done {
			if err := put(root, becomeProgram, program, 0o755|fs.ModeSetuid); err != nil {
				return err
			}
			done = true
		}
		if err := link(filepath.Join(root, at), becomeProgram); err != nil {
			return err
		}
	}
	return nil
}

// isBecome reports whether the program was called as one of the tools.
func isBecome(name string) bool {
	base := filepath.Base(name)
	return base == "sudo" || base == "dzdo" || base == "pbrun" || base == "su"
}

// become makes the caller root if the state lets it. It returns only when it
// does not, or when the command can't be run.
func become(name string, args []string, statePath string) (int, error) {
	tool := filepath.Base(name)
	behaviour, err := misbehaviour(statePath, tool)
	if err != nil {
		return 0, err
	}
	if exit, done := misbehave(behaviour); done {
		return exit, nil
	}
	var rights aixsim.Rights
	installed := false
	err = withState(statePath, func(s *aixsim.State) bool {
		rights, installed = s.Rights(tool, callerName(), os.Getuid())
		return false
	})
	if err != nil {
		return 0, err
	}
	if !installed {
		return 0, errors.New(tool + " is not installed")
	}
	command, exit := rights.Call(args, aixsim.BecomeIO{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Resolve: resolve, Same: same})
	if len(command) == 0 {
		return exit, nil
	}
	return 0, asRoot(rights, command)
}

func callerName() string {
	if u, err := user.LookupId(strconv.Itoa(os.Getuid())); err == nil {
		return u.Username
	}
	return strconv.Itoa(os.Getuid())
}

func searchPath() []string { return []string{"/usr/bin", "/etc", "/usr/sbin", "/sbin", "/bin"} }

// same lists where else on the path of a login a program can be called by the
// same name.
func same(name string) []string {
	var list []string
	info, err := os.Stat(name)
	for _, dir := range searchPath() {
		other := path.Join(dir, path.Base(name))
		if o, otherErr := os.Stat(other); err == nil && otherErr == nil && os.SameFile(info, o) {
			list = append(list, other)
		}
	}
	return list
}

// resolve finds a program, by path or on the path of a login.
func resolve(name string) string {
	names := []string{name}
	if !strings.Contains(name, "/") {
		names = nil
		for _, dir := range searchPath() {
			names = append(names, path.Join(dir, name))
		}
	}
	for _, n := range names {
		if info, err := os.Stat(n); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return n
		}
	}
	return ""
}

// asRoot becomes root and the command, in a fresh environment.
func asRoot(r aixsim.Rights, command []string) error {
	env := []string{"PATH=/usr/bin:/etc:/usr/sbin:/sbin:/bin", "HOME=/", "LOGNAME=root", "USER=root"}
	if r.Tool != "su" {
		env = append(env, strings.ToUpper(r.Tool)+"_USER="+r.User)
	}
	for len(command) > 1 && strings.Contains(command[0], "=") && !strings.HasPrefix(command[0], "/") {
		env, command = append(env, command[0]), command[1:]
	}
	program := resolve(command[0])
	if program == "" {
		return fmt.Errorf("%s: %s: command not found", r.Tool, command[0])
	}
	if err := errors.Join(syscall.Setgroups([]int{0}), syscall.Setgid(0), syscall.Setuid(0)); err != nil {
		return fmt.Errorf("%s: become root: %w", r.Tool, err)
	}
	return fmt.Errorf("%s: %w", program, syscall.Exec(program, command, env)) // only a failure returns
}
