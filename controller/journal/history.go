package journal

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
)

// Changed returns when each host was last changed, for the hosts that a run changed at or
// after a time, and since when that is known: since that time, the oldest run or, where the
// journal of a run can't be read, since it was last written.
func (s *Store) Changed(since time.Time) (changed map[string]time.Time, known time.Time, err error) {
	ids, err := s.RunIDs()
	if err != nil {
		return nil, known, err
	}
	changed, known = map[string]time.Time{}, time.Now()
	for _, id := range ids { // the oldest is the last one
		if began, ok := RunTime(id); ok {
			known = began
		}
	}
	if known.Before(since) {
		known = since
	}
	for _, id := range ids {
		// A run may go on for long, and be resumed after days: its id says too little.
		at, err := os.Stat(filepath.Join(s.RunDir(id), "journal.jsonl"))
		if err != nil || at.ModTime().Before(since) {
			continue
		}
		entries, err := s.ReadJournal(id)
		if err != nil {
			if at.ModTime().After(known) {
				known = at.ModTime()
			}
			continue
		}
		for host, trail := range outcome.Trails(entries) {
			if !trail.Last.Before(since) && trail.Last.After(changed[host]) {
				changed[host] = trail.Last
			}
		}
	}
	return changed, known, nil
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
		path := filepath.Join(s.RunDir(id), "hosts", host+".json")
		if s.trusted(path) != nil || durable.ReadJSON(path, &h) != nil || !strings.HasPrefix(h.HostKey, "SHA256:") {
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
