package course

import (
	"maps"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/transport/retry"
)

// Apply folds an event into the record.
func (r *Record) Apply(e Event) {
	r.looks.events++
	switch e.Event {
	case outcome.EventRun:
		r.resume(e.Time)
	case Linked:
		r.link = link{up: true, begun: true, fresh: true, breaks: r.link.breaks}
	case Unlinked:
		r.link.up, r.link.begun = false, true
		r.link.fails++
		r.link.kind, r.link.brief, r.link.why = e.Status, e.How == Brief, e.Detail
	case Broke:
		r.link.up = false
		r.link.kind, r.link.why = e.Status, e.Detail
		if r.Begun() {
			r.link.fails++ // it is waited for
		} else {
			r.link.breaks++
		}
	case Parked:
		end := e.End
		r.parked, r.Look = &end, nil
	case Closed:
		r.link.up = false
	case Paused: // as after a resume
		r.gap()
		r.lease.asked, r.lease.stale = "", r.lease.held
		r.wait.process, r.wait.began, r.wait.settle = r.looks.events, e.Time, r.looks.events
	case Waited:
		r.wait.settle = r.looks.events
		r.link.fails = 0
	case Released:
		r.wait.released, r.parked = true, nil
		r.gap()
	case Gathered:
		r.looks.recalled = r.parked != nil
		r.wait.gathered, r.parked = true, nil
		r.Look, r.looks.made = e.Look, r.looks.events
	case Awaited:
		if e.Status == string(AwaitEnd) {
			r.wait.kept, r.wait.last = true, e.Time
		}
		r.gap()
	case Leased:
		r.leased(e)
	case outcome.EventCaptured:
		if r.Capture == "" {
			r.Capture = e.Detail
		}
	case Fetched:
		r.fetched(e)
	case Uncaptured:
		r.story.uncaptured, r.link.up, r.link.kind = e.Detail, r.link.up && e.Status == "", e.Status
	case Spoiled:
		r.story.trouble = e.Detail
	case outcome.EventLooked:
		r.looked(e.Look)
	case outcome.EventRung:
		r.enter(e)
	case outcome.EventLeft:
		r.leave(e)
	case Checked:
		r.checked(e)
	case outcome.EventIntent:
		r.intend(e)
	case outcome.EventResult:
		r.result(e)
	case outcome.EventEnded:
		r.End = &End{Outcome: outcome.Outcome(e.Status), Reason: e.Detail}
	}
}

// gap notes that the newest look may be outdated.
func (r *Record) gap() {
	r.looks.gap, r.looks.since = r.looks.events, 0
}

// fresh reports whether the newest look still counts.
func (r *Record) fresh() bool { return r.Look != nil && r.looks.made > r.looks.gap }

// resume continues for another process: its connections are gone, and its looks may be
// outdated. A host to which nothing was sent starts from the beginning.
func (r *Record) resume(at time.Time) {
	if len(r.Changes) == 0 {
		events := r.looks.events
		*r = *New()
		r.looks.events = events
		r.gap()
		return
	}
	r.End, r.Look = nil, nil
	for i := range r.Changes { // a look may tell now
		if c := &r.Changes[i]; c.Status == outcome.UnknownIf {
			c.judged, c.unseen, c.gone = false, 0, 0
			r.story.behind = slices.DeleteFunc(r.story.behind, func(b behind) bool { return b.change == i })
		}
	}
	r.story.undoLost, r.story.unproved = "", ""
	r.link = link{begun: true}
	r.lease = lease{}
	r.story.shut, r.story.elsewhere = false, ""
	w := &r.wait
	w.released, w.gathered, w.kept, w.began = true, false, false, at
	w.process = r.looks.events
	if r.Open() { // the wait starts again: nobody looked meanwhile
		w.last = at
	}
	r.gap()
	w.settle = r.looks.events // it is read at once
}

// looked folds a look.
func (r *Record) looked(l *Look) {
	if l == nil {
		return // another process's
	}
	r.looks.since++
	if l.Part {
		r.looks.part, r.looks.proved = r.looks.events, l.Proved
		return
	}
	r.Look, r.looks.made, r.looks.recalled = l, r.looks.events, false
	for i := range r.Changes {
		c := &r.Changes[i]
		of := i
		if c.Part == Undo {
			of = c.Of
		}
		fate, asked := l.Fates[of]
		if !asked || c.judged || !c.open() && !r.fired(i) {
			continue
		}
		if fate.Known && fate.InEffect != (c.Part == Undo) {
			continue // it is seen to have happened
		}
		c.unseen++
		if gone := l.Process.Ended && c.Started; !gone {
			c.gone = 0
		} else {
			c.gone++
		}
	}
	if r.InProgress() != nil {
		r.compare(l.Rest)
	}
}

// compare notes whether the rest of the rung in progress comes out the same.
func (r *Record) compare(rest Rest) {
	was := r.rung
	was.right = r.looks.events
	was.at = r.behind(was.Steps)
	at := r.behind(rest.Steps)
	was.differs = !slices.EqualFunc(was.Steps[was.at:], rest.Steps[at:], func(a, b Step) bool {
		return a.ID == b.ID && a.Command == b.Command && a.Undo == b.Undo
	})
}

// behind is the index at which a rung continues: steps that are known to have happened are
// not sent again, nor those before them.
func (r *Record) behind(steps []Step) int {
	for i := len(steps) - 1; i >= 0; i-- {
		for _, c := range r.Changes {
			if c.Part == Main && c.Status == outcome.Applied && c.Step.ID == steps[i].ID && c.Step.Command == steps[i].Command && c.Rung == r.rung.ID {
				return i + 1
			}
		}
	}
	return 0
}

// enter begins a rung.
func (r *Record) enter(e Event) {
	r.tried.entered[e.Rung]++
	r.tried.fixes[e.Rung] = e.Fixes
	delete(r.tried.anew, e.Rung)
	for _, id := range e.Fixes {
		if !slices.Contains(r.tried.led, id) {
			r.tried.led = append(r.tried.led, id)
		}
	}
	slices.Sort(r.tried.led)
	for i := range r.Changes { // a further rung begins only after they were verified
		if c := &r.Changes[i]; c.Part == Main && c.Step.Prove && c.Exit != nil && *c.Exit == 0 {
			c.judged = true
		}
	}
	rung := Rung{ID: e.Rung, Fixes: e.Fixes}
	if e.Begun != nil {
		rung.RungBegun = *e.Begun
	}
	r.rung = &running{Rung: rung, right: r.looks.events}
	r.story.partial = nil
	r.wait.gathered, r.wait.kept = false, false
}

// leave ends a rung.
func (r *Record) leave(e Event) {
	rung := r.rung
	if rung == nil || rung.over {
		return
	}
	rung.over = true
	r.gap()
	switch e.Status {
	case LeftDone:
		r.wait.quick = rung.NoSettle
		if len(r.story.partial) > 0 {
			r.story.noSupport = strings.Join(r.story.partial, "; ")
		}
		return
	case LeftReplan:
		r.tried.anew[rung.ID] = r.tried.entered[rung.ID] < retry.Step.Attempts
	case LeftStopped:
		if rung.Collects {
			r.story.noSupport = e.Detail
		} else {
			r.story.trouble = e.Detail
		}
	}
	r.wait.settle = r.looks.events // it is looked at without a wait
}

// leased folds the answer to a question for the lease.
func (r *Record) leased(e Event) {
	l := &r.lease
	l.stale = l.stale && e.Status == LeaseBroke
	switch e.Status {
	case LeaseHeld:
		l.held, l.asked, l.broken = true, e.Rung, 0
		if !l.known { // another process had it
			r.gap()
		}
		l.known = true
	case LeaseTaken:
		l.held, l.asked, l.broken, l.known = true, e.Rung, 0, true
		r.gap()
	case LeaseBusy, LeaseTwice:
		l.held = false
		r.story.elsewhere, r.story.twice = e.Detail, e.Status == LeaseTwice
	case LeaseBroke:
		l.broken++
		r.link.up = false
		if l.broken >= retry.Lease.Attempts {
			r.noLease(e.Detail)
		}
	case LeaseRefused:
		r.noLease(e.Detail)
	case LeaseShut:
		r.story.shut = true
	case LeaseBack:
		l.held, l.asked = false, ""
	}
}

// noLease ends the recovery: without a lease nothing is changed.
func (r *Record) noLease(why string) {
	r.story.trouble = "the host's lease can't be taken: " + why
	r.story.noLease = true
}

// Clone returns an independent copy.
func (r *Record) Clone() *Record {
	c := *r
	c.Changes = slices.Clone(r.Changes)
	c.tried.entered, c.tried.anew, c.tried.refused = maps.Clone(r.tried.entered), maps.Clone(r.tried.anew), maps.Clone(r.tried.refused)
	c.tried.fixes = maps.Clone(r.tried.fixes)
	c.tried.led = slices.Clone(r.tried.led)
	if r.rung != nil {
		rung := *r.rung
		c.rung = &rung
	}
	return &c
}
