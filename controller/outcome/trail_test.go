package outcome

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A change that is read from the journal says for what it was made, as in the report
// of a run that was not cut off: by the rung as it was begun the last time.
func TestTrailTellsWhatAChangeMends(t *testing.T) {
	trail := Trails([]Entry{
		{Event: EventRung, Host: "a", Rung: "address", Fixes: []string{"x"}},
		{Event: EventIntent, Host: "a", Rung: "address", Step: "set", Change: 1},
		{Event: EventResult, Host: "a", Step: "set", Change: 1, Status: NotApplied},
		{Event: EventRung, Host: "a", Rung: "address", Fixes: []string{"x", "y"}},
		{Event: EventIntent, Host: "a", Rung: "address", Step: "set", Change: 2},
		{Event: EventIntent, Host: "a", Rung: "other", Step: "set", Change: 3},
	})["a"]
	var got [][]string
	for _, c := range trail.Changes {
		got = append(got, append([]string{c.Rung}, c.Fixes...))
	}
	if diff := cmp.Diff([][]string{{"address", "x"}, {"address", "x", "y"}, {"other"}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
