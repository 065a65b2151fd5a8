package hub

import (
	"fmt"
	"strings"
	"testing"

	"aixmend/controller/fleet"
)

// The hosts of all sites are one inventory; a name that two sites have is refused with both.
func TestTogether(t *testing.T) {
	t.Parallel()
	inv, of, err := together([]fleet.Hosts{
		{Site: "fra", Names: []string{"b", "a"}, Groups: map[string][]string{"prod": {"a"}}},
		{Site: "par", Names: []string{"c"}, Groups: map[string][]string{"prod": {"c"}, "fra": {"c"}}},
		{Site: "empty"},
	})
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, g := range inv.Groups {
		text += fmt.Sprint(g.Name, g.Hosts)
	}
	if text != "fra[c]par[c]prod[a c]" || len(inv.Hosts) != 3 || inv.Hosts[0].Name != "a" || of["c"] != "par" {
		t.Error(text, inv.Hosts, of)
	}
	_, _, err = together([]fleet.Hosts{{Site: "fra", Names: []string{"a"}}, {Site: "par", Names: []string{"a"}}})
	if err == nil || !strings.Contains(err.Error(), "sites fra and par both have a host a") {
		t.Error(err)
	}
}
