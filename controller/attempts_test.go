package controller_test

import (
	"strings"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// A rung that was begun on a host too often lately is not begun again: it did
// not help for long.
func TestAttempts(t *testing.T) {
	t.Parallel()
	const host = "daemon-down"
	b := newBench(t, host)
	for try := 1; try <= 4; try++ {
		run, err := b.store.NewRun(journal.NewRunID(time.Now()))
		must(t, err)
		b.dir = run
		counts, err := b.store.Attempts(time.Now().Add(-time.Hour), nil)
		must(t, err)
		e := b.engine(controller.Recover)
		e.Attempts, e.MaxAttempts = func(host, rung string) int { return counts[host+" "+rung] }, 3
		before := len(b.sent(host))
		h := b.runEngine(e)[host]
		must(t, run.Close())
		switch {
		case try <= 3 && h.Outcome != outcome.Recovered:
			t.Fatalf("try %d: %s: %s", try, h.Outcome, h.Reason)
		case try == 4 && (h.Outcome != outcome.NeedsAction || !strings.Contains(h.Reason, "begun 3 times on this host within 24 hours, interrupted attempts included") || !strings.Contains(h.Reason, "raise --attempts (now 3)") || len(b.sent(host)) > before):
			t.Errorf("try %d: %s: %s, %d commands", try, h.Outcome, h.Reason, len(b.sent(host))-before)
		}
		b.fleet.Host(host).Mutate(func(s *aixsim.State) {
			for i := range s.Subsystems {
				if s.Subsystems[i].Name == "ctrmc" {
					s.Subsystems[i].Status, s.Subsystems[i].PID = "inoperative", 0
				}
			}
		})
	}
	// What is long ago does not count.
	counts, err := b.store.Attempts(time.Now().Add(time.Hour), nil)
	must(t, err)
	if len(counts) > 0 {
		t.Errorf("counted: %v", counts)
	}
}
