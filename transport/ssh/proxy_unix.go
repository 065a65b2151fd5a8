//go:build unix

package ssh

import (
	"os/exec"
	"syscall"
)

// proxyShell runs proxy commands, as OpenSSH does.
const proxyShell = "/bin/sh"

// ownGroup puts a command into a session of its own, without the terminal: a
// key that is pressed there is not for it, it asks nobody anything, and it is
// killed with all that it has started.
func ownGroup(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error {
		killGroup(cmd)
		return nil
	}
	return nil
}

// killGroup kills a command and what it has started.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
