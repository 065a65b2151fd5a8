package course_test

import (
	"testing"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// V3: what must be proved is looked at, too, where the run is being stopped.
func TestProofWhileStopping(t *testing.T) {
	w := newWorld(noID)
	w.told = true
	w.play(func(_ int, a course.Action) trouble {
		if n := len(w.record.Changes); n > 0 && w.record.Changes[n-1].Step.ID == rebuildStep && !w.stop {
			w.host.id = false // it ended well, and did nothing
			return signal
		}
		return goOn
	})
	for _, c := range w.record.Changes {
		if c.Step.ID == rebuildStep && c.Status == outcome.Applied {
			t.Errorf("%s: %s; it is applied, and it is not\n%s", w.record.End.Outcome, w.record.End.Reason, w)
		}
	}
}

// E8: what an earlier rung had to prove was proved before the next one began: whoever
// goes on, and does not know any more what it rested on, does not ask again.
func TestProofOfAnEarlierRung(t *testing.T) {
	update, address := stepOf("update"), stepOf("set")
	update.Prove = true
	first, second := rung(0, "update", update), rung(1, "address", address)
	s := newTale()
	s.begins(first)
	s.sends("update", "update", course.Main, -1, 0, "", "")
	s.tell(outcome.EventLeft, func(e *course.Event) { e.Rung, e.Status = "update", course.LeftDone })
	s.tell(course.Waited, nil)
	s.looks(course.Look{Targets: second.Fixes, Open: second.Fixes, Plan: []course.Rung{second}, Fates: map[int]course.Fate{0: {Known: true, InEffect: true}}})
	if a := s.next(); a.Do != course.TakeLease {
		t.Fatalf("%+v", a)
	}
	s.enters(second)
	s.sends("address", "set", course.Main, -1, 0, "", "")
	s.tell(outcome.EventLeft, func(e *course.Event) { e.Rung, e.Status = "address", course.LeftDone })
	s.tell(outcome.EventRun, nil)
	s.tell(course.Linked, nil)
	s.leases(course.Rung{})
	if asked := s.Asked(); len(asked) > 0 {
		t.Errorf("asks about %v", asked)
	}
	s.looks(course.Look{Proved: true})
	if a := s.next(); a.Do != course.AwaitFleet || a.End.Outcome != outcome.Recovered {
		t.Errorf("%s: %+v", describe(a), a.End)
	}
}
