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

// E4, E8: a step that had worked, and whose timed undo ran because the process was killed before
// it disarmed it, is sent once more when the run is resumed: its rung proved nothing. It is not
// sent a third time.
func TestTimedUndoRanWhileNobodyWasThere(t *testing.T) {
	step := stepOf("set")
	step.Timer = &outcome.UndoTimer{Arm: "arm", Disarm: "disarm", After: 4 * time.Minute}
	r := rung(1, "address", step)
	s := newTale()
	s.begins(r)
	look := course.Look{Targets: r.Fixes, Open: r.Fixes, Plan: []course.Rung{r}}
	for sent := 1; sent <= 2; sent++ {
		arming := s.sends(r.ID, step.ID, course.Arming, -1, 0, "", "")
		at := s.sends(r.ID, step.ID, course.Main, -1, 0, "", "")
		s.tell(outcome.EventRun, nil) // killed, and resumed
		s.now = s.now.Add(time.Hour)
		s.tell(course.Linked, nil)
		s.leases(course.Rung{})
		s.sends(r.ID, step.ID, course.Ending, arming, 0, "", outcome.UndoFired)
		entered := false
		for range 100 {
			look.Fates = map[int]course.Fate{at: {Known: true}}
			switch a := s.next(); a.Do {
			case course.LookAt:
				s.looks(look)
			case course.Note:
				s.notes(a)
			case course.Leave:
				s.tell(outcome.EventLeft, func(e *course.Event) { e.Rung, e.Status, e.Detail = a.Rung.ID, a.Status, a.Detail })
			case course.Settle:
				s.now = s.now.Add(a.For)
				s.tell(course.Waited, nil)
			case course.TakeLease:
				s.leases(a.Rung)
			case course.Enter:
				s.enters(a.Rung)
				entered = true
			case course.Arm:
				entered = true
			case course.Finish:
				if sent == 1 || a.End.Outcome != outcome.Failed {
					t.Errorf("sent %d times: %s", sent, describe(a))
				}
				return
			default:
				t.Fatalf("sent %d times: %s", sent, describe(a))
			}
			if entered {
				break
			}
		}
		if !entered || sent == 2 {
			t.Fatalf("sent %d times, and entered again: %t", sent, entered)
		}
	}
}
