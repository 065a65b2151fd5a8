package onhost

import (
	"testing"
	"time"
)

// Two processes without a name are not taken for one.
func TestUnknownProcessesAreTwo(t *testing.T) {
	a, b := NewLease("r1", "h", "me", "", time.Time{}), NewLease("r1", "h", "me", "", time.Time{})
	if SameFolder(a.Process, b.Process) {
		t.Errorf("two processes of which nothing is known are one: %s", a)
	}
}
