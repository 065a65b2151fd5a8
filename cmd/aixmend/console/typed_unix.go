//go:build aix || linux || solaris

package console

import (
	"os"

	"golang.org/x/sys/unix"
)

// discardTyped discards the unread input of a terminal.
func discardTyped(terminal *os.File) error {
	return unix.IoctlSetInt(int(terminal.Fd()), unix.TCFLSH, unix.TCIFLUSH)
}
