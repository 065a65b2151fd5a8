package journal

import (
	"time"

	"aixmend/controller/outcome"
)

// Undone is a host for which the rollback of a run ended undone.
type Undone struct {
	// Run was rolled back, By is the rollback.
	Run, By, Host string
	At            time.Time
}

// Undone returns the hosts for which rollbacks of the runs that wanted selects ended undone,
// those of the newest rollback first. A rollback that can't be read is left out: it proves
// nothing.
func (s *Store) Undone(wanted func(run string) bool) ([]Undone, error) {
	ids, err := s.RunIDs()
	if err != nil {
		return nil, err
	}
	var list []Undone
	for _, id := range ids {
		var asked struct{ Undoes string }
		if !s.HasRequest(id) || s.LoadRequestHead(id, &asked) != nil || asked.Undoes == "" || !wanted(asked.Undoes) {
			continue
		}
		entries, err := s.ReadJournal(id)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if e.Event == outcome.EventEnded && outcome.Outcome(e.Status) == outcome.OutcomeUndone {
				list = append(list, Undone{Run: asked.Undoes, By: id, Host: e.Host, At: e.Time})
			}
		}
	}
	return list, nil
}
