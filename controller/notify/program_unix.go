//go:build unix

package notify

import (
	"os/exec"
	"syscall"
)

// killWhole lets a program that is cut off take its children with it.
func killWhole(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
