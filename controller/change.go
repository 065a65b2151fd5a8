package controller

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport"
)

// maxEntries is how often a rung may be begun on a host: once, and once more
// when the host itself said that the first try did not happen.
const maxEntries = 2

// defaultStepTimeout is how long a changing step may take when the playbook
// does not say.
const defaultStepTimeout = 5 * time.Minute

// runnable returns the first rung of the plan that may run now and was not
// tried, nil when there is none.
func (w *walk) runnable() *playbooks.PlannedRung {
	for i, r := range w.plan {
		if r.Blocked == "" && w.entered[r.Rung.ID] == 0 && w.refused[r.Rung.ID] == "" && len(r.Steps) > 0 {
			return &w.plan[i]
		}
	}
	return nil
}

// blocked says which rung waits for a person, "" when none does: one that only
// wants a flag first.
func (w *walk) blocked() string {
	for _, r := range w.plan {
		if r.NotAllowed != "" && strings.HasPrefix(r.Blocked, "not allowed") {
			return fmt.Sprintf("rung %d (%s) is %s", r.Rung.Number, r.Rung.ID, r.Blocked)
		}
	}
	for _, r := range w.plan {
		tried := w.entered[r.Rung.ID] > 0 && w.refused[r.Rung.ID] == ""
		if r.Blocked != "" && !r.Waits && !tried && (!r.Rung.HandOver || w.Playbook.OnlyHandsOver()) {
			return fmt.Sprintf("rung %d (%s) is blocked: %s", r.Rung.Number, r.Rung.ID, r.Blocked)
		}
	}
	return ""
}

// printPlan writes the plan into the report.
func (w *walk) printPlan() {
	w.out.Plan = []outcome.PlanStep{}
	if w.Verb == Plan {
		w.out.Grounds = w.Playbook.Grounds(w.diagnosis, w.plan)
	}
	for _, r := range w.plan {
		if len(r.Steps) == 0 { // what it would run is not known yet
			w.out.Plan = append(w.out.Plan, outcome.PlanStep{Rung: r.Rung.ID, AllowedBy: r.Rung.Allow, BlockedBy: r.Blocked, Mends: append([]string{}, r.Mends...)})
		}
		for _, s := range r.Steps {
			allow := s.Step.Allow
			if allow == "" {
				allow = r.Rung.Allow
			}
			row := outcome.PlanStep{
				Rung: r.Rung.ID, Step: s.Step.ID, Command: s.Command, Undo: s.Undo,
				AllowedBy: allow, BlockedBy: r.Blocked, Mends: append([]string{}, r.Mends...),
				Conditional: r.Rung.HandOver && r.Waits, Because: s.Because,
			}
			arm, disarm := row, row
			arm.Step, arm.Command, arm.Undo = armStep(s.Step.ID), s.Arm, s.Disarm
			disarm.Step, disarm.Command, disarm.Undo = disarmStep(s.Step.ID), s.Disarm, nothingToUndo
			if s.Arm != "" {
				w.out.Plan = append(w.out.Plan, arm, row, disarm)
			} else {
				w.out.Plan = append(w.out.Plan, row)
			}
		}
	}
}

// recover runs the steps of one rung, in order, until one does not succeed.
func (w *walk) recover(ctx context.Context) (Event, error) {
	if w.rung == nil {
		w.rung, w.step, w.applied, w.partial, w.noted = w.runnable(), 0, nil, nil, false
		w.entered[w.rung.Rung.ID]++
	}
	if w.stopping() {
		w.shut = true
		return gateShut, nil
	}
	if w.othersOpen() {
		w.hangUp()
		w.await(ctx, w.fleet.said)
		return unsaid, nil
	}
	if err := w.Captures.Check(w.out.Capture); err != nil {
		w.trouble = "the capture is not good any more: " + err.Error()
		return stepFailed, nil
	}
	done := w.stage(outcome.StageRecover)
	rung := w.rung.Rung
	if event, err := w.hold(ctx, w.rung); event != rungDone || err != nil {
		done(outcome.StageFailed, fmt.Sprintf("rung %d was not begun: %s", rung.Number, event))
		return event, err
	}
	if !w.noted {
		if err := w.beginRung(); err != nil {
			return "", err
		}
	}
	for w.step < len(w.rung.Steps) {
		s := &w.rung.Steps[w.step]
		w.step++
		event, err := w.change(ctx, s)
		if err != nil {
			return "", err
		}
		if event == stepFailed {
			err = w.takeBack(ctx)
		}
		if event != rungDone {
			done(outcome.StageFailed, fmt.Sprintf("rung %d, step %s: %s", rung.Number, s.Step.ID, event))
			return w.supportFailed(rung, s, event), err
		}
		// What was changed is still checked: that changes nothing.
		if w.stopping() && w.step < len(w.rung.Steps) && !w.rung.Steps[w.step].Step.Checks {
			w.shut = true
			done(outcome.StageFailed, "interrupted between two steps")
			return gateShut, nil
		}
	}
	done(outcome.StageOK, fmt.Sprintf("rung %d: %s", rung.Number, rung.Title))
	if len(w.partial) > 0 {
		w.noSupport = strings.Join(w.partial, "; ")
	}
	w.atOnce, w.rung, w.looks = rung.AtOnce, nil, 0
	return rungDone, nil
}

// change sends one changing command: the intent is on disk before it, the
// result after it. It is sent once; what came of a link that died is for a new
// look to say. A step that can cut the connection has its undo armed first.
func (w *walk) change(ctx context.Context, s *playbooks.PlannedStep) (Event, error) {
	switch {
	case s.Step.Upload != nil:
		return w.upload(ctx, s)
	case s.Step.Fetch.V != "":
		return w.fetch(ctx, s)
	case s.Step.Checks:
		return w.check(ctx, s), nil
	case s.Arm == "":
		return w.send(ctx, s)
	}
	if event, err := w.arm(ctx, s); event != rungDone || err != nil {
		return event, err
	}
	event, err := w.send(ctx, s)
	if err != nil || event == gateShut {
		return event, err
	}
	return w.disarm(ctx, s, event)
}

// send sends the command of a step and says what is certain about it.
func (w *walk) send(ctx context.Context, s *playbooks.PlannedStep) (Event, error) {
	r, err := w.journaled(ctx, order{step: s.Step.ID, text: s.Command, undo: s.Undo, timeout: stepTimeout(s)})
	if err != nil {
		return "", err
	}
	w.began(s)
	switch {
	case r.shut:
		w.shut = true
		return gateShut, nil
	case r.refused, r.unsent && transport.KindOf(r.cause) == transport.KindPrivilege:
		return w.refuse(s, r.cause.Error()), nil
	case r.unsent, r.lost:
		w.doubt, w.unsent, w.hung, w.doubts, w.arrived = s, r.unsent, errors.Is(r.cause, transport.ErrHung), 0, r.arrived
		w.hangUp()
		return inDoubt, nil
	case r.exit != 0 && !s.Step.MayFail:
		w.failed = s
		w.trouble = fmt.Sprintf("step %s ended with status %d: %s", s.Step.ID, r.exit, firstLine(r.stderr, r.stdout))
		return stepFailed, nil
	}
	if r.exit != 0 && w.rung.Rung.HandOver {
		w.partial = append(w.partial, fmt.Sprintf("%s ended with status %d: %s", s.Step.ID, r.exit, firstLine(r.stderr, r.stdout)))
	}
	if s.Step.Prove {
		w.prove = append(w.prove, s)
	}
	return rungDone, nil
}

// stepTimeout is how long a step may take.
func stepTimeout(s *playbooks.PlannedStep) time.Duration {
	if s.Step.Timeout > 0 {
		return s.Step.Timeout
	}
	return defaultStepTimeout
}

// began notes that a step may have changed the host: its change is the last one
// of the report.
func (w *walk) began(s *playbooks.PlannedStep) {
	w.at = len(w.out.Changes) - 1
	for _, id := range w.rung.Mends {
		w.led[id] = true
	}
	w.applied = append(w.applied, appliedStep{s, w.at, w.rung.Rung.ID})
	if s.Step.Temporary {
		w.temporary = append(w.temporary, appliedStep{s, w.at, w.rung.Rung.ID})
	}
}

// mends are the findings that called for a rung that runs.
func (w *walk) mends(rung string) []string {
	if w.rung == nil || w.rung.Rung.ID != rung {
		return nil
	}
	return w.rung.Mends
}

// order is one changing command that is to be sent.
type order struct {
	step, text, undo string
	timeout          time.Duration
	// finishes marks what belongs to a step that was taken before.
	finishes bool
	// rung is that of the step that is taken back; "": the one that runs.
	rung string
}

// sent is what became of one changing command.
type sent struct {
	exit           int
	stdout, stderr []byte
	shut           bool // the gate did not let it pass
	unsent         bool // it certainly never reached the host
	refused        bool // so it is, for the gate lets it never pass
	lost           bool // it is not known what became of it
	arrived        bool // the host has said that it had begun
	cause          error
}

// journaled sends one changing command between its intent and its result in
// the journal, and adds the change to the report. Its error is a failure of the
// product.
func (w *walk) journaled(ctx context.Context, o order) (sent, error) {
	entry, err := w.intend(o)
	if err != nil {
		return sent{}, err
	}
	commands := []transport.Command{{ID: o.step, Line: o.text, Mutating: true, Finishes: o.finishes, Timeout: o.timeout}}
	t, err := w.conn.Run(ctx, commands)
	w.record(commands, t)
	var r sent
	change := outcome.Change{Step: o.step, Command: o.text, Undo: o.undo, Status: outcome.Applied, At: entry.Time, Rung: entry.Rung, Mends: w.mends(entry.Rung)}
	result := transport.Result{Err: err}
	if len(t.Results) == 1 {
		result = t.Results[0]
	}
	r.arrived = !result.Started.IsZero()
	switch {
	case errors.Is(err, transport.ErrGateShut) && !w.stopping():
		r.unsent, r.refused, r.cause = true, true, err
		change.Status, change.Detail = outcome.NotApplied, err.Error()
	case errors.Is(err, transport.ErrGateShut):
		r.shut = true
		change.Status, change.Detail = outcome.NotApplied, "the gate was shut"
	case err != nil && errors.Is(result.Err, transport.ErrNotRun):
		r.unsent, r.cause = true, err
		change.Status, change.Detail = outcome.NotApplied, "it was never sent: "+err.Error()
	case err != nil, result.Err != nil:
		r.lost, r.cause = true, errors.Join(err, result.Err)
		if err != nil {
			r.cause = err
		}
		change.Status, change.Detail = outcome.UnknownIf, r.cause.Error()
	default:
		r.exit, r.stdout, r.stderr = result.Exit, result.Stdout, result.Stderr
		entry.Exit = &r.exit
		if r.exit != 0 {
			change.Detail = fmt.Sprintf("exit status %d", r.exit)
		}
	}
	w.out.Changes = append(w.out.Changes, change)
	entry.Time, entry.Event, entry.Status, entry.Detail = time.Now().UTC(), outcome.EventResult, change.Status, change.Detail
	if w.rung == nil || !w.rung.Rung.HandOver { // RMC does not begin anew with that
		w.last = time.Now()
	}
	return r, w.Journal.Append(entry)
}

// beginRung writes down that a rung begins, and then the report as it is: what a
// process that has to go on in this one's place begins with. A report that was
// put aside has its rung in the journal.
func (w *walk) beginRung() error {
	w.noted = true
	err := w.Journal.Append(outcome.Entry{
		Time: time.Now().UTC(), Event: outcome.EventRung, Host: w.host.Name, Rung: w.rung.Rung.ID, Mends: w.rung.Mends,
	})
	if err != nil {
		return err
	}
	return w.Sink.Keep(w.timed())
}

// intend writes down what is about to be sent. Its error is a failure of the
// product: nothing may be sent then.
func (w *walk) intend(o order) (outcome.Entry, error) {
	entry := outcome.Entry{
		Time: time.Now().UTC(), Event: outcome.EventIntent, Host: w.host.Name, Change: len(w.out.Changes) + 1,
		Rung: o.rung, Step: o.step, Command: o.text, Undo: o.undo,
	}
	if entry.Rung == "" && w.rung != nil {
		entry.Rung = w.rung.Rung.ID
	}
	if err := w.Journal.Append(entry); err != nil {
		return entry, fmt.Errorf("nothing was run: %w", err)
	}
	return entry, nil
}

// settle waits, without a connection, for what the last rung did to take
// effect.
func (w *walk) settle(ctx context.Context) (Event, error) {
	w.hangUp()
	pause := w.Params.Duration("settle")
	if w.atOnce && w.looks == 0 {
		return timeUp, nil
	}
	if w.looks > 0 {
		pause = min(pause, w.Playbook.Verify.Every)
	}
	w.pause(ctx, max(min(pause, w.left()), 0))
	return timeUp, nil
}

// left is what is left of the wait, which begins with the last change.
func (w *walk) left() time.Duration {
	return w.Params.Duration("wait") - time.Since(w.last)
}

// firstLine is the first line that says something, quoted when it is not
// plain text.
func firstLine(streams ...[]byte) string {
	for _, stream := range streams {
		for line := range strings.Lines(text(stream)) {
			if line = strings.TrimSpace(line); line != "" {
				return printable(line)
			}
		}
	}
	return "it printed nothing"
}
