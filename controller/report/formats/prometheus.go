package formats

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// Prometheus writes a run in the text format of Prometheus, for the textfile
// collector of node_exporter.
func Prometheus(to io.Writer, e report.Evidence) error {
	findings, err := countFindings(e)
	if err != nil {
		return err
	}
	run := e.Run
	m := &metrics{of: []string{"verb", run.Command, "playbook", run.Playbook.Name}}
	m.family("aixmend_last_run_timestamp_seconds", "When the newest run ended, in seconds since 1970.")
	m.sample(unix(run.Finished))
	if !e.LastSuccess.IsZero() {
		m.family("aixmend_last_success_timestamp_seconds", "When a run last ended without trouble, in seconds since 1970.")
		m.sample(unix(e.LastSuccess))
	}
	m.family("aixmend_run_duration_seconds", "How long the newest run took.")
	m.sample(max(run.Finished.Sub(run.Started), 0).Seconds())
	m.family("aixmend_run_exit_code", "The exit code of the newest run.")
	if run.Convention == "" {
		m.sample(float64(run.ExitCode))
	} else { // the same number means another thing
		m.sample(float64(run.ExitCode), "convention", run.Convention)
	}
	m.family("aixmend_hosts", "Hosts by outcome.")
	for _, o := range outcome.Outcomes() {
		m.sample(float64(run.Counts[o]), "outcome", string(o))
	}
	for _, f := range findings {
		m.family(f.name, f.help)
		for _, key := range f.sorted() {
			m.sample(float64(f.hosts[key]), "finding", key.id, "severity", string(key.severity))
		}
	}
	m.family("aixmend_host_outcome", "How each host ended: 1 for its outcome.")
	for _, h := range run.Hosts {
		m.sample(1, "host", h.Name, "outcome", string(h.Outcome))
	}
	_, err = io.WriteString(to, m.b.String())
	return err
}

// metrics is a text of metrics.
type metrics struct {
	b    strings.Builder
	name string
	of   []string // labels of every sample, name and value in turn
}

// family begins the samples of a metric. All of them are gauges: each run writes
// its own.
func (m *metrics) family(name, help string) {
	m.name = name
	fmt.Fprintf(&m.b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
}

func (m *metrics) sample(value float64, labels ...string) {
	labels = append(labels, m.of...)
	m.b.WriteString(m.name + "{")
	for i := 0; i < len(labels); i += 2 {
		if i > 0 {
			m.b.WriteByte(',')
		}
		fmt.Fprintf(&m.b, `%s="%s"`, labels[i], labelText.Replace(line(labels[i+1])))
	}
	m.b.WriteString("} " + strconv.FormatFloat(value, 'f', -1, 64) + "\n")
}

// labelText escapes the value of a label.
var labelText = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// findingKey is what hosts are counted by.
type findingKey struct {
	id       string
	severity outcome.Severity
}

// findingCount counts hosts by their findings of one kind.
type findingCount struct {
	name, help string
	wanted     func(outcome.Finding) bool
	hosts      map[findingKey]int
}

func (c findingCount) sorted() []findingKey {
	keys := make([]findingKey, 0, len(c.hosts))
	for key := range c.hosts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b findingKey) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.severity, b.severity))
	})
	return keys
}

// countFindings counts the hosts that have each finding, once each.
func countFindings(e report.Evidence) ([]findingCount, error) {
	counts := []findingCount{
		{"aixmend_findings", "Hosts by finding; waived ones do not count.", func(f outcome.Finding) bool { return !f.Waived }, map[findingKey]int{}},
		{"aixmend_waived_findings", "Hosts by finding that is waived.", func(f outcome.Finding) bool { return f.Waived }, map[findingKey]int{}},
		{"aixmend_expired_waivers", "Hosts by finding that counts again, for its waiver is over.", func(f outcome.Finding) bool { return f.Expired != "" }, map[findingKey]int{}},
	}
	for h, err := range e.Hosts {
		if err != nil {
			return nil, err
		}
		for _, c := range counts {
			seen := map[findingKey]bool{}
			for _, f := range h.Findings {
				if key := (findingKey{f.ID, f.Severity}); c.wanted(f) && !seen[key] {
					seen[key] = true
					c.hosts[key]++
				}
			}
		}
	}
	return counts, nil
}
