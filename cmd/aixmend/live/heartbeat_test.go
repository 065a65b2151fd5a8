package live

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller"
	"aixmend/controller/outcome"
)

// clock is a time that passes when it is told to.
type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) passes(by time.Duration) { c.at = c.at.Add(by) }

// spoken are the lines of a heartbeat, with the time of each.
type spoken struct {
	mu    sync.Mutex
	began time.Time
	lines []string
}

func (s *spoken) say(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, fmt.Sprint(time.Since(s.began), " ", line))
}

// A silent run says each minute how far it is and which hosts it waits for; one that
// prints lines says nothing more, and one that is over is silent.
func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &spoken{began: time.Now()}
		h := Beat(Options{Verb: controller.Recover, Hosts: 9}, s.say)
		h.Ended(outcome.HostSummary{Name: "aix1", Outcome: outcome.Healthy})
		h.Moved("aix2", controller.Settling, "RMC is not connected yet", time.Time{})
		h.Moved("aix3", controller.Waiting, "waiting for its wave", time.Time{})
		h.Moved("aix4", controller.Gathering, "", time.Time{})
		h.WaveBegun(1, 2, 1)
		time.Sleep(150 * time.Second) // by synctest's clock, as below: it takes no real time
		h.Spoken()                    // a line was printed at 2m30s
		time.Sleep(59 * time.Second)  // 3m29s
		h.Spoken()
		time.Sleep(59 * time.Second) // 4m28s
		h.Moved("aix\x1b[2J5", controller.Recovering, "step \u202ex", time.Time{})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		h.Stop()
		h.Stop()
		time.Sleep(time.Hour)
		h.Spoken()
		want := []string{
			"1m0s recover: 1 of 9 hosts ended after 1m0s; wave 1 of 2: 1 host; in progress: aix2 (settling, RMC is not connected yet, 1m0s); 1 waiting for their wave; 1 waiting for other hosts; 5 not begun",
			"2m0s recover: 1 of 9 hosts ended after 2m0s; wave 1 of 2: 1 host; in progress: aix2 (settling, RMC is not connected yet, 2m0s); 1 waiting for their wave; 1 waiting for other hosts; 5 not begun",
			"4m29s recover: 1 of 9 hosts ended after 4m29s; wave 1 of 2: 1 host; in progress: aix2 (settling, RMC is not connected yet, 4m29s), aix^[[2J5 (recovering, step \uFFFDx, 1s); 1 waiting for their wave; 1 waiting for other hosts; 4 not begun",
		}
		if diff := cmp.Diff(want, s.lines); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// A host settles and is read in turns until its changes have taken effect: it is told how long
// that takes in all, and at most. The next rung begins anew. A wait without a limit names none.
func TestHeartbeatOfSettling(t *testing.T) {
	c := &clock{}
	b := newBoard(Options{Verb: controller.Recover, Hosts: 1}, c.now)
	var limit time.Time // 15m after the last change, which was a moment before the rung ended
	for _, m := range []struct {
		to   controller.State
		why  string
		want string
	}{
		{controller.Recovering, "", "recovering, 22s"},
		{controller.Settling, "waiting", "settling, waiting, 22s of at most 15m0s"},
		{controller.Verifying, "", "verifying, 44s of at most 15m0s"},
		{controller.Settling, "not verified yet", "settling, not verified yet, 1m6s of at most 15m0s"},
		{controller.Recovering, "", "recovering, 22s"},
		{controller.Settling, "waiting", "settling, waiting, 22s of at most 15m0s"},
		{controller.Verifying, "", "verifying, 44s of at most 15m0s"},
		{controller.Settling, "waiting for the timed undo to run", "settling, waiting for the timed undo to run, 1m6s"},
	} {
		var until time.Time
		switch {
		case m.to == controller.Recovering:
			limit = c.now().Add(22*time.Second + 15*time.Minute - 2*time.Second)
		case strings.Contains(m.want, "at most") && m.to == controller.Settling:
			until = limit
		}
		b.moved("a", m.to, m.why, until)
		c.passes(22 * time.Second)
		if got := b.line(); !strings.HasSuffix(got, "a ("+m.want+")") {
			t.Errorf("%s: %q, want %q", m.to, got, m.want)
		}
	}
}

// Of many hosts the longest are named, and a file in transfer with its progress.
func TestHeartbeatOfManyHosts(t *testing.T) {
	c := &clock{}
	b := newBoard(Options{Verb: controller.Audit, Hosts: 500}, c.now)
	for i := range 200 {
		b.moved(fmt.Sprintf("aix%03d", i), controller.Recovering, "upload", time.Time{})
		c.passes(time.Second)
	}
	b.transferred("aix000", "rsct.bff", 1, 4)
	want := "audit: 0 of 500 hosts ended after 3m20s; in progress: aix000 (recovering, rsct.bff 25%, 3m20s), aix001 (recovering, upload, 3m19s), aix002 (recovering, upload, 3m18s), 197 more; 300 not begun"
	if got := b.line(); got != want {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// A time left is told where the hosts that ended say something of the others.
func TestTimeLeft(t *testing.T) {
	for _, c := range []struct {
		name string
		verb controller.Verb
		tell func(b *board, c *clock)
		want string
	}{
		{"nothing ended", controller.Audit, func(_ *board, c *clock) { c.passes(time.Minute) }, ""},
		{"too few", controller.Audit, func(b *board, c *clock) { c.passes(time.Minute); ended(b, 9) }, ""},
		{"not a quarter", controller.Audit, func(b *board, c *clock) { c.passes(time.Minute); ended(b, 24) }, ""},
		{"a quarter", controller.Audit, func(b *board, c *clock) { c.passes(time.Minute); ended(b, 25) }, "about 3m left"},
		{"at once", controller.Audit, func(b *board, c *clock) { c.passes(time.Second); ended(b, 50) }, ""},
		{"most", controller.Audit, func(b *board, c *clock) { c.passes(time.Minute); ended(b, 90) }, "about 10s left"},
		{"hours", controller.Audit, func(b *board, c *clock) { c.passes(time.Hour); ended(b, 30) }, "about 2h20m left"},
		{"all", controller.Audit, func(b *board, c *clock) { c.passes(time.Minute); ended(b, 100) }, ""},
		{"read, and waiting for the others", controller.Plan, func(b *board, c *clock) {
			c.passes(time.Minute)
			for i := range 50 {
				b.moved(fmt.Sprintf("r%d", i), controller.Gathering, "", time.Time{})
			}
		}, "about 1m left"},
		{"one host hangs", controller.Audit, func(b *board, c *clock) {
			b.moved("slow", controller.Diagnosing, "", time.Time{})
			c.passes(time.Minute)
			ended(b, 99)
		}, ""},
		{"before the waves", controller.Recover, func(b *board, c *clock) { c.passes(time.Minute); ended(b, 50) }, ""},
		{"more waves follow", controller.Recover, func(b *board, c *clock) { b.waveBegun(3, 4, 50); c.passes(time.Minute); ended(b, 50) }, ""},
		{"the last wave has begun", controller.Recover, func(b *board, c *clock) { ended(b, 50); b.waveBegun(4, 4, 50); c.passes(time.Minute) }, ""},
		{"the last wave", controller.Recover, func(b *board, c *clock) {
			c.passes(time.Hour)
			ended(b, 50)
			b.waveBegun(4, 4, 50)
			c.passes(4 * time.Minute)
			ended(b, 20)
		}, "about 6m left"},
	} {
		clock := &clock{}
		b := newBoard(Options{Verb: c.verb, Hosts: 100}, clock.now)
		c.tell(b, clock)
		if got := leftText(b.shown().left); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// ended ends n more hosts.
func ended(b *board, n int) {
	for range n {
		b.end(outcome.HostSummary{Name: fmt.Sprint(b.ended), Outcome: outcome.Healthy})
	}
}
