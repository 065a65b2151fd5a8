package job

import (
	"math"
	"runtime"
	"runtime/debug"
)

// An open connection holds about 90 KB, with the answers of its host, and a run 16 MB beside.
const (
	baseMemory       = 16 << 20
	connectionMemory = 90 << 10
)

// garbage is how much memory the collector may leave to garbage, in bytes, where Go's default
// leaves less: as much as is in use. With 100 connections that is 25 MB, which a run fills every
// 50 hosts, and a sixth of its CPU time is the collector's.
const garbage = 80 << 20

// ballast returns how much memory a run with so many connections pretends to use, in bytes. The
// collector leaves as much more garbage, however large the inventory and the reports are: a higher
// GOGC would multiply those, too.
func ballast(connections int) int {
	return max(0, garbage-baseMemory-connections*connectionMemory)
}

// leaveGarbage has the collector run less often, until the function that it returns is called.
// Where the user has set GOGC or GOMEMLIMIT, that counts.
func leaveGarbage(connections int) (undo func()) {
	percent := debug.SetGCPercent(100)
	debug.SetGCPercent(percent)
	if percent != 100 || debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return func() {}
	}
	pretended := make([]byte, ballast(connections)) // never touched: it takes no memory
	return func() { runtime.KeepAlive(pretended) }
}
