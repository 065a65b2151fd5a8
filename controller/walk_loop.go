package controller

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
)

// guarded is run; a panic in it becomes an internal error, and the other hosts go on.
func (w *walk) guarded(ctx context.Context) (h outcome.Host, err error) {
	defer func() {
		if p := recover(); p != nil {
			w.close()
			err = fmt.Errorf("%s: this is a bug: panic: %v\n%s", w.host.Name, p, debug.Stack())
		}
	}()
	return w.run(ctx)
}

// maxPause is the longest pause of the controller between two actions, by the wall clock,
// after which a look still counts (procedure E1).
const maxPause = time.Minute

// maxActions bounds the actions on one host: a course that never ends is a bug.
const maxActions = 100_000

// run takes the host to its end. Its error is an internal one, not the host's.
func (w *walk) run(ctx context.Context) (outcome.Host, error) {
	defer w.close()
	for range maxActions {
		w.tellResolved()
		if now := time.Now().Round(0); !w.last.IsZero() && now.Sub(w.last) > maxPause {
			w.happened(course.Event{Entry: outcome.Entry{Event: course.Paused}})
		}
		action := w.course.Next(time.Now(), w.wants(ctx))
		if state := stateOf(action, w.course, w.state); state != w.state {
			if err := w.move(state, action); err != nil {
				return w.out, err
			}
			continue // meanwhile the run may have been stopped
		}
		if err := w.do(ctx, action); err != nil {
			return w.out, fmt.Errorf("%s: %w", w.host.Name, err)
		}
		if w.course.End != nil {
			return w.timed(), nil
		}
	}
	return w.out, fmt.Errorf("%s: this is a bug: no end after %d actions, in state %s", w.host.Name, maxActions, w.state)
}

// do does one action, and tells the course the result.
func (w *walk) do(ctx context.Context, a course.Action) error {
	switch a.Do {
	case course.Connect:
		return w.connect(ctx)
	case course.LookAt:
		return w.lookAt(ctx, a)
	case course.AwaitChanges:
		return w.awaitChanges(ctx)
	case course.AwaitWave:
		return w.awaitWave(ctx)
	case course.AwaitFleet:
		return w.awaitFleet(ctx, a.End)
	case course.AwaitEnd:
		return w.awaitEnd(ctx)
	case course.TakeLease:
		return w.takeLease(ctx, a.Rung, a.Finishes)
	case course.Capture:
		return w.capture(ctx)
	case course.Enter:
		return w.enter(ctx, a.Rung)
	case course.Leave:
		return w.leave(a)
	case course.Arm:
		return w.arm(ctx, a.Step)
	case course.Send:
		return w.send(ctx, a)
	case course.AskUndo:
		return w.askUndo(ctx, a.Change)
	case course.Disarm:
		return w.disarm(ctx, a.Change)
	case course.Revert:
		return w.revert(ctx, a.Change)
	case course.Note:
		return w.note(a.Change, a.Status, a.Detail)
	case course.Settle:
		return w.settle(ctx, a)
	case course.Finish:
		return w.finish(ctx, a.End)
	}
	return fmt.Errorf("this is a bug: unknown action %q", a.Do)
}

// wants returns the present wishes of the run.
func (w *walk) wants(ctx context.Context) course.Wishes {
	wishes := course.Wishes{
		Verb: w.Verb, Stop: w.stopping(), Waves: w.inWaves(), Leases: w.Owner != "" && w.Verb == Recover,
		OthersOpen: w.othersOpen(),
		Settle:     w.Params.Duration("settle"), Wait: w.Params.Duration("wait"), Every: w.Playbook.Verify.Every,
		Rollback: w.evidence.earlier,
	}
	if ctx.Err() != nil {
		wishes.Cut = context.Cause(ctx).Error()
	}
	wishes.Brake = w.waves.Refused(w.host.Name)
	return wishes
}

// othersOpen reports whether the open change of another host is unresolved or, after a
// resume, its machine unknown.
func (w *walk) othersOpen() bool {
	return !w.peers.AllResolved() || w.pickup != nil && !w.peers.AllIdentified()
}

// amongOthers judges a diagnosis among the other hosts.
func (w *walk) amongOthers(d *playbooks.Diagnosis) *playbooks.Diagnosis {
	w.evidence.othersOpen = w.othersOpen() // asked first: the view must not be older
	return w.Playbook.WithFleet(d, w.peers.View(w.host.Name))
}

// move shows another state and journals it.
func (w *walk) move(to State, a course.Action) error {
	err := w.Journal.Append(outcome.Entry{Time: time.Now().UTC(), Event: outcome.EventState, Host: w.host.Name, State: string(to), Detail: a.Why})
	w.state = to
	if w.Observer != nil {
		w.Observer.Moved(w.host.Name, to, a.Why, a.Until)
	}
	return err
}

// tellResolved reports the result of the change that was open, once it is known.
func (w *walk) tellResolved() {
	p := w.pickup
	if p == nil || p.told || w.course.Open() {
		return
	}
	p.told = true
	w.tellSettled()
	w.peers.Resolve(w.host.Name)
	w.waves.Resume(w.host.Name)
}
