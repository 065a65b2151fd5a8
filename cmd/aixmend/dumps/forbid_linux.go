package dumps

import "golang.org/x/sys/unix"

// Forbid forbids core dumps. No other process without root's rights can then read the
// memory of this one either. Child processes keep the soft limit of no core file, and can
// raise it. Where the system denies a call, as a unit of systemd may, the other still
// counts.
func Forbid() {
	noCoreFile()
	// A kernel that pipes cores to a program does not look at the limit, but at this.
	_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
}
