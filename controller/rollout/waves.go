// Package rollout decides when each host of a changing run may begin: in waves, canaries
// first, and no further host once the safety brake has tripped.
//
// Nothing is changed before every selected host has been read, or can't be; then the
// hosts that need a change begin in the order of their names, the next wave when the
// one before has ended. There is no other barrier.
package rollout

import (
	"fmt"
	"slices"
	"sync"

	"aixmend/controller/outcome"
)

// Wave is the running total of hosts that may have begun: a number, or a share of
// those that need a change.
type Wave struct{ Count, Percent int }

// total is the running total out of n hosts, rounded up.
func (w Wave) total(n int) int {
	if w.Percent > 0 {
		return min((n*w.Percent+99)/100, n)
	}
	return min(w.Count, n)
}

// Observer is told when a wave begins. It must not block.
type Observer interface {
	// WaveBegun reports the n-th wave of so many as are known now, from 1 on, and how
	// many hosts are in it.
	WaveBegun(n, of, hosts int)
}

// Turns lets the hosts of a changing run begin: the waves of this process, or those of a hub.
type Turns interface {
	// Want queues a host that needs a change. The channel gets one text: "" when the host may
	// begin, else why it may not.
	Want(host string) <-chan string
	// Resume counts a host that an earlier process of the run began.
	Resume(host string)
	// Leave takes a host out of its wave: it waits for another host.
	Leave(host string)
	// End counts a host that has ended and whose report is written. refused says that a rung of
	// it was refused by its own checks.
	End(h outcome.Host, refused bool)
	// Refused is why a host that has not begun may not begin any more, "" when it may.
	Refused(host string) string
	// Reason is why the brake has tripped, "" when it has not.
	Reason() string
	// Wait returns when nobody is being asked any more whether a wave may begin.
	Wait()
}

// Config says how a run is rolled out.
type Config struct {
	// Waves are the running totals in which hosts begin.
	Waves []Wave
	Brake Brake
	// Site returns the site of a host: the brake counts over each site, too, and then holds
	// that site alone; nil: there is one site.
	Site func(host string) string
	// Pause asks before each wave but the first; nil: nobody is asked. It may block.
	Pause func(wave int, hosts []string) bool
	// Observer may be nil.
	Observer Observer
}

// Waves lets the hosts of a changing run begin. A nil *Waves holds nobody back.
type Waves struct {
	Config
	selected int
	brake    brake
	sites    map[string]*siteBrake // nil: there is one

	mu      sync.Mutex
	unread  map[string]bool        // hosts that may turn out to need a change
	waiting map[string]chan string // hosts that wait: "" lets one begin, else why it may not
	planned bool                   // the hosts that need a change are divided into waves
	queue   [][]string             // the waves that have not begun
	running map[string]bool        // the hosts of the wave that has
	begun   int                    // how many waves have
	asking  sync.WaitGroup
}

// New returns the rollout of a run over some hosts.
func New(c Config, hosts []string) *Waves {
	w := &Waves{
		Config: c, selected: len(hosts),
		unread: map[string]bool{}, waiting: map[string]chan string{}, running: map[string]bool{},
	}
	for _, host := range hosts {
		w.unread[host] = true
	}
	if c.Site != nil {
		w.sites = map[string]*siteBrake{}
		for _, host := range hosts {
			site := c.Site(host)
			if w.sites[site] == nil {
				w.sites[site] = &siteBrake{}
			}
			w.sites[site].selected++
		}
	}
	return w
}

// Want queues a host that needs a change. The channel gets one text: "" when the host
// may begin, else why it may not.
func (w *Waves) Want(host string) <-chan string {
	w.mu.Lock()
	defer w.mu.Unlock()
	permit := make(chan string, 1)
	if reason := w.refused(host); reason != "" {
		permit <- reason
		return permit
	}
	w.waiting[host] = permit
	if w.planned { // it turned out late: it follows all others
		w.queue = append(w.queue, []string{host})
	}
	w.known(host)
	return permit
}

// Resume counts a host that an earlier process of the run began: the next wave waits
// for it.
func (w *Waves) Resume(host string) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.unread[host] {
		w.running[host] = true
		w.known(host)
	}
}

// Leave takes a host out of its wave: it only waits for another host, which may be in a
// later one.
func (w *Waves) Leave(host string) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.running, host)
	w.known(host)
}

// End counts a host that has ended. refused says that a rung of it was refused by its
// own checks.
func (w *Waves) End(h outcome.Host, refused bool) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	began := w.running[h.Host]
	delete(w.running, h.Host)
	delete(w.waiting, h.Host)
	counts := w.Brake.counts(h)
	if counts {
		w.trip(w.brake.count(h.Host, w.Brake, w.selected))
	}
	if began && !h.Interrupted { // a deadline or a signal is no cause on the host
		w.trip(w.brake.compare(h, counts || refused || h.Outcome == outcome.Unreachable))
	}
	w.endAt(h, counts, began && !h.Interrupted, refused)
	w.known(h.Host)
}

// Reason is why the brake has tripped, "" when it has not.
func (w *Waves) Reason() string {
	if w == nil {
		return ""
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.brake.reason
}

// Refused implements Turns: the brake is for every host, or for those of a site.
func (w *Waves) Refused(host string) string {
	if w == nil {
		return ""
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refused(host)
}

// refused must be called with the lock held.
func (w *Waves) refused(host string) string {
	if w.brake.reason == "" && w.sites != nil {
		return w.sites[w.Site(host)].reason
	}
	return w.brake.reason
}

// Wait returns when nobody is being asked any more whether a wave may begin.
func (w *Waves) Wait() {
	if w != nil {
		w.asking.Wait()
	}
}

// known notes that it is known whether a host needs a change; the lock is held.
func (w *Waves) known(host string) {
	delete(w.unread, host)
	if len(w.unread) > 0 {
		return
	}
	if !w.planned {
		w.planned = true
		w.divide()
	}
	w.next()
}

// divide makes waves of the hosts that need a change, in the order of their names.
func (w *Waves) divide() {
	var hosts []string
	for host := range w.waiting {
		hosts = append(hosts, host)
	}
	slices.Sort(hosts)
	from := 0
	for _, size := range w.Config.Waves {
		if to := size.total(len(hosts)); to > from {
			w.queue = append(w.queue, hosts[from:to])
			from = to
		}
	}
	if from < len(hosts) {
		w.queue = append(w.queue, hosts[from:])
	}
}

// next begins the next wave when the one before has ended; the lock is held.
func (w *Waves) next() {
	for len(w.queue) > 0 && !slices.ContainsFunc(w.queue[0], w.waits) {
		w.queue = w.queue[1:]
	}
	if len(w.running) > 0 || len(w.queue) == 0 || w.brake.reason != "" {
		return
	}
	wave := slices.DeleteFunc(slices.Clone(w.queue[0]), func(host string) bool { return !w.waits(host) })
	w.queue = w.queue[1:]
	for _, host := range wave {
		w.running[host] = true
	}
	w.begun++
	if w.Pause == nil || w.begun == 1 {
		w.release(wave)
		return
	}
	n := w.begun
	w.asking.Go(func() {
		yes := w.Pause(n, wave)
		w.mu.Lock()
		defer w.mu.Unlock()
		if !yes {
			w.trip(fmt.Sprintf("wave %d was not confirmed", n))
			return
		}
		w.release(wave)
	})
}

// waits reports whether a host waits for its wave. One that was queued may have ended
// meanwhile: its walk may be another process's. The lock is held.
func (w *Waves) waits(host string) bool { return w.waiting[host] != nil }

// release lets the hosts of a wave begin; the lock is held.
func (w *Waves) release(wave []string) {
	if w.Observer != nil {
		w.Observer.WaveBegun(w.begun, w.begun+len(w.queue), len(wave))
	}
	for _, host := range wave {
		if permit := w.waiting[host]; permit != nil {
			permit <- w.brake.reason
			delete(w.waiting, host)
		}
	}
}

// trip lets no further host begin, for a reason; "" is none. The lock is held.
func (w *Waves) trip(reason string) {
	if reason == "" || w.brake.reason != "" {
		return
	}
	w.brake.reason = outcome.ReasonBrake + reason
	for host, permit := range w.waiting {
		permit <- w.brake.reason
		delete(w.waiting, host)
	}
}
