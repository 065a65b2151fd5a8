package controller_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aixmend/controller/outcome"
)

// What was put aside when the last rung began is lost: where something was sent
// it can't be told how far that came, so nothing more is sent, and the host ends
// unknown. Where nothing was sent the walk begins anew.
func TestResumeWithoutWhatWasKept(t *testing.T) {
	for _, c := range []mortalCase{
		{illness: "session-on-rmc-nic"},
		{illness: "daemon-down"},
		{illness: "node-id-mismatch", allow: []string{"node-id"}},
	} {
		t.Run(c.illness, func(t *testing.T) {
			t.Parallel()
			unsent, lost := 0, 0
			step := 1
			if testing.Short() || underRace {
				step = 5
			}
			for k := 1; ; k += step {
				b := c.bench(t)
				died := b.dieAt(c.engine(b), k)
				if died.Event == "" || died.Event == outcome.EventEnded {
					break // its report is written: that is another tale
				}
				must(t, os.RemoveAll(filepath.Join(b.store.RunDir("r1"), "walks")))
				trail, before := outcome.Trails(b.journal())[c.illness], b.sent(c.illness)
				got := b.resume(c.engine(b))[c.illness]
				where := fmt.Sprintf("died at entry %d (%s %s %s)", k, died.Event, died.Step, died.State)
				switch again := b.sent(c.illness); {
				case trail == nil || len(trail.Changes) == 0:
					unsent++
					if got.Outcome != outcome.Recovered {
						t.Errorf("%s: %s: %s", where, got.Outcome, got.Reason)
					}
				case got.Outcome != outcome.Unknown || !strings.Contains(got.Reason, "can't be told where the run was cut off") || !slices.Equal(before, again):
					t.Errorf("%s: %s: %s; sent before\n %s\nand then\n %s", where, got.Outcome, got.Reason, strings.Join(before, "\n "), strings.Join(again, "\n "))
				default:
					lost++
				}
				b.fleet.Close()
			}
			if unsent == 0 || lost == 0 {
				t.Errorf("%d times nothing had been sent, %d times something had", unsent, lost)
			}
		})
	}
}
