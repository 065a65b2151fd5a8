package cloud

import (
	"slices"
	"time"

	"aixmend/controller/outcome"
	"aixmend/playbooks/facts"
)

// Memory is how far back the changes of a host are looked for, where a snapshot is to be
// younger than the last one.
const Memory = 90 * 24 * time.Hour

// History holds the changes of hosts that a state folder knows of.
type History struct {
	// Since is how far back it reaches; zero where it was not read.
	Since time.Time
	// Last is when each host was last changed since then.
	Last map[string]time.Time
}

// Changed returns when a host was last changed, by this run too; zero where it is not
// known to be.
func (h History) Changed(of *outcome.Host) time.Time { return later(h.Last[of.Host], LastChange(of)) }

// Date adds the changes of a host to the fact about its storage, where that is known.
func (h History) Date(s *facts.Storage, of *outcome.Host) {
	if s.Known {
		s.Changed, s.Since = stamp(h.Changed(of)), stamp(h.Since)
	}
}

// LastChange returns when a run last changed a host, from its report; zero where it did not.
func LastChange(h *outcome.Host) (last time.Time) {
	for _, c := range h.Changes {
		last = later(last, c.At)
	}
	return last
}

func later(a, b time.Time) time.Time { return slices.MaxFunc([]time.Time{a, b}, time.Time.Compare) }

// stamp is a time in a fact, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
