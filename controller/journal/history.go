package journal

import (
	"path/filepath"
	"strings"
	"time"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
)

// Attempts counts how often runs that began at or after a time tried each rung on each
// host; the key is "HOST RUNG". A rung of which no command was sent does not count. Runs
// whose journal can't be read are skipped.
func (s *Store) Attempts(since time.Time) (map[string]int, error) {
	ids, err := s.RunIDs()
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, id := range ids {
		began, known := RunTime(id)
		if !known || began.Before(since) {
			continue
		}
		entries, err := s.ReadJournal(id)
		if err != nil {
			continue
		}
		for host, trail := range outcome.Trails(entries) {
			for i, rung := range trail.Rungs {
				next := len(trail.Changes)
				if i+1 < len(trail.Rungs) {
					next = trail.Rungs[i+1].At
				}
				if next > rung.At {
					counts[host+" "+rung.ID]++
				}
			}
		}
	}
	return counts, nil
}

// maxRunsOfKeys bounds the runs that HostKeys reads, newest first.
const maxRunsOfKeys = 1000

// KeySeen is when a host used a host key.
type KeySeen struct {
	// FirstRun and LastRun are the oldest and newest runs with this key, First and Last
	// when they began the host.
	FirstRun, LastRun string
	First, Last       time.Time
}

// HostKeys returns the keys with which a host proved its identity in the newest 1000
// runs, by fingerprint (SHA256:...). Reports that can't be read are skipped.
func (s *Store) HostKeys(host string) (map[string]KeySeen, error) {
	if err := naming.CheckFile("host", host); err != nil {
		return nil, err
	}
	ids, err := s.RunIDs()
	if err != nil {
		return nil, err
	}
	seen := map[string]KeySeen{}
	for _, id := range ids[:min(len(ids), maxRunsOfKeys)] {
		var h struct {
			Started time.Time `json:"started"`
			HostKey string    `json:"host_key"`
		}
		if durable.ReadJSON(filepath.Join(s.RunDir(id), "hosts", host+".json"), &h) != nil || !strings.HasPrefix(h.HostKey, "SHA256:") {
			continue
		}
		of, known := seen[h.HostKey]
		if !known {
			of.LastRun, of.Last = id, h.Started
		}
		of.FirstRun, of.First = id, h.Started
		seen[h.HostKey] = of
	}
	return seen, nil
}
