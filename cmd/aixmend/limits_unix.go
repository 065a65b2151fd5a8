//go:build unix

package main

import (
	"os"
	"syscall"
)

// openFiles is what this process may open. Go's runtime has raised the soft
// limit to the hard one when the process began: there is no more to be had.
func openFiles() files {
	f := files{limit: noLimit}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return f // nothing is known, and a dial says what is wrong
	}
	if n := uint64(limit.Cur); n < noLimit { //nolint:unconvert // its type differs between systems
		f.limit = int(n)
	}
	if list, err := os.ReadDir("/dev/fd"); err == nil { // AIX has none
		f.taken = len(list)
	}
	return f
}
