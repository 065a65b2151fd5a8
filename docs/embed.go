// Package docs holds the documents that the command prints.
package docs

import (
	_ "embed" // the text of the runbook
	"slices"
	"strings"
)

// InstalledRunbook is where the deb and rpm packages install the runbook.
const InstalledRunbook = "file:///usr/share/doc/aixmend/docs/runbook.md"

// Explains reports whether the runbook has a section of a finding.
func Explains(finding string) bool {
	return finding != "" && !strings.Contains(finding, "\n") && strings.Contains(Runbook, "\n### "+finding+"\n")
}

// Explained returns those of some findings that the runbook has a section of, each once, in
// their order.
func Explained(findings []string) []string {
	var list []string
	for _, id := range findings {
		if Explains(id) && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

// Runbook is the text of runbook.md.
//
//go:embed runbook.md
var Runbook string
