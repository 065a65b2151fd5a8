package playbooks

import (
	"slices"

	"aixmend/playbooks/conditions"
)

// Throughout returns the reason why nothing more of a rung may be sent to a host in its
// present state, by the guards that hold throughout; "" when it may. Steps that undo it
// are held back by the same guards.
func (p *Playbook) Throughout(d *Diagnosis, rung string, back bool) string {
	for i, r := range p.Rungs {
		if r.ID != rung {
			continue
		}
		guards := slices.Concat(p.Code.Guards, p.Code.Rungs[i].Guards)
		for _, s := range p.Code.Rungs[i].Steps {
			if back {
				guards = append(guards, s.Guards...)
			}
		}
		for _, g := range guards {
			if !g.Throughout || slices.ContainsFunc(g.Except, func(id Text) bool { return id.V == rung }) {
				continue
			}
			if reason := d.guarded(g, d.values); reason != "" {
				return reason
			}
		}
	}
	return ""
}

// Rest plans a rung that was begun for a host as it is now, whatever calls for it. taken
// reports whether a step of it, by its name, is known to have happened. Blocked says why
// nothing more of the rung may be sent: as long as no step has been taken by all guards,
// else by those that hold throughout and those of the steps that are left.
func (p *Playbook) Rest(d *Diagnosis, rung string, w Wishes, taken func(step string) bool) PlannedRung {
	at := slices.IndexFunc(p.Rungs, func(r Rung) bool { return r.ID == rung })
	if at < 0 {
		return PlannedRung{Rung: &Rung{ID: rung}, Blocked: "the playbook has no rung of this name"}
	}
	d.values[conditions.AllowedName] = append([]string{}, w.Allowed...)
	r, c, begun := &p.Rungs[at], p.Code.Rungs[at], false
	rest := PlannedRung{Rung: r}
	for j := range r.Steps {
		one := PlannedRung{Rung: r}
		p.planEach(d, &r.Steps[j], c.Steps[j], &one)
		rest.Steps = append(rest.Steps, one.Steps...)
		rest.block(one.Blocked)
		if taken(r.Steps[j].ID) || slices.ContainsFunc(one.Steps, func(s PlannedStep) bool { return taken(s.Step.ID) }) {
			begun, rest.Blocked = true, "" // the earlier obstacle is gone
		}
	}
	if r.Collect {
		return rest
	}
	for _, g := range slices.Concat(p.Code.Guards, c.Guards) {
		if begun && !g.Throughout || slices.ContainsFunc(g.Except, func(id Text) bool { return id.V == rung }) {
			continue
		}
		rest.block(d.guarded(g, d.values))
	}
	return rest
}
