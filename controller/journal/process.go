package journal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
)

// Process returns the name of this process in the leases of hosts: a hash of the run's
// folder on this machine, a dot, and a random word. Another process with the same hash has
// ended, because only one process holds the run's lock. A copy of the folder has another
// hash.
func (r *Run) Process() (string, error) { return r.store.Process(r.id) }

// Process is the name of this process in the leases of a run: see (*Run).Process.
func (s *Store) Process(run string) (string, error) {
	mark, err := folderMark(s.RunDir(run))
	if err != nil {
		return "", fmt.Errorf("run folder: %w", err)
	}
	machine, err := os.Hostname()
	if err != nil {
		machine = "unknown"
	}
	folder := sha256.Sum256(fmt.Appendf(nil, "%q %q", machine, mark))
	var word [4]byte
	_, _ = rand.Read(word[:]) // never fails, see crypto/rand
	return hex.EncodeToString(folder[:6]) + "." + hex.EncodeToString(word[:]), nil
}
