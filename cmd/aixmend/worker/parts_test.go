package worker

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"aixmend/controller/fleet"
	"aixmend/controller/outcome"
	"aixmend/playbooks"
)

// A fact that holds a capture stays at the site, but for the value that hosts are compared by:
// the hub finds the same in what leaves as in the report.
func TestCapturesStayAtTheSite(t *testing.T) {
	t.Parallel()
	node := map[string]any{"id": "00000000000000ff", "etc": "00000000000000ff"}
	h := outcome.Host{Facts: map[string]any{
		"own":      map[string]any{"state": "found", "why": "planted", "past": map[string]any{"node_ids": node, "host": "planted", "hosts_table": map[string]any{"list": []any{map[string]any{"address": "planted"}}}}},
		"node_ids": map[string]any{"command": "00000000000000a1", "etc": "00000000000000a1", "var": "00000000000000a1"},
	}}
	for _, name := range playbooks.Names() {
		p, err := playbooks.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		public := fleet.Public(h, fleet.Compared{Facts: p.SharedParts(), Key: []byte("key")})
		again := fleet.Public(public, fleet.Compared{Facts: p.SharedParts()}) // as the hub does
		text, err := json.Marshal(again.Facts)
		if err != nil || strings.Contains(string(text), "planted") {
			t.Errorf("%s: %s %v", name, text, err)
		}
		was, is := p.ShareWritten(h.Facts), p.ShareWritten(again.Facts)
		if !slices.EqualFunc(was.Values, is.Values, slices.Equal) || !slices.Equal(was.Restores, is.Restores) {
			t.Errorf("%s: %+v of %s, want %+v", name, is, text, was)
		}
	}
}
