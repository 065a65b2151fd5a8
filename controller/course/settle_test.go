package course_test

import (
	"testing"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// A host that settles is told until when at most: between rungs that is the short wait, after the
// last rung all of it.
func TestUntilWhenAHostSettles(t *testing.T) {
	first, second := rung(0, "first", stepOf("a")), rung(1, "second", stepOf("b"))
	for name, c := range map[string]struct {
		plan []course.Rung
		want time.Duration
	}{
		"another rung follows": {[]course.Rung{first, second}, time.Minute},
		"it was the last rung": {[]course.Rung{first}, 15 * time.Minute},
	} {
		s := newTale()
		look := course.Look{Targets: first.Fixes, Open: first.Fixes, Plan: c.plan}
		s.tell(course.Linked, nil)
		s.looks(look)
		s.leases(first)
		s.looks(look)
		s.tell(outcome.EventCaptured, func(e *course.Event) { e.Detail = "capture" })
		s.enters(first)
		s.sends("first", "a", course.Main, -1, 0, "", "")
		changed := s.now
		a := s.next()
		for ; a.Do == course.Leave; a = s.next() {
			s.tell(outcome.EventLeft, func(e *course.Event) { e.Rung, e.Status = "first", course.LeftDone })
		}
		// The wait begins with the last change, and the short one with its own beginning.
		began := changed
		if len(c.plan) > 1 {
			began = s.now
		}
		if got := a.Until.Sub(began); a.Do != course.Settle || got != c.want {
			t.Errorf("%s: %s, until %s after it began, want %s", name, describe(a), got, c.want)
		}
	}
}
