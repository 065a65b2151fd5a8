package hub

import (
	"slices"
	"testing"

	"aixmend/controller/outcome"
)

// A plan is carried out over all of its hosts, as on one machine: one that could not be read, or
// that needs a person, counts for the verdict although no step would run there.
func TestCallOfAPlan(t *testing.T) {
	t.Parallel()
	plan := &outcome.Run{ID: run, Hosts: []outcome.HostSummary{
		{Name: "a", Outcome: outcome.Unreachable}, {Name: "b", Outcome: outcome.NeedsAction, Plan: []outcome.PlanStep{{Step: "s"}}}, {Name: "c", Outcome: outcome.NeedsAction},
	}}
	a := Call{Playbook: "rmc-restore"}.of(plan)
	if a.Plan != run || !slices.Equal(a.Limit, []string{"a", "b", "c"}) {
		t.Errorf("%+v", a)
	}
}
