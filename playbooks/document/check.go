package document

import (
	"aixmend/inventory/strictyaml"
	"slices"
	"strings"
)

func (c *checker) params() {
	c.timeouts()
	for _, e := range c.playbook.Params {
		if !FactName.MatchString(e.Key) {
			c.add(e.KeyPos, "", "parameter %q: small letters, digits and _", e.Key)
		}
		if _, err := e.Value.value(e.Value.Default); err != nil {
			c.add(e.KeyPos, "", "parameter %s: default: %v", e.Key, err)
		}
	}
}

// filled checks that a text that the file must have is not empty: an empty
// condition would be none.
func (c *checker) filled(pos strictyaml.Pos, what string, text Text) {
	if strings.TrimSpace(text.V) == "" {
		c.add(pos, "", "%s is empty", what)
	}
}

func (c *checker) guards(of string, guards []Guard) {
	for _, g := range guards {
		c.filled(g.Require.Pos, of+": a guard's require", g.Require)
		c.filled(g.Else.Pos, of+": a guard's else", g.Else)
	}
}

func (c *checker) findings(list []Finding) {
	severities := []string{"critical", "warning", "info"}
	seen := map[string]bool{"probe-failed": true}
	for _, f := range list {
		switch {
		case !findingName.MatchString(f.ID):
			c.add(f.Pos, "", "finding id %q: small letters, digits and single dashes", f.ID)
		case seen[f.ID]:
			c.add(f.Pos, "", "finding id %s is taken", f.ID)
		}
		seen[f.ID] = true
		if !slices.Contains(severities, f.Severity.V) {
			c.add(f.Severity.Pos, "", "severity must be one of %s, found %q", strings.Join(severities, ", "), f.Severity.V)
		}
		c.filled(f.Pos, "finding "+f.ID+": when", f.When)
		if len(f.Evidence) == 0 {
			c.add(f.Pos, "", "finding %s has no evidence", f.ID)
		}
	}
}
