package controller_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller"
	"aixmend/controller/outcome"
)

// The observer is told once of each host how it has ended, as the result of the
// run has it: of hosts too that no walk has begun.
func TestObserverIsToldHowHostsEnded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		stopped bool
		want    []outcome.Outcome // of daemon-down, healthy, not-aix
	}{
		{"to the end", false, []outcome.Outcome{outcome.NeedsAction, outcome.Healthy, outcome.Skipped}},
		{"stopped before", true, []outcome.Outcome{outcome.Skipped, outcome.Skipped, outcome.Skipped}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, "healthy", "daemon-down", "not-aix")
			if c.stopped {
				close(b.stop)
			}
			e := b.engine(controller.Audit)
			result, err := e.Run(t.Context(), b.hosts)
			must(t, err)
			slices.SortFunc(b.told, func(x, y outcome.HostSummary) int { return strings.Compare(x.Name, y.Name) })
			if diff := cmp.Diff(result.Hosts, b.told); diff != "" {
				t.Errorf("(-result +told):\n%s", diff)
			}
			var got []outcome.Outcome
			for _, h := range b.told {
				got = append(got, h.Outcome)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Of a run that goes on, the hosts that have ended before are told too.
func TestObserverIsToldOfHostsThatEndedBefore(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy", "daemon-down")
	b.resume(b.engine(controller.Audit))
	b.told = nil
	b.resume(b.engine(controller.Audit))
	if len(b.told) != 2 {
		t.Errorf("told: %v", b.told)
	}
}
