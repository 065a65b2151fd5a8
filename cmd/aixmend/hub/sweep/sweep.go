// Package sweep follows one run of a hub over its sites: it orders their parts, and takes and keeps
// the steps and the reports of their hosts until the engine of the run wants them.
package sweep

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"aixmend/cmd/aixmend/hub/adoption"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller/fleet"
	"aixmend/controller/gather"
	"aixmend/controller/outcome"
	"aixmend/controller/peers"
	"aixmend/playbooks"
	"aixmend/playbooks/onhost"
)

const (
	// stopEvery is how often a site is asked to stop until it has.
	stopEvery = 2 * time.Second
	// answerWithin is the longest wait of a worker that asks for words.
	answerWithin = 5 * time.Second
)

// Wire is the part of a *fleet.Hub that a sweep needs.
type Wire interface {
	Order(ctx context.Context, o fleet.Order) error
	Events(ctx context.Context, run string, take func(fleet.Event), bad func(site string, err error)) error
	Heard(site string) fleet.Heard
	Stop(site, run string) error
}

// Sweep gathers the reports of one run from its sites: it implements gather.Elsewhere.
// Every method may be called from any goroutine.
type Sweep struct {
	Wire
	run string
	// session names this sweep of the run: another process of the hub makes another one.
	session string
	sites   map[string][]string // hosts by site
	of      map[string]string   // site by host
	say     func(format string, args ...any)
	began   time.Time

	// compared are the facts that the hub keeps of a report.
	compared fleet.Compared
	// planned is the report of a host on which the plan that the run applies runs nothing, nil
	// for any other; nil: it applies none.
	planned func(host string) *outcome.Host

	mu      sync.Mutex
	parts   map[string]*part
	reports map[string]*gathered
	have    int           // hosts that have ended
	news    chan struct{} // closed when one more has, then another one
	cut     bool          // nothing begins any more: the run was cut off at the hub
}

// part is the state of a site's part.
type part struct {
	hosts []string      // those that are ordered
	ended *fleet.Ended  // nil: not yet
	why   string        // the hub gave it up for this reason; "" where the worker ended it
	over  chan struct{} // closed at its end
	words []fleet.Word  // those to the site
	more  chan struct{} // closed when there is one more, then another one
}

// gathered holds the steps and reports that have come of a host.
type gathered struct {
	more  chan struct{} // receives when there may be a step
	steps []gather.Step // that Next has not returned
	ended bool          // the site has told its end
	over  bool          // Next has returned its end
	begun bool          // it was let begin
	late  bool          // it wanted to begin after its end: its reports count no more
	by    string        // the process that was, or that told its end
	host  *outcome.Host // the report of its end, or a later one, until it is taken
}

// wake says that there may be a step.
func (g *gathered) wake() {
	select {
	case g.more <- struct{}{}:
	default:
	}
}

// New returns the sweep of a run over the hosts of some sites. say prints a line about it.
func New(w Wire, run string, sites map[string][]string, say func(format string, args ...any)) *Sweep {
	s := &Sweep{Wire: w, run: run, session: rand.Text(), sites: sites, of: map[string]string{}, say: say, began: time.Now(), parts: map[string]*part{}, reports: map[string]*gathered{}, news: make(chan struct{})}
	for site, hosts := range sites {
		s.parts[site] = &part{hosts: hosts, over: make(chan struct{}), more: make(chan struct{})}
		for _, host := range hosts {
			s.of[host], s.reports[host] = site, &gathered{more: make(chan struct{}, 1)}
		}
	}
	return s
}

// Begin prepares for a request: only the facts that its playbook compares are kept, and sites from
// which the run was not adopted get no order.
func (s *Sweep) Begin(r request.Request) {
	if p, err := playbooks.Load(r.Playbook); err == nil { // else the run does not begin
		s.compared.Facts = p.SharedParts()
	}
	for _, site := range adoption.Missing(r) {
		s.GiveUp(site, adoption.Why(site))
	}
}

// Planned sets the reports of the hosts on which the plan that the run applies runs nothing; nil
// for any other.
func (s *Sweep) Planned(report func(host string) *outcome.Host) { s.planned = report }

// Gather publishes the orders and takes the events, until ctx ends. stop asks the sites to
// stop.
func (s *Sweep) Gather(ctx context.Context, order fleet.Order, stop <-chan struct{}) error {
	ctx, done := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer done()
	watching.Go(func() { s.watch(ctx, stop) }) // an order waits for a NATS that is away
	for _, site := range slices.Sorted(maps.Keys(s.sites)) {
		s.mu.Lock()
		p := s.parts[site]
		order.Run, order.Site, order.Hosts = s.run, site, p.hosts
		if len(p.hosts) == 0 && !p.isOver() {
			p.ended = &fleet.Ended{}
			s.finish(p, site)
		}
		over := p.isOver()
		s.mu.Unlock()
		if over {
			continue
		}
		if err := s.Order(ctx, order); err != nil {
			return fmt.Errorf("site %s: %w", site, err)
		}
	}
	return s.Events(ctx, s.run, s.take, func(site string, err error) { s.say("site %s: a message that is none: %s", site, err) })
}

// take takes an event. One that comes again, or after the end of its part, changes nothing
// that was taken.
func (s *Sweep) take(e fleet.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.parts[e.Site]
	if p == nil || p.isOver() {
		return
	}
	if e.Ended != nil {
		p.ended = e.Ended
		s.finish(p, e.Site)
		return
	}
	if e.Host == nil { // a run of the past, which an adoption asks for elsewhere
		s.say("site %s: a message of another kind", e.Site)
		return
	}
	g := s.reports[e.Host.Host]
	if s.of[e.Host.Host] != e.Site || g == nil {
		s.say("site %s: a report of %s, which it was not asked for", e.Site, e.Host.Host)
		return
	}
	public := fleet.Public(*e.Host, s.compared) // whatever the site has sent
	public.Site = e.Site
	if s.late(g, e) {
		return
	}
	if e.Step == gather.Ended {
		g.host = &public
		if g.ended {
			return // a later report of it
		}
		g.ended, g.by = true, cmp.Or(g.by, e.Process)
		s.have++
		close(s.news)
		s.news = make(chan struct{})
	}
	step := gather.Step{Kind: e.Step, Refused: e.RungRefused, Process: e.Process}
	if e.Step != gather.Ended { // else the newest one counts
		step.Report = public
	}
	g.steps = append(g.steps, step)
	g.wake()
}

// late reports whether a step does not count: its host has ended, or it is of a worker that
// does not know how far another one has brought the host. One that wants to begin is told so.
// The lock is held.
func (s *Sweep) late(g *gathered, e fleet.Event) bool {
	stranger := (g.begun || g.ended) && e.Process != "" && g.by != "" && !onhost.SameFolder(e.Process, g.by)
	switch {
	case e.Step == gather.Wants && g.ended:
		g.late = true
		s.word(e.Site, fleet.Word{Turn: &gather.Turn{Host: e.Host.Host, Process: e.Process, Refused: "it has come to its end in this run"}})
		return true
	case e.Step == gather.Wants: // the engine answers
		return false
	case e.Step == gather.Read: // all others wait for that, and any worker of the site may have read it
		return g.ended
	case e.Step == gather.Ended:
		return g.ended && (stranger || g.late)
	}
	return stranger || g.ended
}

// Done notes hosts that ended in an earlier process of the run.
func (s *Sweep) Done(hosts []string) {
	for _, host := range hosts {
		if g := s.reports[host]; g != nil {
			if !g.ended {
				s.have++
			}
			g.ended, g.over = true, true
		}
	}
	for _, p := range s.parts {
		p.hosts = slices.DeleteFunc(slices.Clone(p.hosts), func(host string) bool { return s.reports[host].ended })
	}
}

// Leave ends a host that no site is asked about.
func (s *Sweep) Leave(host, reason string) {
	g := s.reports[host]
	if g == nil || g.ended {
		return
	}
	p := s.parts[s.of[host]]
	p.hosts = slices.DeleteFunc(slices.Clone(p.hosts), func(other string) bool { return other == host })
	h := s.blank(host)
	h.Outcome, h.Reason = outcome.Skipped, reason
	g.ended, g.host, g.steps = true, &h, []gather.Step{{Kind: gather.Ended}}
	s.have++
	g.wake()
}

func (p *part) isOver() bool { return p.ended != nil || p.why != "" }

// finish tells all who wait for a part that it is over. The lock is held.
func (s *Sweep) finish(p *part, site string) {
	close(p.over)
	p.wake()
	for _, host := range s.sites[site] {
		s.reports[host].wake()
	}
}

// watch gives up parts whose site is silent, and asks sites to stop.
func (s *Sweep) watch(ctx context.Context, stop <-chan struct{}) {
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
func (s *Sweep) check(now time.Time, stopping bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for site, p := range s.parts {
		if p.isOver() {
			continue
		}
		h, last := s.Heard(site), s.began // before that it has had no chance to be heard
		for _, at := range []time.Time{h.Last, h.From} {
			if at.After(last) {
				last = at
			}
		}
		if silent := now.Sub(last); silent > fleet.SilentAfter {
			p.why = fmt.Sprintf("site %s was not heard for %s: its worker is down, or cut off", site, silent.Round(time.Second))
			s.finish(p, site)
			s.say("%s", p.why)
		} else if stopping || s.cut {
			if err := s.Stop(site, s.run); err != nil {
				s.say("site %s: %s", site, err)
			}
		}
	}
}

// Run is the id of the run.
func (s *Sweep) Run() string { return s.run }

// Hosts is how many hosts it has.
func (s *Sweep) Hosts() int { return len(s.of) }

// Sites are the sites of its hosts, sorted.
func (s *Sweep) Sites() []string { return slices.Sorted(maps.Keys(s.sites)) }

// Say says a line about the run.
func (s *Sweep) Say(format string, args ...any) { s.say(format, args...) }

// Site implements gather.Elsewhere.
func (s *Sweep) Site(host string) string { return s.of[host] }

// More implements gather.Elsewhere.
func (s *Sweep) More(host string) <-chan struct{} { return s.reports[host].more }

// Next implements gather.Elsewhere.
func (s *Sweep) Next(host string) (gather.Step, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, p := s.reports[host], s.parts[s.of[host]]
	switch {
	case g.over:
		return gather.Step{}, false
	case len(g.steps) > 0:
		step := g.steps[0]
		g.steps[0] = gather.Step{} // memory follows the hosts that are worked on
		if g.steps = g.steps[1:]; len(g.steps) == 0 {
			g.steps = nil
		}
		if g.over = step.Kind == gather.Ended; g.over {
			step.Report, g.host = *g.host, nil // the newest one; it is on the disk from now on
		}
		return step, true
	case p.isOver():
		g.over = true
		return gather.Step{Kind: gather.Ended, Report: s.absent(host, nil)}, true
	}
	return gather.Step{}, false
}

// Absent implements gather.Elsewhere.
func (s *Sweep) Absent(host string, cut error) outcome.Host {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.reports[host]
	g.over = true
	if !s.cut {
		s.cut = true
		for _, p := range s.parts {
			p.wake()
		}
	}
	if g.host != nil {
		h := *g.host
		g.host = nil
		return h
	}
	return s.absent(host, cut)
}

// Tell implements gather.Elsewhere.
func (s *Sweep) Tell(t gather.Turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.reports[t.Host]
	if t.Refused == "" {
		g.begun, g.by = true, t.Process
	}
	s.word(s.of[t.Host], fleet.Word{Turn: &t})
}

// word adds a word for a site. The lock is held.
func (s *Sweep) word(site string, w fleet.Word) {
	if p := s.parts[site]; p != nil { // else the run is over
		p.words = append(p.words, w)
		p.wake()
	}
}

// wake wakes who waits for a word. The lock is held.
func (p *part) wake() {
	close(p.more)
	p.more = make(chan struct{})
}

// Others implements gather.Elsewhere.
func (s *Sweep) Others(of func(hosts []string) peers.Others) {
	s.mu.Lock()
	parts := maps.Clone(s.parts)
	s.mu.Unlock()
	for site, p := range parts {
		others := of(p.hosts)
		s.mu.Lock()
		s.word(site, fleet.Word{Others: &others})
		s.mu.Unlock()
	}
}

// Words waits for words to a site that it does not know, for a while.
func (s *Sweep) Words(site string, a fleet.Asks) fleet.Words {
	if a.Session != s.session {
		a.Known = 0
	}
	late := time.NewTimer(answerWithin)
	defer late.Stop()
	for waits := a.Session == s.session; ; { // the site learns at once who listens
		s.mu.Lock()
		p := s.parts[site]
		if p == nil || p.isOver() || s.cut {
			s.mu.Unlock()
			return fleet.Words{Over: true}
		}
		first := min(max(a.Known, 0), len(p.words))
		words, more := fleet.Words{Session: s.session, First: first, List: slices.Clone(p.words[first:])}, p.more
		s.mu.Unlock()
		if len(words.List) > 0 || !waits {
			return words
		}
		select {
		case <-more:
		case <-late.C:
			waits = false
		}
	}
}

// Last implements gather.Elsewhere.
func (s *Sweep) Last(host string) (outcome.Host, bool) {
	g, p := s.reports[host], s.parts[s.of[host]]
	if g == nil {
		return outcome.Host{}, false
	}
	<-p.over
	s.mu.Lock()
	defer s.mu.Unlock()
	if g.host == nil {
		return outcome.Host{}, false
	}
	h := *g.host
	g.host = nil
	return h, true
}

// absent is the report of a host of which none came. A host whose site did not judge it
// counts as unreachable: no run may look well because a site is missing.
// One that was let begin may have been changed. The lock is held.
func (s *Sweep) absent(host string, cut error) outcome.Host {
	site, p := s.of[host], s.parts[s.of[host]]
	h := s.blank(host)
	h.Outcome = outcome.Unreachable
	begun := s.reports[host].begun
	if begun {
		h.Outcome, h.Interrupted = outcome.Unknown, true // resume asks its site
	}
	switch e := p.ended; {
	case p.why != "":
		h.Reason = p.why
	case e != nil && e.Refused != "":
		h.Reason = "site " + site + " refuses: " + e.Refused
		if planned := s.asPlanned(host, begun); planned != nil {
			planned.Reason = strings.TrimPrefix(planned.Reason+"; as the plan found it: "+h.Reason, "; ")
			h = *planned
		}
	case e != nil && e.Broken != "":
		h.Reason = "the worker of site " + site + " failed: " + e.Broken
	case e != nil && e.Open:
		h.Interrupted, h.Reason = true, "it had not ended when the hub was lost: resume continues it"
		if h.Outcome != outcome.Unknown {
			h.Outcome = outcome.Skipped
		}
	case e != nil && e.Stopped, e == nil && cut != nil:
		h.Interrupted, h.Reason = true, "interrupted before its turn"
		if h.Outcome != outcome.Unknown {
			h.Outcome = outcome.Skipped
		}
		if cut != nil {
			h.Reason = cut.Error()
		}
	case begun:
		h.Reason = "a worker of site " + site + " was let begin it, and its end is not known: resume the run while that worker is the active one"
	default:
		h.Reason = "site " + site + " ended without a report of it"
	}
	return h
}

// asPlanned is the report of a host that the plan found and has no step for, nil for any other.
// It counts where the site of the host refuses the run: nothing newer is known.
func (s *Sweep) asPlanned(host string, begun bool) *outcome.Host {
	if s.planned == nil || begun {
		return nil
	}
	h := s.planned(host)
	if h == nil || h.Interrupted {
		return nil
	}
	h.RunID, h.Plan = s.run, nil
	return h
}

// blank is a report without anything in it.
func (s *Sweep) blank(host string) outcome.Host {
	return outcome.Host{
		Schema: outcome.HostSchema, RunID: s.run, Host: host, Site: s.of[host], Started: s.began.UTC(),
		Stages: []outcome.Stage{}, Facts: map[string]any{}, Findings: []outcome.Finding{}, Changes: []outcome.Change{},
	}
}

// Over gives up every part that has not ended, so that nobody waits for it.
func (s *Sweep) Over(why string) {
	for site := range s.sites {
		s.GiveUp(site, why)
	}
}

// GiveUp gives up the part of a site, unless it has ended: it gets no order.
func (s *Sweep) GiveUp(site, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.parts[site]; p != nil && !p.isOver() {
		p.why = why
		s.finish(p, site)
	}
}

// Progress is how many of its hosts have a report, and a channel that is closed by the next one.
func (s *Sweep) Progress() (have, of int, next <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.have, len(s.of), s.news
}

// Forget drops the reports of a run that is over: they are on the disk.
func (s *Sweep) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts, s.reports = nil, nil
}

// Told takes the reports that an earlier adoption has of hosts that have not ended: their sites
// are not asked again.
func (s *Sweep) Told(m adoption.Making) {
	now := m.Sites()
	for _, a := range m.Request.Adopted {
		if slices.Contains(now, a.Site) {
			continue
		}
		for _, host := range m.Request.Sites[a.Site] {
			if h, err := m.Store.LoadHost(m.ID, host); err == nil && !s.reports[host].ended {
				s.take(fleet.Event{Site: a.Site, Host: h, Step: gather.Ended})
			}
		}
		s.take(fleet.Event{Site: a.Site, Ended: &fleet.Ended{Open: true}})
	}
}

// Lost returns a site whose reports are not there, and why; "" where all are.
func (s *Sweep) Lost(sites []string) (site, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, site := range sites {
		switch p := s.parts[site]; {
		case p.why != "":
			return site, p.why + "; nothing more is adopted from site " + site
		case p.ended != nil && p.ended.Refused+p.ended.Broken != "":
			return site, "site " + site + " has not told it"
		}
	}
	return "", ""
}
