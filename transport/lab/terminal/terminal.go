// Package terminal opens pseudo-terminals for tests, and waits for something to happen at
// their other end.
package terminal

import (
	"testing"
	"time"
)

// hang is how long Until waits: a test that takes longer hangs.
const hang = 5 * time.Minute

// Until waits until a condition holds.
func Until(t testing.TB, condition string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for end := time.After(hang); !holds(); {
		select {
		case <-ticker.C:
		case <-end:
			t.Fatalf("timed out waiting until %s", condition)
		}
	}
}
