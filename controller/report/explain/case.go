package explain

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/transport/shell"
)

// Case renders the text of a support case (procedure R6): the problem, the changes
// tried and their results, and the data files. Secrets in the text are masked; the
// data files are not searched for secrets.
func Case(h outcome.Host) string {
	c := &sheet{}
	c.line("Problem: %s", firstOf(h.Reason, string(h.Outcome)))
	c.line("Host: %s (%s), read on %s", h.Host, h.Address, h.Started.UTC().Format(time.RFC3339))
	for _, name := range []string{"oslevel", "lpar", "hostname", "rsct", "rmc_nic", "rmc_address", "node_ids", "domain"} {
		if value, there := h.Facts[name]; there {
			c.line("%s: %s", name, inWords(value))
		}
	}
	c.line("\nFindings")
	for _, f := range h.Findings {
		c.line("- %s (%s): %s", f.ID, string(f.Severity), f.Title)
		for _, e := range f.Evidence {
			c.line("    %s", e)
		}
	}
	if len(h.Findings) == 0 {
		c.line("- none")
	}
	for _, name := range slices.Sorted(maps.Keys(h.FactErrors)) {
		c.line("- not known: %s: %s", name, h.FactErrors[name])
	}
	c.line("\nChanges tried, in order, with their results")
	if len(h.Changes) == 0 {
		c.line("- none")
	}
	for _, change := range h.Changes {
		c.line("- %s %s: %s", change.At.UTC().Format(time.RFC3339), change.Step, strings.TrimSuffix(change.Status+", "+change.Detail, ", "))
		c.text("    ", change.Command)
	}
	c.line("\nSupport data")
	for _, f := range h.Support {
		c.line("- %s, %d bytes, sha256 %s", f.Name, f.Bytes, f.SHA256)
	}
	if len(h.Support) == 0 {
		c.line("- none; to collect it: aixmend recover --playbook support-data -l %s", shell.Word(h.Host))
	}
	return Mask(c.b.String()) // again: a secret may span several lines
}

// sheet is the text of a case as it is written.
type sheet struct{ b strings.Builder }

// line prints one line of untrusted text, cleaned and masked.
func (s *sheet) line(format string, args ...any) {
	s.b.WriteString(Mask(report.Cleanf(format, args...)) + "\n")
}

// text prints several lines, each indented, cleaned and masked.
func (s *sheet) text(indent, text string) {
	for line := range strings.Lines(Mask(report.Clean(text, true))) {
		s.b.WriteString(indent + strings.TrimRight(line, "\n") + "\n")
	}
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// inWords renders a fact in one line, with the field names of the reports.
func inWords(fact any) string {
	encoded, err := json.Marshal(fact)
	if err != nil {
		return "(not known)"
	}
	var fields map[string]any
	if json.Unmarshal(encoded, &fields) != nil {
		return string(encoded)
	}
	if text, ok := fields["text"].(string); ok {
		return text
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch value := fields[name].(type) {
		case string, float64, bool:
			if text := fmt.Sprint(value); text != "" {
				parts = append(parts, name+"="+text)
			}
		}
	}
	return strings.Join(parts, " ")
}

// secrets match likely secrets: a value after a telling name, a private key,
// credentials in a URL.
var secrets = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`(?is)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)`), "(private key masked)"},
	{regexp.MustCompile(`(?i)((?:[a-z0-9_.-]*)(?:passw(?:or)?d|passwd|passphrase|pwd|secret|token|api[_-]?key|private[_-]?key|credential)s?(?:[_-][a-z0-9_]*)?["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^,;\n]+)`), "${1}(masked)"},
	{regexp.MustCompile(`(?i)(\bpass["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^,;\n]+)`), "${1}(masked)"},
	{regexp.MustCompile(`(?i)(--?(?:password|passwd|pass|token|secret)\s+)("[^"]*"|'[^']*'|[^\s-]\S*)`), "${1}(masked)"},
	{regexp.MustCompile(`(?m)^(\s*(?:- )?)[A-Za-z0-9+/]{60,}={0,2}$`), "${1}(possible key masked)"},
	{regexp.MustCompile(`(?i)(authorization:\s*)(\S+\s+)?\S+`), "${1}(masked)"},
	{regexp.MustCompile(`(://[^/\s:@]+:)[^/\s@]+@`), "${1}(masked)@"},
}

// Mask replaces likely secrets.
func Mask(text string) string {
	for _, s := range secrets {
		text = s.pattern.ReplaceAllString(text, s.instead)
	}
	return text
}
