package retry

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// docs/reliability.md shows the rules as they are.
func TestDocsShowTheRules(t *testing.T) {
	text, err := os.ReadFile("../../docs/reliability.md")
	if err != nil {
		t.Fatal(err)
	}
	want := table(Rules())
	_, after, found := strings.Cut(string(text), want[0]+"\n")
	if !found {
		t.Fatalf("no table of retries; it is:\n%s", strings.Join(want, "\n"))
	}
	got := []string{want[0]}
	for line := range strings.Lines(after) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		got = append(got, strings.TrimSpace(line))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs (+) differ from the rules (-):\n%s", diff)
	}
}

func TestRulesAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		switch {
		case r.Name == "" || seen[r.Name]:
			t.Errorf("%+v: no name of its own", r)
		case r.Ends == "":
			t.Errorf("%s: what follows when the attempts are used up?", r.Name)
		case r.Factor != 0 && (r.First <= 0 || r.Factor < 1 || r.Max < r.First):
			t.Errorf("%s: the waits do not grow", r.Name)
		case r.Jitter < 0 || r.Jitter > 1:
			t.Errorf("%s: jitter %v", r.Name, r.Jitter)
		}
		seen[r.Name] = true
	}
}

// table renders rules as Markdown, line by line.
func table(rules []Rule) []string {
	lines := []string{"| operation | attempts | wait before the next | limit | what ends it |", "| --- | --- | --- | --- | --- |"}
	for _, r := range rules {
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s | %s |", r.Name, attempts(r), waits(r), limit(r), r.Ends))
	}
	return lines
}

func attempts(r Rule) string {
	if r.Attempts == 0 {
		return "any number"
	}
	return fmt.Sprint(r.Attempts)
}

func waits(r Rule) string {
	text := "none"
	if r.First > 0 {
		text = short(r.First)
	}
	if r.Factor > 0 {
		text += fmt.Sprintf(", then × %g, at most %s", r.Factor, short(r.Max))
	}
	if r.Jitter > 0 {
		text += fmt.Sprintf(", ± %g %%", 100*r.Jitter)
	}
	return text
}

func limit(r Rule) string {
	var parts []string
	if r.Each > 0 {
		parts = append(parts, short(r.Each)+" each")
	}
	if r.Within > 0 {
		parts = append(parts, "within "+short(r.Within))
	}
	return strings.Join(parts, ", ")
}

// short is a duration without zeros: 24h0m0s is 24h.
func short(d time.Duration) string {
	text := d.String()
	text = strings.TrimSuffix(text, "0s")
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	if text == "" || !strings.ContainsAny(text[len(text)-1:], "smh") {
		return d.String()
	}
	return text
}
