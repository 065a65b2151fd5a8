package journal

import (
	"fmt"
	"slices"
	"strings"
)

const (
	// minShort is the shortest short form of an id, in characters.
	minShort = 4
	// maxCandidates is the number of runs that an ambiguous short form lists.
	maxCandidates = 5
)

// Named returns the id of the run that a person names: by its id, as latest, or by a short
// form, if it fits one run only: the beginning of the id, or of its part behind the dash,
// of at least minShort characters. An id wins over a short form.
func (s *Store) Named(ref string) (string, error) {
	id, err := s.Resolve(ref)
	if err == nil || len(ref) < minShort || ref == latest {
		return id, err
	}
	ids, listed := s.RunIDs()
	if listed != nil || slices.Contains(ids, ref) { // there is such a run, but it can't be read
		return id, err
	}
	fits := slices.DeleteFunc(ids, func(id string) bool {
		_, end, _ := strings.Cut(id, "-")
		return !strings.HasPrefix(id, ref) && !strings.HasPrefix(end, ref)
	})
	switch len(fits) {
	case 0:
		return "", err
	case 1:
		return fits[0], s.Readable(fits[0])
	}
	more := ""
	if n := len(fits) - maxCandidates; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return "", fmt.Errorf("run %s is ambiguous: %s%s", ref, strings.Join(fits[:min(len(fits), maxCandidates)], ", "), more)
}
