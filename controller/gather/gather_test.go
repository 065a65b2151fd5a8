package gather

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"aixmend/controller/outcome"
	"aixmend/controller/peers"
	"aixmend/controller/rollout"
	"aixmend/playbooks"
)

// site is a site whose hosts take steps when the test says so.
type site struct {
	mu    sync.Mutex
	more  map[string]chan struct{}
	steps map[string][]Step
	told  []Turn
	cut   []string      // the hosts that were cut off
	news  chan struct{} // closed when something was told, then another one
}

func newSite(hosts []string) *site {
	s := &site{more: map[string]chan struct{}{}, steps: map[string][]Step{}, news: make(chan struct{})}
	for _, h := range hosts {
		s.more[h] = make(chan struct{}, 1)
	}
	return s
}

func (s *site) step(host string, k Kind, process string, o outcome.Outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.steps[host] = append(s.steps[host], Step{Kind: k, Process: process, Report: outcome.Host{Host: host, Outcome: o}})
	select {
	case s.more[host] <- struct{}{}:
	default:
	}
}

func (s *site) Site(string) string { return "fra" }

func (s *site) More(host string) <-chan struct{} { return s.more[host] }

func (s *site) Next(host string) (Step, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.steps[host]) == 0 {
		return Step{}, false
	}
	step := s.steps[host][0]
	s.steps[host] = s.steps[host][1:]
	return step, true
}

func (s *site) Absent(host string, cut error) outcome.Host {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = append(s.cut, host)
	return outcome.Host{Host: host, Outcome: outcome.Skipped, Interrupted: true, Reason: cut.Error()}
}

func (s *site) Tell(t Turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, t)
	close(s.news)
	s.news = make(chan struct{})
}

func (s *site) Others(func([]string) peers.Others) {}
func (s *site) Last(string) (outcome.Host, bool)   { return outcome.Host{}, false }
func (s *site) HostDone(outcome.Host) error        { return nil }

// until waits until a turn was told.
func (s *site) until(t *testing.T, holds func(Turn) bool) Turn {
	t.Helper()
	for {
		told, news := s.turns()
		for _, turn := range told {
			if holds(turn) {
				return turn
			}
		}
		select {
		case <-news:
		case <-t.Context().Done():
			t.Fatal("nothing was told")
		}
	}
}

// turns are those that were told, and a channel that is closed by the next one.
func (s *site) turns() ([]Turn, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.told), s.news
}

// log is a journal.
type log struct {
	mu      sync.Mutex
	entries []outcome.Entry
}

func (l *log) Append(e outcome.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
	return nil
}

// turns are the processes that were let begin a host.
func (l *log) turns(host string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var list []string
	for _, e := range l.entries {
		if e.Event == outcome.EventTurn && e.Host == host {
			list = append(list, e.Process)
		}
	}
	return list
}

// hub is a gatherer over some hosts, with waves of one, then all.
func hub(t *testing.T, s *site, l *log, hosts []string, stop <-chan struct{}) *Gatherer {
	t.Helper()
	p, err := playbooks.Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	params, err := p.Set(nil)
	if err != nil {
		t.Fatal(err)
	}
	waves := rollout.New(rollout.Config{Waves: []rollout.Wave{{Count: 1}, {Percent: 100}}, Brake: rollout.Brake{Count: 9}}, hosts)
	return &Gatherer{Elsewhere: s, Peers: peers.New(peers.Config{Playbook: p, Params: params}, hosts), Turns: waves, Sink: s, Journal: l, Stop: stop}
}

// run gathers hosts in the background.
func (g *Gatherer) run(ctx context.Context, hosts []string, events map[string][]outcome.Entry) *sync.WaitGroup {
	var all sync.WaitGroup
	for _, h := range hosts {
		all.Go(func() { _, _ = g.Host(ctx, h, events[h]) })
	}
	return &all
}

// A host is let begin once, after all have been read and in its wave; the process of another
// folder never is, not even after the hub began again.
func TestNoHostIsLetBeginTwice(t *testing.T) {
	t.Parallel()
	hosts := []string{"a", "b"}
	s, l := newSite(hosts), &log{}
	g := hub(t, s, l, hosts, nil)
	all := g.run(t.Context(), hosts, nil)
	s.step("b", Wants, "f1.x", "")
	s.step("a", Wants, "f1.x", "")
	begins := func(host string) func(Turn) bool {
		return func(turn Turn) bool { return turn.Host == host && turn.Refused == "" }
	}
	s.until(t, begins("a"))
	if len(l.turns("b")) > 0 {
		t.Error("b is in the second wave")
	}
	s.step("a", Wants, "f2.x", "") // a standby of another folder
	s.until(t, func(turn Turn) bool { return turn.Host == "a" && turn.Process == "f2.x" && turn.Refused != "" })
	s.step("a", Wants, "f1.y", "") // the same worker, started again
	s.until(t, func(turn Turn) bool { return turn.Host == "a" && turn.Process == "f1.y" && turn.Refused == "" })
	if got := l.turns("a"); !slices.Equal(got, []string{"f1.x"}) {
		t.Error(got)
	}
	s.step("a", Ended, "", outcome.Recovered)
	s.until(t, begins("b"))
	s.step("b", Ended, "", outcome.Recovered)
	all.Wait()

	again := newSite(hosts) // the hub begins again, from its journal
	g = hub(t, again, &log{}, hosts, nil)
	ctx, end := context.WithCancelCause(t.Context())
	all = g.run(ctx, []string{"b"}, map[string][]outcome.Entry{"b": {{Event: outcome.EventTurn, Host: "b", Process: "f1.x"}}})
	again.step("b", Wants, "f2.z", "")
	again.until(t, func(turn Turn) bool { return turn.Process == "f2.z" && turn.Refused != "" })
	end(errors.New("enough"))
	all.Wait()
}

// Once the run is stopped no host is let begin, whatever wave it would be in.
func TestStopped(t *testing.T) {
	t.Parallel()
	hosts := []string{"a", "b"}
	stop := make(chan struct{})
	s, l := newSite(hosts), &log{}
	g := hub(t, s, l, hosts, stop)
	all := g.run(t.Context(), hosts, nil)
	close(stop)
	s.step("a", Wants, "f1.x", "")
	s.step("b", Wants, "f1.x", "")
	for _, h := range hosts {
		s.step(h, Ended, "", outcome.Skipped)
	}
	all.Wait()
	told, _ := s.turns()
	if got := append(l.turns("a"), l.turns("b")...); len(got) > 0 || len(told) > 0 {
		t.Error(got, told)
	}
}

// Whatever order the steps of hosts come in, doubled or from workers that were started
// again, each host has one end and is let begin at most once, by one folder, and never
// before all have been read.
func TestHistories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		dice := rand.New(rand.NewPCG(seed, 18))
		var hosts []string
		for i := range 2 + dice.IntN(5) {
			hosts = append(hosts, fmt.Sprintf("h%d", i))
		}
		s, l := newSite(hosts), &log{}
		g := hub(t, s, l, hosts, nil)
		all := g.run(t.Context(), hosts, nil)
		var walks sync.WaitGroup
		for _, h := range hosts {
			ill, doubled, restarts := dice.IntN(3) > 0, dice.IntN(2) == 0, dice.IntN(2) == 0
			walks.Go(func() {
				if ill {
					for range map[bool]int{false: 1, true: 2}[doubled] {
						s.step(h, Wants, "f1.x", "")
					}
					if restarts {
						s.step(h, Wants, "f1.y", "")
					}
					s.until(t, func(turn Turn) bool { return turn.Host == h && turn.Refused == "" })
				} else {
					s.step(h, Read, "", "")
				}
				s.step(h, Ended, "", outcome.Recovered)
				s.step(h, Ended, "", outcome.Failed) // too late
			})
		}
		walks.Wait()
		all.Wait()
		for _, h := range hosts {
			if turns := l.turns(h); len(turns) > 1 {
				t.Fatalf("seed %d: %s was let begin by %v", seed, h, turns)
			}
		}
		ends := 0
		for _, e := range l.entries {
			if e.Event == outcome.EventEnded {
				ends++
				if e.Status != string(outcome.Recovered) {
					t.Fatalf("seed %d: %+v", seed, e)
				}
			}
		}
		if ends != len(hosts) {
			t.Fatalf("seed %d: %d ends of %s", seed, ends, strings.Join(hosts, " "))
		}
	}
}
