package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport"
)

const (
	// leaseSlack is how much longer a lease lasts than what it is taken for.
	leaseSlack = 5 * time.Minute
	// leaseTries is how often a host is asked for its lease when the link breaks.
	leaseTries = 3

	leaseTimeout = 30 * time.Second

	leaseLookStep    = "lease-show"
	leaseClockStep   = "lease-clock"
	leaseTakeStep    = "lease-take"
	leaseReplaceStep = "lease-replace"
	leaseReleaseStep = "lease-release"
)

// LeaseSteps begins the id of every command about the lease.
const LeaseSteps = "lease-"

// Held begins the reason of a host that is skipped because another run may
// change it now.
const Held = "held by another run: "

// hold takes the host's lease, or renews it, so that it lasts for a rung (nil: what
// is left of one) and the wait after it. The host is asked each time: who holds it
// may have changed. It returns rungDone when the walk has it.
func (w *walk) hold(ctx context.Context, rung *playbooks.PlannedRung) (Event, error) {
	if w.Owner == "" {
		return rungDone, nil
	}
	need := w.leaseFor(rung)
	now, found, err := w.readLease(ctx)
	switch {
	case err == nil && w.lease != nil && found != nil && found.String() == w.lease.String() && found.Until.Sub(now) > need:
		return rungDone, nil
	case transport.KindOf(err) != "":
		return w.leaseLost(err), nil
	case err != nil:
		return w.noLease(err.Error()), nil
	}
	if event := w.others(found, now); event != "" {
		return event, nil
	}
	next := w.leaseUntil(now.Add(need + leaseSlack))
	step, text := leaseTakeStep, playbooks.LeaseTakeCommand(next)
	if found != nil {
		step, text = leaseReplaceStep, playbooks.LeaseReplaceCommand(*found, next)
	}
	r, err := w.sendLease(ctx, step, text, next.String(), false)
	switch {
	case err != nil:
		return "", err
	case r.shut:
		w.shut = true
		return gateShut, nil
	case r.cause != nil && transport.KindOf(r.cause) == transport.KindPrivilege:
		return w.noLease(r.cause.Error()), nil
	case r.cause != nil:
		return w.leaseLost(r.cause), nil
	case r.exit != 0:
		return w.refusedLease(ctx, r)
	}
	if found != nil && !w.owns(found) {
		w.out.Lease.Note = fmt.Sprintf("took over the lease of run %s, by %s, which ended %s", found.Run, found.Owner, found.Until.Format(time.RFC3339))
	}
	w.lease, w.out.Lease.Text = &next, next.String()
	return rungDone, nil
}

// firstHold takes the host's lease before anything is captured: what is captured
// and changed was read while no other run could change it.
func (w *walk) firstHold(ctx context.Context) (Event, error) {
	event, err := w.hold(ctx, w.runnable())
	switch event {
	case rungDone:
		event = leased
	case inDoubt:
		event = linkLost // asked for over a new connection
	case gateShut:
		w.cut(outcome.Skipped, "interrupted before anything was changed")
		event = noCapture
	case stepFailed:
		w.end(outcome.NeedsAction, "nothing was changed: %s", w.trouble)
		w.trouble, event = "", noCapture
	}
	return event, err
}

// recordLease adds commands about the lease to the report.
func (w *walk) recordLease(commands []transport.Command, t transport.Transcript) {
	if w.out.Lease == nil {
		w.out.Lease = &outcome.Lease{}
	}
	w.out.Lease.Steps = append(w.out.Lease.Steps, steps(commands, t)...)
}

// leaseFor is how long a rung and the wait after it may take.
func (w *walk) leaseFor(rung *playbooks.PlannedRung) time.Duration {
	need := w.Params.Duration("wait")
	if rung == nil {
		return need + defaultStepTimeout
	}
	for i := range rung.Steps {
		need += stepTimeout(&rung.Steps[i]) + rung.Steps[i].UndoAfter
	}
	return need
}

// readLease asks the host for its time and its lease.
func (w *walk) readLease(ctx context.Context) (now time.Time, found *playbooks.Lease, err error) {
	commands := []transport.Command{
		{ID: leaseClockStep, Line: playbooks.LeaseClockCommand, AsLogin: true, Timeout: leaseTimeout},
		{ID: leaseLookStep, Line: playbooks.LeaseShowCommand, AsLogin: true, Timeout: leaseTimeout},
	}
	t, err := w.conn.Run(ctx, commands)
	w.recordLease(commands, t)
	if err != nil {
		return now, nil, err
	}
	for _, r := range t.Results {
		if r.Err != nil || r.Exit != 0 {
			return now, nil, fmt.Errorf("%s: %w", r.ID, errors.Join(r.Err, errors.New(firstLine(r.Stderr, r.Stdout))))
		}
	}
	if now, err = playbooks.ReadLeaseClock(string(t.Results[0].Stdout)); err != nil {
		return now, nil, err
	}
	found, err = playbooks.ReadLease(string(t.Results[1].Stdout))
	return now, found, err
}

// refusedLease finds out who was faster.
func (w *walk) refusedLease(ctx context.Context, r sent) (Event, error) {
	now, found, err := w.readLease(ctx)
	switch {
	case transport.KindOf(err) != "":
		return w.leaseLost(err), nil
	case err == nil:
		if event := w.others(found, now); event != "" {
			return event, nil
		}
	}
	return w.noLease(fmt.Sprintf("status %d: %s; another run may just be about to take it; where none is, and %s.next is there: rm it on the host",
		r.exit, firstLine(r.stderr, r.stdout), playbooks.LeasePath)), nil
}

// leaseUntil is this walk's lease.
func (w *walk) leaseUntil(until time.Time) playbooks.Lease {
	return playbooks.NewLease(w.RunID, w.host.Name, w.Owner, w.Process, until)
}

// owns reports whether a lease is this walk's: of this run under this name, taken by
// this process or by one that certainly has ended, for this one holds the lock of
// the folder that it worked in. Another process of the run, which has a copy of the
// state folder, is somebody else (procedure E3).
func (w *walk) owns(l *playbooks.Lease) bool {
	own := w.leaseUntil(l.Until)
	return l.Run == own.Run && l.Host == own.Host && playbooks.SameFolder(own.Process, l.Process)
}

// others ends the walk where somebody else holds the host; "" where nobody does.
// Where this very run holds it under another name, it is the same machine, and the
// lease's end changes nothing about that.
func (w *walk) others(found *playbooks.Lease, now time.Time) Event {
	switch {
	case found == nil || w.owns(found):
		return ""
	case w.otherName(found):
		return w.twice(*found)
	case now.Before(found.Until.Add(playbooks.LeaseGrace)):
		return w.held(*found, now)
	}
	return ""
}

// otherName reports whether a lease is of this run under another name of the host.
func (w *walk) otherName(l *playbooks.Lease) bool {
	own := w.leaseUntil(l.Until)
	return l.Run == own.Run && l.Host != "" && l.Host != own.Host
}

// held leaves the host to the run that holds it.
func (w *walk) held(by playbooks.Lease, now time.Time) Event {
	who := fmt.Sprintf("%s by %s", by.Run, by.Owner)
	if by.Run == w.leaseUntil(now).Run {
		who += " in another process, which may have a copy of the state folder"
	}
	why := fmt.Sprintf("%s, until %s (the host's clock says %s; where that run is dead: rm "+playbooks.LeasePath+" on the host)", who, by.Until.Format(time.RFC3339), now.Format(time.RFC3339))
	return w.leave(outcome.Skipped, "run "+why, Held+why)
}

// twice leaves the host to the walk of this run that holds it under another name.
func (w *walk) twice(by playbooks.Lease) Event {
	why := fmt.Sprintf("%s: this run holds the very machine as %s already", sameMachine, by.Host)
	w.out.Findings = append(w.out.Findings, waive(w.host, outcome.Finding{
		ID: sameMachine, Severity: outcome.Critical, Title: "this is the very machine that the inventory also calls " + by.Host + ": its lease is that of this run under the other name",
		Evidence: []string{playbooks.LeasePath + ": " + by.String()}, Remedy: "remove one of the names from the inventory, or select one of them (-l)",
		Source: "E3: a lease names the host, the run, the owner and the process",
	}))
	return w.leave(outcome.NeedsAction, why, why+", and may change it; remove one of the names from the inventory, or select one of them (-l)")
}

// leave ends the walk with an outcome, or a graver one where something was sent.
func (w *walk) leave(o outcome.Outcome, to, why string) Event {
	switch {
	case w.doubt != nil || w.pickup != nil && w.pickup.open >= 0:
		w.end(outcome.Unknown, "the lease was lost to %s; what became of the last step is not known", to)
	case w.changed():
		w.end(outcome.Failed, "the lease was lost to %s; no further step was taken", to)
	default:
		w.end(o, "%s", why)
	}
	w.lease = nil
	return othersRun
}

// noLease blocks the rung: without a lease nothing is changed.
func (w *walk) noLease(why string) Event {
	why = "the host's lease can't be taken: " + why
	if w.rung == nil || w.changed() {
		w.trouble = why
		return stepFailed
	}
	w.refused[w.rung.Rung.ID] = why
	w.rung = nil
	return rungRefused
}

// leaseLost asks again over a new connection: taking a lease twice is harmless.
func (w *walk) leaseLost(err error) Event {
	w.hangUp()
	if w.leaseTries++; w.leaseTries >= leaseTries {
		return w.noLease(err.Error())
	}
	return inDoubt
}

// release gives the lease back. Where that fails, it ends by itself.
func (w *walk) release(ctx context.Context) error {
	if w.lease == nil && w.pickup != nil && w.Owner != "" && w.conn != nil {
		// An earlier process of the run took it.
		if _, found, err := w.readLease(ctx); err == nil && found != nil && w.owns(found) {
			w.lease = found
		}
	}
	if w.lease == nil || w.conn == nil {
		return nil
	}
	l := *w.lease
	w.lease = nil
	r, err := w.sendLease(ctx, leaseReleaseStep, playbooks.LeaseReleaseCommand(l), l.String(), true)
	if r.cause != nil {
		w.hangUp()
	}
	return err
}

// sendLease sends one command about the lease. It is no change of the report:
// what it makes is gone when the walk is over.
func (w *walk) sendLease(ctx context.Context, step, text, detail string, finishes bool) (sent, error) {
	entry := outcome.Entry{Time: time.Now().UTC(), Event: outcome.EventLease, Host: w.host.Name, Step: step, Command: text, Detail: detail}
	if err := w.Journal.Append(entry); err != nil {
		return sent{}, fmt.Errorf("nothing was run: %w", err)
	}
	commands := []transport.Command{{ID: step, Line: text, Mutating: true, Finishes: finishes, Timeout: leaseTimeout}}
	t, err := w.conn.Run(ctx, commands)
	w.recordLease(commands, t)
	var result transport.Result
	if len(t.Results) == 1 {
		result = t.Results[0]
	}
	switch {
	case errors.Is(err, transport.ErrGateShut):
		return sent{shut: true}, nil
	case err != nil:
		return sent{lost: true, cause: err}, nil
	case result.Err != nil:
		return sent{lost: true, cause: result.Err}, nil
	}
	return sent{exit: result.Exit, stdout: result.Stdout, stderr: result.Stderr}, nil
}
