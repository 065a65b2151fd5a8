package outcome

import (
	"slices"
	"time"
)

// Trail is what a run's journal tells of one host: what was begun on it, what
// was sent, and what came of it.
type Trail struct {
	// Ended is the outcome of a walk that came to its end; "" for one that did
	// not, or of which the journal does not say so.
	Ended Outcome
	// Rungs are those that were begun, in order, each with what it was to mend.
	Rungs []TrailRung
	// Changes are those that were about to be sent, in order.
	Changes []TrailChange
	// Last is when the last change was sent or ended.
	Last time.Time
}

// TrailRung is a rung that was begun.
type TrailRung struct {
	ID    string
	Fixes []string
	// At is how many changes were before it.
	At int
}

// TrailChange is a change, and what the journal knows beside the report.
type TrailChange struct {
	Change
	// Exit is the exit status; nil when there was none.
	Exit *int
	// Open tells that there is no result: it is not known whether the command
	// was sent, or what came of it.
	Open bool
}

// cutOff is the detail of a change whose result was never written.
const cutOff = "the controller ended before the result was known"

// InDoubt tells whether it is not known what became of the last change.
func (t Trail) InDoubt() bool {
	return len(t.Changes) > 0 && t.Changes[len(t.Changes)-1].Status == UnknownIf
}

// Trails reads the journal of a run, host by host.
func Trails(entries []Entry) map[string]*Trail {
	trails := map[string]*Trail{}
	for _, e := range entries {
		if e.Host == "" {
			continue
		}
		t := trails[e.Host]
		if t == nil {
			t = &Trail{}
			trails[e.Host] = t
		}
		t.add(e)
	}
	return trails
}

func (t *Trail) add(e Entry) {
	switch e.Event {
	case EventEnded:
		t.Ended = Outcome(e.Status)
	case EventState:
		t.Ended = "" // it was taken up again
	case EventRung:
		t.Rungs = append(t.Rungs, TrailRung{ID: e.Rung, Fixes: e.Fixes, At: len(t.Changes)})
	case EventIntent:
		t.Last = e.Time
		t.Changes = append(t.Changes, TrailChange{Change: begunChange(e, t.mends(e.Rung)), Open: true})
	case EventResult:
		t.Last = e.Time
		if e.Change < 1 || e.Change > len(t.Changes) {
			return
		}
		c := &t.Changes[e.Change-1]
		c.Status, c.Detail = e.Status, e.Detail
		if e.Exit != nil {
			c.Exit = e.Exit
		}
		c.Open = false
	}
}

// begunChange is a change that is about to be sent.
func begunChange(e Entry, mends []string) Change {
	return Change{Step: e.Step, Command: e.Command, Undo: e.Undo, Status: UnknownIf, At: e.Time, Detail: cutOff, Rung: e.Rung, Fixes: mends}
}

// FoldChange keeps the changes of a report in step with the journal. mends are the
// findings for which the rung of the change was begun.
func FoldChange(changes *[]Change, e Entry, mends []string) {
	switch {
	case e.Event == EventIntent:
		*changes = append(*changes, begunChange(e, mends))
	case e.Event == EventResult && e.Change >= 1 && e.Change <= len(*changes):
		c := &(*changes)[e.Change-1]
		c.Status, c.Detail = e.Status, e.Detail
	}
}

// mends are the findings for which a rung was begun the last time.
func (t *Trail) mends(rung string) []string {
	for _, r := range slices.Backward(t.Rungs) {
		if r.ID == rung {
			return r.Fixes
		}
	}
	return nil
}
