package playbooks

import (
	"fmt"
	"strings"
	"testing"

	"aixmend/playbooks/facts"
)

// In a fleet of clones each host would name all the others: what a report says
// does not grow with the fleet.
func TestLongListsAreCutShort(t *testing.T) {
	const listed = 100
	p, err := Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	params, err := p.Set(nil)
	if err != nil {
		t.Fatal(err)
	}
	ids := p.Judge(params, Given{}, healthyHost()).Facts["node_ids"].(facts.NodeIDs)
	for n, want := range map[int]string{listed: "aix0099", listed + 1: "aix0099 and 1 more", 10_000: "aix0099 and 9900 more"} {
		fleet := facts.Fleet{Complete: true, Role: "clone", Why: "history"}
		for i := range n {
			fleet.Duplicates = append(fleet.Duplicates, fmt.Sprintf("aix%04d", i))
		}
		verdicts := p.JudgeFleet(params, facts.Inventory{}, Shared{facts: map[string]any{"node_ids": ids}}, fleet)
		if len(verdicts) != 1 {
			t.Fatalf("%d others: %d verdicts", n, len(verdicts))
		}
		title, all := verdicts[0].Title, verdicts[0].Title+strings.Join(verdicts[0].Evidence, "")
		if !strings.HasSuffix(title, want) || len(all) > 4000 {
			t.Errorf("%d others: %d bytes, the title ends with %q, want %q", n, len(all), title[len(title)-30:], want)
		}
	}
}
