package journal

import "aixmend/controller/outcome"

// The rung of a rollback was called otherwise in earlier versions. Journals and documents of
// their runs are read with its present name, so that they can be resumed and reports show it.
const (
	rollbackRung      = "rollback"
	olderRollbackRung = "take-back"
)

// renameRollback gives the rung of the rollback its present name, in a run that is one: the
// playbook of another may have a rung of the older name.
func (s *Store) renameRollback(id string, rungs []*string) {
	var asked attempted
	for i, rung := range rungs {
		if i == 0 && (s.LoadRequest(id, &asked) != nil || asked.Undoes == "") {
			return
		}
		*rung = rollbackRung
	}
}

// olderRollback adds the rung to a list if it has the older name of that of a rollback.
func olderRollback(list []*string, rung *string) []*string {
	if *rung == olderRollbackRung {
		list = append(list, rung)
	}
	return list
}

func (s *Store) renameInJournal(id string, entries []outcome.Entry) {
	var rungs []*string
	for i := range entries {
		rungs = olderRollback(rungs, &entries[i].Rung)
	}
	s.renameRollback(id, rungs)
}

func (s *Store) renameInHost(id string, h *outcome.Host) {
	var rungs []*string
	for i := range h.Changes {
		rungs = olderRollback(rungs, &h.Changes[i].Rung)
	}
	for i := range h.Plan {
		rungs = olderRollback(rungs, &h.Plan[i].Rung)
	}
	s.renameRollback(id, rungs)
}

func (s *Store) renameInRun(id string, run *outcome.Run) {
	var rungs []*string
	for i := range run.Hosts {
		for k := range run.Hosts[i].Plan {
			rungs = olderRollback(rungs, &run.Hosts[i].Plan[k].Rung)
		}
	}
	s.renameRollback(id, rungs)
}
