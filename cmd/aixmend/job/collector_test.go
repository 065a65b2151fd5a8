package job

import (
	"runtime/debug"
	"testing"
)

// Few connections leave room for garbage, many none beyond Go's default; a setting of the user's
// counts.
func TestLeaveGarbage(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	for connections, want := range map[int]int{1: 400, 100: 322, 500: 133, 1000: 100, 100_000: 100} {
		undo := leaveGarbage(connections)
		if got := debug.SetGCPercent(100); got != want {
			t.Errorf("%d connections leave %d %%, want %d", connections, got, want)
		}
		undo()
	}
	for _, set := range []int{50, 800, -1} {
		debug.SetGCPercent(set)
		undo := leaveGarbage(100)
		within := debug.SetGCPercent(set)
		undo()
		if after := debug.SetGCPercent(set); within != set || after != set {
			t.Errorf("GOGC=%d became %d, and %d after the run", set, within, after)
		}
	}
}
