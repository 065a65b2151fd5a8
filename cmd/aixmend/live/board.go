package live

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// maxActive is how many running hosts are named, however high the window is.
const maxActive = 12

// keptFailures is how many of the last failures a frame may show.
const keptFailures = 8

// board holds the state of a run. It is safe for concurrent use, and no update waits for
// a terminal.
type board struct {
	verb  controller.Verb
	kind  string
	hosts int
	now   func() time.Time

	mu       sync.Mutex
	began    time.Time
	ended    int
	counts   map[outcome.Outcome]int
	running  map[string]*running
	failures []failure // the newest last
	wave     string    // "" before the first
	waves    waves
}

// running is a host that has begun and not ended.
type running struct {
	host  string
	state controller.State
	why   string // the reason of the state, "" for none
	since time.Time
	until time.Time // when the wait ends at the latest, zero: not known
	// file is a file being transferred and its progress.
	file string
}

// failure is a host that ended badly.
type failure struct {
	host    string
	outcome outcome.Outcome
	reason  string
}

func newBoard(o Options, now func() time.Time) *board {
	return &board{
		verb: o.Verb, kind: cmp.Or(o.Kind, string(o.Verb)), hosts: o.Hosts, now: now, began: now(),
		counts: map[outcome.Outcome]int{}, running: map[string]*running{},
	}
}

func (b *board) moved(host string, to controller.State, why string, until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if to == controller.Done {
		delete(b.running, host)
		return
	}
	since := b.now()
	if r := b.running[host]; r != nil && proves(r.state) && proves(to) {
		since = r.since
		if to == controller.Verifying { // the wait goes on
			until = r.until
		}
	}
	b.running[host] = &running{host: host, state: to, why: why, since: since, until: until}
}

// taken words how long a host is in its state, and where it waits how long that takes at most:
// once that is over, it is at work again.
func (r running) taken(now time.Time) string {
	text := short(now.Sub(r.since))
	most := r.until.Sub(r.since)
	if r.until.IsZero() || most <= 0 || now.After(r.until) {
		return text
	}
	unit := time.Second
	if most > time.Minute {
		unit = 10 * time.Second
	}
	return text + " of at most " + short((most + unit - 1).Truncate(unit))
}

// proves reports whether a host in a state waits for its changes to take effect: it settles and
// is read in turns, and is shown with how long all of that takes.
func proves(state controller.State) bool {
	return state == controller.Settling || state == controller.Verifying
}

func (b *board) transferred(host, file string, done, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.running[host]; r != nil && total > 0 {
		r.file = fmt.Sprintf("%s %d%%", file, min(max(done, 0), total)*100/total)
	}
}

func (b *board) waveBegun(n, of, hosts int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waves = waves{last: n == of, began: b.now(), ended: b.ended}
	b.wave = fmt.Sprintf("wave %d of %d: %s", n, of, report.Hosts(hosts))
}

func (b *board) end(h outcome.HostSummary) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.running, h.Name)
	b.ended++
	b.counts[h.Shown()]++
	switch h.Shown() {
	case outcome.Failed, outcome.Unknown, outcome.Unreachable:
		b.failures = append(b.failures, failure{h.Name, h.Outcome, h.Reason})
		b.failures = b.failures[max(len(b.failures)-keptFailures, 0):]
	}
}

// shown is a snapshot of a board.
type shown struct {
	kind         string
	hosts, ended int
	taken        time.Duration
	left         time.Duration // 0: not known
	counts       map[outcome.Outcome]int
	wave         string
	active       []running                // hosts in progress, the longest first
	working      int                      // number of hosts in progress
	idle         map[controller.State]int // number of hosts that wait, by state
	longest      running                  // the one that settles longest, "" for none
	failures     []failure                // the newest first
	now          time.Time
}

// shown takes a snapshot. It runs several times a second with thousands of hosts: it
// sorts only the hosts that are shown.
func (b *board) shown() shown {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	s := shown{
		kind: b.kind, hosts: b.hosts, ended: b.ended, taken: now.Sub(b.began), counts: maps.Clone(b.counts), wave: b.wave, now: now,
		idle: map[controller.State]int{}, failures: slices.Clone(b.failures),
	}
	slices.Reverse(s.failures)
	for _, r := range b.running {
		switch r.state {
		case controller.Settling:
			if s.longest.host == "" || longer(*r, s.longest) < 0 {
				s.longest = *r
			}
			s.idle[r.state]++
		case controller.Waiting, controller.Gathering:
			s.idle[r.state]++
		default:
			s.working++
			if len(s.active) < maxActive {
				s.active = append(s.active, *r)
			} else if longer(*r, s.active[maxActive-1]) < 0 {
				s.active[maxActive-1] = *r
			} else {
				continue
			}
			slices.SortFunc(s.active, longer)
		}
	}
	s.left = b.left(s)
	return s
}

// longer orders hosts by how long they are in their state, the longest first.
func longer(x, y running) int { return cmp.Or(x.since.Compare(y.since), cmp.Compare(x.host, y.host)) }
