package journal

import (
	"testing"
	"time"

	"aixmend/controller/outcome"
)

// A run that was cut off before a rung sent a command begins the rung again when it is
// resumed.
func TestAttemptsCountsRungsThatSentACommand(t *testing.T) {
	s := open(t)
	began := time.Now()
	r := newRun(t, s, NewRunID(began))
	rung := outcome.Entry{Time: began, Event: outcome.EventRung, Host: "a", Rung: "address"}
	intent := outcome.Entry{Time: began, Event: outcome.EventIntent, Host: "a", Rung: "address", Step: "set", Change: 1}
	other := outcome.Entry{Time: began, Event: outcome.EventRung, Host: "b", Rung: "address"}
	for _, e := range []outcome.Entry{rung, rung, other, rung, intent, rung, other} {
		if err := r.Append(e); err != nil {
			t.Fatal(err)
		}
	}
	counts, err := s.Attempts(began.Add(-time.Hour))
	if err != nil || counts["a address"] != 1 || counts["b address"] != 0 {
		t.Errorf("%v, %v", counts, err)
	}
}
