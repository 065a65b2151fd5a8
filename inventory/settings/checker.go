package settings

import (
	"fmt"

	"aixmend/inventory/ranges"
	"aixmend/inventory/strictyaml"
)

// A Checker checks settings. It gathers the problems, warnings and conflicts of all
// files.
type Checker struct {
	Home string // what ~ stands for
	// knownFindings and knownChecks return the ids that a waiver and an acceptance may
	// name; nil: any.
	KnownFindings, KnownChecks func() []string
	Problems                   strictyaml.Problems
	Warnings                   warnings
	Conflicts                  Clashes
}

// Quote prints a value in a message: text in quotes and shortened, numbers as
// they are.
func Quote(v any) string {
	if s, ok := v.(string); ok {
		v = ranges.Clip(s)
	}
	return fmt.Sprintf("%#v", v)
}
