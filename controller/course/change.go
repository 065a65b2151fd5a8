package course

import (
	"fmt"
	"slices"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/transport/retry"
)

// intend folds a change that is about to be sent.
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
	if c.Part == Undo && !c.Step.Temporary && r.story.trouble == "" { // the failure itself is in no journal
		r.story.trouble = "step " + c.Step.ID + " had to be reverted"
	}
	if c.Step.ID == "" { // not from a journal of this version
		c.Step = Step{ID: e.Step, Command: e.Command, Undo: e.Undo}
	}
	r.Changes = append(r.Changes, c)
	if c.Part == Main && r.rung != nil {
		r.rung.again = false
	}
	if c.Part != Ending {
		r.link.fresh = false
	}
	if !c.clears() {
		r.wait.settle = 0
	}
}

// result folds the result of a change, or the verdict of a later look on it.
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
	c.Status, c.Exit, c.How, c.Started, c.Answer, c.after = e.Status, e.Exit, e.How, e.Started, e.Answer, r.looks.events
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
			r.story.trouble = fmt.Sprintf("the timed undo of step %s could not be armed, so the step was not sent: %s", c.Step.ID, e.Answer)
			r.gap()
		}
	case Ending:
		if c.Answer == outcome.UndoNowhere {
			c.Status, c.judged = outcome.NotApplied, true
		}
	case Main:
		r.answered(c, e)
	}
}

// answered folds the exit status of a step.
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

// unanswered folds a change without an exit status.
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
	case outcome.HowTransferred: // a transfer was completed
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

// endSupport ends the collecting of support data, which is no verdict on the host.
func (r *Record) endSupport(why string) {
	r.story.noSupport, r.rung.over = why+r.collected(), true
}

// collected words the support data that is left on the host.
func (r *Record) collected() string {
	text := ""
	for _, c := range r.Changes {
		if r.rung != nil && c.Rung == r.rung.ID && c.Part == Main && c.Status != outcome.NotApplied && !c.Step.NoUndo() {
			text += "; collected data is left on the host, to remove it: " + c.Step.Undo
		}
	}
	return text
}

// refuse blocks a rung that has changed nothing yet; one that has changed something has
// failed.
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

// checked folds the result of a checking step.
func (r *Record) checked(e Event) {
	switch {
	case r.rung == nil:
	case e.How == outcome.HowShut:
		r.story.shut = true
	case e.How == outcome.HowLost:
		r.link.up = false
		r.gap()
		r.wait.settle = r.looks.events
		if r.rung.lost++; r.rung.lost >= retry.Check.Attempts {
			why := fmt.Sprintf("step %s did not finish in %d attempts: the link died each time", e.Step, retry.Check.Attempts)
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

// fetched folds the result of a fetch of files.
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

// noted folds the verdict of a look, or of the host, on a change.
func (r *Record) noted(at int, e Event) {
	c := &r.Changes[at]
	says := e.Says
	if says == "" {
		says = e.Detail
	}
	fired := r.fired(at)
	proves := !c.judged && c.Exit != nil && *c.Exit == 0 && c.Step.Prove
	c.Status, c.judged = e.Status, true
	if c.Part == Main && c.Status == outcome.Undone && fired && c.after <= r.wait.process && c.Exit != nil && *c.Exit == 0 {
		// It worked, and was undone because no controller was there: its rung proved nothing.
		r.tried.anew[c.Rung] = r.tried.entered[c.Rung] < retry.Step.Attempts
	}
	switch {
	case c.Part == Undo && c.Status != outcome.Applied:
		if c.Status == outcome.UnknownIf && !c.Step.Temporary {
			r.story.undoLost = c.Step.ID
		}
		r.story.behind = append(r.story.behind, behind{at, c.Step.ID + ": " + says + "; to undo it: " + c.Step.Undo})
	case c.Part != Main:
	case proves && c.Status == outcome.UnknownIf:
		r.story.unproved = fmt.Sprintf("step %s ended with status 0, but whether it worked can't be told: %s", c.Step.ID, says)
	case proves && c.Status == outcome.NotApplied:
		if c.Step.Revert {
			c.Status = outcome.Applied // it ran and may have worked in part: it is reverted
		}
		r.story.trouble = fmt.Sprintf("step %s ended with status 0 but did not work", c.Step.ID)
	case c.Status == outcome.Undone && fired && c.after > r.wait.process:
		if r.story.trouble == "" || c.Exit == nil || *c.Exit == 0 {
			r.story.trouble = fmt.Sprintf("step %s %s", c.Step.ID, r.reverted(at))
		}
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
