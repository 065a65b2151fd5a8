package controller

import (
	"strings"
	"testing"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// E9: what is reckoned from the time of a change goes by a clock that does not jump.
func TestTimesOfTheCourseDoNotJump(t *testing.T) {
	t.Parallel()
	w := walkOf(t)
	if err := w.write(course.Event{Entry: outcome.Entry{Event: outcome.EventIntent, Change: 1, Step: "set"}}); err != nil {
		t.Fatal(err)
	}
	if at := w.course.Changes[0].At.String(); !strings.Contains(at, "m=") {
		t.Errorf("%s is of the clock on the wall", at)
	}
	if at := w.out.Changes[0].At.String(); !strings.HasSuffix(at, "UTC") {
		t.Errorf("the report says %s", at)
	}
}
