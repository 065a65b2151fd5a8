// Package gather takes hosts to their end that are walked elsewhere, by the workers of other
// sites: it takes their steps as they come, tells each when it may begin, and keeps their
// reports.
package gather

import (
	"context"
	"reflect"
	"slices"
	"sync"
	"time"

	"aixmend/controller/outcome"
	"aixmend/controller/peers"
	"aixmend/controller/rollout"
	"aixmend/playbooks/onhost"
)

// Kind says which step of a host is told.
type Kind string

// The steps. Each may be told more than once, and after a later one.
const (
	// Read: the host has been read, and waits for the hosts that have not.
	Read Kind = "read"
	// Wants: it needs a change, and asks whether it may begin.
	Wants Kind = "wants"
	// GoesOn: an earlier process had begun it.
	GoesOn Kind = "goes on"
	// Leaves: it waits for another host, which may be in a later wave.
	Leaves Kind = "leaves"
	// Ended: it has ended.
	Ended Kind = "ended"
)

// Step is a step of a host.
type Step struct {
	Kind Kind
	// Report is the report of the host as it is then.
	Report outcome.Host
	// Refused says that a rung of a host that has ended was refused by its own checks.
	Refused bool
	// Process is the process that walks the host, as it stands in leases.
	Process string
}

// Turn is the answer to a host that wants to begin.
type Turn struct {
	Host string `json:"host"`
	// Refused is why it may not, "" when it may.
	Refused string `json:"refused,omitempty"`
	// Process alone may begin it.
	Process string `json:"process,omitempty"`
}

// Elsewhere is the connection to the sites. Its methods may be called from any goroutine.
type Elsewhere interface {
	// Site is the site of a host.
	Site(host string) string
	// More receives when there may be a step of a host that Next has not returned.
	More(host string) <-chan struct{}
	// Next returns the next step of a host. Where its site refuses, is silent or was stopped,
	// the host ends, and the report says so.
	Next(host string) (Step, bool)
	// Absent is the report of a host whose walk is cut off here: the sites are asked to stop.
	Absent(host string, cut error) outcome.Host
	// Tell answers a host.
	Tell(Turn)
	// Others tells each site which values its hosts share with others. All have been read.
	Others(of func(hosts []string) peers.Others)
	// Last returns the last report of a host, and whether it differs from that of its end. It
	// waits until the host's site sends no more.
	Last(host string) (outcome.Host, bool)
}

// Sink stores reports.
type Sink interface {
	HostDone(outcome.Host) error
}

// Journal is the journal of the run. Append returns when an entry is on the disk.
type Journal interface {
	Append(outcome.Entry) error
}

// Gatherer gathers one run. All fields but the last two must be set.
type Gatherer struct {
	Elsewhere
	Peers   *peers.Peers
	Turns   rollout.Turns
	Sink    Sink
	Journal Journal
	// Stop, when closed, lets no further host begin, after an internal error too; nil: never.
	Stop <-chan struct{}
	// Plans says that summaries have the plan.
	Plans bool
}

// Follow tells the sites of the others once all hosts have been read, or ctx ends.
func (g *Gatherer) Follow(ctx context.Context) {
	select {
	case <-g.Peers.Read():
		g.Elsewhere.Others(g.Peers.Toward)
	case <-ctx.Done():
	}
}

// awaited is for how many hosts a goroutine waits: a step of one takes as long as they are many.
const awaited = 64

// Each begins each of some hosts when there is a first step of it, and all when ctx ends.
func (g *Gatherer) Each(ctx context.Context, hosts []string, begin func(host string)) {
	var waits sync.WaitGroup
	for few := range slices.Chunk(slices.Clone(hosts), awaited) {
		waits.Go(func() {
			for len(few) > 0 {
				at := g.first(ctx, few)
				begin(few[at])
				few = slices.Delete(few, at, at+1)
			}
		})
	}
	waits.Wait()
}

// first waits for a step of one of some hosts, and returns its place among them; when ctx ends, it
// is the first one.
func (g *Gatherer) first(ctx context.Context, hosts []string) int {
	cases := make([]reflect.SelectCase, 0, len(hosts)+1)
	for _, host := range hosts {
		cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(g.More(host))})
	}
	cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())})
	chosen, _, _ := reflect.Select(cases)
	return chosen % len(hosts)
}

// Host takes a host to its end. events are its lines in the journal, by earlier processes.
func (g *Gatherer) Host(ctx context.Context, host string, events []outcome.Entry) (outcome.HostSummary, error) {
	summary, err := g.follow(ctx, host, events)
	if err != nil { // the others wait for turns that nobody gives any more
		g.Absent(host, err)
	}
	return summary, err
}

// follow takes the steps of a host until it ends.
func (g *Gatherer) follow(ctx context.Context, host string, events []outcome.Entry) (outcome.HostSummary, error) {
	w := waiting{Gatherer: g, host: host}
	for _, e := range events {
		if e.Event == outcome.EventTurn {
			w.begun, w.process = true, e.Process
			g.Turns.Resume(host)
			g.Tell(Turn{Host: host, Process: e.Process})
		}
	}
	for {
		for step, there := g.Next(host); there; step, there = g.Next(host) {
			if step.Kind == Ended {
				return g.end(w.last(step))
			}
			if err := w.take(step); err != nil {
				return outcome.HostSummary{}, err
			}
		}
		select {
		case <-ctx.Done():
			return g.end(Step{Report: g.Absent(host, context.Cause(ctx))})
		case refused := <-w.permit:
			if err := w.answer(ctx, refused); err != nil {
				return outcome.HostSummary{}, err
			}
		case <-g.More(host):
		}
	}
}

// waiting is a host that has not ended.
type waiting struct {
	*Gatherer
	host    string
	process string        // that walks the host
	begun   bool          // it was let begin
	permit  <-chan string // nil: it does not wait for its turn
}

// stranger reports whether a process works in another folder than the one that was let begin
// the host: it does not know how far the host is.
func (w *waiting) stranger(process string) bool {
	return w.begun && !onhost.SameFolder(process, w.process)
}

// last is the end of a host. One that was let begin, and whose end another worker tells, may
// have been changed: resume continues it where it began.
func (w *waiting) last(s Step) Step {
	if s.Process != "" && w.stranger(s.Process) {
		s.Report.Outcome, s.Report.Interrupted = outcome.Unknown, true
		s.Report.Reason = "another worker of its site was let begin it, and its end is not known: resume the run while that worker is the active one"
	}
	return s
}

// take takes a step that is not the end.
func (w *waiting) take(s Step) error {
	w.Peers.Recall(w.host, s.Report.Facts)
	switch s.Kind {
	case Wants:
		switch {
		case w.stranger(s.Process):
			w.Tell(Turn{Host: w.host, Process: s.Process, Refused: "another worker of its site was let begin, and may have changed it: resume continues there"})
		case w.begun:
			w.Tell(Turn{Host: w.host, Process: s.Process})
		case w.permit == nil:
			w.process, w.permit = s.Process, w.Turns.Want(w.host)
		default:
			w.process = s.Process
		}
	case GoesOn:
		w.Turns.Resume(w.host)
		if !w.begun && s.Process != "" { // this hub does not know of it: it was restored from a copy
			w.process, w.permit = s.Process, nil
			return w.begin()
		}
	case Leaves:
		w.Turns.Leave(w.host)
	}
	return nil
}

// begin lets the host begin. That it may is on the disk before anybody is told: no worker of
// another folder is ever let begin it.
func (w *waiting) begin() error {
	err := w.Journal.Append(outcome.Entry{Time: time.Now().UTC(), Event: outcome.EventTurn, Host: w.host, Process: w.process})
	if err != nil {
		return err
	}
	w.begun = true
	w.Tell(Turn{Host: w.host, Process: w.process})
	return nil
}

// answer answers the host, unless the run is stopped or cut: its site is asked to stop, and ends
// it.
func (w *waiting) answer(ctx context.Context, refused string) error {
	w.permit = nil
	select {
	case <-w.Stop:
		return nil
	case <-ctx.Done():
		return nil
	default:
	}
	if refused == "" {
		return w.begin()
	}
	w.Tell(Turn{Host: w.host, Refused: refused, Process: w.process})
	return nil
}

// end keeps the report of a host that has ended.
func (g *Gatherer) end(s Step) (outcome.HostSummary, error) {
	h := s.Report
	g.Peers.Recall(h.Host, h.Facts)
	g.Peers.End(h.Host, h.Interrupted)
	summary := h.Summary(g.Plans)
	err := g.Sink.HostDone(h)
	if err == nil && !h.Interrupted {
		err = g.Journal.Append(outcome.EndEntry(h))
	}
	g.Turns.End(h, s.Refused)
	return summary, err
}

// Renew takes the last reports of hosts: their sites may have amended them.
func (g *Gatherer) Renew(summaries []outcome.HostSummary) error {
	for i := range summaries {
		h, newer := g.Last(summaries[i].Name)
		if !newer {
			continue
		}
		g.Peers.Recall(h.Host, h.Facts)
		if err := g.Sink.HostDone(h); err != nil {
			return err
		}
		summaries[i] = h.Summary(g.Plans)
	}
	return nil
}
