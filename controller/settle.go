package controller

import (
	"context"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// settle waits without a connection.
func (w *walk) settle(ctx context.Context, a course.Action) error {
	if !a.Firm {
		w.shut(outcome.StageOK, a.Why)
	}
	w.hangUp()
	w.pause(ctx, a.For, a.Firm)
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Waited}})
	return nil
}

// pause waits until d has passed or the run is stopped. A firm wait belongs to a change:
// neither the first signal ends it nor an internal error on another host.
func (w *walk) pause(ctx context.Context, d time.Duration, firm bool) {
	if firm {
		wait(ctx, d, nil, nil)
		return
	}
	wait(ctx, d, w.Stop, w.broken)
}

// wait waits until d has passed, or until one of the others ends it; it reports whether d
// has passed.
func wait(ctx context.Context, d time.Duration, stop, broken <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-stop:
	case <-broken:
	case <-ctx.Done():
	}
	return false
}
