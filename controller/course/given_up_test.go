package course_test

import (
	"strings"
	"testing"

	"aixmend/controller/course"
)

// each lets a trouble come at every action that begins so.
func each(at string, t trouble) chooser {
	return func(_ int, a course.Action) trouble {
		if strings.HasPrefix(describe(a), at) {
			return t
		}
		return goOn
	}
}

// What goes wrong each time is given up: no host is worked on for ever.
func TestWhatGoesWrongEachTimeIsGivenUp(t *testing.T) {
	for _, c := range []struct {
		name  string
		began state
		at    string
		t     trouble
	}{
		{"the answer to the arming is lost", noAddress, "arm", answerLost},
		{"the link dies before the arming", noAddress, "arm", linkBefore},
		{"the link dies in the arming", noAddress, "arm", linkIn},
		{"the arming hangs", noAddress, "arm", hangs},
		{"the lease is over before a step", shutOut, "send stop", jumpHost},
		{"the lease is over before an arming", noAddress, "arm", jumpHost},
		{"the lease is over before a step with a timed undo", noAddress, "send set", jumpHost},
		{"the link dies before a step with a timed undo", noAddress, "send set", linkBefore},
		{"the answer to a step with a timed undo is lost", noAddress, "send set", answerLost},
		{"killed in each arming", noAddress, "arm", killIn},
		{"killed after each arming", noAddress, "arm", killAfter},
		{"killed after each disarming", noAddress, "disarm", killAfter},
		{"the link dies before a step", shutOut, "send stop", linkBefore},
		{"the answer to a step is lost", shutOut, "send", answerLost},
		{"the link dies before a lease", shutOut, "take lease", linkBefore},
		{"the link dies before a look", shutOut, "look", linkBefore},
		{"the link dies before a disarming", noAddress, "disarm", linkBefore},
		{"the answer to a disarming is lost", noAddress, "disarm", answerLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(c.began)
			w.told = true
			w.play(each(c.at, c.t))
			if len(w.wrong) > 0 || len(w.record.Changes) > 20 {
				t.Errorf("%v, %d changes\n%.6000s", w.wrong, len(w.record.Changes), w)
			}
		})
	}
}
