package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"aixmend/controller/approval"
	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/playbooks/onhost"
	"aixmend/transport"
)

// askApplied asks the host whether an approved plan was applied to it already: whatever
// state folder that was done from, the host remembers it. An error is a link that broke.
func (w *walk) askApplied(ctx context.Context) error {
	a := w.evidence.approved
	if a == nil || a.ID == "" || w.Verb != Recover || len(w.out.Changes) > 0 {
		return nil
	}
	commands := []transport.Command{{ID: onhost.AppliedStep, Line: onhost.AppliedCommand(a.ID), AsLogin: true, Timeout: leaseTimeout}}
	t, err := w.conn.Run(ctx, commands)
	w.record(commands, t)
	if err != nil {
		return err
	}
	w.evidence.applied = nil
	switch by, err := appliedBy(t.Results[0]); {
	case err != nil:
		w.evidence.applied = []string{"whether the plan was applied to it already is not known: " + err.Error()}
	case by != "" && by != w.RunID:
		w.evidence.applied = []string{"run " + by + " has applied the plan to it already: make another plan"}
	}
	return nil
}

func appliedBy(r transport.Result) (string, error) {
	if r.Err != nil {
		return "", r.Err
	}
	if r.Exit != 0 {
		return "", fmt.Errorf("status %d: %s", r.Exit, firstLine(r.Stderr))
	}
	return onhost.ReadApplied(string(r.Stdout))
}

// markApplied lets the host remember that the plan is applied to it. It reports whether
// it does; where it does not, the course knows why. It is sent again where the link
// broke: the mark of a run is made once, however often that is asked for.
func (w *walk) markApplied(ctx context.Context) (marked bool, err error) {
	a := w.evidence.approved
	if a == nil || a.ID == "" || w.course.Begun() {
		return true, nil
	}
	r, err := w.sendLease(ctx, onhost.MarkAppliedStep, onhost.MarkAppliedCommand(a.ID, w.RunID), a.ID, false)
	if err != nil {
		return false, err
	}
	const unmarked = "the host could not be marked as one to which the plan was applied: "
	switch kind := transport.KindOf(r.err); {
	case errors.Is(r.err, transport.ErrGateShut) && w.stopping():
		w.happened(course.Event{Entry: outcome.Entry{Event: course.Leased, Status: course.LeaseShut}})
	case kind == transport.KindLost:
		w.close()
		w.happened(course.Event{Entry: outcome.Entry{Event: course.Leased, Status: course.LeaseBroke, Detail: unmarked + r.err.Error()}})
	case r.err != nil:
		w.spoiled(unmarked + r.err.Error())
	case r.Exit != 0:
		w.spoiled("the plan can't be applied to the host: " + firstLine(r.Stderr, r.Stdout))
	default:
		return true, nil
	}
	return false, nil
}

// drift lists how the host differs from its approved plan, before anything is changed on
// it; nil: not at all.
func (w *walk) drift() []string {
	a := w.evidence.approved
	if a.Unknown != "" {
		return a.Drift(approval.Now{})
	}
	plan := w.Playbook.Plan(w.evidence.diagnosis, w.wishes()) // before Block
	return append(slices.Clone(w.evidence.applied), a.Drift(approval.Now{
		Address: w.out.Address, HostKey: w.out.HostKey, Findings: w.out.Findings,
		Plan: rowsOf(plan), Evidence: w.Playbook.Evidence(w.evidence.diagnosis, plan), Needs: w.needs(plan), Complete: w.peers.Complete(),
	})...)
}

// needs are the parts of facts that the approved rungs and the findings about the host
// itself rest on, as the present plan has them. Findings about other hosts come and go with
// the hosts that are selected.
func (w *walk) needs(plan []playbooks.PlannedRung) map[string]json.RawMessage {
	a := w.evidence.approved
	d := *w.evidence.diagnosis
	d.Verdicts = slices.DeleteFunc(slices.Clone(d.Verdicts), func(v playbooks.Verdict) bool {
		return slices.ContainsFunc(w.out.Findings, func(f outcome.Finding) bool { return f.ID == v.ID && f.OverFleet() })
	})
	return w.Playbook.Evidence(&d, slices.DeleteFunc(slices.Clone(plan), func(r playbooks.PlannedRung) bool { return !a.Has(r.Rung.ID) }))
}
