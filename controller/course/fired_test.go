package course_test

import (
	"strings"
	"testing"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// E7: the undo has fired, and the answer that says so is lost: the step is looked at.
func TestFiredAndItsAnswerIsLost(t *testing.T) {
	w := newWorld(noAddress)
	w.told = true
	at := 0
	w.play(func(_ int, a course.Action) trouble {
		switch {
		case at == 0 && a.Do == course.Connect && len(w.record.Changes) > 0:
			at++
			return unplug
		case at == 1 && a.Do == course.Disarm:
			at++
			return answerLost
		}
		return goOn
	})
	for _, c := range w.record.Changes {
		if c.Part == course.Main && c.Step.ID == setStep && c.Status == outcome.Applied && !w.host.address {
			t.Errorf("the step is applied, and its undo has run\n%s", w)
		}
	}
}

// A step that is to be undone where its rung fails, and whose timed undo has run, is
// looked at before anything is sent to undo it: nothing is undone twice.
func TestTimedUndoRanOfAStepThatFailed(t *testing.T) {
	step := stepOf("restore")
	step.Revert, step.Timer = true, &outcome.UndoTimer{Arm: "arm", Disarm: "disarm", After: 4 * time.Minute}
	s := newTale()
	s.begins(rung(1, "network", step))
	arming := s.sends("network", "restore", course.Arming, -1, 0, "", "")
	s.sends("network", "restore", course.Main, -1, 1, "", "no")
	s.tell(course.Linked, nil)
	s.sends("network", "restore", course.Ending, arming, 0, "", outcome.UndoFired)
	if a := s.next(); a.Do != course.LookAt {
		t.Errorf("%s", describe(a))
	}
	s.looks(course.Look{Fates: map[int]course.Fate{1: {Known: true}}})
	a := s.next()
	if a.Do != course.Note || a.Status != outcome.Undone {
		t.Errorf("%s", describe(a))
	}
	s.notes(a)
	a = s.next()
	if a.Do == course.Revert {
		t.Errorf("%s", describe(a))
	}
	for range 10 {
		if a.Do == course.Finish {
			break
		}
		s.tell(course.Waited, nil)
		a = s.next()
	}
	if reason := a.End.Reason; !strings.Contains(reason, "step restore ended with status 1: no") || strings.Contains(reason, "connection") {
		t.Errorf("%s", reason)
	}
}

// A disarming that is refused leaves the undo armed, whatever its exit status: nothing is
// concluded before the undo has run and the step was looked at again.
func TestDisarmingIsRefused(t *testing.T) {
	w := newWorld(noAddress)
	w.play(func(_ int, a course.Action) trouble {
		if a.Do == course.Disarm {
			return fails
		}
		return goOn
	})
	end := w.record.End
	if w.host.address || end.Outcome != outcome.Failed || !strings.Contains(end.Reason, "its timed undo, which could not be disarmed, reverted it") {
		t.Errorf("%s: %s; the address is there: %v\n%s", end.Outcome, end.Reason, w.host.address, w)
	}
	for _, c := range w.record.Changes {
		if c.Part == course.Main && c.Step.ID == setStep && c.Status != outcome.Undone {
			t.Errorf("the step is %s", c.Status)
		}
	}
}
