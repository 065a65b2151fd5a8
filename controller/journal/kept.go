package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"aixmend/controller/outcome"
	"aixmend/inventory/naming"
)

// Kept is one capture on disk.
type Kept struct {
	Host, ID string
	// Capture is nil when the capture is damaged: see Err.
	Capture *outcome.Capture
	Err     error
}

// CapturedHosts returns the hosts that have captures, sorted.
func (s *Store) CapturedHosts() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.root, "captures"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var hosts []string
	for _, e := range entries {
		if e.IsDir() && naming.IsFile(e.Name()) {
			hosts = append(hosts, e.Name())
		}
	}
	return hosts, nil
}

// Kept returns a host's captures, the newest first, damaged ones too.
func (s *Store) Kept(host string) ([]Kept, error) {
	ids, err := s.CaptureIDs(host)
	if err != nil {
		return nil, err
	}
	slices.Reverse(ids)
	list := make([]Kept, 0, len(ids))
	for _, id := range ids {
		c, err := s.LoadCapture(host, id)
		list = append(list, Kept{Host: host, ID: id, Capture: c, Err: err})
	}
	return list, nil
}

// Find returns a host's good capture by its id, its label (the newest that has
// it) or "latest": the newest good one.
func (s *Store) Find(host, ref string) (*outcome.Capture, error) {
	kept, err := s.Kept(host)
	if err != nil {
		return nil, err
	}
	for _, k := range kept {
		switch {
		case k.ID == ref && k.Err != nil:
			return nil, k.Err // named, and not to be used
		case k.Err == nil && (k.ID == ref || ref == latest || (ref != "" && k.Capture.Label == ref)):
			return k.Capture, nil
		}
	}
	return nil, fmt.Errorf("host %s has no good capture %q", host, ref)
}

// Prune removes a host's captures but the newest keep good ones, and those that
// the capture verb took with a label. It returns the ids it removed.
func (s *Store) Prune(host string, keep int) ([]string, error) {
	kept, err := s.Kept(host)
	if err != nil {
		return nil, err
	}
	var removed []string
	good := 0
	for _, k := range kept {
		if k.Err == nil {
			good++
			if good <= keep || k.Capture.Label != "" {
				continue
			}
		}
		if err := os.RemoveAll(filepath.Join(s.root, "captures", host, k.ID)); err != nil {
			return removed, err
		}
		removed = append(removed, k.ID)
	}
	return removed, nil
}

// Difference is one stored file that two captures do not have alike.
type Difference struct {
	Name string
	// How is changed, only in A or only in B, A and B being the ids.
	How string
}

// Compare returns how the files of two good captures of a host differ. The
// document of the capture itself is left out.
func (s *Store) Compare(host, a, b string) ([]Difference, error) {
	first, err := s.sums(host, a)
	if err != nil {
		return nil, err
	}
	second, err := s.sums(host, b)
	if err != nil {
		return nil, err
	}
	var list []Difference
	for name, sum := range first {
		other, both := second[name]
		switch {
		case !both:
			list = append(list, Difference{name, "only in " + a})
		case other != sum:
			list = append(list, Difference{name, "changed"})
		}
	}
	for name := range second {
		if _, both := first[name]; !both {
			list = append(list, Difference{name, "only in " + b})
		}
	}
	slices.SortFunc(list, func(x, y Difference) int {
		if x.Name < y.Name {
			return -1
		}
		return 1
	})
	return list, nil
}

// sums reads the manifest of a good capture.
func (s *Store) sums(host, id string) (map[string]string, error) {
	if _, err := s.LoadCapture(host, id); err != nil {
		return nil, err
	}
	list, err := readManifest(filepath.Join(s.root, "captures", host, id))
	if err != nil {
		return nil, err
	}
	delete(list, "capture.json")
	return list, nil
}
