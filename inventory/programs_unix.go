//go:build unix

package inventory

import (
	"os/exec"
	"syscall"
)

// killWhole lets a program that is cut off take its children with it: a script
// that waits for another program would leave that one behind.
func killWhole(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
