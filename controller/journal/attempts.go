package journal

import (
	"slices"
	"time"

	"aixmend/controller/outcome"
)

// Where is how an inventory reaches a host. A host of the same name elsewhere is another one.
type Where struct {
	Address string
	Port    int
}

// attempted is the part of request.json that Attempts reads.
type attempted struct {
	Undoes string `json:"undoes"`
	Hosts  []struct {
		Name, Address string
		SSH           struct{ Port int }
	} `json:"hosts"`
}

// Attempts counts how often runs that began at or after a time tried each rung on each of
// some hosts; the key is "HOST RUNG". An attempt that was interrupted counts. These do not:
// a rung of which no command was sent, one that recover --undo has rolled back since, and
// one on a host of the same name that was reached elsewhere. Runs whose journal can't be
// read are skipped.
func (s *Store) Attempts(since time.Time, hosts map[string]Where) (map[string]int, error) {
	ids, err := s.RunIDs() // the newest first: a rollback before the run that it rolls back
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	rolledBack := map[string][]outcome.TrailChange{} // by run and host
	for _, id := range ids {
		began, known := RunTime(id)
		if !known || began.Before(since) {
			continue
		}
		entries, err := s.ReadJournal(id)
		if err != nil {
			continue
		}
		var asked attempted
		_ = s.LoadRequest(id, &asked) // unreadable: its attempts count
		for host, trail := range outcome.Trails(entries) {
			switch {
			case asked.elsewhere(host, hosts):
			case asked.Undoes != "":
				rolledBack[asked.Undoes+" "+host] = append(rolledBack[asked.Undoes+" "+host], trail.Changes...)
			default:
				for _, rung := range tried(*trail, rolledBack[id+" "+host]) {
					counts[host+" "+rung]++
				}
			}
		}
	}
	return counts, nil
}

// elsewhere reports whether the run reached a host of this name at another place.
func (r attempted) elsewhere(host string, now map[string]Where) bool {
	for _, h := range r.Hosts {
		if h.Name == host {
			return now[host] != Where{h.Address, h.SSH.Port}
		}
	}
	return false
}

// tried returns the rungs of which a command was sent, once for each attempt, without those
// of which a change was rolled back.
func tried(t outcome.Trail, rollback []outcome.TrailChange) []string {
	var list []string
	for i, rung := range t.Rungs {
		next := len(t.Changes)
		if i+1 < len(t.Rungs) {
			next = t.Rungs[i+1].At
		}
		sent := t.Changes[rung.At:next]
		if len(sent) > 0 && !slices.ContainsFunc(sent, func(c outcome.TrailChange) bool { return undoneBy(c, rollback) }) {
			list = append(list, rung.ID)
		}
	}
	return list
}

// undoneBy reports whether a rollback has undone a change: the command of one is the undo
// of the other.
func undoneBy(c outcome.TrailChange, rollback []outcome.TrailChange) bool {
	return c.Undo != "" && slices.ContainsFunc(rollback, func(back outcome.TrailChange) bool {
		return back.Status == outcome.Applied && back.Command == c.Undo && back.Undo == c.Command
	})
}
