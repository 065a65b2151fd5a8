package controller

import (
	"context"
	"fmt"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport"
)

// handOver begins the rung that collects what a support case needs, where there
// is one that may run: everything else was tried, and nothing failed on the way.
func (w *walk) handOver() bool {
	if w.trouble != "" || w.shut || w.stopping() {
		return false
	}
	for i, r := range w.plan {
		if r.Rung.HandOver && r.Waits && w.entered[r.Rung.ID] == 0 && len(r.Steps) > 0 {
			w.rung, w.step, w.applied, w.partial, w.noted = &w.plan[i], 0, nil, nil, false
			w.entered[r.Rung.ID]++
			return true
		}
	}
	return false
}

// supportFailed keeps a failure of the hand-over apart from how the host fares:
// the data could not be had, and nothing else follows from it. It returns what
// the rung ended with.
func (w *walk) supportFailed(rung *playbooks.Rung, s *playbooks.PlannedStep, event Event) Event {
	if !rung.HandOver {
		return event
	}
	switch event {
	case stepFailed:
		w.noSupport, w.trouble, w.failed = w.trouble, "", nil
	case rungRefused:
		w.noSupport = w.refused[rung.ID]
	case inDoubt:
		if w.unsent && w.repeatable(s) {
			return event
		}
		w.noSupport = "step " + s.Step.ID + ": the link broke"
		w.doubt, w.unsent = nil, false
		event = stepFailed
	default:
		return event
	}
	w.rung = nil
	for _, a := range w.applied { // the folder that everything is in
		if w.out.Changes[a.at].Status != outcome.NotApplied && !strings.HasPrefix(a.step.Undo, "none: ") {
			w.noSupport += "; what was collected is left on the host, by hand: " + a.step.Undo
		}
	}
	return event
}

// check runs a step that changes nothing.
func (w *walk) check(ctx context.Context, s *playbooks.PlannedStep) Event {
	commands := []transport.Command{{ID: s.Step.ID, Line: s.Command, Timeout: stepTimeout(s)}}
	t, err := w.conn.Run(ctx, commands)
	w.record(commands, t)
	var r transport.Result
	if len(t.Results) == 1 {
		r = t.Results[0]
	}
	switch {
	case err != nil && ctx.Err() != nil:
		w.shut = true
		return gateShut
	case err != nil: // it changes nothing, so it may be tried once more
		w.doubt, w.unsent = s, true
		w.hangUp()
		return inDoubt
	case r.Err != nil:
		return w.refuse(s, r.Err.Error())
	case r.Exit != 0 && !s.Step.MayFail:
		return w.refuse(s, fmt.Sprintf("it ended with status %d: %s", r.Exit, firstLine(r.Stderr, r.Stdout)))
	}
	return rungDone
}

// refuse blocks a rung that has changed nothing yet; later it has failed.
func (w *walk) refuse(s *playbooks.PlannedStep, why string) Event {
	why = "step " + s.Step.ID + ": " + why
	for _, a := range w.applied {
		if w.out.Changes[a.at].Status != outcome.NotApplied {
			w.trouble = why
			return stepFailed
		}
	}
	w.refused[w.rung.Rung.ID] = why
	w.rung = nil
	return rungRefused
}
