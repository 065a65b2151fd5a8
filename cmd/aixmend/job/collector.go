package job

import "runtime/debug"

// An open connection holds about 90 KB, with the answers of its host, and a run 16 MB beside.
const (
	baseMemory       = 16 << 20
	connectionMemory = 90 << 10
)

// garbage is how much memory the collector may leave to garbage, in bytes, where Go's default
// leaves less: as much as is in use. With 100 connections that is 25 MB, which a run fills every
// 50 hosts, and a sixth of its CPU time is the collector's.
const garbage = 80 << 20

// percent returns the garbage that a run with so many connections may leave, in percent of the
// memory in use, as GOGC is given.
func percent(connections int) int {
	const goDefault, most = 100, 400
	return min(most, max(goDefault, 100*garbage/(baseMemory+connections*connectionMemory)))
}

// leaveGarbage has the collector run less often, until the function that it returns is called.
// Where the user has set GOGC, that counts.
func leaveGarbage(connections int) (undo func()) {
	before := debug.SetGCPercent(percent(connections))
	if before != 100 {
		debug.SetGCPercent(before)
	}
	return func() { debug.SetGCPercent(before) }
}
