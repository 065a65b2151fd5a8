package playbooks

import (
	"embed"
	"fmt"
	"path"
	"sort"
	"strings"

	"aixmend/inventory/strictyaml"
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
		hint := strictyaml.DidYouMean(name, Names())
		if hint == "" {
			hint = "there are: " + strings.Join(Names(), ", ")
		}
		return nil, fmt.Errorf("there is no playbook %q; %s", name, hint)
	}
	return text, nil
}
