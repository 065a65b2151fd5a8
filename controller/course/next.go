package course

import (
	"fmt"
	"time"

	"aixmend/controller/outcome"
)

const (
	// undoGrace is how much longer than its delay a timed undo may take.
	undoGrace = 30 * time.Second
	// redialEvery is the time between two tries to reach a host whose undo is armed.
	redialEvery = 2 * time.Second
	// maxEndings is how often a host is asked to end a timed undo.
	maxEndings = 4
	// maxFenced is how often a lease that was lost in a change is asked for again.
	maxFenced = 2
	// resumeSlack is how long a host that is gone on with is waited for at least.
	resumeSlack = 2 * time.Minute
	// longStep is the time limit from which on a step is one that takes minutes, and
	// longDoubt how many times settle such a step is given to be seen.
	longStep  = 5 * time.Minute
	longDoubt = 5
)

// Next returns what is to be done next. It decides from the record alone, from the
// time of day, and from what the run wants now.
func (r *Record) Next(now time.Time, w Wishes) Action {
	n := next{Record: r, now: now, w: w}
	for _, rule := range []func(*next) bool{
		(*next).waiting, (*next).cutOff, (*next).start, (*next).heldElsewhere, (*next).askLease, (*next).endTimer, (*next).noteTimer,
		(*next).revert, (*next).judge, (*next).finishBegun, (*next).checkChanged, (*next).stop, (*next).goOn, (*next).verify, (*next).diagnose,
	} {
		if rule(&n) {
			return n.action
		}
	}
	return n.action
}

// next is one decision.
type next struct {
	*Record
	now    time.Time
	w      Wishes
	action Action
}

// take decides for an action. It returns true, as the rules do that decide.
func (n *next) take(a Action) bool {
	n.action = a
	return true
}

// over decides for an action that takes a connection.
func (n *next) over(a Action) bool {
	switch {
	case n.link.up:
		return n.take(a)
	case n.link.fails == 0:
		return n.take(Action{Do: Connect, Why: "for: " + string(a.Do)})
	}
	return n.unreached()
}

// unreached decides what follows when a host can't be connected to.
func (n *next) unreached() bool {
	if len(n.Changes) == 0 && !n.Begun() {
		return n.unreachable()
	}
	if n.mayWait() && n.link.kind != kindAuth {
		return n.take(Action{Do: Settle, For: max(min(n.w.Every, n.left()), 0), Why: "it can't be reached"})
	}
	return n.unread(n.link.why)
}

// left is what is left of the wait, which begins with the last change.
func (n *next) left() time.Duration {
	wait := n.w.Wait
	left := min(wait-n.now.Sub(n.wait.last), wait)
	if n.wait.process > 0 { // a host that can't be read at once is given some time
		slack := min(resumeSlack, wait)
		left = max(left, min(slack-n.now.Sub(n.wait.began), slack))
	}
	return left
}

func (n *next) mayWait() bool { return n.left() > 0 && !n.w.Stop && !n.story.shut }

// settle waits for another look.
func (n *next) settle(d time.Duration, why string) bool {
	return n.take(Action{Do: Settle, For: max(min(d, n.left()), 0), Why: why})
}

// again waits for the look after the newest one.
func (n *next) again(why string) bool {
	d := n.w.Settle
	if n.looks.since > 0 {
		d = min(d, n.w.Every)
	}
	return n.settle(d, why)
}

// waiting ends a host that waits for others, where nothing more comes of that.
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

// start begins with a host.
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
	return n.take(Action{Do: Connect, Why: "its turn"})
}

// heldElsewhere leaves the host to who holds it.
func (n *next) heldElsewhere() bool {
	if n.story.elsewhere == "" {
		return false
	}
	return n.finish(n.leftTo())
}

// askLease asks for the lease before anything is sent to a host that another process
// was at work on, and again where the host has not let a change run because of it.
func (n *next) askLease() bool {
	if !n.w.Leases || n.lease.held || n.story.noLease || n.story.shut || len(n.Changes) == 0 || n.wait.gathered {
		return false
	}
	if n.lease.fenced > maxFenced || n.lease.fenced > 0 && n.w.Stop {
		return false
	}
	return n.over(Action{Do: TakeLease, Rung: n.leaseRung()})
}

// leaseRung is the rung for which a lease must last.
func (n *next) leaseRung() Rung {
	if rung := n.InProgress(); rung != nil {
		return *rung
	}
	return Rung{}
}

// endTimer ends a timed undo that may run by itself, over a new connection.
func (n *next) endTimer() bool {
	a := n.armed()
	if a < 0 {
		return false
	}
	arming := &n.Changes[a]
	going := n.InProgress() != nil && n.story.trouble == "" && !n.story.shut && !n.w.Stop
	if n.timed(a) < 0 && going && !arming.open() && n.looks.gap < arming.after {
		return false // its step is next
	}
	endings, lost := 0, n.now.After(n.due(a))
	for i := range n.Changes {
		if c := &n.Changes[i]; c.Part == Ending && c.Of == a {
			endings++
		}
	}
	switch {
	case n.link.up && !n.link.fresh:
		return n.take(Action{Do: Connect, Why: "a new connection, to end the timed undo"})
	case n.link.up && arming.open():
		return n.take(Action{Do: AskUndo, Change: a, Why: "was the undo armed?"})
	case endings >= maxEndings && lost:
		return n.finish(n.undoArmed(a, "it can't be ended"))
	case endings >= maxEndings:
		return n.take(Action{Do: Settle, Firm: true, For: max(n.due(a).Sub(n.now), redialEvery), Why: "the timed undo has its way"})
	case n.link.up:
		return n.take(Action{Do: Disarm, Change: a, Finishes: true})
	case n.link.fails == 0:
		return n.take(Action{Do: Connect, Why: "to end the timed undo"})
	case !lost && n.link.brief:
		return n.take(Action{Do: Settle, Firm: true, For: redialEvery, Why: "it can't be reached to end the timed undo"})
	case !lost:
		return n.take(Action{Do: Settle, Firm: true, For: max(n.due(a).Sub(n.now), redialEvery), Why: "the timed undo has its way"})
	case n.mayWait() && n.link.kind != kindAuth:
		return n.take(Action{Do: Settle, For: max(min(n.w.Every, n.left()), redialEvery), Why: "it can't be reached"})
	}
	return n.finish(n.undoArmed(a, "the host can't be reached to end it: "+n.link.why))
}

// due is when an armed undo has run at the latest.
func (n *next) due(arming int) time.Time {
	c := &n.Changes[arming]
	if c.Step.Timer == nil {
		return c.At.Add(undoGrace)
	}
	return c.At.Add(c.Step.Timer.After + undoGrace)
}

// noteTimer writes down what the host has said of armings and disarmings that were
// cut off: where nothing is armed any more, the newest of them has ended it.
func (n *next) noteTimer() bool {
	for i := range n.Changes {
		c := &n.Changes[i]
		if !c.open() || c.Part != Arming && c.Part != Ending {
			continue
		}
		arming := i
		if c.Part == Ending {
			arming = c.Of
		}
		status, said := n.timerStatus(i, arming)
		if said {
			return n.take(Action{Do: Note, Change: i, Status: status, Detail: "by what the host says of its undo"})
		}
	}
	return false
}

// timerStatus is what became of an arming or a disarming that was cut off; false where
// the host has not said it yet.
func (n *next) timerStatus(i, arming int) (status string, said bool) {
	if n.Changes[i].Part == Ending && n.Changes[arming].Status == outcome.NotApplied {
		return outcome.NotApplied, true
	}
	status = outcome.Applied
	for later := i + 1; later < len(n.Changes); later++ {
		switch c := &n.Changes[later]; {
		case c.Part != Ending || c.Of != arming:
		case c.Exit == nil && n.Changes[i].Part == Ending:
			status = outcome.NotApplied // that one, or this one: once is enough
		case c.Exit != nil && *c.Exit == 0 && n.Changes[i].Part == Ending:
			return outcome.NotApplied, true
		case c.Exit != nil:
			return status, true
		}
	}
	return "", false
}

// revert undoes what the rung that failed did, the newest step first.
func (n *next) revert() bool {
	for i := len(n.Changes) - 1; i >= 0; i-- { // what came of an undo
		c := &n.Changes[i]
		if c.Part != Undo || c.judged || c.Exit == nil && c.How == "" {
			continue
		}
		switch of := &n.Changes[c.Of]; {
		case c.Exit != nil && *c.Exit == 0 && of.Status != outcome.Undone:
			return n.take(Action{Do: Note, Change: c.Of, Status: outcome.Undone, Detail: "taken back"})
		case c.Exit != nil && *c.Exit != 0:
			return n.take(Action{Do: Note, Change: i, Status: outcome.NotApplied, Detail: fmt.Sprintf("it could not be taken back: status %d: %s", *c.Exit, c.Answer)})
		case c.Status == outcome.NotApplied:
			return n.take(Action{Do: Note, Change: i, Status: outcome.NotApplied, Detail: "it could not be taken back"})
		}
	}
	if n.story.trouble == "" || n.rung == nil || n.Doubt() >= 0 {
		return false
	}
	if i := n.revertible(func(c *Change) bool { return c.Rung == n.rung.ID && c.Step.Revert }); i >= 0 {
		return n.back(i)
	}
	return false
}

// back decides for the undo of a change, or says that it stays.
func (n *next) back(i int) bool {
	if !n.link.up && n.link.fails > 0 {
		return false // the end says what is left
	}
	return n.over(Action{Do: Revert, Change: i, Finishes: true})
}

// revertible returns the newest change that is in effect, was not tried to be undone,
// and is wanted; -1 for none.
func (n *next) revertible(wanted func(*Change) bool) int {
	for i := len(n.Changes) - 1; i >= 0; i-- {
		c := &n.Changes[i]
		if c.Part != Main || c.Step.NoUndo() || c.Status != outcome.Applied && c.Status != outcome.UnknownIf || !wanted(c) || n.undoTried(i) {
			continue
		}
		return i
	}
	return -1
}

func (n *next) undoTried(of int) bool {
	for i := range n.Changes {
		if c := &n.Changes[i]; c.Part == Undo && c.Of == of {
			return true
		}
	}
	return false
}

// judge asks the host what became of a change that it has not answered for.
func (n *next) judge() bool {
	doubt := n.Doubt()
	var asked []int
	for i := range n.Changes {
		c := &n.Changes[i]
		if i == doubt || !c.judged && c.Part == Main && c.Step.Transfer == "" && (c.failed() && c.Status == outcome.Applied || n.fired(i)) {
			asked = append(asked, i)
		}
	}
	if len(asked) == 0 {
		return n.noteTransfer()
	}
	if !n.fresh() || n.looks.made < n.wait.settle {
		return n.over(Action{Do: LookAt, Why: "what became of " + n.Changes[asked[0]].Step.ID})
	}
	i := asked[0]
	c := &n.Changes[i]
	switch {
	case c.Part == Undo:
		return n.judgeUndo(i)
	case c.open() || n.fired(i):
		return n.judgeDoubt(i)
	}
	fate, status := n.Look.Fates[i], outcome.NotApplied
	switch {
	case !fate.Known:
		status = outcome.UnknownIf
	case fate.InEffect:
		status = outcome.Applied
	}
	return n.take(Action{Do: Note, Change: i, Status: status, Detail: "by a new look: " + status})
}

// noteTransfer writes down that a transfer of files which was cut off is begun again.
func (n *next) noteTransfer() bool {
	for i := range n.Changes {
		if c := &n.Changes[i]; c.open() && c.Part == Main && c.Step.Transfer != "" {
			return n.take(Action{Do: Note, Change: i, Status: outcome.NotApplied, Detail: "it did not come to its end, and is begun again"})
		}
	}
	return false
}

// judgeDoubt asks the evidence whether a step has happened.
func (n *next) judgeDoubt(i int) bool {
	c, fate, runs := &n.Changes[i], n.Look.Fates[i], n.Look.Process.PID
	id := c.Step.ID
	happened, fired := fate.Known && fate.InEffect, n.fired(i)
	switch {
	case happened:
		return n.take(Action{Do: Note, Change: i, Status: outcome.Applied, Detail: fate.Seen})
	case runs > 0 && n.mayWait() && n.now.Sub(n.wait.last) < c.Step.Timeout:
		return n.again("a step still runs")
	case runs > 0:
		return n.finish(end(outcome.Unknown, "step %s is not seen to have happened, and it still runs (pid %d)", id, runs))
	case fate.Known && fired && !c.open(), fate.Known && fired && n.surelyEnded(c):
		detail := "its undo ran while nobody was there to disarm it"
		if c.after > n.wait.process {
			detail = fmt.Sprintf("it cut the connection; the host took it back by itself after %s", c.Step.Timer.After)
		}
		return n.take(Action{Do: Note, Change: i, Status: outcome.Undone, Detail: detail})
	case fate.Known && n.surelyEnded(c):
		return n.take(Action{Do: Note, Change: i, Status: outcome.NotApplied, Detail: "a new look shows that it did not happen"})
	case n.mayWait():
		return n.again("a step is not seen yet")
	case fate.Known:
		return n.finish(end(outcome.Unknown, "step %s is not seen to have happened, and it may still run", id))
	}
	return n.finish(end(outcome.Unknown, "step %s: the link died while it ran, and the evidence can't tell whether it happened: %s", id, fate.Why))
}

// judgeUndo asks the evidence whether an undo has run. Where it can't tell, nothing
// more is sent.
func (n *next) judgeUndo(i int) bool {
	c := &n.Changes[i]
	fate := n.Look.Fates[c.Of]
	switch {
	case fate.Known && !fate.InEffect && n.Changes[c.Of].Status != outcome.Undone:
		return n.take(Action{Do: Note, Change: c.Of, Status: outcome.Undone, Detail: "a new look shows that it was taken back"})
	case fate.Known && !fate.InEffect:
		return n.take(Action{Do: Note, Change: i, Status: outcome.Applied, Detail: "a new look shows that it ran"})
	case n.mayWait() && c.unseen < maxTries:
		return n.again("an undo is not seen yet")
	}
	return n.take(Action{Do: Note, Change: i, Status: outcome.UnknownIf, Detail: "whether it was taken back is not known"})
}

// surelyEnded reports whether a step that is not seen can't still be running, nor show
// its effect yet: a second look, a while after the first, says the same, for a daemon
// may take seconds to start or to stop. Where the host said that the step had begun
// and its process table says that it has ended, that is all. Else one that may take
// minutes is looked at after some of them, and one that did not end in its time may
// run for ever.
func (n *next) surelyEnded(c *Change) bool {
	switch {
	case c.gone > 0:
		return c.gone > 1
	case c.How == outcome.HowHung:
		return false
	case c.Step.Timeout >= longStep && n.now.Sub(n.wait.last) < longDoubt*n.w.Settle:
		return false
	}
	return c.unseen > 1
}

// finishBegun sends the steps that finish what was begun, where the rung does not go
// on: no service that was running stays stopped (procedure E5).
func (n *next) finishBegun() bool {
	if n.rung == nil || n.story.trouble == "" && !n.w.Stop && !n.story.shut && n.InProgress() != nil {
		return false
	}
	for i := range n.Changes {
		c := &n.Changes[i]
		if c.Part != Main || c.Rung != n.rung.ID || c.Status != outcome.Applied || c.failed() && !c.judged {
			continue
		}
		for _, id := range c.Step.Finishes {
			step, sent := n.step(id), n.sent(id)
			if sent >= 0 && (n.Changes[sent].failed() || n.triesOf(id) >= maxTries && n.Changes[sent].Status != outcome.Applied) {
				break // it was tried, and what comes after it rests on it
			}
			if step == nil || sent >= 0 && n.Changes[sent].Status != outcome.NotApplied {
				continue
			}
			if !n.link.up && n.link.fails > 0 && !n.mayWait() {
				return false
			}
			return n.over(Action{Do: Send, Rung: n.rung.Rung, Step: *step, Finishes: true, Why: "it finishes " + c.Step.ID})
		}
	}
	return false
}

// step is a step of the newest rung, nil where it has none of that name.
func (n *next) step(id string) *Step {
	for i := range n.rung.Steps {
		if n.rung.Steps[i].ID == id {
			return &n.rung.Steps[i]
		}
	}
	return nil
}

// sent is the newest change that sent a step of the newest rung, -1 for none.
func (n *next) sent(id string) int {
	for i := len(n.Changes) - 1; i >= 0; i-- {
		if c := &n.Changes[i]; c.Part == Main && c.Rung == n.rung.ID && c.Step.ID == id {
			return i
		}
	}
	return -1
}

// checkChanged checks what was changed, also while the run is being stopped: that
// changes nothing.
func (n *next) checkChanged() bool {
	rung := n.InProgress()
	if rung == nil || !n.w.Stop || n.story.shut || n.story.trouble != "" || !n.link.up || n.rung.at == 0 || n.rung.at >= len(rung.Steps) || !rung.Steps[n.rung.at].Check {
		return false
	}
	return n.take(Action{Do: Send, Rung: *rung, Step: rung.Steps[n.rung.at]})
}

// stop ends a host that was begun with, where the run is being stopped: what was
// changed is looked at first.
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
	return n.conclude()
}

// acted is the event of the last change.
func (n *next) acted() int {
	at := 0
	for i := range n.Changes {
		if c := &n.Changes[i]; c.Part != Arming && c.Part != Ending && !c.Step.ReadOnly() {
			at = max(at, c.after)
		}
	}
	return at
}

// lastLook reads the host before it ends, where it can be reached.
func (n *next) lastLook() bool {
	if !n.link.up && n.link.fails > 0 {
		return n.unread(n.link.why)
	}
	return n.over(Action{Do: LookAt, Why: "what is true in the end"})
}

// goOn goes on with the rung in progress.
func (n *next) goOn() bool {
	rung := n.InProgress()
	if rung == nil || n.story.trouble != "" {
		return false
	}
	if n.looks.gap > n.rung.right {
		return n.over(Action{Do: LookAt, Why: "what is left of the rung"})
	}
	if looked := n.rung.right > n.looks.gap && n.looks.made == n.rung.right; looked && n.leaveRung(rung) {
		return true
	}
	if n.rung.at >= len(rung.Steps) {
		return n.take(Action{Do: Leave, Rung: *rung, Status: LeftDone})
	}
	step := rung.Steps[n.rung.at]
	if tries := n.triesOf(step.ID); tries >= maxTries && !step.ReadOnly() {
		return n.take(Action{Do: Leave, Rung: *rung, Status: LeftStuck, Detail: fmt.Sprintf("step %s did not come to pass in %d tries: the link died each time", step.ID, tries)})
	}
	if n.w.OthersOpen {
		return n.take(Action{Do: AwaitTurn, Why: "it is not known yet what became of an open step of another host"})
	}
	if n.w.Leases && (!n.lease.held || n.lease.asked != rung.ID) {
		return n.over(Action{Do: TakeLease, Rung: *rung})
	}
	if step.Timer != nil && n.armed() < 0 {
		return n.over(Action{Do: Arm, Rung: *rung, Step: step})
	}
	return n.over(Action{Do: Send, Rung: *rung, Step: step})
}

// triesOf is how often a step of the newest rung was sent, or may have been.
func (n *next) triesOf(step string) int {
	tries, unsent := 0, 0
	for i := range n.Changes {
		c := &n.Changes[i]
		if c.Part != Main || c.Rung != n.rung.ID || c.Step.ID != step {
			continue
		}
		switch c.How {
		case outcome.HowFenced, outcome.HowShut:
		case outcome.HowUnsent:
			unsent++
		default:
			tries++
		}
	}
	return max(tries, unsent/2) // a link that dies each time is given up, too
}

// leaveRung ends a rung of which a new look says that it does not go on.
func (n *next) leaveRung(rung *Rung) bool {
	planned := n.planned(rung.ID)
	leave := func(status, detail string) bool {
		return n.take(Action{Do: Leave, Rung: *rung, Status: status, Detail: detail})
	}
	switch {
	case n.Look.Rest.Blocked != "":
		return leave(LeftStuck, fmt.Sprintf("the rest of rung %d (%s) was not sent: %s", rung.Number, rung.ID, n.Look.Rest.Blocked))
	case n.rung.again && planned == nil && !rung.Collects:
		return leave(LeftEnded, "it is not needed any more")
	case n.rung.differs:
		return leave(LeftAnew, "what is left of it would be another now")
	}
	return false
}

// planned is a rung of the newest plan, nil where it has none of that name.
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

// enter begins a rung: under the lease, from a look that was made under it, with a
// capture.
func (n *next) enter(rung *Rung) bool {
	switch {
	case n.w.OthersOpen:
		return n.take(Action{Do: AwaitTurn, Why: "it is not known yet what became of an open step of another host"})
	case n.w.Leases && (!n.lease.held || n.lease.asked != rung.ID):
		return n.over(Action{Do: TakeLease, Rung: *rung})
	case n.Capture == "":
		return n.over(Action{Do: Capture})
	}
	return n.over(Action{Do: Enter, Rung: *rung})
}

// verify looks at what the rungs have done, and decides what follows.
func (n *next) verify() bool {
	if !n.Begun() || n.wait.gathered || n.wait.kept {
		return false
	}
	settled := n.wait.settle > n.acted() || n.wait.quick && n.looks.since == 0
	if n.story.trouble == "" && !settled && n.InProgress() == nil {
		return n.again("what was done takes effect")
	}
	if n.looks.since > 0 && n.fresh() && n.story.trouble == "" && n.runnable() == nil && n.looks.made < n.wait.settle {
		if n.looks.part < n.wait.settle { // nothing but the wait is left
			return n.over(Action{Do: LookAt, Part: true})
		}
		if !n.looks.proved && n.mayWait() {
			return n.again("not proved yet")
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
		return n.again("not proved yet")
	}
	return n.conclude()
}

// prove checks the steps whose exit status is not taken for the truth (V3).
func (n *next) prove() bool {
	for i := range n.Changes {
		c := &n.Changes[i]
		if c.judged || c.Part != Main || !c.Step.Prove || c.Exit == nil || *c.Exit != 0 {
			continue
		}
		switch fate := n.Look.Fates[i]; {
		case fate.Known && fate.InEffect:
		case fate.Known:
			return n.take(Action{Do: Note, Change: i, Status: outcome.NotApplied, Detail: "by a new look: not_applied"})
		case n.mayWait():
			return n.again("whether " + c.Step.ID + " did what it should can't be told yet")
		default:
			return n.take(Action{Do: Note, Change: i, Status: outcome.UnknownIf, Detail: fate.Why})
		}
	}
	return false
}

// diagnose decides about a host on which no rung was begun, and about one that is
// judged again among the others.
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
		return n.take(Action{Do: AwaitEnd, Why: "those that get its value anew come first"})
	}
	rung := n.runnable()
	switch {
	case n.wait.kept && rung == nil && !look.Proved && n.w.Rollback == "" && n.mayWait():
		return n.again("not proved yet")
	case rung == nil:
		return n.conclude()
	case n.w.Stop && (n.w.Waves && !n.wait.released || !look.Complete):
		return n.finish(cut(outcome.Skipped, "interrupted before its turn"))
	case n.w.Stop || n.story.shut:
		return n.finish(cut(outcome.Skipped, "interrupted before anything was changed"))
	case n.w.Waves && !n.wait.released && n.w.Brake != "":
		return n.finish(end(outcome.Skipped, "%s", n.w.Brake))
	case n.w.Waves && !n.wait.released:
		return n.take(Action{Do: AwaitWave, Why: "a change is wanted"})
	case !look.Complete:
		return n.take(Action{Do: AwaitFleet, Why: "waiting for other hosts (duplicate check)"})
	}
	return n.enter(rung)
}

// read looks at a host on which nothing was changed. A link that breaks is tried once
// more: reading changes nothing.
func (n *next) read() bool {
	if n.link.up {
		return n.take(Action{Do: LookAt})
	}
	broke := n.link.breaks > 0 && n.link.kind != "" && n.link.fails == 0
	switch {
	case n.link.fails > 0 || broke && (n.link.kind != kindLost || n.link.breaks > 1):
		return n.unreachable()
	}
	return n.take(Action{Do: Connect, Why: "to read it"})
}
