package suite

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// Effort returns the processor time that f takes on its own thread. Other processes on
// the machine do not lengthen it, so a test may compare two efforts. It is 0 on systems
// other than Linux.
func Effort(t testing.TB, f func()) time.Duration {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime(t)
	f()
	return threadTime(t) - before
}

func threadTime(t testing.TB) time.Duration {
	t.Helper()
	const thisThread = 1 // RUSAGE_THREAD
	var used syscall.Rusage
	if err := syscall.Getrusage(thisThread, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
