package guide

import (
	"testing"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller/outcome"
)

// The last line of an interrupted run says which exit code it has, why that is not the
// signal's, and how to go on.
func TestInterrupted(t *testing.T) {
	for _, c := range []struct {
		run  outcome.Run
		told bool
		want string
	}{
		{outcome.Run{ID: "R", ExitCode: 130, ExitReason: "interrupted", Unfinished: 2}, false, "interrupted: exit code 130; to continue: aixmend resume R"},
		{outcome.Run{ID: "R", ExitCode: 3, ExitReason: "2 needs_action", Unfinished: 2}, false, "interrupted: exit code 3 (2 needs_action), which counts before 130; to continue: aixmend resume R"},
		{outcome.Run{ID: "R", ExitCode: 3, ExitReason: "2 needs_action"}, false, "interrupted: exit code 3 (2 needs_action), which counts before 130; all hosts had ended"},
		{outcome.Run{ID: "R", ExitCode: 130, ExitReason: "interrupted", Unfinished: 2}, true, "interrupted: exit code 130"},
	} {
		g := New(c.run, request.Request{}, DefaultState, "")
		if got := g.Interrupted(outcome.ExitInterrupted, c.told); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// Of the hosts that a signal cut off, those that have their verdict are counted apart: nothing is
// left to do on them.
func TestUnfinished(t *testing.T) {
	cut := func(outcomes ...outcome.Outcome) (hosts []outcome.HostSummary) {
		for _, o := range outcomes {
			hosts = append(hosts, outcome.HostSummary{Outcome: o, Interrupted: true})
		}
		return hosts
	}
	for _, c := range []struct {
		hosts []outcome.HostSummary
		want  string
	}{
		{nil, ""},
		{cut(outcome.Skipped, outcome.Failed), "not finished: 2 hosts; to continue: aixmend resume R\n"},
		{cut(outcome.Skipped, outcome.Healthy, outcome.Degraded), "not finished: 1 host; 2 more have their verdict and wait only to be compared with them; to continue: aixmend resume R\n"},
		{cut(outcome.Healthy), "not finished: 1 host has its verdict and waits only to be compared; to continue: aixmend resume R\n"},
	} {
		g := Guide{run: outcome.Run{ID: "R", Hosts: c.hosts, Unfinished: len(c.hosts)}, state: DefaultState}
		if got := g.Unfinished(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Of hosts that a rollback left alone, since nothing of the run was in effect, it says so.
func TestNothingUndone(t *testing.T) {
	host := func(name, reason string) outcome.HostSummary {
		return outcome.HostSummary{Name: name, Outcome: outcome.OutcomeUndone, Reason: reason}
	}
	g := Guide{run: outcome.Run{Hosts: []outcome.HostSummary{host("a1", outcome.ReasonNothing+"r is left to roll back"), host("a2", "1 step of run r rolled back"), host("a3", outcome.ReasonNothing+"r is left to roll back; now: x")}}}
	if got, want := g.NothingUndone(), "of the undone hosts, nothing had to be undone on 2 hosts: a[1,3]\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
