//go:build unix

package job

import (
	"os"
	"syscall"
)

// OpenFiles returns how many files this process may open. Go's runtime has raised the
// soft limit to the hard one at start.
func OpenFiles() Files {
	f := Files{limit: noLimit}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return f // unknown: a dial reports the trouble
	}
	if n := uint64(limit.Cur); n < noLimit { //nolint:unconvert // limit.Cur is an int64 on FreeBSD, where this must compile, too
		f.limit = int(n)
	}
	if list, err := os.ReadDir("/dev/fd"); err == nil { // AIX has none
		f.Taken = len(list)
	}
	return f
}
