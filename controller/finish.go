package controller

import (
	"context"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// finish gives the host its end, and its lease back. Where that is not known to be
// safe, the lease ends by itself.
func (w *walk) finish(ctx context.Context, end course.End) error {
	w.shut(outcome.StageOK, "")
	if !end.KeepLease {
		if err := w.giveBack(ctx); err != nil {
			return err
		}
	}
	if !w.parked {
		w.findLeft(end.Left...)
	}
	if p := w.pickup; p != nil && !p.told {
		p.told = true
		w.tellSettled()
	}
	w.out.Outcome, w.out.Reason, w.out.Interrupted = end.Outcome, end.Reason, end.Interrupted
	w.happened(course.Event{Entry: outcome.Entry{Event: outcome.EventEnded, Status: string(end.Outcome), Detail: end.Reason}})
	return nil
}
