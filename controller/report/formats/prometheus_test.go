package formats

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"aixmend/controller/outcome"
	"aixmend/controller/report/samples"
)

// scrape reads the text as Prometheus does: values by name and labels.
func scrape(t testing.TB, text string) map[string]float64 {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in %.2000q", err, text)
	}
	got := map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				if l.GetName() != "verb" && l.GetName() != "playbook" {
					labels = append(labels, l.GetValue())
				}
			}
			key := name + " " + strings.Join(labels, " ")
			if _, twice := got[key]; twice {
				t.Errorf("%s is there twice", key)
			}
			got[key] = m.GetGauge().GetValue()
		}
	}
	return got
}

func TestPrometheusIsRead(t *testing.T) {
	text := render(t, Prometheus, everyOutcome())
	got := scrape(t, text)
	for key, want := range map[string]float64{
		"aixmend_last_run_timestamp_seconds ":                    1795343490,
		"aixmend_last_whole_run_timestamp_seconds ":              1795340000,
		"aixmend_last_success_timestamp_seconds ":                1795257000,
		"aixmend_inventory_hosts ":                               40,
		"aixmend_run_duration_seconds ":                          90,
		"aixmend_run_exit_code ":                                 8,
		"aixmend_hosts needs_action":                             2,
		"aixmend_hosts healthy":                                  2,
		"aixmend_findings rmc-address-missing critical":          2,
		"aixmend_findings rsct-below-recommended warning":        1,
		"aixmend_waived_findings rsct-below-recommended warning": 1,
		"aixmend_expired_waivers rsct-below-recommended warning": 1,
		"aixmend_host_outcome aix08 unreachable":                 1,
		"aixmend_host_cloud aix04 pending":                       1,
	} {
		if value, there := got[key]; !there || value != want {
			t.Errorf("%s is %v, want %v", key, value, want)
		}
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

// Every outcome is there, and the metric of the last success is absent without one.
func TestPrometheusOfNothing(t *testing.T) {
	e := evidenceOf()
	e.LastWhole, e.LastSuccess, e.Run.Inventory = time.Time{}, time.Time{}, 0
	got := scrape(t, render(t, Prometheus, e))
	want := map[string]float64{
		"aixmend_last_run_timestamp_seconds ": 1795343490, "aixmend_run_duration_seconds ": 90, "aixmend_run_exit_code ": 8,
	}
	for _, o := range outcome.Outcomes() {
		want["aixmend_hosts "+string(o)] = 0
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzPrometheus: whatever stands in a label, it is read, and stays one sample.
func FuzzPrometheus(f *testing.F) {
	for _, s := range append(samples.HostileTexts(), `"} 1`, `\`, `\n`, "\n# TYPE x counter\nx 1", "} 2\nforged 1") {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := evidenceOf(samples.HostileHost(s))
		e.Run.Command, e.Run.Playbook.Name = s, s
		got := scrape(t, render(t, Prometheus, e))
		if len(got) != 6+len(outcome.Outcomes())+1+1+1 {
			t.Errorf("%q makes %d samples: %v", s, len(got), got)
		}
	})
}

// A plugin's exit code is another number for the same thing: it says so.
func TestPrometheusOfAPlugin(t *testing.T) {
	e := evidenceOf()
	e.Run.ExitCode, e.Run.Convention = 1, outcome.ConventionNagios
	var b strings.Builder
	if err := Prometheus(&b, e); err != nil {
		t.Fatal(err)
	}
	got := scrape(t, b.String())
	if code, ok := got["aixmend_run_exit_code nagios"]; !ok || code != 1 {
		t.Errorf("%v", got)
	}
}
