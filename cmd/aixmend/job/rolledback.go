package job

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"aixmend/controller/report"
	"aixmend/inventory"
)

// Changed returns those of some hosts that the run has changed.
func (e *Earlier) Changed(hosts []inventory.Host) []inventory.Host {
	return slices.DeleteFunc(slices.Clone(hosts), func(h inventory.Host) bool { return len(e.Changes(h.Name)) == 0 })
}

// Remaining returns those of some hosts that the run has changed on which a rollback may find
// something to undo, and words the rest, "" for none: hosts for which an earlier rollback of
// the run ended undone, which is the verdict of its last look, and hosts without a step that can
// be undone.
func (e *Earlier) Remaining(hosts []inventory.Host) (left []inventory.Host, rest string, err error) {
	if len(hosts) == 0 {
		return nil, fmt.Sprintf("nothing from run %s is still in effect on the selected hosts: nothing to roll back", e.ID), nil
	}
	by, err := e.rolledBack()
	if err != nil {
		return nil, "", err
	}
	done := map[[2]string][]string{} // the hosts, by the rollback and the steps without an undo
	for _, h := range hosts {
		if id := by[h.Name]; id != "" {
			key := [2]string{id, strings.Join(e.withoutUndo(h.Name), ", ")}
			done[key] = append(done[key], h.Name)
			continue
		}
		left = append(left, h)
	}
	var lines []string
	for _, key := range slices.SortedFunc(maps.Keys(done), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		line := fmt.Sprintf("nothing of run %s is left to roll back on %s: run %s did it", e.ID, report.Compact(done[key]), key[0])
		if key[1] != "" {
			line += "; these steps have no undo and remain: " + key[1]
		}
		lines = append(lines, line)
	}
	if fixed := e.fixed(left); len(fixed) > 0 {
		lines = append(lines, fmt.Sprintf("nothing of run %s can be rolled back on %s: no step of it has an undo; aixmend report %s --host %s lists the steps", e.ID, report.Compact(fixed), e.ID, fixed[0]))
		left = slices.DeleteFunc(left, func(h inventory.Host) bool { return slices.Contains(fixed, h.Name) })
	}
	return left, strings.Join(lines, "\n"), nil
}

// fixed returns those of some hosts on which no step of the run has an undo.
func (e *Earlier) fixed(hosts []inventory.Host) []string {
	var names []string
	for _, h := range hosts {
		if len(e.withoutUndo(h.Name)) == len(e.Changes(h.Name)) {
			names = append(names, h.Name)
		}
	}
	return names
}

// withoutUndo are the steps of the run on a host that have no undo, in order.
func (e *Earlier) withoutUndo(host string) []string {
	var list []string
	for _, c := range e.Changes(host) {
		if c.NoUndo() != "" {
			list = append(list, c.Step)
		}
	}
	return list
}

// rolledBack returns the rollback of the run that ended undone, by host, where the run has
// not changed the host since.
func (e *Earlier) rolledBack() (map[string]string, error) {
	undone, err := e.store.Undone(func(run string) bool { return run == e.ID })
	if err != nil {
		return nil, err
	}
	by := map[string]string{}
	for _, u := range undone {
		if t := e.trails[u.Host]; t != nil && u.At.After(t.Last) {
			by[u.Host] = u.By
		}
	}
	return by, nil
}
