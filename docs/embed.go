// Package docs holds the documents that the command prints.
package docs

import (
	_ "embed" // the text of the runbook
	"strings"
)

// InstalledRunbook is where the deb and rpm packages install the runbook.
const InstalledRunbook = "file:///usr/share/doc/aixmend/docs/runbook.md"

// Explains reports whether the runbook has a section of a finding.
func Explains(finding string) bool {
	return finding != "" && !strings.Contains(finding, "\n") && strings.Contains(Runbook, "\n### "+finding+"\n")
}

// Runbook is the text of runbook.md.
//
//go:embed runbook.md
var Runbook string
