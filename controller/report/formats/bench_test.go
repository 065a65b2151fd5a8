package formats

import (
	"encoding/json"
	"testing"

	"aixmend/controller/report"
	"aixmend/controller/report/explain"
	"aixmend/controller/report/samples"
)

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
	h := samples.BenchHost(10)
	document, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("markdown", func(b *testing.B) { benchmarkRender(b, func() int { return len(HostMarkdown(h, Open{})) }) })
	b.Run("safejson", func(b *testing.B) { benchmarkRender(b, func() int { return len(report.SafeJSON(document)) }) })
	b.Run("explain", func(b *testing.B) { benchmarkRender(b, func() int { return len(explain.Host(h).Text(0)) }) })
	b.Run("case", func(b *testing.B) { benchmarkRender(b, func() int { return len(explain.Case(h)) }) })
}

// BenchmarkRun renders the summary of a run of 1000 hosts.
func BenchmarkRun(b *testing.B) {
	run := samples.BenchRun(1000)
	b.Run("text", func(b *testing.B) {
		benchmarkRender(b, func() int { return len(report.Text(run, report.TextOptions{Width: 120})) })
	})
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
