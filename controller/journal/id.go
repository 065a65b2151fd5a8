package journal

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"strings"
	"time"
)

// idTime is the layout of the time at the start of a run's id.
const idTime = "20060102T150405.000Z"

// NewRunID returns an id that sorts by time: 20261122T103000.123Z-3f9ac2.
func NewRunID(at time.Time) string {
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return at.UTC().Format(idTime) + "-" + hex.EncodeToString(b[:])
}

var runID = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}\.[0-9]{3}Z-[0-9a-f]{6}$`)

// IsRunID reports whether a text has the form of a run's id.
func IsRunID(id string) bool { return runID.MatchString(id) }

// RunTime returns when a run began, from its id.
func RunTime(id string) (time.Time, bool) {
	stamp, _, _ := strings.Cut(id, "-")
	began, err := time.Parse(idTime, stamp)
	return began, err == nil
}
