package examples

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/formats"
)

var (
	metricName  = regexp.MustCompile(`\baixmend_[a-z_]+`)
	metricUse   = regexp.MustCompile(`\b(aixmend_[a-z_]+)(\{[^}]*\})?`)
	sampleLine  = regexp.MustCompile(`^(aixmend_[a-z_]+)(?:\{(.*)\})? `)
	labelOfText = regexp.MustCompile(`([a-z_]+)(=~|!~|!=|=)"`)
)

// written returns the metrics that aixmend writes, each with its labels.
func written(t *testing.T) map[string][]string {
	t.Helper()
	at := time.Date(2026, 1, 31, 2, 30, 0, 0, time.UTC)
	host := outcome.Host{Host: "aix1", Outcome: outcome.NeedsAction, Findings: []outcome.Finding{{ID: "rmc-disconnected", Severity: outcome.Critical}}}
	run := outcome.Run{
		ID: "r", Command: "audit", Playbook: outcome.Playbook{Name: "rmc-restore"}, Started: at, Finished: at.Add(time.Minute), ExitCode: 3, Inventory: 1,
		Counts: map[outcome.Outcome]int{outcome.NeedsAction: 1}, Hosts: []outcome.HostSummary{{Name: "aix1", Outcome: outcome.NeedsAction, Findings: []string{"rmc-disconnected"}}},
	}
	var b strings.Builder
	for _, convention := range []string{"", outcome.ConventionNagios} { // nagios adds labels
		run.Convention = convention
		err := formats.Prometheus(&b, report.Evidence{Run: run, LastWhole: at, LastSuccess: at, Hosts: func(yield func(outcome.Host, error) bool) { yield(host, nil) }})
		if err != nil {
			t.Fatal(err)
		}
	}
	metrics := map[string][]string{}
	for line := range strings.Lines(b.String()) {
		if m := sampleLine.FindStringSubmatch(line); m != nil {
			metrics[m[1]] = nil
			for _, l := range labelOfText.FindAllStringSubmatch(m[2], -1) {
				metrics[m[1]] = append(metrics[m[1]], l[1])
			}
		}
	}
	return metrics
}

// checkQuery checks that aixmend writes the metrics and labels of a query.
func checkQuery(t *testing.T, query string) {
	t.Helper()
	metrics := written(t)
	for _, m := range metricUse.FindAllStringSubmatch(query, -1) {
		labels, ok := metrics[m[1]]
		if !ok {
			t.Errorf("%s: aixmend does not write %s, only %s", query, m[1], slices.Sorted(maps.Keys(metrics)))
		}
		for _, l := range labelOfText.FindAllStringSubmatch(m[2], -1) {
			if ok && !slices.Contains(labels, l[1]) {
				t.Errorf("%s: %s has no label %s", query, m[1], l[1])
			}
		}
	}
	if strings.Count(query, "(") != strings.Count(query, ")") || strings.Count(query, "{") != strings.Count(query, "}") {
		t.Errorf("%s: unbalanced brackets", query)
	}
}

func checkDashboard(t *testing.T, file string) {
	var board struct {
		Title      string `json:"title"`
		Templating struct {
			List []struct {
				Name       string `json:"name"`
				Definition string `json:"definition"`
			} `json:"list"`
		} `json:"templating"`
		Panels []struct {
			ID      int    `json:"id"`
			Type    string `json:"type"`
			Title   string `json:"title"`
			GridPos struct{ X, Y, W, H int }
			Targets []struct {
				Expr string `json:"expr"`
			} `json:"targets"`
		} `json:"panels"`
	}
	text := read(t, file)
	if err := json.Unmarshal([]byte(text), &board); err != nil {
		t.Fatal(err)
	}
	variables := []string{"datasource"}
	for _, v := range board.Templating.List {
		variables = append(variables, v.Name)
		checkQuery(t, v.Definition)
	}
	seen := map[int]bool{}
	for _, p := range board.Panels {
		if seen[p.ID] || p.Title == "" || p.Type == "" || len(p.Targets) == 0 || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d %q: %+v", p.ID, p.Title, p)
		}
		seen[p.ID] = true
		for _, target := range p.Targets {
			checkQuery(t, target.Expr)
			for _, m := range regexp.MustCompile(`\$([a-z]+)`).FindAllStringSubmatch(target.Expr, -1) {
				if !slices.Contains(variables, m[1]) {
					t.Errorf("%s: no variable %s", target.Expr, m[1])
				}
			}
		}
	}
	for name := range written(t) {
		if !strings.HasPrefix(name, "aixmend_waived") && !strings.HasPrefix(name, "aixmend_expired") && !strings.Contains(text, name) {
			t.Errorf("no panel shows %s", name)
		}
	}
}

type alertRules struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []struct {
			Alert       string            `yaml:"alert"`
			Expr        string            `yaml:"expr"`
			For         string            `yaml:"for"`
			Labels      map[string]string `yaml:"labels"`
			Annotations map[string]string `yaml:"annotations"`
		} `yaml:"rules"`
	} `yaml:"groups"`
}

func checkAlerts(t *testing.T, file string) {
	text := read(t, file)
	for _, name := range metricName.FindAllString(text, -1) {
		checkQuery(t, name)
	}
	outcomes := outcome.Outcomes()
	for _, list := range regexp.MustCompile(`outcome=~?"([^"]*)"`).FindAllStringSubmatch(text, -1) {
		for o := range strings.SplitSeq(list[1], "|") {
			if !slices.Contains(outcomes, outcome.Outcome(o)) {
				t.Errorf("%s is not an outcome", o)
			}
		}
	}
	for _, rules := range decode[alertRules](t, file) {
		for _, g := range rules.Groups {
			for _, r := range g.Rules {
				checkQuery(t, r.Expr)
				if r.Alert == "" || r.Annotations["summary"] == "" || r.Labels["severity"] == "" {
					t.Errorf("%+v", r)
				}
				if _, err := time.ParseDuration(r.For); r.For != "" && err != nil {
					t.Error(err)
				}
			}
		}
	}
}

type scrape struct {
	RuleFiles []string         `yaml:"rule_files"`
	Scrape    []map[string]any `yaml:"scrape_configs"`
}

func checkScrape(t *testing.T, file string) {
	for _, s := range decode[scrape](t, file) {
		for _, rules := range s.RuleFiles {
			read(t, rules)
		}
		if len(s.Scrape) == 0 {
			t.Error("nothing is scraped")
		}
	}
}
