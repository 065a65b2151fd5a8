package course

import (
	"time"

	"aixmend/controller/outcome"
)

// next is one decision.
type next struct {
	*Record
	now    time.Time
	w      Wishes
	action Action
}

// take decides for an action and returns true, as every rule that decides does.
func (n *next) take(a Action) bool {
	n.action = a
	return true
}

// over decides for an action that needs a connection.
func (n *next) over(a Action) bool {
	switch {
	case n.link.up:
		return n.take(a)
	case n.link.fails == 0:
		return n.take(Action{Do: Connect})
	}
	return n.unreached()
}

// unreached decides for a host that can't be connected to.
func (n *next) unreached() bool {
	if len(n.Changes) == 0 && !n.Begun() {
		return n.unreachable()
	}
	if n.mayWait() && n.link.kind != kindAuth {
		return n.settle(n.w.Every, "it can't be reached")
	}
	return n.unread(n.link.why)
}

// left is the rest of the wait, which begins with the last change.
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
	return n.take(Action{Do: Settle, For: max(min(d, n.left()), 0), Until: n.now.Add(n.left()), Why: why})
}

// again waits for the look after the newest one.
func (n *next) again(why string) bool {
	d := n.w.Settle
	if n.looks.since > 0 {
		d = min(d, n.w.Every)
	}
	n.settle(d, why)
	if n.runnable() != nil { // then the next rung follows, not the rest of the wait
		n.action.Until = n.now.Add(n.action.For)
	}
	return true
}

// triesOf is how often a step of the newest rung was sent, or may have been; for an
// arming, how often it got no answer.
func (n *next) triesOf(part Part, step string) int {
	tries, unsent := 0, 0
	for i := range n.Changes {
		c := &n.Changes[i]
		if c.Part != part || c.Rung != n.rung.ID || c.Step.ID != step || part == Arming && c.Exit != nil {
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
	return max(tries, unsent/2) // a link that dies each time is given up too
}

// acted is the event of the last change that may take time to take effect. The undo of a
// temporary step is not one.
func (n *next) acted() int {
	at := 0
	for i := range n.Changes {
		if c := &n.Changes[i]; c.Part != Arming && c.Part != Ending && !c.Step.ReadOnly() && !c.clears() {
			at = max(at, c.after)
		}
	}
	return at
}

const (
	// undoGrace is how long after its delay a timed undo has certainly started.
	undoGrace = 30 * time.Second
	// resumeSlack is the shortest wait for a resumed host.
	resumeSlack = 2 * time.Minute
	// longStep is the timeout from which a step counts as taking minutes. Such a step has
	// longDoubt times `settle` to show its effect.
	longStep  = 5 * time.Minute
	longDoubt = 5
)

// Kinds of failures to connect, as package transport has them.
const (
	kindAuth     = "auth"
	kindLost     = "lost"
	kindCanceled = "canceled"
)

// Reasons that others look for.
const (
	// Held begins the reason of a host that is skipped because another run holds its lease.
	Held = outcome.ReasonHeld
	// NotAllowed begins the reason of a rung that only lacks a word of --allow, as package
	// playbooks has it.
	NotAllowed = "not allowed: "
)
