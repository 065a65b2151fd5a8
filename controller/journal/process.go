package journal

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
)

// Process returns what the leases of hosts call this process: the run's folder as
// it lies on this machine, a dot, and a word that is made up for each process. A
// process with the same first part as this one has ended, for one alone holds the
// folder's lock. A copy of the folder is another folder.
func (r *Run) Process() (string, error) {
	mark, err := folderMark(r.store.RunDir(r.id))
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
