//go:build !linux

package suite

import (
	"testing"
	"time"
)

// Effort runs f and returns 0: the processor time of a thread is read on Linux alone.
func Effort(_ testing.TB, f func()) time.Duration {
	f()
	return 0
}
