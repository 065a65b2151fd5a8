package sshconfig

import (
	"slices"
	"strings"
)

// Names returns the hosts that Host lines name without a pattern, in the order of the
// files and each once. A block that has an address names one machine, by its first name.
func (c *Config) Names() ([]string, error) {
	if c.file == none {
		return nil, nil
	}
	parsed, err := c.read()
	if err != nil {
		return nil, err
	}
	var names []string
	var visit func([]*file)
	visit = func(files []*file) {
		for _, f := range files {
			for _, b := range f.blocks {
				for _, name := range b.named() {
					if !slices.Contains(names, name) {
						names = append(names, name)
					}
				}
				for _, i := range b.items {
					visit(i.files)
				}
			}
		}
	}
	visit(parsed.files)
	return names, nil
}

// named returns the names of the machines to which a Host line alone applies.
func (b *block) named() []string {
	if b.kind != blockHost {
		return nil
	}
	names := slices.DeleteFunc(slices.Clone(b.hosts), func(word string) bool { return strings.ContainsAny(word, "*?!") })
	oneMachine := slices.ContainsFunc(b.items, func(i item) bool {
		return i.keyword == "hostname" && !slices.ContainsFunc(i.words, func(w string) bool { return strings.Contains(w, "%h") })
	})
	if oneMachine && len(names) > 1 {
		return names[:1]
	}
	return names
}
