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

// Prometheus writes a run in the Prometheus text format, for the textfile collector of
// node_exporter.
func Prometheus(to io.Writer, e report.Evidence) error {
	findings, err := countFindings(e)
	if err != nil {
		return err
	}
	run := e.Run
	m := &metrics{of: []string{"verb", run.Command, "playbook", run.Playbook.Name}}
	m.family("aixmend_last_run_timestamp_seconds", "Unix time at which the newest run ended.")
	m.sample(unix(run.Finished))
	if !e.LastWhole.IsZero() {
		m.family("aixmend_last_whole_run_timestamp_seconds", "Unix time at which a run of every host of the inventory last ended.")
		m.sample(unix(e.LastWhole))
	}
	if !e.LastSuccess.IsZero() {
		m.family("aixmend_last_success_timestamp_seconds", "Unix time at which a run of every host of the inventory last ended without trouble.")
		m.sample(unix(e.LastSuccess))
	}
	m.family("aixmend_run_duration_seconds", "Duration of the newest run in seconds.")
	m.sample(max(run.Finished.Sub(run.Started), 0).Seconds())
	m.family("aixmend_run_exit_code", "Exit code of the newest run.")
	if run.Convention == "" {
		m.sample(float64(run.ExitCode))
	} else { // the same number has another meaning
		m.sample(float64(run.ExitCode), "convention", run.Convention)
	}
	m.family("aixmend_hosts", "Number of hosts by outcome.")
	for _, o := range outcome.Outcomes() {
		m.sample(float64(run.Counts[o]), "outcome", string(o))
	}
	if run.Inventory > 0 {
		m.family("aixmend_inventory_hosts", "Number of hosts in the inventory, selected or not.")
		m.sample(float64(run.Inventory))
	}
	for _, f := range findings {
		m.family(f.name, f.help)
		for _, key := range f.sorted() {
			m.sample(float64(f.hosts[key]), "finding", key.id, "severity", string(key.severity))
		}
	}
	m.family("aixmend_host_outcome", "Outcome of each host: 1 for the outcome with which it ended.")
	for _, h := range run.Hosts {
		m.sample(1, "host", h.Name, "outcome", string(h.Outcome))
	}
	m.clouds(run)
	_, err = io.WriteString(to, m.b.String())
	return err
}

// metrics is the text as it is written.
type metrics struct {
	b    strings.Builder
	name string
	of   []string // labels of every sample, names and values alternating
}

// family begins the samples of a metric. All metrics are gauges: each run writes its
// own.
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

// clouds writes the health of the VMs, of the hosts for which the cloud was asked.
func (m *metrics) clouds(run outcome.Run) {
	if report.CloudCounts(run) == "" {
		return
	}
	m.family("aixmend_host_cloud", "Health of each host in Power Virtual Server beside its verdict: 1 for the class of both.")
	for _, h := range run.Hosts {
		if h.Cloud != nil {
			m.sample(1, "host", h.Name, "class", report.CloudClass(*h.Cloud))
		}
	}
}

// labelText escapes the value of a label.
var labelText = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// findingKey identifies a count of hosts.
type findingKey struct {
	id       string
	severity outcome.Severity
}

// findingCount counts hosts by finding, for one metric.
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

// countFindings counts the hosts that have each finding, each host once.
func countFindings(e report.Evidence) ([]findingCount, error) {
	counts := []findingCount{
		{"aixmend_findings", "Number of hosts by finding, without waived ones.", func(f outcome.Finding) bool { return !f.Waived }, map[findingKey]int{}},
		{"aixmend_waived_findings", "Number of hosts by waived finding.", func(f outcome.Finding) bool { return f.Waived }, map[findingKey]int{}},
		{"aixmend_expired_waivers", "Number of hosts by finding that counts again because its waiver has expired.", func(f outcome.Finding) bool { return f.Expired != "" }, map[findingKey]int{}},
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
