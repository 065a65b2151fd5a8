package course_test

import (
	"testing"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// E4, E5: a rung whose check failed, and of which a step was undone, does not go on when
// another process goes on with the run: what the check said stands in no journal.
func TestUndoneRungDoesNotGoOn(t *testing.T) {
	apply, check := stepOf("apply"), stepOf("check")
	apply.Revert, check.Check = true, true
	r := rung(0, "update", apply, check)
	s := newTale()
	s.begins(r)
	s.sends("update", "apply", course.Main, -1, 0, "", "")
	s.sends("update", "apply", course.Undo, 0, 0, "", "")
	s.tell(outcome.EventResult, func(e *course.Event) { e.Change, e.Status, e.Says = 1, outcome.Undone, "taken back" })
	s.tell(outcome.EventRun, nil)
	s.tell(course.Linked, nil)
	s.leases(course.Rung{})
	for range 5 {
		a := s.next()
		switch a.Do {
		case course.LookAt:
			s.looks(course.Look{Targets: r.Fixes, Open: r.Fixes, Plan: []course.Rung{r}, Rest: course.Rest{Steps: r.Steps}})
			continue
		case course.Finish:
			if a.End.Outcome != outcome.Failed {
				t.Errorf("%s", describe(a))
			}
			return
		}
		t.Fatalf("%s", describe(a))
	}
}

// E5: a signal while a service is stopped, and the host can't be reached for a while:
// it is started as soon as it can be.
func TestSignalWhileAServiceIsStoppedAndTheHostIsAway(t *testing.T) {
	w := newWorld(shutOut)
	w.told = true
	w.play(inOrder([]event{{"send start", signal}, {"send start", unplug}}))
	if !w.host.daemon || len(w.wrong) > 0 {
		t.Errorf("the daemon is stopped; %v\n%s", w.wrong, w)
	}
}

// E5: a stop that failed, and of which a look can't tell whether it happened, is
// finished: a service that runs is not harmed by its start.
func TestStopThatMayHaveHappenedIsFinished(t *testing.T) {
	stop := stepOf("stop")
	stop.Finishes = []string{"start"}
	s := newTale()
	s.begins(rung(3, "recycle", stop, stepOf("start")))
	s.sends("recycle", "stop", course.Main, -1, 1, "", "no")
	s.looks(course.Look{Fates: map[int]course.Fate{0: {Why: "it can't be read"}}})
	s.notes(s.next())
	if a := s.next(); a.Do != course.Send || a.Step.ID != "start" || !a.Finishes {
		t.Errorf("%s", describe(a))
	}
}

// E5, E8: a host that was cut off while something was left to finish is gone on with,
// also where a step has failed.
func TestCutOffBeforeItIsFinished(t *testing.T) {
	stop := stepOf("stop")
	stop.Finishes = []string{"start"}
	s := newTale()
	s.begins(rung(3, "recycle", stop, stepOf("middle"), stepOf("start")))
	s.sends("recycle", "stop", course.Main, -1, 0, "", "")
	s.sends("recycle", "middle", course.Main, -1, 1, "", "no")
	s.w.Stop, s.w.Cut = true, "interrupted: the deadline"
	a := s.next()
	for a.Do == course.Note {
		s.notes(a)
		a = s.next()
	}
	if a.Do != course.Finish || a.End.Outcome != outcome.Failed || !a.End.Interrupted {
		t.Errorf("%s; interrupted: %v", describe(a), a.End.Interrupted)
	}
}
