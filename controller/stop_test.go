package controller_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/transport/lab/aixsim"
)

// The first signal while hosts wait for a place in the window: they do not begin.
func TestStopWhileOthersWait(t *testing.T) {
	t.Parallel()
	b := newBench(t, "healthy", "healthy", "healthy", "healthy")
	b.concurrency = 1
	for _, h := range b.hosts {
		b.fleet.Host(h.Name).Mutate(func(s *aixsim.State) {
			s.Behaviours = map[string]aixsim.Behaviour{"uname": {Delay: aixsim.Duration(300 * time.Millisecond), Times: 1}}
		})
	}
	e := b.engine(controller.Audit)
	stop := sync.OnceFunc(func() { close(b.stop) })
	e.Journal = journalFunc(func(entry outcome.Entry) error {
		if entry.State == string(controller.Diagnosing) {
			stop()
		}
		return b.dir.Append(entry)
	})
	ended := map[outcome.Outcome]int{}
	for _, h := range b.runEngine(e) {
		ended[h.Outcome]++
		if skipped := h.Outcome == outcome.Skipped; skipped != h.Interrupted || skipped && (len(h.Stages) > 0 || !strings.HasPrefix(h.Reason, "interrupted")) {
			t.Errorf("%s: %s: %s, interrupted %v, %d stages", h.Host, h.Outcome, h.Reason, h.Interrupted, len(h.Stages))
		}
	}
	if ended[outcome.Healthy] != 1 || ended[outcome.Skipped] != 3 {
		t.Errorf("ended: %v", ended)
	}
}
