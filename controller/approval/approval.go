// Package approval compares a host with the plan that a person approved for it. The plan
// is applied exactly: a host that differs is left alone, and no other step is sent.
package approval

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/playbooks"
)

// Drifted begins the reason of a host that differs from its approved plan.
const Drifted = outcome.ReasonDrifted

// Host is the approved plan of one host, with all that it rests on.
type Host struct {
	// Unknown says why there is no plan for the host, "" where there is one.
	Unknown string
	// Held is the reason of a host that was left out of the approval because an open run
	// holds it, "" for others.
	Held string
	// ID is that of the plan file: the host remembers that it was applied. "": the host
	// is not asked.
	ID      string
	Address string
	// HostKey is a fingerprint.
	HostKey string
	// Findings are those that count, each "id severity", sorted.
	Findings []string
	// Evidence are the parts of facts that the plan rests on, as JSON.
	Evidence map[string]json.RawMessage
	Plan     []outcome.PlanStep
}

// Of returns the part of a planned host's report that a person approves.
func Of(h outcome.Host) Host {
	a := Host{Address: h.Address, HostKey: h.HostKey, Findings: counting(h.Findings), Evidence: h.Evidence, Plan: h.Plan}
	switch h.Outcome {
	case outcome.Unreachable, outcome.Skipped:
		a.Unknown = string(h.Outcome) + ": " + h.Reason
	}
	return a
}

// Now is a host as the newest look found it.
type Now struct {
	Address, HostKey string
	Findings         []outcome.Finding
	// Plan are the rows of the playbook's present plan, before Block.
	Plan []outcome.PlanStep
	// Evidence are the parts of facts that Plan rests on.
	Evidence map[string]json.RawMessage
	// Needs are the parts of facts that the approved rungs and the findings rest on now: the
	// approved plan must have each of them.
	Needs map[string]json.RawMessage
	// Complete says that every host of the run has been read.
	Complete bool
}

// Drift lists how a host differs from its approved plan; nil: not at all.
func (a *Host) Drift(now Now) []string {
	if a.Unknown != "" {
		return []string{"the plan is not for the host as it is: " + a.Unknown}
	}
	var list []string
	differ := func(what, was, is string) {
		if was != is {
			list = append(list, fmt.Sprintf("%s was %s, is %s", what, orNone(was), orNone(is)))
		}
	}
	differ("the address", a.Address, now.Address)
	differ("the host key", a.HostKey, now.HostKey)
	if was, is := strings.Join(a.Findings, ", "), strings.Join(counting(now.Findings), ", "); was != is {
		list = append(list, fmt.Sprintf("open findings were %s; now %s", orNone(was), orNone(is)))
	}
	for _, name := range sortedNames(a.Evidence, now.Evidence) {
		was, before := a.Evidence[name]
		is, there := now.Evidence[name]
		if before && there && !same(was, is) { // a name on one side only belongs to a rung that came or went
			differ(name, compact(was), compact(is))
		}
	}
	if lacks := a.lacking(now); len(lacks) > 0 {
		list = append(list, "the plan lacks facts that it rests on: "+strings.Join(lacks, ", "))
	}
	return append(list, a.otherSteps(now)...)
}

// lacking are the facts that the approved plan must have and has not. One without steps
// rests on none.
func (a *Host) lacking(now Now) []string {
	if len(a.Plan) == 0 {
		return nil
	}
	var list []string
	for name := range now.Needs {
		if _, there := a.Evidence[name]; !there {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// Has reports whether a rung is in the approved plan.
func (a *Host) Has(rung string) bool {
	return slices.ContainsFunc(a.Plan, func(p outcome.PlanStep) bool { return p.Rung == rung })
}

// otherSteps lists the steps that differ from the approved ones. A step that is blocked
// now is none of them: it is not run, and what blocks it is looked at again.
func (a *Host) otherSteps(now Now) []string {
	var list []string
	for _, s := range now.Plan {
		if s.Step == "" || !runs(s) && !a.runs(s) {
			continue
		}
		at := slices.IndexFunc(a.Plan, func(p outcome.PlanStep) bool { return p.Rung == s.Rung && p.Step == s.Step })
		switch {
		case !now.Complete && (at < 0 || !runs(a.Plan[at])): // the other hosts may still block it; until then Block does
		case at < 0:
			list = append(list, "step "+s.Step+" was not in the plan")
		case a.Plan[at].Command != s.Command:
			list = append(list, fmt.Sprintf("step %s was %q, would be %q", s.Step, a.Plan[at].Command, s.Command))
		case a.Plan[at].Undo != s.Undo:
			list = append(list, fmt.Sprintf("the undo of step %s was %q, would be %q", s.Step, a.Plan[at].Undo, s.Undo))
		case a.Plan[at].Part != s.Part: // a folded plan leaves such steps out
			list = append(list, fmt.Sprintf("the part of step %s was %s, is %s", s.Step, orNone(a.Plan[at].Part), orNone(s.Part)))
		case a.Plan[at].TimedUndo != s.TimedUndo:
			list = append(list, fmt.Sprintf("the timed undo of step %s was after %s, would be after %s", s.Step, orNone(a.Plan[at].TimedUndo), orNone(s.TimedUndo)))
		case runs(s) && when(a.Plan[at]) != when(s):
			list = append(list, fmt.Sprintf("step %s %s, now it %s", s.Step, when(a.Plan[at]), when(s)))
		}
	}
	for _, p := range a.Plan {
		if !runs(p) || p.Conditional || !now.Complete {
			continue // the other hosts may still call for it
		}
		if !slices.ContainsFunc(now.Plan, func(s outcome.PlanStep) bool { return s.Rung == p.Rung }) {
			list = append(list, "step "+p.Step+" is not needed any more")
		}
	}
	return list
}

// runs reports whether the approved plan runs a step of the present one.
func (a *Host) runs(s outcome.PlanStep) bool {
	return slices.ContainsFunc(a.Plan, func(p outcome.PlanStep) bool { return runs(p) && p.Rung == s.Rung && p.Step == s.Step })
}

// when says whether a row of a plan is to run.
func when(s outcome.PlanStep) string {
	switch {
	case s.Conditional:
		return "would run only if nothing else has helped"
	case s.BlockedBy != "":
		return "was blocked (" + s.BlockedBy + ")"
	}
	return "would run"
}

// Block blocks every rung that has a step which was not approved as it is.
func (a *Host) Block(plan []playbooks.PlannedRung) {
	for i := range plan {
		r := &plan[i]
		for j := range r.Steps {
			s := &r.Steps[j]
			approved := slices.ContainsFunc(a.Plan, func(p outcome.PlanStep) bool {
				return runs(p) && p.Rung == r.Rung.ID && p.Step == s.Step.ID && p.Command == s.Command && p.Undo == s.Undo
			})
			if !approved && (r.Blocked == "" || r.Rung.Collect) {
				r.Blocked, r.Waits = "step "+s.Step.ID+" is not in the approved plan", false
			}
		}
	}
}

// counting lists the open findings about the host itself: those about other hosts are
// only known when all have been read.
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

// runs reports whether a row of the plan is to run: at once, or when nothing else has
// helped.
func runs(s outcome.PlanStep) bool { return s.Step != "" && (s.BlockedBy == "" || s.Conditional) }

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
