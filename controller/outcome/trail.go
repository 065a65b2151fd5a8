package outcome

import (
	"slices"
	"time"
)

// Trail is the history of one host in a run's journal: its rungs, its changes and their
// results.
type Trail struct {
	// Ended is the outcome of a host that has ended by the journal, else "".
	Ended Outcome
	// Rungs are those that were begun, in order, each with the findings that it was to fix.
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

// TrailChange is a change with the parts that only the journal has.
type TrailChange struct {
	Change
	// Exit is the exit status; nil when there was none.
	Exit *int
	// Open says that there is no result: it is unknown whether the command was sent, or
	// whether it worked.
	Open bool
}

// cutOff is the detail of a change whose result was never written.
const cutOff = "the controller ended before the result was known"

// InDoubt reports whether it is unknown whether the last change happened.
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
		t.Ended = "" // it was resumed
	case EventRung:
		t.Rungs = append(t.Rungs, TrailRung{ID: e.Rung, Fixes: e.Fixes, At: len(t.Changes)})
	case EventIntent:
		t.Last = e.Time
		t.Changes = append(t.Changes, TrailChange{Change: begunChange(e, t.fixes(e.Rung)), Open: true})
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
func begunChange(e Entry, fixes []string) Change {
	return Change{Step: e.Step, Command: e.Command, Undo: e.Undo, Status: UnknownIf, At: e.Time, Detail: cutOff, Rung: e.Rung, Fixes: fixes}
}

// FoldChange folds an event into the changes of a report. fixes are the
// findings for which the rung of the change was begun.
func FoldChange(changes *[]Change, e Entry, fixes []string) {
	switch {
	case e.Event == EventIntent:
		*changes = append(*changes, begunChange(e, fixes))
	case e.Event == EventResult && e.Change >= 1 && e.Change <= len(*changes):
		c := &(*changes)[e.Change-1]
		c.Status, c.Detail = e.Status, e.Detail
	}
}

// fixes are the findings for which a rung was last begun.
func (t *Trail) fixes(rung string) []string {
	for _, r := range slices.Backward(t.Rungs) {
		if r.ID == rung {
			return r.Fixes
		}
	}
	return nil
}
