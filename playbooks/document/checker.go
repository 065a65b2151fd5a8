package document

import (
	"regexp"

	"aixmend/inventory/strictyaml"
)

var (
	playbookName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	// FactName matches the name of a fact, parameter or unique value.
	FactName    = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	findingName = playbookName
)

// checker checks a decoded playbook.
type checker struct {
	file     string
	playbook *Playbook
	problems strictyaml.Problems
	embedded Embedded
	taken    map[string]bool // the unique: entries of the extended playbook
}

func (c *checker) add(pos strictyaml.Pos, hint, format string, args ...any) {
	c.problems.Add(pos, hint, format, args...)
}

// Source returns the text of an embedded playbook by its name.
type Source func(name string) ([]byte, error)

// Embedded are the playbooks that another can extend.
type Embedded struct {
	Names  []string
	Source Source
}
