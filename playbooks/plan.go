package playbooks

import (
	"slices"
	"strings"

	"aixmend/playbooks/conditions"
	"aixmend/playbooks/document"
	"aixmend/playbooks/program"
)

// Wishes are the operator's allowances and requests.
type Wishes struct {
	// Allowed holds the words of --allow.
	Allowed []string
	// MendWarnings makes warnings reasons for a change too.
	MendWarnings bool
	// Waived reports whether a finding is waived on the host.
	Waived func(id string) bool
	// Tried reports whether a rung was begun on the host already; nil: none was.
	Tried func(rung string) bool
	// Refused says why a check of a rung did not let it run, "" when none did.
	Refused func(rung string) string
}

// Targets returns the ids of the findings that call for a change, sorted: the
// critical ones and, where that is asked for, the warnings that a rung fixes.
func (p *Playbook) Targets(d *Diagnosis, w Wishes) []string {
	ids := []string{}
	for _, v := range d.Verdicts {
		counts := v.Severity == "critical" || (v.Severity == "warning" && w.MendWarnings && p.fixable(v.ID, w.Allowed))
		if counts && !(w.Waived != nil && w.Waived(v.ID)) {
			ids = append(ids, v.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// fixable reports whether an allowed rung fixes a finding.
func (p *Playbook) fixable(id string, allowed []string) bool {
	return slices.ContainsFunc(p.Rungs, func(r Rung) bool {
		return len(fixed(&r, []string{id})) > 0 && (r.Allow == "" || slices.Contains(allowed, r.Allow))
	})
}

// Plan returns the rungs that could fix the findings, the least invasive first,
// blocked ones included. A rung that is not needed, or has no
// step to take, is left out.
func (p *Playbook) Plan(d *Diagnosis, w Wishes) []PlannedRung {
	targets := p.Targets(d, w)
	d.values[conditions.AllowedName] = append([]string{}, w.Allowed...)
	var plan []PlannedRung
	coming := map[string]bool{} // findings that earlier rungs may fix
	for i := range p.Rungs {
		r, c := &p.Rungs[i], p.Code.Rungs[i]
		planned := PlannedRung{Rung: r, Fixes: fixed(r, targets)}
		if len(planned.Fixes) == 0 && !p.collects(r, plan, w) {
			continue
		}
		if c.When != nil {
			if holds, err := c.When.Holds(d.values); err == nil && !holds {
				continue
			} else if err != nil {
				planned.block("it is not known whether the rung applies: " + err.Error())
			}
		}
		p.blockRung(d, c, w, coming, &planned)
		if !planned.later {
			p.planSteps(d, c, &planned)
		}
		if len(planned.Steps) > 0 || planned.Blocked != "" {
			plan = append(plan, planned)
			for _, id := range planned.Fixes {
				coming[id] = coming[id] || (planned.Blocked == "" && !(w.Tried != nil && w.Tried(r.ID)))
			}
		}
	}
	return plan
}

// collects reports whether a rung collects support data after rungs that may leave
// findings open.
func (p *Playbook) collects(r *Rung, before []PlannedRung, w Wishes) bool {
	return r.Collect && (p.OnlyCollects() || slices.ContainsFunc(before, func(b PlannedRung) bool {
		return b.Blocked == "" || (w.Tried != nil && w.Tried(b.Rung.ID))
	}))
}

// NotAllowed begins the reason of a rung that only lacks a word of --allow, which
// follows. The course and the suggested commands look for it.
const NotAllowed = "not allowed: requires --allow "

// blockRung says why a rung may not run now.
func (p *Playbook) blockRung(d *Diagnosis, c program.Rung, w Wishes, coming map[string]bool, planned *PlannedRung) {
	r := planned.Rung
	if w.Refused != nil {
		planned.block(w.Refused(r.ID))
	}
	for _, g := range slices.Concat(p.Code.Guards, c.Guards) {
		if slices.ContainsFunc(g.Except, func(id Text) bool { return id.V == r.ID }) {
			continue
		}
		reason := d.guarded(g, d.values)
		if reason != "" && g.Waits && slices.ContainsFunc(planned.Fixes, func(id string) bool { return coming[id] }) {
			planned.wait(reason)
			planned.later = true
			continue
		}
		planned.block(reason)
	}
	if r.Exclusive {
		planned.wait(p.standing(d, r, w, coming))
	}
	if r.Collect && !p.OnlyCollects() {
		planned.wait(document.NothingElse)
	}
	if r.Allow != "" && !slices.Contains(w.Allowed, r.Allow) {
		planned.block(NotAllowed + r.Allow)
		planned.NotAllowed = r.Allow
	}
}

// fixed returns the targets that a rung can fix.
func fixed(r *Rung, targets []string) []string {
	var ids []string
	for _, m := range r.Fixes {
		if slices.Contains(targets, m.V) {
			ids = append(ids, m.V)
		}
	}
	return ids
}

// standing returns the critical findings that neither the rung nor one that
// runs before it can mend, as a reason.
func (p *Playbook) standing(d *Diagnosis, r *Rung, w Wishes, coming map[string]bool) string {
	w.MendWarnings = false
	var rest []string
	for _, id := range p.Targets(d, w) {
		if len(fixed(r, []string{id})) == 0 && !coming[id] {
			rest = append(rest, id)
		}
	}
	if len(rest) == 0 {
		return ""
	}
	return "it would interrupt RMC without effect while these findings are open: " + strings.Join(rest, ", ")
}
