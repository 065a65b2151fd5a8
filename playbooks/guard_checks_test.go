package playbooks

import (
	"slices"
	"testing"
)

// The names are what inventories say under accept: one that goes is a breaking
// change.
func TestGuardChecksAreTheNamesThatInventoriesAccept(t *testing.T) {
	want := []string{
		"clconfd", "clrginfo", "clstrmgr", "cluster_tools", "cthags", "cthats", "cuat", "cudv", "current_cluster",
		"domain", "hacmp", "lscluster_c", "lscluster_m", "lspv", "lsrpdomain", "powerha", "var_ct",
	}
	if got := GuardChecks(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
