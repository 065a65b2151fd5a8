//go:build unix

package sshconfig

import (
	"io/fs"
	"os"
	"os/exec"
	"syscall"
)

// owned tells whether a file belongs to this user or to root.
func owned(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (stat.Uid == 0 || int(stat.Uid) == os.Getuid())
}

// alone makes that a command which is cancelled takes with it what it has
// started: ssh starts the command of a Match exec.
func alone(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
}
