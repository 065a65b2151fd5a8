package playbooks

import (
	"embed"
	"fmt"
	"os"
	"path"
	"sort"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Names returns the names of the embedded playbooks, sorted.
func Names() []string {
	entries, _ := files.ReadDir(".") // embedded: it is there
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), path.Ext(e.Name())))
	}
	sort.Strings(names)
	return names
}

// Source returns the text of an embedded playbook.
func Source(name string) ([]byte, error) {
	text, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("there is no playbook %q; there are: %s", name, strings.Join(Names(), ", "))
	}
	return text, nil
}

// Load loads an embedded playbook by its name, or one from a file when the
// name has a slash, a dot or a file of that name exists. The error holds every
// problem (see strictyaml.ProblemsOf).
func Load(name string) (*Playbook, error) {
	if !strings.ContainsAny(name, `/\.`) {
		text, err := Source(name)
		if err != nil {
			return nil, err
		}
		return Parse(name+".yaml", text)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("playbook: %w", err)
	}
	return Parse(name, text)
}
