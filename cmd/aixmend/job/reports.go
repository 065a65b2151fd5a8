package job

import (
	"cmp"
	"slices"

	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// elsewhere stands for a command that is at the site of a host.
const elsewhere = "(at the site)"

// RollbackSteps are the steps of a rollback of the run on a host, the newest step of the run
// first, as far as it is known here.
func (e *Earlier) RollbackSteps(host string) []outcome.PlanStep {
	list := []outcome.PlanStep{}
	for _, u := range slices.Backward(e.Changes(host)) {
		list = append(list, undoOf(u))
	}
	return list
}

// undoOf is the row of the undo of a change.
func undoOf(u playbooks.Change) outcome.PlanStep {
	return outcome.PlanStep{Rung: u.Rung, Step: u.Step, Command: u.Undo, Undo: u.Command, BlockedBy: u.NoUndo(), Fixes: []string{}}
}

// ReadReports takes the changes of hosts from their reports: the journal of a run over a hub
// has none. Their commands are at the sites.
func (e *Earlier) ReadReports(hosts []inventory.Host) error {
	for _, host := range hosts {
		h, err := e.store.LoadHost(e.ID, host.Name)
		if err != nil {
			return err
		}
		t := cmp.Or(e.trails[host.Name], &outcome.Trail{})
		t.Changes = nil
		for _, c := range h.Changes {
			c.Command, c.Undo = c.Step+" "+elsewhere, c.Step+" "+elsewhere
			if s := e.plays.FindStep(c.Rung, c.Step); s != nil && !(outcome.PlanStep{Undo: s.Undo.V}).Undoes() {
				c.Undo = s.Undo.V // none, with the reason
			}
			t.Changes = append(t.Changes, outcome.TrailChange{Change: c})
			if c.At.After(t.Last) {
				t.Last = c.At
			}
		}
		e.trails[host.Name] = t
	}
	return nil
}
