package formats

import (
	"strings"
	"testing"

	"aixmend/controller/report"
	"aixmend/controller/report/samples"
)

// checkSummary: outside of its own table, headings and code spans nothing is
// markup.
func checkSummary(t *testing.T, s string) {
	t.Helper()
	e := evidenceOf(samples.HostileHost(s))
	e.Run.ID, e.Run.Command, e.Run.ExitReason = s, s, s
	document := render(t, Markdown, e)
	if report.Clean(document, true) != document {
		t.Errorf("%q: control characters come through", s)
	}
	lines := strings.Count(document, "\n")
	if plain := strings.Count(render(t, Markdown, evidenceOf(samples.HostileHost("x"))), "\n"); lines != plain {
		t.Errorf("%q: %d lines, of plain text %d:\n%s", s, lines, plain, document)
	}
	for line := range strings.Lines(document) {
		line = strings.TrimSuffix(line, "\n")
		for _, own := range []string{"# ", "## ", "- "} {
			line = strings.TrimPrefix(line, own)
		}
		if row, ok := strings.CutPrefix(line, "| "); ok {
			cells := 0
			for i := range row {
				if row[i] == '|' && (i == 0 || row[i-1] != '\\') {
					cells++
				}
			}
			if cells != 2 && cells != 4 {
				t.Errorf("%q: %d cells in %s", s, cells, row)
			}
			continue
		}
		before, span, found := strings.Cut(line, "next: `aixmend explain ")
		if found {
			if strings.Count(span, "`") != 1 || !strings.HasSuffix(span, "`") {
				t.Errorf("%q: the code span is left in %s", s, span)
			}
			line = before
		}
		checkProse(t, line)
	}
}

func TestSummaryStaysText(t *testing.T) {
	for _, s := range samples.HostileTexts() {
		checkSummary(t, s)
	}
}

func FuzzSummary(f *testing.F) {
	for _, s := range samples.HostileTexts() {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) { checkSummary(t, s) })
}
