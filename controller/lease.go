package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/controller/peers"
	"aixmend/playbooks"
	"aixmend/playbooks/onhost"
	"aixmend/transport"
)

const (
	// leaseSlack is how much longer a lease lasts than the rung and the wait need.
	leaseSlack = 5 * time.Minute

	leaseTimeout = 30 * time.Second

	leaseLookStep    = "lease-show"
	leaseClockStep   = "lease-clock"
	leaseTakeStep    = "lease-take"
	leaseReplaceStep = "lease-replace"
	leaseReleaseStep = outcome.LeaseRelease
)

const (
	// fenceStep is the command that goes before each change: it asks the host, in the
	// same shell, whether the lease is still this run's (procedure E2).
	fenceStep    = LeaseSteps + "fence"
	fenceTimeout = 30 * time.Second
)

// LeaseSteps begins the id of every command about the lease.
const LeaseSteps = "lease-"

// Held begins the reason of a host that is skipped because another run may
// change it now.
const Held = course.Held

// takeLease takes the host's lease, or renews it, so that it lasts for a rung (without
// steps: the rest of one) and the wait after it. The host is asked each time: who
// holds it may have changed.
// finishes marks a lease for finishing steps: a gate that is shut for new changes lets it
// pass.
func (w *walk) takeLease(ctx context.Context, rung course.Rung, finishes bool) error {
	answer, err := w.askLease(ctx, rung, finishes)
	if err != nil {
		return err
	}
	if answer.Status == course.LeaseBroke {
		w.close()
	}
	answer.Event, answer.Rung = course.Leased, rung.ID
	w.happened(course.Event{Entry: answer})
	return nil
}

// askLease is takeLease; its answer is the status of the event, and its detail.
func (w *walk) askLease(ctx context.Context, rung course.Rung, finishes bool) (answer outcome.Entry, err error) {
	says := func(status, detail string) (outcome.Entry, error) {
		return outcome.Entry{Status: status, Detail: detail}, nil
	}
	need := w.leaseFor(rung)
	now, found, err := w.readLease(ctx)
	mine := w.lease != nil && found != nil && found.String() == w.lease.String()
	switch {
	case err == nil && mine && found.Until.Sub(now) > need:
		return says(course.LeaseHeld, "")
	case transport.KindOf(err) != "":
		return says(course.LeaseBroke, err.Error())
	case err != nil:
		return says(course.LeaseRefused, err.Error())
	}
	if status, who := w.others(found, now); status != "" {
		return says(status, who)
	}
	next := w.leaseUntil(now.Add(need + leaseSlack))
	step, text := leaseTakeStep, onhost.LeaseTakeCommand(next)
	if found != nil {
		step, text = leaseReplaceStep, onhost.LeaseReplaceCommand(*found, next)
	}
	r, err := w.sendLease(ctx, step, text, next.String(), finishes)
	switch {
	case err != nil:
		return outcome.Entry{}, err
	case errors.Is(r.err, transport.ErrGateShut) && w.stopping():
		return says(course.LeaseShut, "")
	case r.err != nil && (transport.KindOf(r.err) == transport.KindPrivilege || errors.Is(r.err, transport.ErrGateShut)):
		return says(course.LeaseRefused, r.err.Error())
	case r.err != nil:
		return says(course.LeaseBroke, r.err.Error())
	case r.Exit != 0:
		return w.refusedLease(ctx, r.Result)
	}
	if found != nil && !w.owns(found) {
		w.out.Lease.Note = fmt.Sprintf("took over the lease of run %s, by %s, which ended %s", found.Run, found.Owner, found.Until.Format(time.RFC3339))
	}
	w.lease, w.out.Lease.Text = &next, next.String()
	if mine {
		return says(course.LeaseHeld, "")
	}
	return says(course.LeaseTaken, "")
}

// recordLease adds commands about the lease to the report.
func (w *walk) recordLease(commands []transport.Command, t transport.Transcript) {
	if w.out.Lease == nil {
		w.out.Lease = &outcome.Lease{}
	}
	w.out.Lease.Steps = append(w.out.Lease.Steps, steps(commands, t)...)
}

// leaseFor is how long a rung and the wait after it may take.
func (w *walk) leaseFor(rung course.Rung) time.Duration {
	need := w.Params.Duration("wait")
	if len(rung.Steps) == 0 {
		return need + playbooks.DefaultStepTimeout
	}
	for _, s := range rung.Steps {
		need += s.Timeout
		if s.Timer != nil {
			need += s.Timer.After
		}
	}
	return need
}

// readLease asks the host for its time and its lease.
func (w *walk) readLease(ctx context.Context) (now time.Time, found *onhost.Lease, err error) {
	commands := []transport.Command{
		{ID: leaseClockStep, Line: onhost.LeaseClockCommand, AsLogin: true, Timeout: leaseTimeout},
		{ID: leaseLookStep, Line: onhost.LeaseShowCommand, AsLogin: true, Timeout: leaseTimeout},
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
	if now, err = onhost.ReadLeaseClock(string(t.Results[0].Stdout)); err != nil {
		return now, nil, err
	}
	found, err = onhost.ReadLease(string(t.Results[1].Stdout))
	return now, found, err
}

// refusedLease finds out who was faster.
func (w *walk) refusedLease(ctx context.Context, r transport.Result) (outcome.Entry, error) {
	now, found, err := w.readLease(ctx)
	switch {
	case transport.KindOf(err) != "":
		return outcome.Entry{Status: course.LeaseBroke, Detail: err.Error()}, nil
	case err == nil:
		if status, who := w.others(found, now); status != "" {
			return outcome.Entry{Status: status, Detail: who}, nil
		}
	}
	return outcome.Entry{Status: course.LeaseRefused, Detail: fmt.Sprintf("status %d: %s; another run may just be about to take it; where none is, and %s.next is there: rm it on the host",
		r.Exit, firstLine(r.Stderr, r.Stdout), onhost.LeasePath)}, nil
}

// leaseUntil is this walk's lease.
func (w *walk) leaseUntil(until time.Time) onhost.Lease {
	return onhost.NewLease(w.RunID, w.host.Name, w.Owner, w.Process, until)
}

// owns reports whether a lease is this walk's: of this run under this name, taken by
// this process or by one that certainly has ended, for this one holds the lock of
// the folder that it worked in. Another process of the run, which has a copy of the
// state folder, is somebody else (procedure E3).
func (w *walk) owns(l *onhost.Lease) bool {
	own := w.leaseUntil(l.Until)
	return l.Run == own.Run && l.IsFor(w.host.Name) && onhost.SameFolder(own.Process, l.Process)
}

// others says who else holds the host; the status is "" where nobody does. Where this
// very run holds it under another name, it is the same machine, and the lease's end
// changes nothing about that.
func (w *walk) others(found *onhost.Lease, now time.Time) (status, who string) {
	switch {
	case found == nil || w.owns(found):
		return "", ""
	case w.otherName(found):
		w.sameMachine(*found)
		return course.LeaseTwice, fmt.Sprintf("%s: this run holds the very machine as %s already", peers.SameMachine, found.Host)
	case now.Before(found.Until.Add(onhost.LeaseGrace)):
		return course.LeaseBusy, w.holder(*found, now)
	}
	return "", ""
}

// otherName reports whether a lease is of this run under another name of the host.
func (w *walk) otherName(l *onhost.Lease) bool {
	own := w.leaseUntil(l.Until)
	return l.Run == own.Run && l.Host != "" && !l.IsFor(w.host.Name)
}

// holder words who holds the host, and until when.
func (w *walk) holder(by onhost.Lease, now time.Time) string {
	return by.Holds(now, by.Run == w.leaseUntil(now).Run, w.Resumes[by.Run])
}

// giveBack gives the lease back. Where that fails, it ends by itself.
func (w *walk) giveBack(ctx context.Context) error {
	if w.lease == nil || w.conn == nil {
		return nil
	}
	l := *w.lease
	w.lease = nil
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Leased, Status: course.LeaseBack}})
	r, err := w.sendLease(ctx, leaseReleaseStep, onhost.LeaseReleaseCommand(l), l.String(), true)
	if r.err != nil {
		w.close()
	}
	return err
}

// leaseAnswer is the result of a command about the lease.
type leaseAnswer struct {
	transport.Result
	err error
}

// sendLease sends one command about the lease. It is no change of the report, since its
// effect is gone when the walk ends.
func (w *walk) sendLease(ctx context.Context, step, text, detail string, finishes bool) (leaseAnswer, error) {
	entry := outcome.Entry{Time: time.Now().UTC(), Event: outcome.EventLease, Host: w.host.Name, Step: step, Command: text, Detail: detail}
	if err := w.Journal.Append(entry); err != nil {
		return leaseAnswer{}, fmt.Errorf("nothing was run: %w", err)
	}
	commands := []transport.Command{{ID: step, Line: text, Mutating: true, Finishes: finishes, Timeout: leaseTimeout}}
	t, err := w.conn.Run(ctx, commands)
	w.recordLease(commands, t)
	var answer leaseAnswer
	if len(t.Results) == 1 {
		answer.Result = t.Results[0]
	}
	if answer.err = err; err == nil {
		answer.err = answer.Err
	}
	return answer, nil
}

// fence asks the host whether the lease is this run's. A login that may only run
// single commands as root asks by itself: the lease is for everybody to read.
func (w *walk) fence() transport.Command {
	line := onhost.FenceCommand(*w.lease)
	w.out.Fence = line
	return transport.Command{
		ID: fenceStep, Line: line, Require: onhost.FenceHeld, Timeout: fenceTimeout,
		AsLogin: w.target.BecomeMode == transport.ModeCommands,
	}
}

// fenceSays words the answer of a fence that refused a change.
func fenceSays(r transport.Result) string {
	return "the lease is no longer this run's (" + firstLine(r.Stdout, r.Stderr) + ")"
}
