package journal

import (
	"path/filepath"
	"strings"
	"time"

	"aixmend/inventory/naming"
)

// maxRunsOfKeys bounds the runs that are looked through for host keys, the
// newest first.
const maxRunsOfKeys = 1000

// KeySeen says in which runs a host has proved itself by a key.
type KeySeen struct {
	// FirstRun and LastRun are the oldest and the newest of them, First and Last
	// when they began with the host.
	FirstRun, LastRun string
	First, Last       time.Time
}

// HostKeys returns by which keys a host has proved itself in the runs that are
// kept, by fingerprint. A report that can't be read is left out.
func (s *Store) HostKeys(host string) (map[string]KeySeen, error) {
	if err := naming.CheckFile("host", host); err != nil {
		return nil, err
	}
	ids, err := s.RunIDs()
	if err != nil {
		return nil, err
	}
	seen := map[string]KeySeen{}
	for _, id := range ids[:min(len(ids), maxRunsOfKeys)] { // the newest first
		var h struct {
			Started time.Time `json:"started"`
			HostKey string    `json:"host_key"`
		}
		if readJSON(filepath.Join(s.RunDir(id), "hosts", host+".json"), &h) != nil || !strings.HasPrefix(h.HostKey, "SHA256:") {
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
