//go:build unix

package dumps

import "golang.org/x/sys/unix"

// noCoreFile sets the soft limit of core files to 0.
func noCoreFile() {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_CORE, &limit) == nil {
		limit.Cur = 0
		_ = unix.Setrlimit(unix.RLIMIT_CORE, &limit)
	}
}
