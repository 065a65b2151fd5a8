package controller_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"aixmend/controller/outcome"
	"aixmend/transport/lab/suite"
)

// The report that is put aside when a rung begins is lost: what is known is in the
// journal and on the host. A change that has its result needs no more; of one that has
// none it can't be told any more what it was to bring about, so nothing more is sent, and
// the host ends unknown.
func TestResumeWithoutWhatWasKept(t *testing.T) {
	for _, c := range []mortalCase{
		{illness: "session-on-rmc-nic"},
		{illness: "daemon-down"},
		{illness: "node-id-mismatch", allow: []string{"node-id"}},
	} {
		t.Run(c.illness, func(t *testing.T) {
			t.Parallel()
			c.set = []string{"wait=2s"} // so long it is waited for what nobody can tell
			whole := c.bench(t)
			whole.runEngine(c.engine(whole))
			all := whole.sent(c.illness)
			known, lost := 0, 0
			step := suite.Rounds(5, 1)
			for k := 1; ; k += step {
				b := c.bench(t)
				died := b.dieAt(c.engine(b), k)
				if died.Event == "" || died.Event == outcome.EventEnded {
					break // its report is written: that is another tale
				}
				must(t, os.RemoveAll(filepath.Join(b.store.RunDir("r1"), "checkpoints")))
				trail, before := outcome.Trails(b.journal())[c.illness], b.sent(c.illness)
				got := b.resume(c.engine(b))[c.illness]
				where := fmt.Sprintf("died at entry %d (%s %s %s)", k, died.Event, died.Step, died.State)
				again := b.sent(c.illness)
				if len(again) > len(all) || !slices.Equal(again, all[:len(again)]) {
					t.Errorf("%s: sent\n %s\nwanted\n %s", where, strings.Join(again, "\n "), strings.Join(all, "\n "))
				}
				switch doubt := trail != nil && trail.InDoubt() && !strings.HasSuffix(trail.Changes[len(trail.Changes)-1].Step, "arm-undo"); {
				case got.Outcome == outcome.Unknown && strings.Contains(got.Reason, "is lost"):
					if doubt && !slices.Equal(before, again) {
						t.Errorf("%s: more was sent: %q", where, again[len(before):])
					}
					lost++
				case doubt || got.Outcome != outcome.Recovered:
					t.Errorf("%s: %s: %s", where, got.Outcome, got.Reason)
				default:
					known++
				}
				b.fleet.Close()
			}
			if known == 0 || lost == 0 {
				t.Errorf("%d times everything was known, %d times not", known, lost)
			}
		})
	}
}
