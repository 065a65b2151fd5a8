package course

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
)

// Events that are not written into the journal: they end with the process.
const (
	Linked     = "linked"     // a connection is open
	Unlinked   = "unlinked"   // one could not be opened: Status is the kind, How "brief" where it may pass
	Broke      = "broke"      // the connection broke while something was read
	Closed     = "closed"     // it was closed
	Waited     = "waited"     // a time was waited for
	Released   = "released"   // the host's wave has begun
	Gathered   = "gathered"   // every host has been read; Look is the host judged among them
	Awaited    = "awaited"    // what was waited for of other hosts has come
	Leased     = "leased"     // the host was asked for its lease: Status says what came of it
	Checked    = "checked"    // a step that changes nothing has ended
	Fetched    = "fetched"    // files were fetched, or were not
	Spoiled    = "spoiled"    // the capture is not good any more
	Uncaptured = "uncaptured" // there is no good capture
	Parked     = "parked"     // the host waits for others: what is known of it stands in its report alone
)

// What came of asking a host for its lease: Status of Leased.
const (
	LeaseHeld    = "held"    // it is this run's, and was all the time
	LeaseTaken   = "taken"   // it is this run's now
	LeaseBusy    = "busy"    // somebody else has it
	LeaseTwice   = "twice"   // this run has it under another name
	LeaseRefused = "refused" // it can't be had
	LeaseBroke   = "broke"   // the link broke
	LeaseShut    = "shut"    // the gate is shut
	LeaseBack    = "back"    // it was given back
)

// How a rung is left: Status of outcome.EventLeft.
const (
	LeftDone  = "done"
	LeftAnew  = "anew"  // what is left of it is another now: it is planned anew
	LeftEnded = "ended" // it is not needed any more
	LeftStuck = "stuck" // what is left of it may not be sent
)

// Brief is How of Unlinked, where the failure may pass soon.
const Brief = "brief"

// maxTries is how often a step may be sent in a run: once, and once more where the
// host itself said that it did not happen.
const maxTries = 2

// Event is a line of the journal, or one of the events that are not written there.
type Event struct {
	outcome.Entry
	// Look is what Looked and Gathered have seen; nil where the event is read from a
	// journal: then it says that there was a look, and no more.
	Look *Look
	// Says is what a note says, without what was said of the change before.
	Says string
	// End is how a host that is parked ends where nothing more comes of it; its
	// outcome is empty where it waits to be changed.
	End End
}

// Names of what surrounds a step.
const (
	armSuffix    = "-arm-undo"
	disarmSuffix = "-disarm-undo"
	undoSuffix   = "-undo"
)

// Name is how reports and the journal call a part of a step.
func Name(step string, part Part) string {
	return step + map[Part]string{Main: "", Arming: armSuffix, Ending: disarmSuffix, Undo: undoSuffix}[part]
}

// PartOf takes such a name apart.
func PartOf(name string) (step string, part Part) {
	for _, part := range []Part{Arming, Ending, Undo} { // an undo's suffix ends the others
		if step, ok := strings.CutSuffix(name, Name("", part)); ok {
			return step, part
		}
	}
	return name, Main
}

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
	case Waited:
		r.wait.settle = r.looks.events
		r.link.fails = 0
	case Released:
		r.wait.released, r.parked = true, nil
		r.gap()
	case Gathered:
		r.wait.gathered, r.parked = true, nil
		r.Look, r.looks.made = e.Look, r.looks.events
	case Awaited:
		if e.Status == string(AwaitEnd) {
			r.wait.kept, r.wait.last = true, e.Time
		}
		r.gap()
	case Leased:
		r.leased(e)
	case outcome.EventKept:
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

// gap notes that what was looked at may be true no more.
func (r *Record) gap() {
	r.looks.gap, r.looks.since = r.looks.events, 0
}

// fresh reports whether the newest look still counts.
func (r *Record) fresh() bool { return r.Look != nil && r.looks.made > r.looks.gap }

// resume goes on where another process was: its connections are gone, and what it
// knew may be true no more. A host on which nothing was sent begins anew.
func (r *Record) resume(at time.Time) {
	if len(r.Changes) == 0 {
		events := r.looks.events
		*r = *New()
		r.looks.events = events
		r.gap()
		return
	}
	r.End, r.Look = nil, nil
	for i := range r.Changes { // what was not known may be found out
		if c := &r.Changes[i]; c.Status == outcome.UnknownIf {
			c.judged, c.unseen, c.gone = false, 0, 0
		}
	}
	r.link = link{begun: true}
	r.lease = lease{}
	r.story.shut, r.story.elsewhere = false, ""
	w := &r.wait
	w.released, w.gathered, w.kept, w.began = true, false, false, at
	w.process = r.looks.events
	if r.Open() { // nobody waited meanwhile
		w.last = at
	}
	r.gap()
	w.settle = r.looks.events // it is read at once
}

// looked takes a look into account.
func (r *Record) looked(l *Look) {
	if l == nil {
		return // another process's
	}
	r.looks.since++
	if l.Part {
		r.looks.part, r.looks.proved = r.looks.events, l.Proved
		return
	}
	r.Look, r.looks.made = l, r.looks.events
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
		if gone := l.Process.Ended && c.Arrived; !gone {
			c.gone = 0
		} else {
			c.gone++
		}
	}
	if r.InProgress() != nil {
		r.compare(l.Rest)
	}
}

// compare says whether what is left of the rung in progress comes out the same.
func (r *Record) compare(rest Rest) {
	was := r.rung
	was.right = r.looks.events
	was.at = r.behind(was.Steps)
	at := r.behind(rest.Steps)
	was.differs = !slices.EqualFunc(was.Steps[was.at:], rest.Steps[at:], func(a, b Step) bool {
		return a.ID == b.ID && a.Command == b.Command && a.Undo == b.Undo
	})
}

// behind is where a rung goes on of which some steps have been taken: what is known
// to have happened is not sent again, nor what comes before it.
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
	r.tried.fixes[e.Rung] = e.Mends
	delete(r.tried.anew, e.Rung)
	for _, id := range e.Mends {
		if !slices.Contains(r.tried.led, id) {
			r.tried.led = append(r.tried.led, id)
		}
	}
	slices.Sort(r.tried.led)
	rung := Rung{ID: e.Rung, Fixes: e.Mends}
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
	case LeftAnew:
		r.tried.anew[rung.ID] = r.tried.entered[rung.ID] < maxTries
	case LeftStuck:
		if rung.Collects {
			r.story.noSupport = e.Detail
		} else {
			r.story.trouble = e.Detail
		}
	}
	r.wait.settle = r.looks.events // it is looked at at once
}

// leased takes into account what came of asking for the lease.
func (r *Record) leased(e Event) {
	l := &r.lease
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
		if l.broken >= leaseTries {
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

// leaseTries is how often a host is asked for its lease when the link breaks.
const leaseTries = 3

// noLease ends the recovery: without a lease nothing is changed.
func (r *Record) noLease(why string) {
	r.story.trouble = "the host's lease can't be taken: " + why
	r.story.noLease = true
}

// intend notes a change that is about to be sent.
func (r *Record) intend(e Event) {
	c := Change{Part: Part(e.Part), Of: e.Of - 1, Rung: e.Rung, Status: outcome.UnknownIf, At: e.Time, after: r.looks.events}
	id, _ := PartOf(e.Step)
	switch {
	case c.Of >= 0 && c.Of < len(r.Changes):
		c.Step = r.Changes[c.Of].Step
	case r.rung != nil:
		if c.Part == Main {
			id = e.Step
		}
		if at := slices.IndexFunc(r.rung.Steps, func(s Step) bool { return s.ID == id }); at >= 0 {
			c.Step = r.rung.Steps[at]
		}
	}
	if c.Step.ID == "" { // never of our own making
		c.Step = Step{ID: e.Step, Command: e.Command, Undo: e.Undo}
	}
	r.Changes = append(r.Changes, c)
	if c.Part == Main && r.rung != nil {
		r.rung.again = false
	}
	if c.Part != Ending {
		r.link.fresh = false
	}
	r.wait.settle = 0
}

// result notes how a change ended, or what a look has said of it since.
func (r *Record) result(e Event) {
	at := e.Change - 1
	if at < 0 || at >= len(r.Changes) {
		return
	}
	c := &r.Changes[at]
	if e.How == "" && e.Exit == nil {
		r.noted(at, e)
		return
	}
	c.Status, c.Exit, c.How, c.Arrived, c.Answer, c.after = e.Status, e.Exit, e.How, e.Arrived, e.Answer, r.looks.events
	if c.Part != Undo && (r.rung == nil || !r.rung.Collects) {
		r.wait.last = e.Time
	}
	if c.Exit == nil {
		r.unanswered(c, e)
		return
	}
	switch c.Part {
	case Arming:
		if *c.Exit != 0 {
			c.Status, c.judged = outcome.NotApplied, true
			r.story.trouble = fmt.Sprintf("the undo of step %s could not be armed, so the step was not taken: %s", c.Step.ID, e.Answer)
			r.gap()
		}
	case Ending:
		if *c.Exit != 0 { // there was nothing to end
			c.Status, c.judged = outcome.NotApplied, true
		}
	case Main:
		r.answered(c, e)
	}
}

// answered takes the exit status of a step into account.
func (r *Record) answered(c *Change, e Event) {
	if r.rung != nil {
		if i := slices.IndexFunc(r.rung.Steps, func(s Step) bool { return s.ID == c.Step.ID }); i >= 0 {
			r.rung.at = i + 1
		}
	}
	failed := fmt.Sprintf("step %s ended with status %d: %s", c.Step.ID, *c.Exit, e.Answer)
	switch collects := r.rung != nil && r.rung.Collects; {
	case *c.Exit == 0:
	case collects && c.Step.MayFail:
		r.story.partial = append(r.story.partial, strings.TrimPrefix(failed, "step "))
	case collects:
		c.judged = true
		r.endSupport(failed)
		r.gap()
	case !c.Step.MayFail:
		r.story.trouble = failed
		r.gap()
	}
}

// unanswered takes a change into account that has no exit status.
func (r *Record) unanswered(c *Change, e Event) {
	collects := r.rung != nil && r.rung.Collects
	switch c.How {
	case outcome.HowShut:
		r.story.shut = true
	case outcome.HowRefused:
		if c.Part == Main || c.Part == Arming {
			r.refuse(c.Step.ID, e.Detail)
		}
	case outcome.HowFenced:
		r.lease.held, r.lease.asked = false, ""
		r.lease.fenced++
		r.gap()
	case outcome.HowMoved: // a transfer came to its end
		if r.rung != nil {
			r.rung.at++
		}
	case outcome.HowFailed: // a transfer did not, for a reason of its own
		if collects {
			r.endSupport(fmt.Sprintf("step %s: %s", c.Step.ID, e.Detail))
		} else {
			r.story.trouble = fmt.Sprintf("step %s: %s", c.Step.ID, e.Detail)
		}
		r.gap()
	default: // unsent, lost, hung
		r.link.up = false
		r.gap()
		r.wait.settle = r.looks.events
		if c.How == outcome.HowUnsent && c.Part == Main && c.Step.Transfer == "" && r.InProgress() != nil {
			r.rung.again = true
		}
		if collects && c.Part == Main && c.How != outcome.HowUnsent && c.Step.Transfer == "" {
			c.judged = true
			r.endSupport("step " + c.Step.ID + ": the link broke")
		}
	}
}

// endSupport ends the collecting of support data, which says nothing about how the
// host fares.
func (r *Record) endSupport(why string) {
	r.story.noSupport, r.rung.over = why+r.collected(), true
}

// collected says what of support data is left on the host.
func (r *Record) collected() string {
	text := ""
	for _, c := range r.Changes {
		if r.rung != nil && c.Rung == r.rung.ID && c.Part == Main && c.Status != outcome.NotApplied && !c.Step.NoUndo() {
			text += "; what was collected is left on the host, by hand: " + c.Step.Undo
		}
	}
	return text
}

// refuse blocks a rung that has changed nothing yet; later it has failed.
func (r *Record) refuse(step, why string) {
	why = "step " + step + ": " + why
	r.gap()
	r.wait.settle = r.looks.events
	if r.rung == nil {
		r.story.trouble = why
		return
	}
	id := r.rung.ID
	acted := slices.ContainsFunc(r.Changes, func(c Change) bool {
		return c.Rung == id && c.Part == Main && c.Status != outcome.NotApplied
	})
	switch {
	case r.rung.Collects:
		r.endSupport(why)
	case acted:
		r.story.trouble = why
	default:
		r.tried.refused[id], r.rung.over = why, true
	}
}

// checked takes a step into account that changes nothing.
func (r *Record) checked(e Event) {
	switch {
	case r.rung == nil:
	case e.How == outcome.HowShut:
		r.story.shut = true
	case e.How == outcome.HowLost:
		r.link.up = false
		r.gap()
		r.wait.settle = r.looks.events
		if r.rung.lost++; r.rung.lost >= maxTries {
			why := fmt.Sprintf("step %s did not come to its end in %d tries: the link died each time", e.Step, maxTries)
			if r.rung.Collects {
				r.endSupport("step " + e.Step + ": the link broke")
			} else {
				r.story.trouble = why
			}
		}
	case e.Detail != "":
		r.refuse(e.Step, e.Detail)
	default:
		r.rung.at++
	}
}

// fetched takes into account how a fetching of files ended.
func (r *Record) fetched(e Event) {
	switch {
	case r.InProgress() == nil:
	case e.How == outcome.HowUnsent:
		e.How = outcome.HowLost
		r.checked(e)
	case e.How == outcome.HowFailed && r.rung.Collects:
		r.endSupport(fmt.Sprintf("step %s: %s", e.Step, e.Detail))
		r.gap()
		r.wait.settle = r.looks.events
	case e.How == outcome.HowFailed:
		r.story.trouble = fmt.Sprintf("step %s: %s", e.Step, e.Detail)
		r.gap()
	case e.How == outcome.HowShut:
		r.story.shut = true
	default:
		r.rung.at++
	}
}

// noted takes into account what a look, or the host, has said of a change.
func (r *Record) noted(at int, e Event) {
	c := &r.Changes[at]
	says := e.Says
	if says == "" {
		says = e.Detail
	}
	fired := r.fired(at)
	proves := !c.judged && c.Exit != nil && *c.Exit == 0 && c.Step.Prove
	c.Status, c.judged = e.Status, true
	switch {
	case c.Part == Undo && c.Status != outcome.Applied:
		if c.Status == outcome.UnknownIf && !c.Step.Temporary {
			r.story.undoLost = c.Step.ID
		}
		r.story.behind = append(r.story.behind, c.Step.ID+": "+says+"; by hand: "+c.Step.Undo)
	case c.Part != Main:
	case proves && c.Status == outcome.UnknownIf:
		r.story.unproved = fmt.Sprintf("step %s ended well, and whether it did what it should can't be told: %s", c.Step.ID, says)
	case proves && c.Status == outcome.NotApplied:
		if c.Step.Revert {
			c.Status = outcome.Applied // it ran, and may have done half of it: it is undone
		}
		r.story.trouble = fmt.Sprintf("step %s ended well and did not do what it should", c.Step.ID)
	case c.Status == outcome.Undone && fired && c.after > r.wait.process:
		r.story.trouble = fmt.Sprintf("step %s cut the connection; the host took it back by itself", c.Step.ID)
	case r.InProgress() == nil:
	case c.Status == outcome.Applied:
		if r.fresh() {
			r.compare(r.Look.Rest)
			r.rung.right = r.looks.made
		}
	case c.Step.Transfer == "" && (c.Exit == nil || fired):
		r.rung.again = true
	}
}

// Clone returns a record that can be changed without the other.
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
