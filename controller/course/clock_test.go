package course_test

import (
	"testing"
	"time"

	"aixmend/controller/course"
)

// E9: the controller's clock goes back while a timed undo has its way.
func TestClockGoesBackWhileAnUndoIsArmed(t *testing.T) {
	w := newWorld(noAddress)
	w.told = true
	back := false
	w.play(func(_ int, a course.Action) trouble {
		if a.Do == course.Disarm {
			return linkBefore
		}
		if a.Do == course.Settle && a.Firm {
			if a.For > undoAfter*time.Second+31*time.Second {
				t.Errorf("waits %s", a.For)
			}
			if !back {
				back = true
				return jumpBack
			}
		}
		return goOn
	})
	if len(w.wrong) > 0 {
		t.Errorf("%v\n%s", w.wrong, w)
	}
}
