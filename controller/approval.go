package controller

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
	"aixmend/transport"
)

// A plan that was approved is applied exactly: the host is read again, and where
// it is not what it was, nothing is done on it.

// Drifted begins the reason of a host that is not what it was when its plan was
// made.
const Drifted = "drifted since the plan: "

// Approve makes of the report of a planned host what a person approves.
func Approve(h outcome.Host) Approved {
	a := Approved{Address: h.Address, HostKey: h.HostKey, Findings: counting(h.Findings), Grounds: h.Grounds, Plan: h.Plan}
	switch h.Outcome {
	case outcome.Unreachable, outcome.Skipped:
		a.Unknown = string(h.Outcome) + ": " + h.Reason
	}
	return a
}

// counting are the open findings about the host itself, as text: those about
// other hosts are only known when all have been read.
func counting(findings []outcome.Finding) []string {
	list := []string{}
	for _, f := range findings {
		if f.Open() && !f.OverFleet() {
			list = append(list, f.ID+" "+string(f.Severity))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// runs tells whether a row of the plan is to run: now, or when nothing else has
// helped.
func runs(s outcome.PlanStep) bool { return s.Step != "" && (s.BlockedBy == "" || s.Conditional) }

// drift says how the host differs from what was approved, before anything is
// changed on it; nil: not at all.
func (w *walk) drift(a *Approved) []string {
	if a.Unknown != "" {
		return []string{"the plan is not for the host as it is: " + a.Unknown}
	}
	list := slices.Clone(w.sight.applied)
	differ := func(what, was, is string) {
		if was != is {
			list = append(list, fmt.Sprintf("%s was %s, is %s", what, orNone(was), orNone(is)))
		}
	}
	differ("the address", a.Address, w.out.Address)
	differ("the host key", a.HostKey, w.out.HostKey)
	differ("what counts", strings.Join(a.Findings, ", "), strings.Join(counting(w.out.Findings), ", "))
	plan := w.Playbook.Plan(w.sight.diagnosis, w.wishes()) // before onlyApproved had its say
	now := w.Playbook.Grounds(w.sight.diagnosis, plan)
	for _, name := range sortedNames(a.Grounds, now) {
		was, before := a.Grounds[name]
		is, there := now[name]
		if before && there { // one that is there on one side only belongs to a rung that came or went
			differ(name, compact(was), compact(is))
		}
	}
	return append(list, w.otherSteps(a, plan)...)
}

// otherSteps says which steps of the plan would be others now.
func (w *walk) otherSteps(a *Approved, plan []playbooks.PlannedRung) []string {
	var list []string
	for _, r := range plan {
		for i := range r.Steps {
			s := &r.Steps[i]
			at := slices.IndexFunc(a.Plan, func(p outcome.PlanStep) bool { return p.Rung == r.Rung.ID && p.Step == s.Step.ID })
			switch {
			case at < 0 && r.Blocked == "":
				list = append(list, "step "+s.Step.ID+" was not in the plan")
			case at >= 0 && runs(a.Plan[at]) && (a.Plan[at].Command != s.Command || a.Plan[at].Undo != s.Undo):
				list = append(list, fmt.Sprintf("step %s was %q, would be %q", s.Step.ID, a.Plan[at].Command, s.Command))
			}
		}
	}
	for _, p := range a.Plan {
		if !runs(p) || p.Conditional || !w.fleet.complete() {
			continue // what the others are may still call for it
		}
		if !slices.ContainsFunc(plan, func(r playbooks.PlannedRung) bool { return r.Rung.ID == p.Rung }) {
			list = append(list, "step "+p.Step+" is not needed any more")
		}
	}
	return list
}

// onlyApproved blocks every rung that has a step which was not approved as it is.
func (w *walk) onlyApproved() {
	if w.sight.approved == nil {
		return
	}
	for i := range w.sight.plan {
		r := &w.sight.plan[i]
		for j := range r.Steps {
			s := &r.Steps[j]
			known := slices.ContainsFunc(w.sight.approved.Plan, func(p outcome.PlanStep) bool {
				return runs(p) && p.Rung == r.Rung.ID && p.Step == s.Step.ID && p.Command == s.Command && p.Undo == s.Undo
			})
			if !known && (r.Blocked == "" || r.Rung.Collect) {
				r.Blocked, r.Waits = "step "+s.Step.ID+" is not in the approved plan", false
			}
		}
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func compact(text json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return string(text)
	}
	return b.String()
}

// sortedNames are the names of two maps.
func sortedNames(a, b map[string]json.RawMessage) []string {
	var names []string
	for name := range a {
		names = append(names, name)
	}
	for name := range b {
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// askApplied asks the host whether an approved plan was applied to it already: whatever
// state folder that was done from, the host remembers it. An error is a link that broke.
func (w *walk) askApplied(ctx context.Context) error {
	a := w.sight.approved
	if a == nil || a.ID == "" || w.Verb != Recover || len(w.out.Changes) > 0 {
		return nil
	}
	commands := []transport.Command{{ID: playbooks.AppliedStep, Line: playbooks.AppliedCommand(a.ID), AsLogin: true, Timeout: leaseTimeout}}
	t, err := w.conn.Run(ctx, commands)
	w.record(commands, t)
	if err != nil {
		return err
	}
	w.sight.applied = nil
	switch by, err := appliedBy(t.Results[0]); {
	case err != nil:
		w.sight.applied = []string{"whether the plan was applied to it already is not known: " + err.Error()}
	case by != "" && by != w.RunID:
		w.sight.applied = []string{"run " + by + " has applied the plan to it already: make another plan"}
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
	return playbooks.ReadApplied(string(r.Stdout))
}

// markApplied lets the host remember that the plan is applied to it. It reports whether
// it does; where it does not, the course knows why. It is sent again where the link
// broke: the mark of a run is made once, however often that is asked for.
func (w *walk) markApplied(ctx context.Context) (marked bool, err error) {
	a := w.sight.approved
	if a == nil || a.ID == "" || w.course.Begun() {
		return true, nil
	}
	r, err := w.sendLease(ctx, playbooks.MarkAppliedStep, playbooks.MarkAppliedCommand(a.ID, w.RunID), a.ID, false)
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
