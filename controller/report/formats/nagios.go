package formats

import (
	"fmt"
	"strings"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// Bounds of the output of a plugin: monitoring servers cut it at 8 KiB, older agents at
// 4 KiB.
const (
	nagiosFolds = 10
	nagiosOpen  = 3
	nagiosWhich = 120
	nagiosWhat  = 200
)

// Nagios renders a run as the output of a monitoring plugin: a line with the status and
// performance data, then the worst hosts. The matching exit code is run.Plugin().
func Nagios(run outcome.Run) string {
	said := report.Counts(run)
	if run.Broke() {
		said += "; " + run.ExitReason
	} else if run.Plugin() == outcome.PluginUnknown {
		said += "; no host was judged"
	}
	var b strings.Builder
	b.WriteString(NagiosStatus(run.Plugin(), said))
	total := len(run.Hosts)
	b.WriteString(" |")
	for _, o := range outcome.Outcomes() {
		fmt.Fprintf(&b, " %s=%d;;;0;%d", o, run.Counts[o], total)
	}
	fmt.Fprintf(&b, " duration=%ss;;;0\n", seconds(run.Finished.Sub(run.Started)))
	shown := 0
	for _, f := range report.Folds(run.Hosts) {
		if f.Outcome == outcome.Healthy || f.Outcome == outcome.Recovered {
			continue
		}
		if shown++; shown <= nagiosFolds {
			b.WriteString(nagiosText(fmt.Sprintf("%s: %d: %s: ", f.Outcome, len(f.Hosts), cut(report.Compact(f.Hosts), nagiosWhich))+cut(report.Clean(f.What(), false), nagiosWhat)) + "\n")
		}
	}
	if more := shown - nagiosFolds; more > 0 {
		b.WriteString("and " + report.More(more, "group") + "\n")
	}
	for _, o := range run.LeftOpen[:min(len(run.LeftOpen), nagiosOpen)] {
		b.WriteString(nagiosText("not finished: "+cut(report.LeftOpen(o), nagiosWhat)) + "\n")
	}
	return b.String()
}

// NagiosStatus renders the status line of a plugin, without performance data and
// without a line end.
func NagiosStatus(code outcome.Code, said string) string {
	status := "UNKNOWN"
	switch code {
	case outcome.PluginOK:
		status = "OK"
	case outcome.PluginWarning:
		status = "WARNING"
	case outcome.PluginCritical:
		status = "CRITICAL"
	}
	return "AIXMEND " + status + " - " + nagiosText(said)
}

// nagiosText renders untrusted text on one line, without the | that begins performance
// data.
func nagiosText(s string) string { return strings.ReplaceAll(line(s), "|", "/") }
