package controller

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"aixmend/controller/cloud"
	"aixmend/controller/gather"
	"aixmend/controller/outcome"
	"aixmend/controller/peers"
	"aixmend/controller/rollout"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
)

// Run takes every host to its end. Its error is an internal one (the state folder can't be
// written): the result then holds the hosts that ended.
func (e *Engine) Run(ctx context.Context, hosts []inventory.Host) (Result, error) {
	e.broken, e.reloads = make(chan struct{}), make(chan struct{}, maxReloads)
	probes, err := e.Playbook.Asked(e.Params, string(e.Verb), e.commandsOf())
	if err != nil {
		return Result{}, err
	}
	e.probes = probes
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Name
	}
	e.health = cloud.Begin(ctx, e.Cloud)
	p := e.newPeers(names)
	waves := e.rollout(names)
	var (
		mu        sync.Mutex
		summaries []outcome.HostSummary
		internal  error // the first internal error
		further   int   // hosts with a further one
		fleet     []outcome.FleetFinding
	)
	starting, over := e.untilStopped(ctx)
	defer over()
	e.starting = starting
	todo, err := e.begin(p, waves, hosts, func(h outcome.Host) {
		summary := h.Summary(e.Verb == Plan)
		summaries = append(summaries, summary)
		e.ended(summary)
	})
	if err != nil {
		return Result{}, err
	}
	p.Start()
	e.learn(starting, p, waves)
	take := func(summary outcome.HostSummary, err error) {
		if err == nil {
			e.ended(summary)
		}
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err != nil && internal == nil:
			// Nothing new begins; work in progress is finished.
			internal = err
			close(e.broken)
		case err != nil:
			further++
		default:
			summaries = append(summaries, summary)
		}
	}
	e.each(ctx, todo, func(next *toWalk) { take(e.toEnd(ctx, p, waves, next)) })
	waves.Wait()
	if further > 0 {
		internal = fmt.Errorf("%w (and on %d more hosts)", internal, further)
	}
	slices.SortFunc(summaries, func(a, b outcome.HostSummary) int { return strings.Compare(a.Name, b.Name) })
	if internal == nil {
		fleet, internal = e.compare(ctx, p, hosts, summaries)
	}
	return Result{Hosts: summaries, Fleet: append(p.Findings(), fleet...), Braked: waves.Reason()}, internal
}

// each takes every host to its end, in a goroutine of its own. Thousands wait before, for a slot or
// for their sites, where a stack for each would take as much memory as the hosts that are worked on.
// If the run is stopped, the walk finds out by itself.
func (e *Engine) each(ctx context.Context, hosts []*toWalk, end func(*toWalk)) {
	var walks sync.WaitGroup
	var slots, sites []string
	named := map[string]*toWalk{}
	for _, next := range hosts {
		switch name := next.host.Name; {
		case next.gather != nil && len(next.events) == 0:
			sites, named[name] = append(sites, name), next
		case next.gather == nil && next.walk == nil && e.Slots != nil:
			slots, named[name] = append(slots, name), next
		default: // one that waits for an answer of the hub is told it at once
			walks.Go(func() { end(next) })
		}
	}
	begin := func(host string) { walks.Go(func() { end(named[host]) }) }
	if len(slots) > 0 {
		walks.Go(func() { e.Slots.Each(e.starting, slots, begin) })
	}
	if len(sites) > 0 {
		walks.Go(func() { named[sites[0]].gather.Each(ctx, sites, begin) })
	}
	walks.Wait()
}

// toEnd takes a host to its end, here or elsewhere.
func (e *Engine) toEnd(ctx context.Context, p *peers.Peers, waves rollout.Turns, next *toWalk) (outcome.HostSummary, error) {
	if g := next.gather; g != nil {
		return g.Host(ctx, next.host.Name, next.events)
	}
	w := next.walk
	next.walk = nil // hosts are kept to the end of the run, their reports are not
	if w == nil {
		if e.Slots != nil {
			defer e.Slots.Leave(next.host.Name)
		}
		w = newWalk(e, p, waves, next.host)
	}
	return e.walk(ctx, w)
}

// newPeers compares the hosts of the run with each other.
func (e *Engine) newPeers(hosts []string) *peers.Peers {
	return peers.New(peers.Config{Playbook: e.Playbook, Params: e.Params, History: e.Captures, Past: e.Past, Began: cmp.Or(e.Began, time.Now()), Wide: e.Wide != nil}, hosts)
}

// rollout lets the hosts begin in waves, here or at the hub.
func (e *Engine) rollout(hosts []string) rollout.Turns {
	switch {
	case e.Wide != nil: // it is told of the ends in any case
		return e.Wide
	case !e.inWaves():
		return (*rollout.Waves)(nil)
	}
	c := rollout.Config{Waves: e.Waves, Brake: e.Brake, Pause: e.Pause, Observer: e.Observer}
	if e.Elsewhere != nil {
		c.Site = e.Elsewhere.Site
	}
	return rollout.New(c, hosts)
}

// inWaves reports whether hosts wait for their wave.
func (e *Engine) inWaves() bool { return e.Verb == Recover && (e.Wide != nil || len(e.Waves) > 0) }

// identify tells the peers which machine a host is, from the reports of an earlier
// process of the run, so that nobody need wait until the host is read again.
func identify(p *peers.Peers, host string, reports ...*outcome.Host) {
	for _, h := range reports {
		var id facts.Identity
		if h != nil && recallFact(h.Facts, "identity", &id) {
			p.Identify(host, id)
			return
		}
	}
}

// ended reports the end of a host to the observer.
func (e *Engine) ended(h outcome.HostSummary) {
	if e.Observer != nil {
		e.Observer.Ended(h)
	}
}

// untilStopped returns a context that ends when the run is stopped, and a function that
// ends it.
func (e *Engine) untilStopped(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-e.Stop:
		case <-e.broken:
		case <-ctx.Done():
		}
		cancel(errBeforeItsTurn)
	}()
	return ctx, func() {
		cancel(nil)
		<-ended
	}
}

// walk takes a host to its end.
func (e *Engine) walk(ctx context.Context, w *walk) (summary outcome.HostSummary, err error) {
	ended, err := w.guarded(ctx)
	w.peers.End(w.host.Name, ended.Interrupted)
	ended.Host = w.host.Name // of a walk that broke, too
	if err == nil {
		summary, err = e.close(w, ended)
	}
	w.waves.End(ended, w.course.Stuck()) // its report is on the disk
	w.endReload()
	return summary, err
}

// toWalk is a host that has not ended. walk is nil for one that was not begun: thousands
// may wait for a slot and must take no memory.
type toWalk struct {
	host inventory.Host
	walk *walk
	// gather takes a host that is walked elsewhere to its end; events are its journal.
	gather *gather.Gatherer
	events []outcome.Entry
}

// begin returns the hosts that have not ended, with the walks of those that an earlier
// process began, and counts those that have ended.
func (e *Engine) begin(p *peers.Peers, waves rollout.Turns, hosts []inventory.Host, ended func(outcome.Host)) ([]*toWalk, error) {
	todo := make([]*toWalk, 0, len(hosts))
	g := e.gatherer(p, waves)
	for _, host := range hosts {
		next := &toWalk{host: host, gather: g}
		if e.Begun != nil {
			begun, err := e.Begun(host.Name)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", host.Name, err)
			}
			if begun.Done != nil {
				p.Recall(host.Name, begun.Done.Facts)
				p.End(host.Name, false)
				waves.End(*begun.Done, false)
				ended(*begun.Done)
				continue
			}
			if g != nil { // its site knows how far it is
				next.events = begun.Events
				todo = append(todo, next)
				continue
			}
			next.walk = newWalk(e, p, waves, host)
			next.walk.takeUp(begun)
			if pickup := next.walk.pickup; pickup != nil {
				identify(p, host.Name, begun.Checkpoint, begun.Report)
				if pickup.open >= 0 && next.walk.course.Open() {
					p.Unresolved(host.Name)
				}
			}
		}
		todo = append(todo, next)
	}
	return todo, nil
}

// close writes the last report of a walk and journals its end.
func (e *Engine) close(w *walk, h outcome.Host) (outcome.HostSummary, error) {
	summary, err := w.finalReport(h)
	if err != nil || h.Interrupted {
		return summary, err
	}
	return summary, e.Journal.Append(outcome.EndEntry(h))
}

// compare adds the verdicts that need all hosts, or the cloud, to the reports, and returns
// the findings over several hosts that the cloud gave.
func (e *Engine) compare(ctx context.Context, p *peers.Peers, hosts []inventory.Host, summaries []outcome.HostSummary) ([]outcome.FleetFinding, error) {
	if e.Elsewhere != nil {
		if err := e.gatherer(p, nil).Renew(summaries); err != nil {
			return nil, err
		}
	}
	if e.Verb == Audit || e.Verb == Capture {
		if err := e.amendAll(p, hosts, summaries); err != nil {
			return nil, err
		}
	}
	return e.compareHealth(ctx, e.health, hosts, summaries)
}

// amendAll judges the hosts of a read-only run among each other, at the end: no host
// waited for the slowest. Summaries are sorted by name.
func (e *Engine) amendAll(p *peers.Peers, hosts []inventory.Host, summaries []outcome.HostSummary) error {
	for _, host := range hosts {
		i, ended := slices.BinarySearchFunc(summaries, host.Name, func(s outcome.HostSummary, name string) int { return strings.Compare(s.Name, name) })
		if !ended {
			continue
		}
		amended, err := e.amend(p, host, summaries[i])
		if err != nil {
			return err
		}
		summaries[i] = amended
	}
	return nil
}

// finalReport writes the last report of a walk and returns its summary. The report of a
// parked host is amended on disk.
func (w *walk) finalReport(ended outcome.Host) (outcome.HostSummary, error) {
	if !w.parked {
		return ended.Summary(w.Verb == Plan), w.Sink.HostDone(ended)
	}
	var summary outcome.HostSummary
	w.reloads <- struct{}{}
	defer func() { <-w.reloads }()
	err := w.Sink.Amend(w.host.Name, func(h *outcome.Host) {
		h.Outcome, h.Reason, h.Interrupted, h.Started, h.Duration = ended.Outcome, ended.Reason, ended.Interrupted, ended.Started, ended.Duration
		summary = h.Summary(w.Verb == Plan)
	})
	return summary, err
}

// amend adds the verdicts over the fleet to the report of a host, and returns its new
// summary.
func (e *Engine) amend(p *peers.Peers, host inventory.Host, summary outcome.HostSummary) (outcome.HostSummary, error) {
	verdicts := p.Verdicts(host.Name, inventoryFact(host, time.Now()))
	if len(verdicts) == 0 {
		return summary, nil
	}
	err := e.Sink.Amend(host.Name, func(h *outcome.Host) {
		// A run that was resumed may have judged it before.
		h.Findings = slices.DeleteFunc(h.Findings, func(f outcome.Finding) bool {
			return slices.ContainsFunc(verdicts, func(v playbooks.Verdict) bool { return v.ID == f.ID })
		})
		for _, v := range verdicts {
			h.Findings = append(h.Findings, waive(host, finding(v)))
		}
		outcome.SortFindings(h.Findings, e.Playbook.FindingIDs())
		conclude(h)
		summary = h.Summary(e.Verb == Plan)
	})
	return summary, err
}

// gatherer gathers the hosts of the run; nil where they are walked here.
func (e *Engine) gatherer(p *peers.Peers, turns rollout.Turns) *gather.Gatherer {
	if e.Elsewhere == nil {
		return nil
	}
	return &gather.Gatherer{Elsewhere: e.Elsewhere, Peers: p, Turns: turns, Sink: e.Sink, Journal: e.Journal, Stop: e.starting.Done(), Plans: e.Verb == Plan}
}

// learn has the hosts compared with those elsewhere, once all have been read, or ctx ends.
func (e *Engine) learn(ctx context.Context, p *peers.Peers, turns rollout.Turns) {
	switch {
	case e.Elsewhere != nil && (e.Verb == Plan || e.Verb == Recover): // the hosts of others wait for nobody
		go e.gatherer(p, turns).Follow(ctx)
	case e.Wide != nil:
		go func() {
			if others, err := e.Wide.Others(ctx); err == nil {
				p.Learn(others)
			}
		}()
	}
}
