package worker

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"aixmend/controller/fleet"
)

// A worker takes orders only while the hub names it the active one, and says once how that
// changes.
func TestDuty(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 12, 1, 7, 0, 0, 0, time.UTC)
	type step struct{ active, says string }
	for name, steps := range map[string][]step{
		"alone":              {{"me", ""}, {"me", ""}},
		"second":             {{"a", "worker a of this site is active since 2026-12-01T07:00:00Z; this one, me, stands by"}, {"a", ""}, {"me", "this worker is active now"}, {"me", ""}},
		"replaced, and back": {{"me", ""}, {"b", "worker b of this site has taken over"}, {"b", ""}, {"me", "this worker is active now"}},
		"another standby":    {{"a", "stands by"}, {"b", ""}, {"me", "this worker is active now"}},
		"the first one left": {{"a", "stands by"}, {"", ""}, {"me", "this worker is active now"}},
	} {
		var d duty
		for i, s := range steps {
			before := d.on
			lines := strings.Join(d.set(t.Context(), "me", fleet.Active{Instance: s.active, Since: since}), " ")
			if !strings.Contains(lines, s.says) || (lines == "") != (s.says == "") {
				t.Errorf("%s, step %d: it says %q, want %q", name, i, lines, s.says)
			}
			on, err := d.wait(ended(t), t.Context())
			if (err == nil) != (s.active == "me") {
				t.Errorf("%s, step %d: it takes orders: %v", name, i, err == nil)
			}
			if before != nil && s.active != "me" && !errors.Is(context.Cause(before), errStandby) {
				t.Errorf("%s, step %d: the order in hand goes on", name, i)
			}
			if before != nil && s.active == "me" && on != before {
				t.Errorf("%s, step %d: the order in hand is cut", name, i)
			}
		}
	}
}

func ended(t *testing.T) context.Context {
	ctx, end := context.WithCancel(t.Context())
	end()
	return ctx
}
