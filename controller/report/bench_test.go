package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"aixmend/controller/outcome"
)

// benchHost is a report as large as those of an audit are.
func benchHost(i int) outcome.Host {
	h := outcome.Host{
		Schema: outcome.HostSchema, RunID: "20261122T103000.000Z-abcdef", Host: fmt.Sprintf("aixvm%05d", i), Address: "10.2.3.4",
		Outcome: outcome.Healthy, Started: time.Date(2026, 11, 22, 10, 30, 0, 0, time.UTC), Facts: map[string]any{},
		Stages: []outcome.Stage{{Name: outcome.StageDiagnose, Status: outcome.StageOK}},
	}
	for n := range 43 {
		h.Stages[0].Steps = append(h.Stages[0].Steps, outcome.Step{
			ID: fmt.Sprintf("probe_%d", n), Command: "/usr/bin/lssrc -s ctrmc | /usr/bin/tail -n 1",
			Stdout: strings.Repeat("rsct.core:rsct.core.rmc:3.2.6.2: : :A:F:RSCT Resource Monitoring\n", 1+n%5),
		})
		h.Facts[fmt.Sprintf("fact_%d", n)] = map[string]string{"name": "en1", "address": "fe80::f8d4:43ff:fe3e:d120", "state": "up"}
	}
	if i%10 == 0 {
		h.Outcome, h.Reason = outcome.NeedsAction, "rmc-address-missing: en1 has no link-local address"
		h.Findings = []outcome.Finding{{
			ID: "rmc-address-missing", Severity: outcome.Critical, Title: "en1 has no link-local address",
			Evidence: []string{"ifconfig en1: no inet6"}, Remedy: "chdev -l en1 -a netaddr6=fe80::1", Source: "D6: procedure",
		}}
	}
	return h
}

// benchRun is a run of so many hosts.
func benchRun(hosts int) outcome.Run {
	run := outcome.Run{Schema: outcome.RunSchema, ID: "20261122T103000.000Z-abcdef", Command: "audit"}
	for i := range hosts {
		h := benchHost(i)
		run.Hosts = append(run.Hosts, outcome.HostSummary{
			Name: h.Host, Address: h.Address, Outcome: h.Outcome, Reason: h.Reason,
			Findings: outcome.FindingIDs(h.Findings), Open: outcome.OpenIDs(h.Findings), Report: "hosts/" + h.Host + ".json",
		})
	}
	run.Counts = outcome.Count(run.Hosts)
	return run
}

// benchmarkRender measures one format.
func benchmarkRender(b *testing.B, render func() int) {
	b.Helper()
	b.SetBytes(int64(render()))
	b.ReportAllocs()
	for b.Loop() {
		render()
	}
}

// BenchmarkHost renders the report of one host.
func BenchmarkHost(b *testing.B) {
	h := benchHost(10)
	document, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("markdown", func(b *testing.B) { benchmarkRender(b, func() int { return len(HostMarkdown(h)) }) })
	b.Run("safejson", func(b *testing.B) { benchmarkRender(b, func() int { return len(SafeJSON(document)) }) })
	b.Run("explain", func(b *testing.B) { benchmarkRender(b, func() int { return len(Explain(h)) }) })
	b.Run("case", func(b *testing.B) { benchmarkRender(b, func() int { return len(Case(h)) }) })
}

// BenchmarkRun renders the summary of a run of 1000 hosts.
func BenchmarkRun(b *testing.B) {
	run := benchRun(1000)
	b.Run("text", func(b *testing.B) { benchmarkRender(b, func() int { return len(Text(run, TextOptions{Width: 120})) }) })
	b.Run("json", func(b *testing.B) {
		benchmarkRender(b, func() int {
			document, err := json.Marshal(run)
			if err != nil {
				b.Fatal(err)
			}
			return len(document)
		})
	})
}
