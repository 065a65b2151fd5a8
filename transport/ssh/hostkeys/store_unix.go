//go:build unix

package hostkeys

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a file the owner of another one, if permitted.
func keepOwner(file *os.File, like fs.FileInfo) {
	if owner, ok := like.Sys().(*syscall.Stat_t); ok {
		_ = file.Chown(int(owner.Uid), int(owner.Gid))
	}
}
