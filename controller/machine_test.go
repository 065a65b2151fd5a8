package controller

import "testing"

// Every state can be reached and left, and no event means two things.
func TestMachine(t *testing.T) {
	reached, left := map[State]bool{Queued: true}, map[State]bool{}
	seen := map[[2]string]bool{}
	for _, row := range Machine() {
		key := [2]string{string(row.From), string(row.On)}
		if seen[key] {
			t.Errorf("%s on %q stands twice", row.From, row.On)
		}
		seen[key] = true
		reached[row.To], left[row.From] = true, true
	}
	for _, s := range []State{Queued, Connecting, Diagnosing, Capturing, Recovering, Settling, Verifying} {
		if !reached[s] || !left[s] {
			t.Errorf("%s: reached %v, left %v", s, reached[s], left[s])
		}
	}
	if !reached[Done] || left[Done] {
		t.Errorf("done: reached %v, left %v", reached[Done], left[Done])
	}
	if _, err := next(Settling, captured); err == nil {
		t.Error("an event without a row leads somewhere")
	}
}
