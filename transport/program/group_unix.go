//go:build unix

package program

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

const shell = "/bin/sh"

// setGroup puts a command into a process group of its own, to be killed with
// everything it started.
func setGroup(cmd *exec.Cmd, group Group) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: group == OwnGroup, Setsid: group == OwnSession}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
}

// killGroup kills the process group of a command.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
