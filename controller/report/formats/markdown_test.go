package formats

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/samples"
	"aixmend/transport/lab/golden"
)

func TestHostMarkdown(t *testing.T) {
	golden.Check(t, "testdata/host.golden.md", string(HostMarkdown(samples.Typical(), Open{})))
	golden.Check(t, "testdata/host-empty.golden.md", string(HostMarkdown(outcome.Host{Host: "aixprd02", Outcome: outcome.Healthy}, Open{})))
}

// The report of a host names each run that has not finished with it, with the command that
// continues it; that of a site is continued by the hub.
func TestHostMarkdownNotFinished(t *testing.T) {
	open := Open{
		Others: []outcome.OpenRun{{ID: "r0"}, {ID: "r1"}},
		Typed:  func(command string) string { return command + " --state s" },
	}
	const other = "Not finished: run r0 has changed the host and has not finished; to continue: `aixmend resume r0 --state s`"
	for _, c := range []struct {
		h    outcome.Host
		want []string
	}{
		{outcome.Host{RunID: "r1", Outcome: outcome.Healthy}, []string{other}},
		{outcome.Host{RunID: "r1", Outcome: outcome.Skipped, Interrupted: true}, []string{"Not finished: run r1 was cut off; to continue: `aixmend resume r1 --state s`", other}},
		{outcome.Host{RunID: "r1", Outcome: outcome.Healthy, Interrupted: true}, []string{other}},
		{outcome.Host{RunID: "r1"}, []string{"# : not finished", "Not finished: run r1 had not ended when this was written; to continue: `aixmend resume r1 --state s`", other}},
		{outcome.Host{RunID: "r1", Site: "a"}, []string{"# : not finished", other}},
	} {
		var got []string
		for line := range strings.Lines(string(HostMarkdown(c.h, open))) {
			if strings.Contains(strings.ToLower(line), "not finished") {
				got = append(got, strings.TrimSpace(line))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q\nwant\n%q", got, c.want)
		}
	}
	if got := string(HostMarkdown(outcome.Host{RunID: "r1", Interrupted: true, Outcome: outcome.Skipped}, Open{})); !strings.Contains(got, "`aixmend resume r1`") {
		t.Error(got)
	}
}

// Whatever a host printed stays text: it can't leave its fence, and outside of
// fences nothing of it is markup.
func TestHostMarkdownStaysText(t *testing.T) {
	for _, s := range samples.HostileTexts() {
		checkMarkdown(t, s)
	}
}

// One line of 1 MB, and many fences.
func TestHostMarkdownOfMuch(t *testing.T) {
	h := samples.HostileHost("x")
	for _, s := range []string{strings.Repeat("x", 1<<20), strings.Repeat("x`", 1<<15), strings.Repeat("```\n", 1<<14)} {
		h.Stages[0].Steps[0].Stdout = s
		document := string(HostMarkdown(h, Open{}))
		if !strings.Contains(document, strings.TrimRight(s, "\n")) {
			t.Error("the output is not there whole")
		}
		if _, fences := skeleton(t, document); fences != 7 {
			t.Errorf("%d fences", fences)
		}
	}
}

func FuzzHostMarkdown(f *testing.F) {
	for _, s := range samples.HostileTexts() {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) { checkMarkdown(t, s) })
}

// skeleton is the document without what the host printed: the lines that make
// its structure, and the number of fences.
func skeleton(t *testing.T, document string) (headings []string, fences int) {
	t.Helper()
	fence := "" // the open one
	for line := range strings.Lines(document) {
		line = strings.TrimRight(line, "\n")
		ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence != "":
			// CommonMark: a closing fence is at least as long, indented by at
			// most three blanks, and nothing but blanks comes after it.
			bare := strings.Trim(line, " \t")
			if strings.Trim(bare, "`") == "" && len(bare) >= len(fence) {
				fence = ""
			}
		case len(ticks) >= 3:
			fence = ticks
			fences++
			if line != ticks+"text" {
				t.Errorf("a fence opens with %q", line)
			}
		default:
			checkProse(t, line)
			if strings.HasPrefix(line, "#") {
				level, _, _ := strings.Cut(line, " ")
				headings = append(headings, level)
			}
		}
	}
	if fence != "" {
		t.Errorf("the fence %.20q stays open", fence)
	}
	return headings, fences
}

// checkProse: outside of fences no character that makes markup stands without a
// backslash, but for the document's own.
func checkProse(t *testing.T, line string) {
	t.Helper()
	for _, own := range []string{"# ", "## ", "### ", "- **critical** ", "- ", "  - "} {
		if rest, ok := strings.CutPrefix(line, own); ok {
			line = rest
			break
		}
	}
	if trimmed := strings.TrimLeft(line, " "); trimmed != "" && strings.ContainsRune("-+=", rune(trimmed[0])) {
		t.Errorf("a line begins like a list or rule: %.60q", line)
	}
	waiver := strings.Count(line, " (waived: ") // the document's own words
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '(' && waiver > 0 && strings.HasPrefix(line[i:], "(waived: "), c == ')' && waiver > 0:
			waiver-- // opened, or closed
			if c == '(' {
				waiver = 1
			}
		case c == '\\':
			i++
		case strings.IndexByte("`*_{}[]<>()#!|~", c) >= 0:
			t.Errorf("markup %q in %.60q", c, line)
			return
		}
	}
	unescaped := strings.NewReplacer(`\:`, " ", `\.`, " ").Replace(strings.ToLower(line))
	for _, link := range []string{"://", "www."} {
		if strings.Contains(unescaped, link) {
			t.Errorf("a link in %.60q", line)
		}
	}
}

func checkMarkdown(t *testing.T, s string) {
	t.Helper()
	h := samples.HostileHost(s)
	document := string(HostMarkdown(h, Open{}))
	if report.Clean(document, true) != document {
		t.Errorf("%.40q: control characters come through", s)
	}
	headings, fences := skeleton(t, document)
	if diff := cmp.Diff([]string{"#", "##", "##", "##", "##", "##", "##", "###"}, headings); diff != "" {
		t.Errorf("%.40q: headings (-want +got):\n%s", s, diff)
	}
	want := 7
	if strings.TrimSpace(s) == "" {
		want = 5 // no stdout, no stderr
	}
	if fences != want {
		t.Errorf("%.40q: %d fences, want %d", s, fences, want)
	}
}
