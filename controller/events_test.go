package controller_test

import (
	"fmt"
	"testing"

	"aixmend/controller"
	"aixmend/controller/outcome"
)

// A journal is read once, however many hosts it tells of, and each host hears that
// another process went on with the run.
func TestEventsOfAJournal(t *testing.T) {
	t.Parallel()
	var journal []outcome.Entry
	for i := range 3 {
		host := fmt.Sprint("h", i)
		journal = append(journal, outcome.Entry{Event: outcome.EventIntent, Host: host}, outcome.Entry{Event: outcome.EventState, Host: host})
		if i == 1 {
			journal = append(journal, outcome.Entry{Event: outcome.EventRun, State: outcome.RunResumed})
		}
	}
	events := controller.Events(journal)
	for host, n := range map[string]int{"h0": 2, "h1": 2, "h2": 1} {
		if len(events[host]) != n {
			t.Errorf("%s: %v", host, events[host])
		}
	}
}
