package job

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

// goal returns at how much memory in use the collector will run next, in bytes.
func goal() int64 {
	runtime.GC()
	runtime.GC() // the first one may have begun before
	sample := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// Few connections leave room for garbage, many none beyond Go's default. That room does not grow
// with what is in use: an inventory of 100,000 hosts is not to take three times its memory.
func TestLeaveGarbage(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	const slack = 4 << 20
	for _, used := range []int{0, 200 << 20} {
		inUse := make([]byte, used)
		before := goal()
		for connections, want := range map[int]int64{1: 63 << 20, 100: 55 << 20, 500: 20 << 20, 1000: 0, 100_000: 0} {
			undo := leaveGarbage(connections)
			grown := goal() - before
			undo()
			// what is pretended counts twice: as in use, and as garbage
			if got := grown / 2; got < want-slack || got > want+slack {
				t.Errorf("%d MB in use, %d connections: %d MB more garbage, want %d", used>>20, connections, got>>20, want>>20)
			}
		}
		runtime.KeepAlive(inUse)
	}
}

// A setting of the user's counts.
func TestLeaveGarbageAsTheUserSays(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	unchanged := func(what string) {
		t.Helper()
		before := goal()
		undo := leaveGarbage(1)
		grown := goal() - before
		undo()
		if grown > 1<<20 {
			t.Errorf("%s: the goal grew by %d MB", what, grown>>20)
		}
	}
	for _, set := range []int{50, 800} {
		debug.SetGCPercent(set)
		unchanged("GOGC")
		if after := debug.SetGCPercent(set); after != set {
			t.Errorf("GOGC=%d became %d", set, after)
		}
	}
	debug.SetGCPercent(100)
	debug.SetMemoryLimit(1 << 40)
	unchanged("GOMEMLIMIT")
}
