package inventory

import (
	"fmt"

	"aixmend/inventory/strictyaml"
)

// A checker checks settings. It gathers the problems, warnings and conflicts of all
// files.
type checker struct {
	home string // what ~ stands for
	// knownFindings and knownChecks return the ids that a waiver and an acceptance may
	// name; nil: any.
	knownFindings, knownChecks func() []string
	problems                   strictyaml.Problems
	warnings                   warnings
	conflicts                  clashes
}

// quote prints a value in a message: text in quotes and shortened, numbers as
// they are.
func quote(v any) string {
	if s, ok := v.(string); ok {
		v = clip(s)
	}
	return fmt.Sprintf("%#v", v)
}
