package controller

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/inventory"
	"aixmend/playbooks/facts"
)

func TestAcceptancesThatHoldAreKnownToTheGuard(t *testing.T) {
	t.Parallel()
	day := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
	host := inventory.Host{Name: "aix1", RMCNIC: "en1", Accepts: []inventory.Acceptance{
		{Check: "clrginfo", Until: day.AddDate(0, 0, -1)}, {Check: "hacmp", Until: day},
	}}
	want := facts.Inventory{Name: "aix1", RMCNIC: "en1", Accepted: []string{"hacmp"}}
	if diff := cmp.Diff(want, inventoryFact(host, day)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
