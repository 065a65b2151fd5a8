package controller

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/transport"
)

// walk takes one host from its first connection to its end: it asks the host's course
// for the next action, does it, writes down what came of it, and asks again. One
// goroutine owns it.
type walk struct {
	*Engine
	fleet  *fleet
	waves  *waves // nil: nobody is held back
	host   inventory.Host
	target transport.Target

	course *course.Record // decides
	out    outcome.Host   // the report
	state  State          // what is shown of it
	conn   transport.Conn // nil: none
	begun  time.Time      // when it was first connected to
	stage  *openStage     // the stage of the report that is open; nil: none
	lease  *playbooks.Lease
	sight  sight // what was read of the host
	steps  map[string]playbooks.PlannedStep
	moved  map[string]bool // files that a transfer has brought over
	parked bool            // what is known stands in the report alone
	atDesk bool            // it holds a desk
	pickup *pickup         // nil: no other process was here before in this run
}

func newWalk(e *Engine, f *fleet, waves *waves, host inventory.Host) *walk {
	w := &walk{
		Engine: e, fleet: f, waves: waves, host: host, target: TargetOf(host), course: course.New(), state: Queued,
		out: outcome.Host{
			Schema: outcome.HostSchema, RunID: e.RunID, Host: host.Name, Address: host.Address,
			Stages: []outcome.Stage{}, Facts: map[string]any{}, Findings: []outcome.Finding{}, Changes: []outcome.Change{},
			Plan: emptyPlan(e.Verb),
		},
		steps: map[string]playbooks.PlannedStep{}, moved: map[string]bool{},
	}
	if e.Approved != nil {
		w.sight.approved = e.Approved(host.Name)
	}
	return w
}

// TargetOf is where and as whom the inventory says that a host is reached.
func TargetOf(host inventory.Host) transport.Target {
	s := host.SSH
	return transport.Target{
		Name: host.Name, Address: host.Address, Port: s.Port, User: s.User,
		Identity: s.Identity, Certificate: s.Certificate, Passphrase: s.Passphrase, Password: s.Password,
		LegacyAlgorithms: s.LegacyAlgorithms, KnownHosts: s.KnownHosts, Jump: s.Jump,
		Become: s.Become, BecomeCommand: s.BecomeCommand, BecomeMode: s.BecomeMode, BecomePassword: s.BecomePassword,
	}
}

// emptyPlan is there, and empty, for the verbs that plan.
func emptyPlan(verb Verb) []outcome.PlanStep {
	if verb == Plan || verb == Recover {
		return []outcome.PlanStep{}
	}
	return nil
}

// guarded is run; a panic in it is an error of the product, and the other hosts
// come to their end.
func (w *walk) guarded(ctx context.Context) (h outcome.Host, err error) {
	defer func() {
		if p := recover(); p != nil {
			w.close()
			err = fmt.Errorf("%s: this is a bug: panic: %v\n%s", w.host.Name, p, debug.Stack())
		}
	}()
	return w.run(ctx)
}

// maxActions bounds the actions on one host: a course that never ends is a bug.
const maxActions = 100_000

// run takes the host to its end. Its error is a failure of the product, not of the
// host.
func (w *walk) run(ctx context.Context) (outcome.Host, error) {
	defer w.close()
	for range maxActions {
		w.say()
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

// do does one action, and tells the course what came of it.
func (w *walk) do(ctx context.Context, a course.Action) error {
	switch a.Do {
	case course.Connect:
		return w.connect(ctx)
	case course.LookAt:
		return w.lookAt(ctx, a)
	case course.AwaitTurn:
		return w.awaitTurn(ctx)
	case course.AwaitWave:
		return w.awaitWave(ctx)
	case course.AwaitFleet:
		return w.awaitFleet(ctx, a.End)
	case course.AwaitEnd:
		return w.awaitEnd(ctx)
	case course.TakeLease:
		return w.takeLease(ctx, a.Rung)
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

// wants is what the run wants of the host now.
func (w *walk) wants(ctx context.Context) course.Wishes {
	wishes := course.Wishes{
		Verb: w.Verb, Stop: w.stopping(), Waves: w.waves != nil, Leases: w.Owner != "" && w.Verb == Recover,
		OthersOpen: !w.fleet.allSaid() || w.pickup != nil && !w.fleet.allNamed(),
		Settle:     w.Params.Duration("settle"), Wait: w.Params.Duration("wait"), Every: w.Playbook.Verify.Every,
		Rollback: w.sight.earlier,
	}
	if ctx.Err() != nil {
		wishes.Cut = "interrupted: " + context.Cause(ctx).Error()
	}
	if w.waves.stopped() {
		wishes.Brake = w.waves.why()
	}
	return wishes
}

// happened tells the course what is not for the journal: it ends with the process.
func (w *walk) happened(e course.Event) {
	e.Host = w.host.Name
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	w.course.Apply(e)
}

// write writes an event into the journal, and tells the course.
func (w *walk) write(e course.Event) error {
	e.Host = w.host.Name
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	e.Time = e.Time.UTC()
	if err := w.Journal.Append(e.Entry); err != nil {
		return err
	}
	w.fold(e)
	return nil
}

// fold tells the course of an event, and keeps the changes of the report in step.
func (w *walk) fold(e course.Event) {
	w.course.Apply(e)
	outcome.FoldChange(&w.out.Changes, e.Entry, w.course.Fixes(e.Rung))
}

// move shows another state, and notes it in the journal.
func (w *walk) move(to State, a course.Action) error {
	err := w.Journal.Append(outcome.Entry{Time: time.Now().UTC(), Event: outcome.EventState, Host: w.host.Name, State: string(to), Detail: a.Why})
	w.state = to
	if w.Observer != nil {
		w.Observer.Moved(w.host.Name, to, a.Why)
	}
	return err
}

// timed is the report with the time that the walk has taken so far.
func (w *walk) timed() outcome.Host {
	if !w.begun.IsZero() {
		w.out.Started = w.begun.UTC()
		w.out.Duration = time.Since(w.begun).Milliseconds()
	}
	return w.out
}

// close closes the connection, which gives the place in the window back.
func (w *walk) close() {
	if w.conn != nil {
		_ = w.conn.Close()
		w.conn = nil
	}
}

// hangUp closes the connection and tells the course.
func (w *walk) hangUp() {
	w.close()
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Closed}})
}

// broke tells the course that the connection broke while something was read.
func (w *walk) broke(err error) {
	w.close()
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Broke, Status: string(transport.KindOf(err)), Detail: reasonOf(err)}})
}

// reasonOf says why a host can't be reached; it begins with the kind.
func reasonOf(err error) string {
	var typed *transport.Error
	switch {
	case !errors.As(err, &typed):
		return fmt.Sprintf("%s: %v", transport.KindProtocol, err)
	case typed.Kind == transport.KindCanceled:
		return typed.Err.Error()
	}
	return typed.Reason()
}
