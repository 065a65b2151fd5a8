package journal

import (
	"os"
	"slices"
	"strings"

	"aixmend/controller/outcome"
)

// LeftOpen returns the open runs that have changed one of some hosts and have not ended
// there, the newest first. A host that recover --undo has rolled back since is none of them.
// A run that has ended keeps no checkpoint, so that only open runs are read. One whose journal
// can't be read counts for the hosts of which it has a checkpoint.
func (s *Store) LeftOpen(hosts []string) ([]outcome.LeftOpen, error) {
	ids, err := s.RunIDs()
	if err != nil {
		return nil, err
	}
	wanted := make(map[string]bool, len(hosts))
	for _, host := range hosts {
		wanted[host] = true
	}
	var list []outcome.LeftOpen
	for _, id := range ids {
		changed := s.begunOn(id, wanted)
		if len(changed) == 0 || s.State(id) != StateOpen {
			continue
		}
		entries, unread := s.ReadJournal(id)
		if unread == nil {
			changed = s.unended(id, outcome.Trails(entries), changed)
		}
		if len(changed) > 0 {
			list = append(list, outcome.LeftOpen{ID: id, Hosts: changed, Unread: unread != nil})
		}
	}
	return list, nil
}

// LeftOpenOn returns the runs of LeftOpen for one host, with the changes that each has sent to it;
// where runs can't be listed, none.
func (s *Store) LeftOpenOn(host string) []outcome.OpenRun {
	var runs []outcome.OpenRun
	list, _ := s.LeftOpen([]string{host})
	for _, o := range list {
		run := outcome.OpenRun{ID: o.ID, Changes: []outcome.Change{}, Unread: o.Unread}
		entries, _ := s.ReadJournal(o.ID)
		if t := outcome.Trails(entries)[host]; t != nil {
			for _, c := range t.Changes {
				run.Changes = append(run.Changes, c.Change)
			}
		}
		runs = append(runs, run)
	}
	return runs
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

// unended returns those of some hosts to which a run has sent a change, by its trails, and on
// which it has not ended, unless that was rolled back.
func (s *Store) unended(id string, trails map[string]*outcome.Trail, hosts []string) []string {
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
