package hub

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"aixmend/controller/fleet"
	"aixmend/controller/outcome"
)

// stopEvery is how often a site is asked to stop until it has.
const stopEvery = 2 * time.Second

// wire is the part of a *fleet.Hub that a sweep needs.
type wire interface {
	Order(ctx context.Context, o fleet.Order) error
	Events(ctx context.Context, run string, take func(fleet.Event), bad func(site string, err error)) error
	Heard(site string) fleet.Heard
	Stop(site, run string) error
}

// sweep gathers the reports of one run from its sites: it implements controller.Elsewhere.
// Every method may be called from any goroutine.
type sweep struct {
	wire
	run   string
	sites map[string][]string // hosts by site
	of    map[string]string   // site by host
	say   func(format string, args ...any)
	began time.Time

	// compared are the facts that the hub keeps of a report.
	compared fleet.Compared

	mu      sync.Mutex
	parts   map[string]*part
	reports map[string]*gathered
	have    int           // hosts that have a report
	news    chan struct{} // closed when one more has, then another one
}

// part is the state of a site's part.
type part struct {
	ended *fleet.Ended  // nil: not yet
	why   string        // the hub gave it up for this reason; "" where the worker ended it
	over  chan struct{} // closed at its end
}

// gathered is the newest report of a host.
type gathered struct {
	came  chan struct{} // closed by the first report
	host  *outcome.Host // nil: none yet
	taken *outcome.Host // the one that Report has returned
}

func newSweep(w wire, run string, sites map[string][]string, say func(format string, args ...any)) *sweep {
	s := &sweep{wire: w, run: run, sites: sites, of: map[string]string{}, say: say, began: time.Now(), parts: map[string]*part{}, reports: map[string]*gathered{}, news: make(chan struct{})}
	for site, hosts := range sites {
		s.parts[site] = &part{over: make(chan struct{})}
		for _, host := range hosts {
			s.of[host], s.reports[host] = site, &gathered{came: make(chan struct{})}
		}
	}
	return s
}

// gather publishes the orders and takes the events, until ctx ends. stop asks the sites to
// stop.
func (s *sweep) gather(ctx context.Context, order fleet.Order, stop <-chan struct{}) error {
	for _, site := range slices.Sorted(maps.Keys(s.sites)) {
		order.Run, order.Site, order.Hosts = s.run, site, s.sites[site]
		if err := s.Order(ctx, order); err != nil {
			return fmt.Errorf("site %s: %w", site, err)
		}
	}
	var watching sync.WaitGroup
	defer watching.Wait()
	watching.Go(func() { s.watch(ctx, stop) })
	return s.Events(ctx, s.run, s.take, func(site string, err error) { s.say("site %s: a message that is none: %s", site, err) })
}

// take takes an event. One that comes again, or after the end of its part, changes nothing
// that was taken.
func (s *sweep) take(e fleet.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.parts[e.Site]
	if p == nil || p.isOver() {
		return
	}
	if e.Ended != nil {
		p.ended = e.Ended
		close(p.over)
		return
	}
	g := s.reports[e.Host.Host]
	if s.of[e.Host.Host] != e.Site || g == nil {
		s.say("site %s: a report of %s, which it was not asked for", e.Site, e.Host.Host)
		return
	}
	public := fleet.Public(*e.Host, s.compared) // whatever the site has sent
	public.Site = e.Site
	if g.host == nil {
		close(g.came)
		s.have++
		close(s.news)
		s.news = make(chan struct{})
	}
	g.host = &public
}

func (p *part) isOver() bool { return p.ended != nil || p.why != "" }

// watch gives up parts whose site is silent, and asks sites to stop.
func (s *sweep) watch(ctx context.Context, stop <-chan struct{}) {
	tick := time.NewTicker(stopEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		stopping := false
		select {
		case <-stop:
			stopping = true
		default:
		}
		s.check(time.Now(), stopping)
	}
}

// check does the work of watch at one time.
func (s *sweep) check(now time.Time, stopping bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for site, p := range s.parts {
		if p.isOver() {
			continue
		}
		last := s.Heard(site).Last
		if last.Before(s.began) {
			last = s.began // it has had no chance to be heard
		}
		if silent := now.Sub(last); silent > fleet.SilentAfter {
			p.why = fmt.Sprintf("site %s was not heard for %s: its worker is down, or cut off", site, silent.Round(time.Second))
			close(p.over)
			s.say("%s", p.why)
		} else if stopping {
			if err := s.Stop(site, s.run); err != nil {
				s.say("site %s: %s", site, err)
			}
		}
	}
}

// Report implements controller.Elsewhere.
func (s *sweep) Report(ctx context.Context, host string) outcome.Host {
	g, p := s.reports[host], s.parts[s.of[host]]
	select {
	case <-g.came:
	case <-p.over:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.host == nil {
		return s.absent(host, p, context.Cause(ctx))
	}
	g.taken = g.host
	return *g.host
}

// Last implements controller.Elsewhere.
func (s *sweep) Last(host string) (outcome.Host, bool) {
	g, p := s.reports[host], s.parts[s.of[host]]
	if g == nil {
		return outcome.Host{}, false
	}
	<-p.over
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.host == nil || g.host == g.taken {
		return outcome.Host{}, false
	}
	return *g.host, true
}

// absent is the report of a host of which none came. A host whose site did not judge it
// counts as unreachable: no run may look well because a site is missing.
func (s *sweep) absent(host string, p *part, cut error) outcome.Host {
	site := s.of[host]
	h := outcome.Host{
		Schema: outcome.HostSchema, RunID: s.run, Host: host, Site: site, Outcome: outcome.Unreachable, Started: s.began.UTC(),
		Stages: []outcome.Stage{}, Facts: map[string]any{}, Findings: []outcome.Finding{}, Changes: []outcome.Change{},
	}
	switch e := p.ended; {
	case p.why != "":
		h.Reason = p.why
	case e != nil && e.Refused != "":
		h.Reason = "site " + site + " refuses: " + e.Refused
	case e != nil && e.Broken != "":
		h.Reason = "the worker of site " + site + " failed: " + e.Broken
	case e != nil && e.Stopped, e == nil && cut != nil:
		h.Outcome, h.Interrupted, h.Reason = outcome.Skipped, true, "interrupted before its turn"
		if cut != nil {
			h.Reason = cut.Error()
		}
	default:
		h.Reason = "site " + site + " ended without a report of it"
	}
	return h
}

// over gives up every part that has not ended, so that nobody waits for it.
func (s *sweep) over(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.parts {
		if !p.isOver() {
			p.why = why
			close(p.over)
		}
	}
}

// progress is how many of its hosts have a report, and a channel that is closed by the next one.
func (s *sweep) progress() (have, of int, next <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.have, len(s.of), s.news
}

// forget drops the reports of a run that is over: they are on the disk.
func (s *sweep) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts, s.reports = nil, nil
}
