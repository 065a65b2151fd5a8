package explain

import (
	"regexp"
	"strings"
	"testing"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/transport/shell"
)

// hostile are names that would run a command where a shell reads them.
var hostile = []string{
	"$(touch x)", "`touch x`", "a; touch x", "a\ntouch x", "a|touch x", "a&touch x", "a >x", "a' ; touch x; '", `a" ; touch x; "`, `a\`, "a #", "~root", "*",
}

// Advice on a forged document has the words of that on a true one, each one word of a
// shell: names of the document never end a command or begin another.
func TestForgedNamesAreOneWord(t *testing.T) {
	const run, host = "RUN0", "HOST0"
	for name, make := range documents() {
		lines := func(h outcome.Host) []string {
			e := Host(h)
			list := append([]string{Case(h)}, e.Next...)
			for _, c := range e.Chains {
				list = append(list, c.Next...)
			}
			e.Closed()
			return append(list, e.Next...)
		}
		want := lines(make(run, host, "WORD0"))
		for _, bad := range hostile {
			got := lines(make(bad, bad, bad))
			if len(got) != len(want) {
				t.Errorf("%s, %q: %q, want as many as %q", name, bad, got, want)
				continue
			}
			for i, line := range want {
				for _, command := range commands.FindAllString(line, -1) {
					words, ok := shell.Words(command)
					if !ok {
						t.Fatalf("%s: %q is no command", name, command)
					}
					for j, word := range words {
						if word == run || word == host || word == "WORD0" {
							words[j] = bad
						}
					}
					text := report.Clean(shell.Line(words...), false)
					if !strings.Contains(report.Clean(got[i], false), text) {
						t.Errorf("%s, %q: %q has no %q", name, bad, got[i], text)
					}
				}
			}
		}
	}
}

// commands matches the commands of aixmend in advice, with the words that these tests know.
var commands = regexp.MustCompile(`aixmend [a-z]+(?: (?:-l|--allow|--playbook|list|support-data|RUN0|HOST0|WORD0))*`)

// documents make a document of each kind that has advice of its own.
func documents() map[string]func(run, host, word string) outcome.Host {
	with := func(change func(h *outcome.Host, word string)) func(run, host, word string) outcome.Host {
		return func(run, host, word string) outcome.Host {
			h := outcome.Host{RunID: run, Host: host, Outcome: outcome.NeedsAction}
			change(&h, word)
			return h
		}
	}
	finding := []outcome.Finding{{ID: "f", Severity: outcome.Critical, Title: "t"}}
	list := map[string]func(run, host, word string) outcome.Host{
		"nothing planned": with(func(*outcome.Host, string) {}),
		"cut off":         with(func(h *outcome.Host, _ string) { h.Interrupted, h.Findings = true, finding }),
		"not known":       with(func(h *outcome.Host, _ string) { h.Interrupted, h.Outcome = true, outcome.Unknown }),
		"failed":          with(func(h *outcome.Host, _ string) { h.Outcome = outcome.Failed }),
		"braked":          with(func(h *outcome.Host, _ string) { h.Outcome, h.Reason = outcome.Skipped, outcome.ReasonBrake }),
		"held":            with(func(h *outcome.Host, _ string) { h.Outcome, h.Reason = outcome.Skipped, outcome.ReasonHeld }),
		"planned": with(func(h *outcome.Host, _ string) {
			h.Findings, h.Plan = finding, []outcome.PlanStep{{Rung: "r", Step: "s", Fixes: []string{"f"}}}
		}),
		"not allowed": with(func(h *outcome.Host, word string) {
			h.Findings, h.Plan = finding, []outcome.PlanStep{{Rung: "r", Step: "s", Fixes: []string{"f"}, BlockedBy: "it takes --allow " + word, AllowedBy: word}}
		}),
		"unreachable": with(func(h *outcome.Host, _ string) { h.Outcome = outcome.Unreachable }),
	}
	for why := range byCause {
		list["cause "+string(why)] = with(func(h *outcome.Host, _ string) { h.Outcome, h.Reason = outcome.Unreachable, string(why) })
	}
	return list
}
