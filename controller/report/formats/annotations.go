package formats

import (
	"fmt"
	"path/filepath"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// maxAnnotations is how many hosts are annotated: GitHub shows ten annotations of a
// level per step.
const maxAnnotations = 10

// Annotations renders the worst hosts of a run as workflow commands of GitHub, a line
// each, at the lines of the inventory that name them; "" if no host needs one.
func Annotations(run outcome.Run) string {
	var b strings.Builder
	shown, more := 0, 0
	for _, h := range worst(run) {
		if !needsPerson(h.Outcome) && h.Outcome != outcome.Degraded && h.Outcome != outcome.Skipped && !run.Fails(h.Outcome) {
			continue
		}
		if shown++; shown > maxAnnotations {
			more++
			continue
		}
		b.WriteString(annotation(run, h))
	}
	if more > 0 {
		b.WriteString("::notice title=aixmend::" + commandData(fmt.Sprintf("%d more: %s", more, report.Counts(run))) + "\n")
	}
	return b.String()
}

// annotation renders the annotation of a host.
func annotation(run outcome.Run, h outcome.HostSummary) string {
	level := "warning"
	switch {
	case run.Fails(h.Outcome):
		level = "error"
	case h.Outcome == outcome.Skipped:
		level = "notice"
	}
	var properties []string
	if at := h.Defined; at.File != "" {
		properties = append(properties, "file="+commandProperty(filepath.ToSlash(at.File)))
		if at.Line > 0 {
			properties = append(properties, fmt.Sprintf("line=%d", at.Line))
		}
	}
	properties = append(properties, "title="+commandProperty(h.Name+" "+string(h.Shown())))
	said := h.Reason
	if said == "" {
		said = strings.Join(h.Open, ", ")
	}
	if len(h.Expired) > 0 {
		said += " (waiver expired: " + strings.Join(h.Expired, ", ") + ")"
	}
	if said == "" {
		said = string(h.Shown())
	}
	return "::" + level + " " + strings.Join(properties, ",") + "::" + commandData(said) + "\n"
}

// commandData escapes untrusted text for the message of a workflow command.
func commandData(s string) string {
	return report.Defuse(strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(line(s)))
}

// commandProperty escapes untrusted text for a property of a workflow command.
func commandProperty(s string) string {
	return report.Defuse(strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(line(s)))
}
