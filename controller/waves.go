package controller

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"aixmend/controller/outcome"
)

// alike is how many hosts in a row may end in the same way before that is taken
// for a common cause.
const alike = 3

// waves lets the hosts of a changing run begin.
type waves struct {
	sizes    []Wave
	brake    Brake
	selected int
	pause    func(wave int, hosts []string) bool // nil: none
	observer Observer                            // nil: nobody is told
	tripped  chan struct{}                       // closed when the brake has tripped

	mu        sync.Mutex
	unsettled map[string]bool        // hosts of which it is not known whether they are to be changed
	waiting   map[string]chan string // hosts that wait: "" lets one begin, else why it may not
	queue     [][]string             // the waves that have not begun
	running   map[string]bool        // the hosts of the wave that has
	begun     int
	planned   bool
	failed    []string // hosts that count for the brake, as they ended
	row       []string // hosts that ended alike, one after the other
	signature string   // how
	reason    string   // why the brake has tripped
	asking    sync.WaitGroup
}

// newWaves returns nil where nothing is to be held back.
func newWaves(e *Engine, hosts []string) *waves {
	if e.Verb != Recover || len(e.Waves) == 0 {
		return nil
	}
	w := &waves{
		sizes: e.Waves, brake: e.Brake, selected: len(hosts), pause: e.Pause, observer: e.Observer, tripped: make(chan struct{}),
		unsettled: map[string]bool{}, waiting: map[string]chan string{}, running: map[string]bool{},
	}
	for _, host := range hosts {
		w.unsettled[host] = true
	}
	return w
}

// want says that a host is to be changed. What comes over the channel is "" when
// it may begin, else why it may not.
func (w *waves) want(host string) <-chan string {
	w.mu.Lock()
	defer w.mu.Unlock()
	turn := make(chan string, 1)
	if w.reason != "" {
		turn <- w.reason
		return turn
	}
	w.waiting[host] = turn
	if w.planned { // it turned out late: it follows all others
		w.queue = append(w.queue, []string{host})
	}
	w.settleLocked(host)
	return turn
}

// start says that a host was begun by an earlier process of the run: the next
// wave waits for it.
func (w *waves) start(host string) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.unsettled[host] {
		w.running[host] = true
		w.settleLocked(host)
	}
}

// leave says that no wave waits for a host any more: it does nothing but wait
// for another one, which may be in a later wave.
func (w *waves) leave(host string) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.running, host)
	w.settleLocked(host)
}

func (w *waves) settleLocked(host string) {
	delete(w.unsettled, host)
	if len(w.unsettled) > 0 {
		return
	}
	if !w.planned {
		w.planned = true
		w.plan()
	}
	w.next()
}

// plan divides the hosts that are to be changed, in the order of their names.
func (w *waves) plan() {
	var hosts []string
	for host := range w.waiting {
		hosts = append(hosts, host)
	}
	slices.Sort(hosts)
	from := 0
	for _, size := range w.sizes {
		if to := size.total(len(hosts)); to > from {
			w.queue = append(w.queue, hosts[from:to])
			from = to
		}
	}
	if from < len(hosts) {
		w.queue = append(w.queue, hosts[from:])
	}
}

// next lets the next wave begin when the one before has ended; the lock is held.
func (w *waves) next() {
	if len(w.running) > 0 || len(w.queue) == 0 || w.reason != "" {
		return
	}
	wave := w.queue[0]
	w.queue = w.queue[1:]
	for _, host := range wave {
		w.running[host] = true
	}
	w.begun++
	if w.pause == nil || w.begun == 1 {
		w.release(wave)
		return
	}
	n := w.begun
	w.asking.Go(func() { // who is asked may take his time
		yes := w.pause(n, wave)
		w.mu.Lock()
		defer w.mu.Unlock()
		if !yes {
			w.trip(fmt.Sprintf("wave %d was not confirmed", n))
			return
		}
		w.release(wave)
	})
}

// release lets the hosts of the wave that was begun last begin; the lock is held.
func (w *waves) release(wave []string) {
	if w.observer != nil {
		w.observer.WaveBegun(w.begun, w.begun+len(w.queue), len(wave))
	}
	for _, host := range wave {
		if turn := w.waiting[host]; turn != nil {
			turn <- w.reason
			delete(w.waiting, host)
		}
	}
}

// trip lets no further host begin; the lock is held.
func (w *waves) trip(reason string) {
	if w.reason != "" {
		return
	}
	w.reason = "brake: " + reason
	close(w.tripped)
	for host, turn := range w.waiting {
		turn <- w.reason
		delete(w.waiting, host)
	}
}

// stopped tells whether the brake has tripped.
func (w *waves) stopped() bool {
	if w == nil {
		return false
	}
	select {
	case <-w.tripped:
		return true
	default:
		return false
	}
}

// why is why the brake has tripped, "" when it has not.
func (w *waves) why() string {
	if w == nil {
		return ""
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reason
}

// end accounts for a host whose walk is over.
func (w *waves) end(h outcome.Host, refused bool) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	started := w.running[h.Host]
	delete(w.running, h.Host)
	delete(w.waiting, h.Host)
	counts := h.Outcome == outcome.Failed || h.Outcome == outcome.Unknown || (w.brake.Unreachable && h.Outcome == outcome.Unreachable)
	if counts {
		w.failed = append(w.failed, h.Host)
		if limit, arithmetic := w.brake.allowed(w.selected); len(w.failed) > limit {
			w.trip(fmt.Sprintf("%d of %d hosts ended failed or unknown (%s); %s", len(w.failed), w.selected, strings.Join(w.failed, ", "), arithmetic))
		}
	}
	if started {
		w.compare(h, counts || refused || h.Outcome == outcome.Unreachable)
	}
	w.settleLocked(h.Host)
}

// compare trips the brake when several hosts in a row ended in the same way:
// their cause is likely a common one.
func (w *waves) compare(h outcome.Host, bad bool) {
	if !bad {
		w.row, w.signature = nil, ""
		return
	}
	if s := signature(h); s != w.signature {
		w.row, w.signature = nil, s
	}
	if w.row = append(w.row, h.Host); len(w.row) >= alike {
		w.trip(fmt.Sprintf("%d hosts in a row (%s) ended alike, so the cause is likely common to them: %s", len(w.row), strings.Join(w.row, ", "), h.Reason))
	}
}

// changing parts of a reason: numbers, addresses, ids.
var particular = regexp.MustCompile(`[0-9A-Fa-f]*[0-9][0-9A-Fa-f:.]*`)

// signature is what is the same in the reasons of hosts that fail alike. Of a
// host that can't be reached it is the kind.
func signature(h outcome.Host) string {
	reason := strings.ReplaceAll(h.Reason, h.Host, "")
	if h.Outcome == outcome.Unreachable {
		reason, _, _ = strings.Cut(reason, ":")
	}
	return string(h.Outcome) + " " + particular.ReplaceAllString(reason, "#")
}
