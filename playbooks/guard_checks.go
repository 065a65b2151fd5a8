package playbooks

import (
	"slices"

	"aixmend/playbooks/facts"
)

// GuardChecks returns the names of the checks of the cluster guard, sorted: the
// facts that the derivation "cluster" reads, without the inventory. An acceptance
// in an inventory names one of them.
func GuardChecks() []string {
	var checks []string
	for _, d := range facts.Derivations() {
		if d.Name != "cluster" {
			continue
		}
		for name := range facts.Inputs(d) {
			if name != "inventory" {
				checks = append(checks, name)
			}
		}
	}
	slices.Sort(checks)
	return checks
}
