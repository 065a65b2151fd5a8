package course

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
)

// finish ends the host, after temporary steps were undone and the host was judged among
// the others.
func (n *next) finish(e End) bool {
	if e.Outcome != outcome.Unknown && n.w.Cut == "" && n.story.elsewhere == "" {
		i := n.revertible(n.temporary)
		if i >= 0 && n.Doubt() < 0 && n.back(i) {
			return true
		}
	}
	if a := n.armed(); a >= 0 {
		if i := n.timed(a); i >= 0 && n.Changes[i].Status == outcome.Applied && !n.Changes[i].judged {
			return n.take(Action{Do: Note, Change: i, Status: outcome.UnknownIf, Detail: "whether its timed undo will run is not known"})
		}
		if e.Outcome != outcome.Unknown {
			e = n.undoArmed(a, e.Reason)
		}
	}
	for i := range n.Changes { // an exit status proves nothing
		if c := &n.Changes[i]; c.Part == Main && c.failed() && !c.judged && c.Status == outcome.Applied {
			return n.take(Action{Do: Note, Change: i, Status: outcome.UnknownIf, Detail: "the host could not be looked at since"})
		}
	}
	switch e.Outcome {
	case outcome.Failed, outcome.Unknown, outcome.Unreachable, outcome.Skipped:
	default:
		among := n.w.Verb == VerbPlan || n.w.Verb == VerbRecover
		if among && !n.wait.gathered && !n.w.Stop && n.w.Cut == "" && n.Look != nil && !n.Look.Incomplete {
			return n.take(Action{Do: AwaitFleet, End: e, Why: "waiting for other hosts (duplicate check)"})
		}
	}
	if (n.w.Stop || n.w.Cut != "") && n.mightGoOn(e) {
		e.Interrupted = true
	}
	e.KeepLease = e.Outcome == outcome.Unknown || n.armed() >= 0
	if !e.Interrupted {
		e.Left = n.untaken()
	}
	return n.take(Action{Do: Finish, End: e})
}

// untaken lists the changes that were to be undone and for which no undo was sent, with
// the reasons.
func (n *next) untaken() []string {
	var left []string
	for i := range n.Changes {
		c := &n.Changes[i]
		wanted := c.Step.Temporary || n.reverts(i)
		if c.Part != Main || !wanted || c.Step.NoUndo() || c.Status != outcome.Applied && c.Status != outcome.UnknownIf || n.undoSent(i) {
			continue
		}
		why := "nothing more was sent"
		if n.link.why != "" {
			why += ": " + n.link.why
		}
		left = append(left, c.Step.ID+": "+why+"; to undo it: "+c.Step.Undo)
	}
	return left
}

// mightGoOn reports whether a host that ended while the run was stopped could end
// otherwise if the run went on.
func (n *next) mightGoOn(e End) bool {
	switch e.Outcome {
	case outcome.Unknown, outcome.Failed:
		return n.story.trouble == "" && n.story.undoLost == "" && n.story.unproved == "" || n.w.Cut != "" && n.unfinished()
	case outcome.Skipped, outcome.Unreachable:
		return e.Interrupted
	}
	if n.parked != nil && e.Outcome == outcome.NeedsAction {
		return false // it only waited to be compared: a person's step is open whatever comes of that
	}
	if n.Look != nil && (e.Outcome == outcome.Healthy || e.Outcome == outcome.Degraded) {
		return false // there is nothing to change, and the duplicate check amends its report
	}
	among := n.w.Verb == VerbPlan || n.w.Verb == VerbRecover
	return among && (n.Look == nil || !n.Look.Complete)
}

// undoArmed is the end of a host on which a timed undo may still run.
func (n *next) undoArmed(arming int, why string) End {
	c := &n.Changes[arming]
	until := n.due(arming).Add(c.Step.Timeout) // the undo itself may take so long
	return end(outcome.Unknown, "step %s: its timed undo may still run by itself, until %s: %s", c.Step.ID, until.UTC().Format(time.RFC3339), why)
}

// openChange returns the newest open change, nil for none.
func (n *next) openChange() *Change {
	for i := len(n.Changes) - 1; i >= 0; i-- {
		if c := &n.Changes[i]; c.open() {
			return c
		}
	}
	return nil
}

// cutEnd is the end of a host when the run is cut.
func (n *next) cutEnd() End {
	why := n.w.Cut
	switch c := n.openChange(); {
	case n.armed() >= 0:
		e := n.undoArmed(n.armed(), why)
		e.Interrupted = true
		return e
	case c != nil:
		return cut(outcome.Unknown, "%s; the result of step %s is unknown", why, Name(c.Step.ID, c.Part))
	case n.Changed():
		if n.story.trouble != "" {
			return end(outcome.Failed, "%s; no further step was sent", n.story.trouble)
		}
		return cut(outcome.Failed, "%s; earlier changes were not verified", why)
	}
	return cut(outcome.Skipped, "%s", why)
}

// unreachable ends a host without a verdict; the reason begins with the kind.
func (n *next) unreachable() bool {
	switch n.link.kind {
	case kindCanceled:
		return n.finish(cut(outcome.Skipped, "%s", n.link.why))
	}
	return n.finish(end(outcome.Unreachable, "%s", n.link.why))
}

// unread ends a host that can't be read after a change, or after an attempt at one.
func (n *next) unread(why string) bool {
	switch c := n.openChange(); {
	case c != nil:
		return n.finish(end(outcome.Unknown, "step %s: the link died while it ran, and the host can't be read again: %s", Name(c.Step.ID, c.Part), why))
	case !n.Changed():
		return n.unreachable()
	}
	return n.finish(end(outcome.Failed, "after the last change the host can't be read again: %s", why))
}

// leftTo is the end of a host that another run holds.
func (n *next) leftTo() End {
	why, to := n.story.elsewhere, "run "+n.story.elsewhere
	if n.story.twice {
		to = why
	}
	switch {
	case n.armed() >= 0:
		return n.undoArmed(n.armed(), "the lease was lost to "+to)
	case n.Open():
		return end(outcome.Unknown, "the lease was lost to %s; the result of the last step is unknown", to)
	case n.Changed():
		return end(outcome.Failed, "the lease was lost to %s; no further step was sent", to)
	case n.story.twice:
		return end(outcome.NeedsAction, "%s, and may change it; remove one of the names from the inventory, or select one of them (-l)", why)
	}
	return end(outcome.Skipped, "%s%s", Held, why)
}

// verdict is the end that the findings make.
func (n *next) verdict() End { return End{Outcome: n.Look.Verdict, Reason: n.Look.Why} }

// notBegun is the end of a host on which no rung could be begun.
func (n *next) notBegun() End {
	if !n.story.noLease {
		return end(outcome.Failed, "%s; no further step was sent", n.story.trouble)
	}
	return end(outcome.NeedsAction, "nothing was changed: %s", n.story.trouble)
}

// conclude ends the host by the newest look, or begins to collect support data.
func (n *next) conclude() bool {
	e := n.conclusion()
	if e.Outcome == outcome.Failed && n.story.trouble == "" && !n.story.shut && !n.w.Stop && n.w.Rollback == "" {
		for i := range n.Look.Plan {
			rung := &n.Look.Plan[i]
			if rung.Collects && rung.Waits && n.tried.entered[rung.ID] == 0 && n.tried.refused[rung.ID] == "" && len(rung.Steps) > 0 {
				return n.enter(rung)
			}
		}
	}
	return n.finish(e)
}

func (n *next) conclusion() End {
	blocked := n.blocked()
	switch {
	case len(n.Changes) > 0, n.story.trouble != "", n.Begun():
		return n.changedEnd()
	case n.w.Rollback != "":
		return n.rolledBack()
	}
	e := n.verdict()
	if n.w.Verb == VerbRecover && blocked != "" && (e.Outcome == outcome.NeedsAction || n.Look.OnlyCollects) {
		return end(outcome.NeedsAction, "%s", blocked)
	}
	return e
}

// changedEnd is the end of a host with changes, or with a rung that was begun.
func (n *next) changedEnd() End {
	open, led := n.stillOpen(), n.tried.led
	interrupted := n.story.shut || n.w.Stop
	switch {
	case n.story.undoLost != "":
		return end(outcome.Unknown, "the link died while step %s was being reverted; whether that happened is unknown", n.story.undoLost)
	case n.story.unproved != "":
		return end(outcome.Unknown, "%s", n.story.unproved)
	case n.story.trouble != "" && !n.Changed() && n.story.noLease:
		return n.notBegun()
	case n.story.trouble != "":
		return end(outcome.Failed, "%s; no further step was sent", n.story.trouble)
	case len(led) == 0 && n.story.noSupport != "" && n.w.Rollback == "":
		return end(outcome.Failed, "support data is missing or incomplete: %s", n.story.noSupport)
	case interrupted && !n.Changed() && n.InProgress() != nil:
		return cut(outcome.Skipped, "interrupted before anything was changed")
	case interrupted && n.Changed() && n.halfDone():
		return cut(outcome.Failed, "interrupted in the middle of rung %s", n.rung.ID)
	case n.w.Rollback != "" && !(interrupted && (n.InProgress() != nil || !n.Changed())):
		return n.rolledBack()
	case len(led) == 0 && !interrupted:
		if blocked := n.blocked(); blocked != "" && !n.Changed() {
			return end(outcome.NeedsAction, "%s", blocked)
		}
		return n.verdict() // nothing was to be fixed
	case n.Look.SideEffects != "":
		return end(outcome.Failed, "unintended changes: %s", n.Look.SideEffects)
	case n.Look.Proved && len(open) == 0:
		return end(outcome.Recovered, "fixed and verified: %s%s", strings.Join(led, ", "), n.warningsLeft())
	case interrupted && !n.Changed():
		return cut(outcome.Skipped, "interrupted before anything was changed")
	case interrupted:
		return cut(outcome.Failed, "interrupted before all rungs were tried; still open: %s", strings.Join(open, ", "))
	case n.blocked() != "":
		return end(outcome.NeedsAction, "%s", n.blocked())
	case n.hopeless():
		return n.verdict() // the reason is the finding that nothing could be done about
	}
	e := end(outcome.Failed, "all rungs were tried; still open: %s", strings.Join(open, ", "))
	if n.story.noSupport != "" {
		e.Reason += "; support data is missing or incomplete: " + n.story.noSupport
	}
	return e
}

// warningsLeft names the findings that a recovered host is left with, "" for none: they are
// warnings that recover was not to mend, and an audit reports them.
func (n *next) warningsLeft() string {
	switch left := n.Look.Open; len(left) {
	case 0:
		return ""
	case 1:
		return "; 1 warning left: " + left[0]
	default:
		return fmt.Sprintf("; %d warnings left: %s", len(left), strings.Join(left, ", "))
	}
}

// halfDone reports whether a rung was left before the step that checks or achieves its
// purpose.
func (n *next) halfDone() bool {
	if n.InProgress() == nil {
		return false
	}
	return len(n.tried.led) == 0 || slices.ContainsFunc(n.Changes, func(c Change) bool { return c.Part == Main && c.Rung == n.rung.ID && c.Step.Revert })
}

// stillOpen are the findings that keep the host from `recovered`: those that call for a
// change, and those that led to one and still stand in any severity.
func (n *next) stillOpen() []string {
	open := slices.Clone(n.Look.Targets)
	for _, id := range n.Look.Open {
		if slices.Contains(n.tried.led, id) {
			open = append(open, id)
		}
	}
	slices.Sort(open)
	return slices.Compact(open)
}

// hopeless reports whether a finding stands for which no step was sent: waiting won't fix
// it.
func (n *next) hopeless() bool {
	return slices.ContainsFunc(n.Look.Targets, func(id string) bool { return !slices.Contains(n.tried.led, id) })
}

// blocked words the rung that needs a person, "" for none: first one that only needs a
// flag.
func (n *next) blocked() string {
	if n.Look == nil {
		return ""
	}
	for _, rung := range n.Look.Plan {
		if rung.NotAllowed != "" && strings.HasPrefix(rung.Blocked, NotAllowed) {
			return fmt.Sprintf("rung %s is %s", rung.ID, rung.Blocked)
		}
	}
	for _, rung := range n.Look.Plan {
		tried := n.tried.entered[rung.ID] > 0 && n.tried.refused[rung.ID] == ""
		if rung.Blocked != "" && !rung.Waits && !tried && (!rung.Collects || n.Look.OnlyCollects) {
			return fmt.Sprintf("rung %s is blocked: %s", rung.ID, rung.Blocked)
		}
	}
	return ""
}

// rolledBack is the end of a host after a rollback, by the newest look and not by what
// was sent: undone means that nothing of that run is left that can be undone. The reason
// also has the host's own findings.
func (n *next) rolledBack() End {
	done := 0
	for i := range n.Changes {
		if c := &n.Changes[i]; c.Part == Main && c.Status == outcome.Applied {
			done++
		}
	}
	back := n.Look.Rollback
	e := End{Outcome: outcome.OutcomeUndone}
	var said []string
	switch {
	case n.Look.Incomplete:
		e.Outcome = n.Look.Verdict
	case back.Person != "":
		e.Outcome, said = outcome.NeedsAction, append(said, back.Person)
	case len(back.Stands) > 0:
		e.Outcome, said = outcome.Failed, append(said, "still in effect: "+strings.Join(back.Stands, ", "))
	case back.Lost:
		e.Outcome = n.Look.Verdict // not undone, and nobody need repair a healthy host for that
	}
	nothing := done == 0 && len(back.Stands) == 0 && back.Person == ""
	switch remain := back.NoUndo; {
	case nothing && len(remain) > 0 && len(remain) == len(back.Left):
		said = append(said, fmt.Sprintf("%s%s can be rolled back on this host: no step of it has an undo: %s", outcome.ReasonNothing, n.w.Rollback, strings.Join(remain, ", ")))
	case nothing && back.Lost:
		said = append(said, fmt.Sprintf("no step of run %s was rolled back", n.w.Rollback))
	case nothing:
		said = append(said, fmt.Sprintf("%s%s is left to roll back%s", outcome.ReasonNothing, n.w.Rollback, remaining(remain)))
	case done == 1:
		said = append(said, fmt.Sprintf("1 step of run %s rolled back%s", n.w.Rollback, remaining(remain)))
	default:
		said = append(said, fmt.Sprintf("%d steps of run %s rolled back%s", done, n.w.Rollback, remaining(remain)))
	}
	said = append(said, slices.DeleteFunc(slices.Clone(back.Left), func(left string) bool {
		return slices.ContainsFunc(back.NoUndo, func(step string) bool { return strings.HasPrefix(left, step+" ") }) // named above
	})...)
	e.Reason = strings.Join(said, "; ")
	if n.Look.Why != "" {
		e.Reason += outcome.ReasonNow + n.Look.Why
	}
	return e
}

// remaining names the steps of a run that is rolled back that have no undo, "" for none.
func remaining(steps []string) string {
	switch len(steps) {
	case 0:
		return ""
	case 1:
		return "; 1 step has no undo and remains: " + steps[0]
	}
	return fmt.Sprintf("; %d steps have no undo and remain: %s", len(steps), strings.Join(steps, ", "))
}
