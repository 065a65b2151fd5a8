package journal

import (
	"os"
	"slices"
	"strings"

	"aixmend/controller/outcome"
)

// LeftOpen is an open run that has sent a change to some hosts, and has not ended there.
type LeftOpen struct {
	// ID is the run's.
	ID string
	// Hosts are sorted.
	Hosts []string
}

// LeftOpen returns the open runs that have changed one of some hosts and have not ended
// there, the newest first. A host that recover --undo has rolled back since is none of them.
// A run that has ended keeps no checkpoint, so that only open runs are read.
func (s *Store) LeftOpen(hosts []string) ([]LeftOpen, error) {
	ids, err := s.RunIDs()
	if err != nil {
		return nil, err
	}
	wanted := make(map[string]bool, len(hosts))
	for _, host := range hosts {
		wanted[host] = true
	}
	var list []LeftOpen
	for _, id := range ids {
		changed := s.begunOn(id, wanted)
		if len(changed) == 0 || s.State(id) != StateOpen {
			continue
		}
		if changed = s.unended(id, changed); len(changed) > 0 {
			list = append(list, LeftOpen{id, changed})
		}
	}
	return list, nil
}

// LeftOpenOn returns the ids of the runs of LeftOpen for one host; where runs can't be listed,
// none.
func (s *Store) LeftOpenOn(host string) []string {
	var ids []string
	list, _ := s.LeftOpen([]string{host})
	for _, o := range list {
		ids = append(ids, o.ID)
	}
	return ids
}

// begunOn returns those of some hosts of which a run has a checkpoint, sorted.
func (s *Store) begunOn(id string, wanted map[string]bool) []string {
	entries, err := os.ReadDir(s.checkpointsDir(id))
	if err != nil {
		return nil
	}
	var list []string
	for _, e := range entries { // sorted
		if host, is := strings.CutSuffix(e.Name(), ".json"); is && wanted[host] {
			list = append(list, host)
		}
	}
	return list
}

// unended returns those of some hosts to which a run has sent a change and on which it has not
// ended, unless that was rolled back.
func (s *Store) unended(id string, hosts []string) []string {
	entries, err := s.ReadJournal(id)
	if err != nil {
		return nil // runs and resume say so
	}
	trails := outcome.Trails(entries)
	hosts = slices.DeleteFunc(hosts, func(host string) bool {
		t := trails[host]
		return t == nil || len(t.Changes) == 0 || t.Ended != ""
	})
	if len(hosts) == 0 {
		return nil
	}
	undone, err := s.Undone(func(run string) bool { return run == id })
	if err != nil {
		return hosts
	}
	return slices.DeleteFunc(hosts, func(host string) bool {
		return slices.ContainsFunc(undone, func(u Undone) bool { return u.Host == host && u.At.After(trails[host].Last) })
	})
}
