package course_test

import (
	"strings"
	"testing"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// A host that can't be reached any more keeps what was to be taken away: its end says
// so.
func TestTemporaryThingsOfAHostThatIsGone(t *testing.T) {
	folder := stepOf("folder")
	folder.Temporary = true
	s := newTale()
	s.begins(rung(0, "images", folder, stepOf("check")))
	s.sends("images", "folder", course.Main, -1, 0, "", "")
	s.sends("images", "check", course.Main, -1, 1, "", "no")
	s.now = s.now.Add(time.Hour)
	s.tell(course.Broke, func(e *course.Event) { e.Status, e.Detail = "lost", "lost: the link broke" })
	a := s.next()
	for a.Do == course.Note {
		s.notes(a)
		a = s.next()
	}
	if a.Do != course.Finish || len(a.End.Left) != 1 || !strings.Contains(strings.Join(a.End.Left, ""), "undo folder") {
		t.Errorf("%s: left %q", describe(a), a.End.Left)
	}
}

// What was not known when the run was cut off, and is known now, is not held against
// the host.
func TestLostUndoIsFoundOutLater(t *testing.T) {
	step := stepOf("apply")
	step.Revert = true
	s := newTale()
	s.begins(rung(0, "update", step))
	s.sends("update", "apply", course.Main, -1, 1, "", "no")
	s.sends("update", "apply", course.Undo, 0, 0, outcome.HowLost, "")
	s.tell(outcome.EventResult, func(e *course.Event) {
		e.Change, e.Status, e.Says = 2, outcome.UnknownIf, "whether it was reverted is unknown"
	})
	s.tell(outcome.EventRun, nil)
	s.tell(course.Linked, nil)
	s.leases(course.Rung{})
	s.looks(course.Look{Fates: map[int]course.Fate{0: {Known: true}}})
	a := s.next()
	for a.Do == course.Note {
		s.notes(a)
		a = s.next()
	}
	if a.Do != course.Finish || a.End.Outcome != outcome.Failed || len(s.Left()) > 0 {
		t.Errorf("%s; left %q", describe(a), s.Left())
	}
}

// What is taken away in the end takes no time to take effect: a host about which all is
// known waits for nothing more.
func TestTakingAwayIsNotWaitedFor(t *testing.T) {
	folder := stepOf("folder")
	folder.Temporary = true
	s := newTale()
	s.begins(rung(0, "images", folder))
	s.sends("images", "folder", course.Main, -1, 0, "", "")
	s.tell(outcome.EventLeft, func(e *course.Event) { e.Rung, e.Status = "images", course.LeftDone })
	s.tell(course.Waited, nil)
	s.looks(course.Look{Targets: []string{"of-a-person"}, Open: []string{"of-a-person"}, Verdict: outcome.NeedsAction, Why: "of-a-person"})
	if a := s.next(); a.Do != course.Revert {
		t.Fatalf("%s", describe(a))
	}
	s.sends("images", "folder", course.Undo, 0, 0, "", "")
	a := s.next()
	s.notes(a)
	if a := s.next(); a.Do != course.AwaitFleet || a.End.Outcome != outcome.NeedsAction {
		t.Errorf("%s", describe(a))
	}
}
