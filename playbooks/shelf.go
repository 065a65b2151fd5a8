package playbooks

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Shelf holds the playbooks that may be asked for by name: each with the argument of Load. A nil
// shelf holds the embedded ones.
type Shelf map[string]string

// NewShelf returns a shelf of the embedded playbooks and of those in files, which have other
// names.
func NewShelf(files []string) (Shelf, error) {
	s := Shelf{}
	for _, name := range Names() {
		s[name] = name
	}
	for _, file := range files {
		path, err := filepath.Abs(file)
		if err != nil {
			return nil, err
		}
		if _, name := embedded[file]; name || !strings.ContainsAny(file, `/\.`) {
			file = "./" + file // else Load takes it for a name
		}
		p, err := Load(file)
		if err != nil {
			return nil, err
		}
		if other, taken := s[p.Name]; taken {
			return nil, fmt.Errorf("%s: its name %s is that of %s", file, p.Name, other)
		}
		s[p.Name] = path
	}
	return s, nil
}

// Find returns the argument of Load for a playbook, and whether the shelf holds it.
func (s Shelf) Find(name string) (string, bool) {
	if s == nil {
		_, known := embedded[name]
		return name, known
	}
	at, known := s[name]
	return at, known
}
