package course_test

import (
	"fmt"
	"strings"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// trouble is what happens to an action.
type trouble int

// What can happen, at each choice point.
const (
	goOn trouble = iota
	killBefore
	killIn    // after the intent, before anything is sent
	killAfter // when it has run, before its result is written
	linkBefore
	linkIn     // it is sent, and runs on
	answerLost // it has run
	hangs      // it lands later than its time-out
	fails      // its status is not 0, and it did nothing
	failsDone  // its status is not 0, and it did what it should
	frozen     // the controller sleeps for two hours
	robbed     // it sleeps for ten minutes, and somebody takes the lease
	naps       // it sleeps for ten minutes, and the customer sets an address of his own
	otherActs  // another controller, where it gets the lease, mends the host
	leaseGone  // somebody removes the lease and takes one himself
	operator   // the customer sets an address of his own
	reboots    // the host does
	diskFull
	joins    // a cluster
	jumpHost // the host's clock goes two hours ahead
	jumpBack // the controller's clock goes an hour back
	signal   // the first one
	unplug   // the host can't be reached for ten minutes
	troubles
)

var troubleNames = [...]string{
	"go on", "kill before", "kill in", "kill after", "link lost before", "link lost in", "answer lost", "hangs", "fails", "fails and did it",
	"frozen for two hours", "asleep for ten minutes, and the lease is taken", "asleep for ten minutes, and the customer sets an address", "another controller acts", "the lease is taken", "the operator edits", "the host reboots", "the disk fills", "a cluster is joined",
	"the host's clock jumps", "the controller's clock goes back", "a signal", "unreachable for ten minutes",
}

// maxSteps bounds a history.
const maxSteps = 600

// chooser says what happens to the n-th action.
type chooser func(n int, a course.Action) trouble

// play plays a history: choose says at each choice point what happens.
func (w *world) play(choose chooser) {
	for n := 0; ; n++ {
		if w.record.End != nil {
			w.atEnd()
			return
		}
		if n > maxSteps {
			w.fault("no end after %d actions", maxSteps)
			return
		}
		now := timeOf(w.now)
		a := w.record.Next(now, w.wishes())
		if strings.HasPrefix(a.Why, "for: ") { // the live view shows it
			w.fault("no words for a person: %s", a.Why)
		}
		if a.Do == course.Settle && (a.Why == "not verified yet" && a.Until.IsZero() || !a.Until.IsZero() && (now.Add(a.For).After(a.Until) || a.Until.After(now.Add(w.wishes().Wait)))) {
			w.fault("a wait of %s from %s, until %s at the latest: %s", a.For, now, a.Until, a.Why)
		}
		w.actions++
		t := choose(n, a)
		if t == goOn {
			w.say("%s", describe(a))
		} else {
			w.say("%s  <- %s", describe(a), troubleNames[t])
		}
		if w.before(t) {
			continue
		}
		w.do(a, t)
	}
}

// before is what happens before an action; true: the action is decided anew.
func (w *world) before(t trouble) bool {
	switch t {
	case killBefore:
		w.kill()
		return true
	case frozen:
		w.link = w.link && w.process%2 == 0 // half of the links survive
		w.hostPasses(7200)
		w.now += 7200
		w.paused()
		return true
	case robbed:
		w.pass(600)
		w.other(true)
		w.paused()
		return true
	case naps:
		w.pass(600)
		w.host.customer, w.foreign = true, true
		w.edits++
		w.paused()
		return true
	case otherActs:
		w.other(false)
	case leaseGone:
		w.other(true)
	case operator:
		w.host.customer, w.foreign = true, true
		w.edits++
	case reboots:
		w.link = false
		w.programs = nil
		if w.marker != nil && !w.marker.fired {
			w.marker.due = w.clock + 1_000_000 // nobody waits for it any more: it has expired
			w.marker = nil
		}
		w.host.daemon = true
		w.foreign = true
	case diskFull:
		w.host.room, w.foreign = false, true
		w.edits++
	case joins:
		w.host.cluster, w.foreign = true, true
		w.edits++
	case jumpHost:
		w.hostPasses(7200)
	case jumpBack:
		w.now -= 3600
	case signal:
		w.stop = true
		return true
	case linkBefore:
		w.link = false
	case unplug:
		w.link, w.up = false, false
	}
	return false
}

// paused tells the course that the controller was not running, as the executor sees by
// the clock on the wall.
func (w *world) paused() {
	w.slept, w.unasked = true, true
	w.happened(course.Paused, nil)
}

// other is another controller: it takes the lease where its rules let it, or by force,
// and mends what it can.
func (w *world) other(force bool) {
	if w.lease.by == us && w.lease.until+60 > w.clock && !force {
		return
	}
	w.lease = hold{them, w.clock + 600}
	w.epoch++
	w.foreign = true
	w.edits++
	w.host.address, w.host.daemon, w.host.clients = true, true, true
}

// dropped tells the course of a link that is not there; true where it was needed.
func (w *world) dropped() bool {
	if w.link {
		return false
	}
	w.happened(course.Broke, func(e *course.Event) { e.Status, e.Detail = "lost", "lost: the link broke" })
	return true
}

func (w *world) do(a course.Action, t trouble) {
	w.pass(1)
	switch a.Do {
	case course.Connect:
		w.link = false
		if !w.up {
			w.happened(course.Unlinked, func(e *course.Event) { e.Status, e.How, e.Detail = "timeout", course.Brief, "timeout: no answer" })
			return
		}
		w.link = true
		w.happened(course.Linked, nil)
	case course.LookAt:
		if w.dropped() {
			return
		}
		e := course.Event{Look: w.look(a.Part)}
		e.Event = outcome.EventLooked
		w.write(e)
	case course.AwaitFleet:
		w.giveBack()
		w.link = false
		w.happened(course.Closed, nil)
		w.happened(course.Gathered, func(e *course.Event) { e.Look = w.look(false) })
	case course.TakeLease:
		w.takeLease(a.Rung.ID, t)
	case course.Capture:
		if w.dropped() {
			return
		}
		e := course.Event{}
		e.Event, e.Detail = outcome.EventCaptured, "capture"
		w.write(e)
	case course.Enter:
		begun := a.Rung.RungBegun
		e := course.Event{}
		e.Event, e.Rung, e.Fixes, e.Begun = outcome.EventRung, a.Rung.ID, a.Rung.Fixes, &begun
		w.write(e)
	case course.Leave:
		e := course.Event{}
		e.Event, e.Rung, e.Status, e.Detail = outcome.EventLeft, a.Rung.ID, a.Status, a.Detail
		w.write(e)
	case course.Note:
		e := course.Event{Says: a.Detail}
		e.Event, e.Change, e.Status, e.Detail = outcome.EventResult, a.Change+1, a.Status, a.Detail
		w.write(e)
	case course.Settle:
		w.link = false
		w.happened(course.Closed, nil)
		if a.For < 0 {
			w.fault("a wait of %s", a.For)
		}
		if w.stop && !a.Firm {
			a.For = 0
		}
		w.pass(int64(a.For.Seconds()) + 1)
		if !w.up {
			w.hostPasses(600)
			w.up = true
		}
		w.happened(course.Waited, nil)
	case course.AskUndo:
		if w.dropped() {
			return
		}
		status, unsure := outcome.Applied, w.record.Changes[a.Change].Status == outcome.UnknownIf
		switch {
		case w.marker == nil && unsure:
			status = outcome.NotApplied
		case w.marker == nil, w.marker.fired && !unsure:
			status = outcome.Undone
		}
		e := course.Event{Says: "asked"}
		e.Event, e.Change, e.Status = outcome.EventResult, a.Change+1, status
		w.write(e)
	case course.Arm:
		w.send(course.Arming, -1, a.Step, a.Rung.ID, false, t)
	case course.Send:
		if a.Step.Check {
			w.check(a.Step, t)
			return
		}
		w.send(course.Main, -1, a.Step, a.Rung.ID, a.Finishes, t)
	case course.Disarm:
		c := w.record.Changes[a.Change]
		w.send(course.Ending, a.Change, c.Step, c.Rung, true, t)
	case course.Revert:
		c := w.record.Changes[a.Change]
		w.send(course.Undo, a.Change, c.Step, c.Rung, true, t)
	case course.Finish:
		if !a.End.KeepLease && w.link {
			w.giveBack()
		}
		w.finished(a.End)
		e := course.Event{}
		e.Event, e.Status, e.Detail = outcome.EventEnded, string(a.End.Outcome), a.End.Reason
		w.record.Apply(e)
	default:
		w.fault("unexpected action %s", a.Do)
		w.record.End = &course.End{}
	}
}

// check runs a step that changes nothing.
func (w *world) check(s course.Step, t trouble) {
	w.happened(course.Checked, func(e *course.Event) {
		e.Step = s.ID
		switch {
		case !w.link, t == answerLost, t == linkIn, t == hangs:
			w.link = false
			e.How = outcome.HowLost
		case t == fails, t == failsDone:
			e.Detail = "no"
		}
	})
}

func (w *world) giveBack() {
	if w.link && w.mine && w.lease.by == us {
		w.lease = hold{}
	}
	w.mine = false
	w.happened(course.Leased, func(e *course.Event) { e.Status = course.LeaseBack })
}

func (w *world) takeLease(rung string, t trouble) {
	w.unasked = w.unasked && (!w.link || t == answerLost || t == linkIn)
	answer := func(status string) {
		w.happened(course.Leased, func(e *course.Event) { e.Status, e.Rung, e.Detail = status, rung, "them" })
	}
	if !w.link {
		answer(course.LeaseBroke)
		return
	}
	if t == answerLost || t == linkIn {
		w.link = false
		answer(course.LeaseBroke)
		return
	}
	switch {
	case w.lease.by == them && w.clock < w.lease.until+60:
		answer(course.LeaseBusy)
	case w.lease.by == us && w.mine:
		w.lease.until = w.clock + leaseLast
		answer(course.LeaseHeld)
	default:
		if w.lease.by != us {
			w.epoch++
		}
		w.lease, w.mine = hold{us, w.clock + leaseLast}, true
		answer(course.LeaseTaken)
	}
}

// send sends a changing command, as the executor does.
func (w *world) send(part course.Part, of int, s course.Step, rung string, finishes bool, t trouble) {
	name := course.Name(s.ID, part)
	e := course.Event{}
	e.Event, e.Change, e.Rung, e.Step, e.Part, e.Of = outcome.EventIntent, len(w.record.Changes)+1, rung, name, string(part), of+1
	e.Command, e.Undo = s.Command, s.Undo
	w.write(e)
	at := len(w.record.Changes) - 1
	if t == killIn {
		w.kill()
		return
	}
	answer := func(how, status string, exit int, says string) {
		r := course.Event{}
		r.Event, r.Change, r.Step, r.Rung, r.How, r.Status, r.Answer = outcome.EventResult, at+1, name, rung, how, status, says
		r.Started = how == "" || how == outcome.HowHung
		if how == "" {
			r.Exit = &exit
		} else {
			r.Detail = how
		}
		w.write(r)
	}
	switch {
	case !w.link:
		answer(outcome.HowUnsent, outcome.NotApplied, 0, "")
		return
	case w.stop && !finishes:
		answer(outcome.HowShut, outcome.NotApplied, 0, "")
		return
	case part != course.Ending && (w.shutFence || w.lease.by != us || w.clock >= w.lease.until):
		w.rejected++
		w.mine = false
		answer(outcome.HowFenced, outcome.NotApplied, 0, "")
		return
	}
	exit, says := w.run(part, of, s, at, finishes, t)
	switch t {
	case killAfter:
		w.kill()
	case linkIn, answerLost:
		w.link = false
		answer(outcome.HowLost, outcome.UnknownIf, 0, "")
	case hangs:
		w.link = false
		w.pass(int64(s.Timeout.Seconds()))
		answer(outcome.HowHung, outcome.UnknownIf, 0, "")
	case fails:
		if part == course.Ending {
			answer(outcome.HowRefused, outcome.NotApplied, 0, says)
			return
		}
		answer("", outcome.Applied, exit, says)
	default:
		answer("", outcome.Applied, exit, says)
	}
}

// run is a command on the host.
func (w *world) run(part course.Part, of int, s course.Step, at int, finishes bool, t trouble) (exit int, says string) {
	switch part {
	case course.Arming:
		if w.marker != nil && !w.marker.fired {
			return 1, "an undo is armed already"
		}
		if t == fails {
			return 1, "no"
		}
		w.marker = &marker{due: w.clock + undoAfter}
		return 0, ""
	case course.Ending:
		switch {
		case t == fails:
			return 1, "sudo: a password is required"
		case w.marker == nil:
			return 0, outcome.UndoNowhere
		case w.marker.fired:
			w.marker = nil
			return 0, outcome.UndoFired
		}
		w.marker = nil
		return 0, outcome.UndoDisarmed
	case course.Undo:
		for i, c := range w.record.Changes {
			if c.Part == course.Undo && c.Of == of && i < at && c.How != outcome.HowUnsent && c.How != outcome.HowFenced {
				w.fault("E4: %s was undone twice", s.ID)
			}
		}
		if t == fails {
			return 1, "no"
		}
		switch s.ID {
		case folderStep:
			w.host.folder = false
		case applyStep:
			w.host.old = true
		}
		return 0, ""
	}
	d := deed{step: s.ID, attempt: at, looked: w.looked, epoch: w.epoch, finish: finishes}
	w.judgeSend(s, at, finishes)
	switch t {
	case fails:
		return 1, "no"
	case hangs, linkIn:
		w.programs = append(w.programs, program{step: s.ID, attempt: at, lands: w.clock + slowStep})
		if t == hangs {
			w.programs[len(w.programs)-1].lands = w.clock + int64(s.Timeout.Seconds()) + slowStep
		}
		w.deeds = append(w.deeds, d)
		return 0, ""
	case failsDone:
		exit, says = 1, "no"
	}
	w.deeds = append(w.deeds, d)
	w.land(s.ID)
	return exit, says
}

// judgeSend holds a changing command against what was looked at before it (E1, E2, E4).
func (w *world) judgeSend(s course.Step, at int, finishes bool) {
	if w.unasked {
		w.fault("E2: %s was sent, and the controller has slept since it asked for the lease", s.ID)
	}
	if finishes {
		return
	}
	if w.slept {
		w.fault("E1: %s was sent from a look that was made before the controller slept", s.ID)
	}
	if w.epoch != w.lookAt {
		w.fault("E1: %s was sent from a look that was not made under this lease", s.ID)
	}
	switch {
	case s.ID == setStep && w.looked.customer:
		w.fault("E1: %s was sent although the look had shown an address of the customer", s.ID)
	case s.ID == stopStep && w.looked.cluster, s.ID == rebuildStep && (w.looked.cluster || !w.looked.room):
		w.fault("E1: %s was sent although the look had shown what forbids it", s.ID)
	}
	for _, p := range w.programs {
		if p.step == s.ID {
			w.fault("E4: %s was sent while it still runs", s.ID)
		}
	}
	sends := 0
	for i, c := range w.record.Changes {
		if c.Part != course.Main || c.Step.ID != s.ID || c.Rung != w.record.Changes[at].Rung || i > at {
			continue
		}
		if c.How != outcome.HowUnsent && c.How != outcome.HowShut && c.How != outcome.HowFenced {
			sends++
		}
		if i == at {
			continue
		}
		for _, d := range w.deeds {
			if d.attempt == i && d.step == s.ID && c.Status != outcome.NotApplied && c.Status != outcome.Undone && w.record.Entered(c.Rung) < 2 {
				w.fault("E4: %s was sent again, and the first is %s", s.ID, c.Status)
			}
		}
	}
	if sends > 2 {
		w.fault("E4: %s was sent %d times", s.ID, sends)
	}
}

// finished holds the end of the host against what is true (E5, E6, E7).
func (w *world) finished(e course.End) {
	if e.Outcome == "" {
		w.fault("an end without an outcome")
	}
	if w.marker != nil && !w.marker.fired && w.marker.due > w.clock && !(e.Outcome == outcome.Unknown && e.KeepLease) {
		w.fault("E7: %s, and a timed undo is armed", e.Outcome)
	}
	if e.Outcome == outcome.Recovered && !w.foreign && !w.host.connected() && len(w.programs) == 0 {
		w.fault("recovered, and it is not")
	}
	if w.host.folder && !e.Interrupted && e.Outcome != outcome.Unknown && len(e.Left)+len(w.record.Left()) == 0 {
		w.fault("E5: %s, and a temporary folder is left, of which nothing is said", e.Outcome)
	}
	for i, c := range w.record.Changes {
		if c.Part != course.Main || c.Step.ID != applyStep || c.Status != outcome.Applied || e.Interrupted || w.foreign {
			continue
		}
		if w.host.old && len(w.programs) == 0 && e.Outcome != outcome.Unknown {
			w.fault("E6: %s, change %d is applied, and it is not in effect", e.Outcome, i)
		}
	}
	stopped := false
	for _, d := range w.deeds {
		stopped = stopped || d.step == stopStep && d.attempt >= 0
	}
	if stopped && !w.host.daemon && w.began.daemon && !w.foreign && w.link && e.Outcome != outcome.Unknown && !w.failedStart() {
		w.fault("E5: %s, and a daemon that ran is stopped", e.Outcome)
	}
	for i, c := range w.record.Changes {
		if c.Part != course.Main {
			continue
		}
		did := false
		for _, d := range w.deeds {
			did = did || d.attempt == i
		}
		switch {
		case c.Status == outcome.Applied && !did && c.Step.ID != enableStep && !w.others(c.Step.ID):
			w.fault("E6: %s is applied, and it never ran", c.Step.ID)
		case c.Status == outcome.NotApplied && did && w.inEffect(c.Step.ID, i):
			w.fault("E6: %s is not_applied, and it is in effect", c.Step.ID)
		case c.Status == outcome.UnknownIf && e.Outcome != outcome.Unknown && !w.cut && e.Outcome != outcome.Failed:
			w.fault("E6: %s is unknown, and the host ends %s", c.Step.ID, e.Outcome)
		}
	}
}

// failedStart reports whether what finishes was tried and failed, or was cut off as
// often as a step may be sent (E4 goes before E5).
func (w *world) failedStart() bool {
	if w.rejected > 2 {
		return true // the host kept changes back again and again: E2 goes before E5
	}
	tries := 0
	for _, c := range w.record.Changes {
		if c.Step.ID != startStep || c.How == outcome.HowUnsent || c.How == outcome.HowShut || c.How == outcome.HowFenced {
			continue
		}
		if tries++; tries > 1 || c.Exit != nil && *c.Exit != 0 {
			return true
		}
	}
	return false
}

// others reports whether somebody else may have brought about what a step is for.
func (w *world) others(string) bool { return w.foreign }

// inEffect reports whether a step is in effect and only this attempt can have done it.
func (w *world) inEffect(step string, at int) bool {
	if w.foreign {
		return false
	}
	for _, d := range w.deeds {
		if d.step == step && d.attempt != at {
			return false
		}
	}
	fate := w.host.fate(step)
	return fate.Known && fate.InEffect && step != startStep && step != stopStep && step != enableStep
}

// atEnd is where a history ends.
func (w *world) atEnd() {}

// String is the history as a person reads it.
func (w *world) String() string {
	text := fmt.Sprintf("began %+v\n", w.began)
	for _, line := range w.story {
		text += line + "\n"
	}
	return text
}
