package captures

import (
	"path/filepath"
	"slices"
)

// Difference is a file that differs between two captures.
type Difference struct {
	Name string
	// How is "changed", "only in A" or "only in B"; A and B are the ids.
	How string
}

// Compare returns the files that differ between two good captures of a host, sorted by
// name. capture.json is not compared.
func (f Folder) Compare(host, a, b string) ([]Difference, error) {
	first, err := f.sums(host, a)
	if err != nil {
		return nil, err
	}
	second, err := f.sums(host, b)
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

// sums returns the hashes of the files of a good capture, by name.
func (f Folder) sums(host, id string) (map[string]string, error) {
	if _, err := f.LoadCapture(host, id); err != nil {
		return nil, err
	}
	list, err := readManifest(filepath.Join(f.root, "captures", host, id))
	if err != nil {
		return nil, err
	}
	delete(list, "capture.json")
	return list, nil
}
