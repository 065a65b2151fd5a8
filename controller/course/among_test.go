package course_test

import (
	"testing"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// A host of which every change certainly did not happen, and that this run holds under
// another name when it is gone on with, ends without a look.
func TestHeldTwiceBeforeALook(t *testing.T) {
	s := newTale()
	s.begins(rung(1, "address", stepOf("set")))
	s.sends("address", "set", course.Main, -1, 0, outcome.HowUnsent, "")
	s.tell(outcome.EventRun, nil)
	s.tell(course.Linked, nil)
	s.tell(course.Leased, func(e *course.Event) { e.Status, e.Detail = course.LeaseTwice, "same-machine" })
	if a := s.next(); a.Do != course.Finish || a.End.Outcome != outcome.NeedsAction {
		t.Errorf("%s", describe(a))
	}
}

// A host that was changed and waited for others, and can't be read again, has failed:
// unreachable is one of which nothing is known.
func TestChangedHostThatCantBeReadAmongTheOthers(t *testing.T) {
	r := rung(1, "address", stepOf("set"))
	s := newTale()
	s.begins(r)
	s.sends("address", "set", course.Main, -1, 0, "", "")
	s.tell(outcome.EventLeft, func(e *course.Event) { e.Rung, e.Status = "address", course.LeftDone })
	s.tell(course.Waited, nil)
	s.looks(course.Look{Proved: true})
	s.tell(course.Closed, nil)
	l := course.Look{Complete: true, Proved: true, Others: []string{"b"}, Fates: map[int]course.Fate{}}
	s.tell(course.Gathered, func(e *course.Event) { e.Look = &l })
	if a := s.next(); a.Do != course.AwaitEnd {
		t.Fatalf("%s", describe(a))
	}
	s.tell(course.Awaited, func(e *course.Event) { e.Status = string(course.AwaitEnd) })
	s.tell(course.Unlinked, func(e *course.Event) { e.Status, e.Detail = "timeout", "timeout: no answer" })
	if a := s.next(); a.Do != course.Finish || a.End.Outcome != outcome.Failed {
		t.Errorf("%s", describe(a))
	}
}

// E1: a host that has waited for others is read again before it is changed, with and
// without leases.
func TestReadAgainAfterAWait(t *testing.T) {
	for _, leases := range []bool{true, false} {
		r := rung(1, "address", stepOf("set"))
		s := newTale()
		s.w.Leases = leases
		s.tell(course.Linked, nil)
		s.tell(outcome.EventLooked, func(e *course.Event) {
			e.Look = &course.Look{Targets: r.Fixes, Open: r.Fixes, Plan: []course.Rung{r}}
		})
		if a := s.next(); a.Do != course.AwaitFleet {
			t.Fatalf("%s", describe(a))
		}
		s.tell(course.Closed, nil)
		s.tell(course.Parked, nil)
		l := course.Look{Complete: true, Targets: r.Fixes, Open: r.Fixes, Plan: []course.Rung{r}, Fates: map[int]course.Fate{}}
		s.tell(course.Gathered, func(e *course.Event) { e.Look = &l })
		if a := s.next(); a.Do != course.Connect {
			t.Fatalf("%s", describe(a))
		}
		s.tell(course.Linked, nil)
		if leases {
			s.leases(r)
		}
		if a := s.next(); a.Do != course.LookAt {
			t.Errorf("leases %v: %s", leases, describe(a))
		}
	}
}

// E1: a look that was judged before the machines of all other hosts were known is made
// again before the rung continues, also if they are known by then: one of them may be this
// very machine.
func TestJudgedBeforeTheOthersWereKnown(t *testing.T) {
	r := rung(1, "address", stepOf("set"), stepOf("add"))
	s := newTale()
	s.begins(r)
	s.sends("address", "set", course.Main, -1, 0, "", "")
	s.tell(outcome.EventRun, nil)
	s.tell(course.Linked, nil)
	s.leases(r)
	s.looks(course.Look{Targets: r.Fixes, Open: r.Fixes, Plan: []course.Rung{r}, Rest: course.Rest{Steps: r.Steps[1:]}, OthersOpen: true})
	if a := s.next(); a.Do != course.AwaitChanges {
		t.Fatalf("%s", describe(a))
	}
	s.tell(course.Awaited, func(e *course.Event) { e.Status = string(course.AwaitChanges) })
	if a := s.next(); a.Do != course.LookAt {
		t.Errorf("%s", describe(a))
	}
}

// A host that a person has to act on has its end before the others are read: where the run
// is cut by then, resume does not begin with it again. One that is well is compared first.
func TestJudgedBeforeTheCut(t *testing.T) {
	for verdict, again := range map[outcome.Outcome]bool{outcome.NeedsAction: false, outcome.Healthy: true} {
		s := newTale()
		s.tell(course.Linked, nil)
		s.tell(outcome.EventLooked, func(e *course.Event) { e.Look = &course.Look{Verdict: verdict, Why: "the verdict"} })
		a := s.next()
		if a.Do != course.AwaitFleet || a.End.Outcome != verdict {
			t.Fatalf("%s", describe(a))
		}
		s.tell(course.Closed, nil)
		s.tell(course.Parked, func(e *course.Event) { e.End = a.End })
		s.w.Cut = outcome.ReasonDeadline
		if a := s.next(); a.Do != course.Finish || a.End.Outcome != verdict || a.End.Interrupted != again {
			t.Errorf("%s: interrupted %t: %s", verdict, a.End.Interrupted, describe(a))
		}
	}
}
