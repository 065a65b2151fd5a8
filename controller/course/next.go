package course

import (
	"fmt"
	"time"

	"aixmend/controller/outcome"
	"aixmend/transport/retry"
)

// Next returns the next action. It decides from the record, the time of day and the
// wishes of the run alone.
func (r *Record) Next(now time.Time, w Wishes) Action {
	n := next{Record: r, now: now, w: w}
	for _, rule := range []func(*next) bool{
		(*next).waiting, (*next).noteUndo, (*next).cutOff, (*next).start, (*next).heldElsewhere, (*next).askLease, (*next).endTimer, (*next).noteTimer,
		(*next).revert, (*next).judge, (*next).finishBegun, (*next).checkChanged, (*next).stop, (*next).goOn, (*next).verify, (*next).diagnose,
	} {
		if rule(&n) {
			return n.action
		}
	}
	return n.action
}

// waiting ends a parked host when the run is stopped or cut, or the brake has tripped.
func (n *next) waiting() bool {
	if n.parked == nil {
		return false
	}
	switch ends := n.parked.Outcome != ""; {
	case ends && (n.w.Stop || n.w.Cut != ""):
		return n.finish(*n.parked)
	case n.w.Cut != "":
		return n.finish(cut(outcome.Skipped, "%s", n.w.Cut))
	case n.w.Stop:
		return n.finish(cut(outcome.Skipped, "interrupted before its turn"))
	case !ends && n.w.Brake != "":
		return n.finish(end(outcome.Skipped, "%s", n.w.Brake))
	}
	return false
}

// cutOff ends a host on which nothing can be done any more.
func (n *next) cutOff() bool {
	if n.w.Cut == "" {
		return false
	}
	return n.finish(n.cutEnd())
}

// start begins a host.
func (n *next) start() bool {
	if n.link.begun {
		return false
	}
	switch {
	case n.w.Stop:
		return n.finish(cut(outcome.Skipped, "interrupted before its turn"))
	case n.w.Brake != "":
		return n.finish(end(outcome.Skipped, "%s", n.w.Brake))
	}
	return n.take(Action{Do: Connect, Why: "its slot is free"})
}

// heldElsewhere ends a host whose lease another run holds.
func (n *next) heldElsewhere() bool {
	if n.story.elsewhere == "" {
		return false
	}
	return n.finish(n.leftTo())
}

// askLease asks for the lease before anything is sent to a host that another process
// changed, after the controller was asleep, and after the fence refused a change.
func (n *next) askLease() bool {
	if !n.w.Leases || n.lease.held && !n.lease.stale || n.story.noLease || n.story.shut || len(n.Changes) == 0 || n.wait.gathered {
		return false
	}
	if n.lease.fenced >= retry.Fence.Attempts || n.lease.fenced > 0 && n.w.Stop && !n.unfinished() {
		return false
	}
	return n.over(Action{Do: TakeLease, Rung: n.leaseRung(), Finishes: n.w.Stop && n.unfinished()})
}

// leaseRung is the rung for which a lease must last.
func (n *next) leaseRung() Rung {
	if rung := n.InProgress(); rung != nil {
		return *rung
	}
	return Rung{}
}

// checkChanged runs the checking step after a change, also while the run is stopped: it
// changes nothing.
func (n *next) checkChanged() bool {
	rung := n.InProgress()
	if rung == nil || !n.w.Stop || n.story.shut || n.story.trouble != "" || !n.link.up || n.rung.at == 0 || n.rung.at >= len(rung.Steps) || !rung.Steps[n.rung.at].Check {
		return false
	}
	return n.take(Action{Do: Send, Rung: *rung, Step: rung.Steps[n.rung.at]})
}

// stop ends a host with changes when the run is stopped, after a last look.
func (n *next) stop() bool {
	if !n.Begun() || !n.w.Stop && !n.story.shut {
		return false
	}
	if rung := n.InProgress(); rung != nil && n.rung.at >= len(rung.Steps) && n.story.trouble == "" {
		return n.take(Action{Do: Leave, Rung: *rung, Status: LeftDone})
	}
	if n.Look == nil || n.looks.made < n.acted() {
		return n.lastLook()
	}
	if n.prove() {
		return true
	}
	return n.conclude()
}

// lastLook reads the host before it ends, where it can be reached.
func (n *next) lastLook() bool {
	if !n.link.up && n.link.fails > 0 {
		return n.unread(n.link.why)
	}
	return n.over(Action{Do: LookAt, Why: "last look"})
}

// goOn continues the rung in progress.
func (n *next) goOn() bool {
	rung := n.InProgress()
	if rung == nil || n.story.trouble != "" {
		return false
	}
	if n.looks.gap > n.rung.right {
		return n.over(Action{Do: LookAt, Why: "to check the rest of the rung"})
	}
	if looked := n.rung.right > n.looks.gap && n.looks.made == n.rung.right; looked && n.leaveRung(rung) {
		return true
	}
	if n.rung.at >= len(rung.Steps) {
		return n.take(Action{Do: Leave, Rung: *rung, Status: LeftDone})
	}
	step := rung.Steps[n.rung.at]
	for _, part := range []Part{Main, Arming} {
		most := retry.Step.Attempts
		if part == Arming {
			most = retry.Arming.Attempts
		}
		if tries := n.triesOf(part, step.ID); tries >= most && !step.ReadOnly() {
			return n.take(Action{Do: Leave, Rung: *rung, Status: LeftStopped, Detail: fmt.Sprintf("step %s was not applied in %d attempts: the link died each time", Name(step.ID, part), tries)})
		}
	}
	if n.lease.fenced >= retry.Fence.Attempts {
		return n.take(Action{Do: Leave, Rung: *rung, Status: LeftStopped, Detail: fmt.Sprintf("step %s was refused by the host %d times: the lease no longer belonged to this run", step.ID, n.lease.fenced)})
	}
	_, finishing := n.finishing()
	held := n.lease.held && finishing != nil && finishing.ID == step.ID // a service is stopped: wait for no other host
	if n.othersOpen() && !held {
		return n.take(Action{Do: AwaitChanges, Why: "waiting for other hosts (open changes)"})
	}
	if n.w.Leases && (!n.lease.held || n.lease.asked != rung.ID) {
		return n.over(Action{Do: TakeLease, Rung: *rung})
	}
	if step.Timer != nil && n.armed() < 0 {
		return n.over(Action{Do: Arm, Rung: *rung, Step: step})
	}
	return n.over(Action{Do: Send, Rung: *rung, Step: step})
}

// othersOpen reports whether other hosts must be waited for, or were not known when this one
// was judged: then it is read again.
func (n *next) othersOpen() bool {
	return n.w.OthersOpen || n.Look != nil && n.Look.OthersOpen
}

// leaveRung ends a rung that, by a new look, must not continue.
func (n *next) leaveRung(rung *Rung) bool {
	planned := n.planned(rung.ID)
	leave := func(status, detail string) bool {
		return n.take(Action{Do: Leave, Rung: *rung, Status: status, Detail: detail})
	}
	switch {
	case n.Look.Rest.Blocked != "":
		return leave(LeftStopped, fmt.Sprintf("the rest of rung %s was not sent: %s", rung.ID, n.Look.Rest.Blocked))
	case n.rung.again && planned == nil && !rung.Collects:
		return leave(LeftNotNeeded, "it is no longer needed")
	case n.rung.differs:
		return leave(LeftReplan, "the rest of it would differ now")
	}
	return false
}

// planned returns a rung of the newest plan, nil for none.
func (n *next) planned(id string) *Rung {
	for i := range n.Look.Plan {
		if n.Look.Plan[i].ID == id {
			return &n.Look.Plan[i]
		}
	}
	return nil
}

// runnable returns the first rung of the plan that may run now, nil for none.
func (n *next) runnable() *Rung {
	if n.Look == nil {
		return nil
	}
	for i := range n.Look.Plan {
		rung := &n.Look.Plan[i]
		tried := n.tried.entered[rung.ID] > 0 && !n.tried.anew[rung.ID]
		if rung.Blocked == "" && !tried && n.tried.refused[rung.ID] == "" && len(rung.Steps) > 0 {
			return rung
		}
	}
	return nil
}

// enter begins a rung: under the lease, from a look made under it, after a capture.
func (n *next) enter(rung *Rung) bool {
	switch {
	case n.othersOpen():
		return n.take(Action{Do: AwaitChanges, Why: "waiting for other hosts (open changes)"})
	case n.w.Leases && (!n.lease.held || n.lease.asked != rung.ID):
		return n.over(Action{Do: TakeLease, Rung: *rung})
	case n.looks.recalled:
		return n.over(Action{Do: LookAt, Why: "to read it again after the wait"})
	case n.Capture == "":
		return n.over(Action{Do: Capture})
	}
	return n.over(Action{Do: Enter, Rung: *rung})
}

// verify looks at the effect of the rungs and decides what follows.
func (n *next) verify() bool {
	if !n.Begun() || n.wait.gathered || n.wait.kept {
		return false
	}
	settled := n.wait.settle > n.acted() || n.wait.quick && n.looks.since == 0
	if n.story.trouble == "" && !settled && n.InProgress() == nil {
		return n.again("waiting for the changes to take effect")
	}
	if n.looks.since > 0 && n.fresh() && n.story.trouble == "" && n.runnable() == nil && n.looks.made < n.wait.settle {
		if n.looks.part < n.wait.settle { // only the wait is left
			return n.over(Action{Do: LookAt, Part: true})
		}
		if !n.looks.proved && n.mayWait() {
			return n.again("not verified yet")
		}
	}
	if !n.fresh() || n.looks.made < n.wait.settle || n.looks.made < n.acted() {
		return n.over(Action{Do: LookAt})
	}
	if n.prove() {
		return true
	}
	open := n.stillOpen()
	switch proved := n.Look.Proved; {
	case n.w.Rollback != "":
	case n.story.trouble != "", n.story.undoLost != "", n.story.unproved != "", proved && len(open) == 0:
	case n.runnable() != nil:
		return n.enter(n.runnable())
	case !proved && !n.hopeless() && n.mayWait():
		return n.again("not verified yet")
	}
	return n.conclude()
}

// diagnose decides for a host without a rung, and for one that was judged again among the
// others.
func (n *next) diagnose() bool {
	if !n.fresh() || n.wait.kept && n.looks.made < n.wait.settle {
		return n.read()
	}
	look := n.Look
	switch {
	case n.story.uncaptured != "":
		return n.finish(end(outcome.NeedsAction, "no good capture, so nothing was changed: %s", n.story.uncaptured))
	case look.Skip != "":
		return n.finish(end(outcome.Skipped, "%s", look.Skip))
	case look.Incomplete, n.w.Verb == VerbAudit:
		return n.finish(n.verdict())
	case n.w.Verb == VerbCapture && n.Capture == "":
		return n.over(Action{Do: Capture})
	case n.w.Verb == VerbCapture:
		return n.finish(n.verdict())
	case look.Drift != "":
		return n.finish(end(outcome.Skipped, "%s", look.Drift))
	case n.w.Verb == VerbPlan:
		return n.conclude()
	case n.story.trouble != "":
		return n.finish(n.notBegun())
	case n.wait.gathered && !n.wait.kept && len(look.Others) > 0:
		return n.take(Action{Do: AwaitEnd, Why: "waiting for the hosts that give up its value"})
	}
	rung := n.runnable()
	switch {
	case n.wait.kept && rung == nil && !look.Proved && n.w.Rollback == "" && n.mayWait():
		return n.again("not verified yet")
	case rung == nil:
		return n.conclude()
	case n.w.Stop && (n.w.Waves && !n.wait.released || !look.Complete):
		return n.finish(cut(outcome.Skipped, "interrupted before its turn"))
	case n.w.Stop || n.story.shut:
		return n.finish(cut(outcome.Skipped, "interrupted before anything was changed"))
	case n.w.Waves && !n.wait.released && n.w.Brake != "":
		return n.finish(end(outcome.Skipped, "%s", n.w.Brake))
	case n.w.Waves && !n.wait.released:
		return n.take(Action{Do: AwaitWave, Why: "waiting for its wave"})
	case !look.Complete:
		return n.take(Action{Do: AwaitFleet, Why: "waiting for other hosts (duplicate check)"})
	}
	return n.enter(rung)
}

// read looks at a host on which nothing was changed, again when the link breaks: see
// retry.Read.
func (n *next) read() bool {
	if n.link.up {
		return n.take(Action{Do: LookAt})
	}
	broke := n.link.breaks > 0 && n.link.kind != "" && n.link.fails == 0
	switch {
	case n.link.fails > 0 || broke && (n.link.kind != kindLost || n.link.breaks >= retry.Read.Attempts):
		return n.unread(n.link.why)
	}
	return n.take(Action{Do: Connect, Why: "to read it"})
}
