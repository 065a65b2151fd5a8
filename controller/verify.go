package controller

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport"
)

// verify looks again after a change and decides what follows.
func (w *walk) verify(ctx context.Context) (Event, error) {
	done := w.stage(outcome.StageVerify)
	if w.conn == nil {
		if err := w.dial(ctx); err != nil {
			done(outcome.StageFailed, err.Error())
			return w.unread(ctx, err), nil
		}
	}
	if w.pickup != nil && !w.pickup.seen {
		held, err := w.hold(ctx, w.rung)
		if err != nil {
			return "", err
		}
		ok := held != inDoubt
		switch held {
		case othersRun:
			done(outcome.StageFailed, string(held))
			w.say()
			return held, nil
		case rungDone:
			if ok, err = w.resumes(ctx); err != nil {
				return "", err
			}
		case gateShut:
			w.shut = true
		}
		if !ok {
			done(outcome.StageFailed, "the link broke")
			return w.unread(ctx, errBroke), nil
		}
		w.pickup.seen = true
	}
	if w.onlyWaiting() {
		d, err := w.look(ctx, w.Playbook.UntilProbes(w.probes))
		if err != nil {
			done(outcome.StageFailed, err.Error())
			return w.unread(ctx, err), nil
		}
		if !w.Playbook.Proved(d) && w.mayWait(ctx) {
			done(outcome.StageOK, "not proved yet")
			w.looks++
			return notYet, nil
		}
	}
	if err := w.askProcesses(ctx); err != nil {
		done(outcome.StageFailed, err.Error())
		return w.unread(ctx, err), nil
	}
	d, err := w.look(ctx, w.probes)
	if err != nil {
		done(outcome.StageFailed, err.Error())
		return w.unread(ctx, err), nil
	}
	w.looks++
	w.adopt(d)
	event := w.judgeChange(ctx)
	if event == walkFinished {
		w.say()
		if w.out.Outcome != outcome.Unknown { // nothing more is sent there
			if err := errors.Join(w.cleanUp(ctx), w.release(ctx)); err != nil {
				return "", err
			}
		}
		event = w.finish(walkFinished)
	}
	done(outcome.StageOK, string(event))
	return event, w.failure
}

var errBroke = errors.New("the link broke while the walk was taken up again")

// onlyWaiting tells that nothing but the wait is left, so that a look needs
// only the probes on which the proof rests.
func (w *walk) onlyWaiting() bool {
	return w.looks > 0 && w.doubt == nil && w.rung == nil && w.trouble == "" && !w.shut && w.runnable() == nil
}

func (w *walk) mayWait(ctx context.Context) bool {
	return w.left() > 0 && !w.stopping() && ctx.Err() == nil
}

// unread decides what an unreadable host means after a change: it is waited
// for as long as the wait lasts, then the truth is said.
func (w *walk) unread(ctx context.Context, err error) Event {
	w.hangUp()
	w.looks++
	if w.mayWait(ctx) && transport.KindOf(err) != transport.KindAuth {
		return notYet
	}
	if w.doubt != nil && !w.unsent {
		w.end(outcome.Unknown, "step %s: the link died while it ran, and the host can't be read again: %v", w.doubt.Step.ID, err)
		return walkFinished
	}
	if !w.changed() {
		w.unreachable(err)
		return walkFinished
	}
	w.end(outcome.Failed, "after the last change the host can't be read again: %v", err)
	return walkFinished
}

// judgeChange decides from a full look.
func (w *walk) judgeChange(ctx context.Context) Event {
	if w.doubt != nil {
		if event, settled := w.settleDoubt(ctx); !settled {
			return event
		}
	}
	if err := w.settleUndone(ctx); err != nil {
		w.failure = err
	}
	if w.pickup != nil && w.goesOn(ctx) == notYet {
		return notYet
	}
	if w.pickup != nil && w.rung != nil && w.trouble == "" {
		if why := w.Playbook.Throughout(w.diagnosis, w.rung.Rung.ID, false); why != "" {
			w.trouble = fmt.Sprintf("the rest of rung %d (%s) was not sent: %s", w.rung.Rung.Number, w.rung.Rung.ID, why)
		}
	}
	if w.rung != nil && w.trouble == "" && !w.shut && !w.stopping() {
		return nextRung // the rest of the rung, or the rung once more
	}
	w.settleFailed()
	if !w.unproved(ctx) {
		return notYet
	}
	open := w.targets()
	switch proved := w.Playbook.Proved(w.diagnosis); {
	case w.pickup != nil && w.pickup.astray != "", w.Earlier != nil:
	case w.trouble != "", w.undoLost != "", w.notProved != "", proved && len(w.stillOpen(open)) == 0, w.shut, w.stopping():
	case w.kept && !proved && w.mayWait(ctx):
		return notYet // the other host has just changed: this one is left alone
	case w.runnable() != nil:
		return nextRung
	case !proved && !w.hopeless(open) && w.mayWait(ctx):
		return notYet
	}
	w.conclusion()
	if w.out.Outcome == outcome.Failed && w.handOver() {
		return nextRung
	}
	return walkFinished
}

// concludeChanged gives a host on which a step was sent, or was about to be,
// its outcome.
func (w *walk) concludeChanged() {
	open := w.targets()
	remaining := w.stillOpen(open)
	interrupted := w.shut || w.stopping()
	switch {
	case w.pickup != nil && w.pickup.astray != "":
		w.end(outcome.Unknown, "it can't be told where the run was cut off: %s", w.pickup.astray)
	case w.undoLost != "":
		w.end(outcome.Unknown, "the link died while step %s was being taken back, and it is not known whether that happened", w.undoLost)
	case w.notProved != "":
		w.end(outcome.Unknown, "%s", w.notProved)
	case w.trouble != "":
		w.end(outcome.Failed, "%s; no further step was taken", w.trouble)
	case len(w.led) == 0 && w.noSupport != "":
		w.end(outcome.Failed, "the support data could not be had, or not all of them: %s", w.noSupport)
	case interrupted && w.changed() && w.halfDone():
		w.cut(outcome.Failed, "interrupted in the middle of rung %d (%s)", w.rung.Rung.Number, w.rung.Rung.ID)
	case w.Earlier != nil && !(interrupted && (w.rung != nil || !w.changed())):
		w.concludeTakenBack()
	case len(w.led) == 0 && !interrupted:
		conclude(&w.out) // nothing was to be mended
	case w.sideEffects() != "":
		w.end(outcome.Failed, "what was not meant to change did: %s", w.sideEffects())
	case w.Playbook.Proved(w.diagnosis) && len(remaining) == 0:
		w.end(outcome.Recovered, "judged again and gone: %s", strings.Join(w.ledTo(), ", "))
	case interrupted && !w.changed():
		w.cut(outcome.Skipped, "interrupted before anything was changed")
	case interrupted:
		w.cut(outcome.Failed, "interrupted before everything was tried; open: %s", strings.Join(remaining, ", "))
	case w.blocked() != "":
		w.end(outcome.NeedsAction, "%s", w.blocked())
	case w.hopeless(open):
		conclude(&w.out) // the reason is the finding that nothing could be done about
	default:
		w.end(outcome.Failed, "everything there is was tried; open: %s", strings.Join(remaining, ", "))
		if w.noSupport != "" {
			w.out.Reason += "; the support data could not be had, or not all of them: " + w.noSupport
		}
	}
}

// halfDone tells that a rung was left in the middle whose other half is a check,
// or all that it is for.
func (w *walk) halfDone() bool {
	return w.rung != nil && (len(w.led) == 0 || slices.ContainsFunc(w.applied, func(a appliedStep) bool { return a.step.Step.Revert }))
}

// sideEffects are the open findings about what a recovery must have left as it
// was (V4), as a reason.
func (w *walk) sideEffects() string {
	var list []string
	for _, f := range w.out.Findings {
		if f.Open() && slices.ContainsFunc(w.Playbook.Verify.Unchanged, func(u playbooks.Finding) bool { return u.ID == f.ID }) {
			list = append(list, f.ID+": "+f.Title)
		}
	}
	return strings.Join(list, "; ")
}

// changed tells whether a command may have changed the host.
func (w *walk) changed() bool {
	return slices.ContainsFunc(w.out.Changes, func(c outcome.Change) bool { return c.Status != outcome.NotApplied })
}

// targets are the findings that call for a change.
func (w *walk) targets() []string { return w.Playbook.Targets(w.diagnosis, w.wishes()) }

// hopeless tells that something stands for which no step was taken: waiting
// will not mend it.
func (w *walk) hopeless(targets []string) bool {
	return slices.ContainsFunc(targets, func(id string) bool { return !w.led[id] })
}

// settleFailed says of a step that failed whether it happened all the same: an
// exit status is not the truth (V1).
func (w *walk) settleFailed() {
	s := w.failed
	if s == nil {
		return
	}
	w.failed = nil
	change := &w.out.Changes[w.at]
	happened, err := s.Confirm(w.diagnosis)
	switch {
	case err != nil:
		change.Status = outcome.UnknownIf
	case happened:
		change.Status = outcome.Applied
	case w.expired != "":
		change.Status = w.expired
	default:
		change.Status = outcome.NotApplied
	}
	w.expired = ""
	change.Detail += "; by a new look: " + change.Status
	if err := w.note(w.at); err != nil {
		w.failure = err
	}
}

// stillOpen returns the findings that keep the host from being recovered:
// those that call for a change, and those that led to one and are still there
// in any severity.
func (w *walk) stillOpen(targets []string) []string {
	open := slices.Clone(targets)
	for _, f := range w.out.Findings {
		if f.Open() && w.led[f.ID] {
			open = append(open, f.ID)
		}
	}
	slices.Sort(open)
	return slices.Compact(open)
}

func (w *walk) ledTo() []string {
	var ids []string
	for id := range w.led {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// settleDoubt asks the evidence whether the step in doubt has happened. settled
// is false when the walk ends or waits over it.
func (w *walk) settleDoubt(ctx context.Context) (event Event, settled bool) {
	s := w.doubt
	if w.unsent {
		w.doubt, w.unsent = nil, false
		switch {
		case w.repeatable(s):
			w.repeat(s)
		case s.Step.ReadOnly() || s.Step.Upload != nil:
			w.giveUp(ctx, fmt.Sprintf("step %s did not come to its end in %d tries: the link died each time", s.Step.ID, maxEntries))
		default:
			w.again(ctx, w.rung.Rung, s.Step.ID)
		}
		return "", true
	}
	happened, err := s.Confirm(w.diagnosis)
	at := w.at // again may take steps back
	change := &w.out.Changes[at]
	switch {
	case w.fate.pid > 0 && (err != nil || !happened):
		return w.stillRuns(ctx, s), false
	case err == nil && !happened && !w.surelyEnded(s):
		if w.mayWait(ctx) {
			return notYet, false
		}
		w.end(outcome.Unknown, "step %s is not seen to have happened, and it may still run", s.Step.ID)
		return walkFinished, false
	case err != nil && w.mayWait(ctx):
		return notYet, false
	case err != nil:
		w.end(outcome.Unknown, "step %s: the link died while it ran, and the evidence can't tell whether it happened: %v", s.Step.ID, err)
		return walkFinished, false
	case happened:
		change.Status = outcome.Applied
		change.Detail += "; " + seen(s)
		if w.step >= len(w.rung.Steps) {
			w.rung, w.looks = nil, 0
		}
	case w.expired != "":
		change.Status = w.expired
		change.Detail += "; a new look shows that it is not in effect"
		w.rung = nil
		w.giveUp(ctx, fmt.Sprintf("step %s is not in effect, and its undo has had its time", s.Step.ID))
	default:
		change.Status = outcome.NotApplied
		change.Detail += "; a new look shows that it did not happen"
		w.again(ctx, w.rung.Rung, s.Step.ID)
	}
	w.doubt, w.expired = nil, ""
	if err := w.note(at); err != nil {
		w.failure = err
	}
	return "", true
}

const (
	// longStep is the time limit from which on a step is one that takes minutes.
	longStep = 5 * time.Minute
	// longDoubt is how many times settle such a step is given to be seen.
	longDoubt = 5
)

// seen says what a look has shown of a step. One that nothing refutes is confirmed
// by what it is for: whether it ran can't be seen.
func seen(s *playbooks.PlannedStep) string {
	if s.Step.Refute.V == "false" {
		return "a new look shows what it was to bring about; whether it was this step that did can't be seen"
	}
	return "a new look shows that it happened"
}

// surelyEnded reports whether a step in doubt can't still be running, nor show its
// effect yet: a second look, a while after the first, says the same, for a daemon
// may take seconds to start or to stop. Where the host said that the step had begun
// and its process table says that it has ended, that is all. Else one that may take
// minutes is looked at after some of them, and one that did not end in its time may
// run for ever.
func (w *walk) surelyEnded(s *playbooks.PlannedStep) bool {
	gone := w.fate.ended && w.arrived
	if w.doubts == 0 || !gone {
		w.endedLooks = 0
	}
	if w.hung && !gone {
		return false
	}
	w.doubts++
	if gone { // looks while it may still have run say nothing of what it has done
		w.endedLooks++
		return w.endedLooks > 1
	}
	if s.Step.Timeout >= longStep && time.Since(w.last) < longDoubt*w.Params.Duration("settle") {
		return false
	}
	return w.doubts > 1
}

// unproved checks the steps whose exit status is not taken for the truth: what
// they were to do must be seen (V3). What certainly is not there is taken back,
// where the step asks for it; what can't be told is looked at again as long as
// the wait lasts. It returns whether all is said.
func (w *walk) unproved(ctx context.Context) bool {
	var open []*playbooks.PlannedStep
	failed := false
	for _, s := range w.prove {
		happened, err := s.Confirm(w.diagnosis)
		switch {
		case w.trouble != "":
		case err != nil && w.mayWait(ctx):
			open = append(open, s)
		case err != nil:
			w.notProved = fmt.Sprintf("step %s ended well, and whether it did what it should can't be told: %v", s.Step.ID, err)
		case !happened:
			w.trouble = fmt.Sprintf("step %s ended well and did not do what it should", s.Step.ID)
			failed = true
		}
	}
	w.prove = open
	if !failed {
		return len(open) == 0
	}
	w.prove = nil
	if err := w.takeBack(ctx); err != nil {
		w.failure = err
	}
	if w.conn == nil {
		return true
	}
	if d, err := w.look(ctx, w.probes); err == nil { // what was judged is no more
		w.adopt(d)
	}
	return true
}

// repeatable tells whether a step can be begun again at any time.
func (w *walk) repeatable(s *playbooks.PlannedStep) bool {
	return (s.Step.ReadOnly() || s.Step.Upload != nil) && w.repeated[s.Step.ID] < maxEntries-1
}

// repeat goes on with the step that the link broke.
func (w *walk) repeat(s *playbooks.PlannedStep) {
	w.step--
	w.repeated[s.Step.ID]++
}

// again enters the rung once more, with the commands that follow from the new
// look, behind the steps that are known to have happened; never a third time.
// Where it can't, what it did is taken back.
func (w *walk) again(ctx context.Context, rung *playbooks.Rung, step string) {
	w.rung = nil
	blocked := "" // it may not be needed any more
	if w.entered[rung.ID] >= maxEntries {
		w.giveUp(ctx, fmt.Sprintf("step %s did not come to pass in %d tries: the link died each time", step, maxEntries))
		return
	}
	for i, r := range w.plan {
		if r.Rung.ID != rung.ID {
			continue
		}
		if from := w.behindApplied(r.Steps); r.Blocked == "" && from < len(r.Steps) {
			w.rung, w.step, w.noted = &w.plan[i], from, false
			w.entered[rung.ID]++
			return
		}
		blocked = r.Blocked
	}
	if blocked != "" {
		w.giveUp(ctx, fmt.Sprintf("rung %d (%s) can't go on after step %s: %s", rung.Number, rung.ID, step, blocked))
	}
}

// behindApplied is where a rung goes on of which some steps have been taken: what
// is known to have happened is not sent again, nor what comes before it.
func (w *walk) behindApplied(steps []playbooks.PlannedStep) int {
	for i := len(steps) - 1; i >= 0; i-- {
		for _, a := range w.applied {
			if a.step.Step.ID == steps[i].Step.ID && a.step.Command == steps[i].Command && w.out.Changes[a.at].Status == outcome.Applied {
				return i + 1
			}
		}
	}
	return 0
}

// giveUp ends the recovery, and takes back what the rung did.
func (w *walk) giveUp(ctx context.Context, why string) {
	w.trouble = why
	if err := w.takeBack(ctx); err != nil {
		w.failure = err
	}
}

// note writes what became of a change into the journal.
func (w *walk) note(at int) error {
	c := &w.out.Changes[at]
	return w.Journal.Append(outcome.Entry{
		Time: time.Now().UTC(), Event: outcome.EventResult, Host: w.host.Name, Change: at + 1,
		Step: c.Step, Command: c.Command, Undo: c.Undo, Status: c.Status, Detail: c.Detail,
	})
}
