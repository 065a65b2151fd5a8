package hub

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/hub/adoption"
	"aixmend/cmd/aixmend/hub/sweep"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller/approval"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// going is a run that this process carries out, or has.
type going struct {
	sweep    *sweep.Sweep // nil: of an earlier process
	operator string
	stop     *console.Interrupts
	opened   chan struct{} // closed when the run is on the disk, and would be continued
	over     chan struct{} // closed at its end
	taken    chan struct{} // closed when the operator has said that it has the end, or long after that

	mu    sync.Mutex
	lines []string
	end   *result // nil: not yet
	text  []byte  // of the end; nil: it is made when it is asked for
	// wave waits for answer; nil: none does. asks is closed when one begins to wait.
	wave   *wave
	answer chan bool
	asks   chan struct{}
}

func newGoing(operator string) *going {
	return &going{operator: operator, stop: console.NewInterrupts(), opened: make(chan struct{}), over: make(chan struct{}), taken: make(chan struct{}), asks: make(chan struct{})}
}

// stopped is the file that says that an operator has stopped a run.
func (s *Service) stopped(run string) string { return filepath.Join(s.store.RunDir(run), "stopped") }

func (s *Service) of(run string) (*going, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.runs[run]; g != nil {
		return g, nil
	}
	if journal.IsRunID(run) { // of an earlier process of the hub
		if done, err := s.store.LoadRun(run); err == nil {
			g := newGoing("")
			g.end = &result{Run: *done}
			close(g.over)
			return g, nil
		}
	}
	return nil, &fleet.Refusal{Text: "the hub does not carry out a run " + strconv.Quote(run), Hint: "on the hub, aixmend runs --state " + s.folder.State() + " lists all runs"}
}

// active counts the runs that go on. The lock is held.
func (s *Service) active() int {
	n := 0
	for _, g := range s.runs {
		if g.ended() == nil {
			n++
		}
	}
	return n
}

// going notes a run that begins.
func (s *Service) going(r request.Request, run, operator string) *going {
	g := newGoing(operator)
	g.sweep = sweep.New(s.hub, run, r.Sites, func(format string, args ...any) {
		line := fmt.Sprintf(format, args...)
		s.say("run %s: %s", run, line)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.lines = append(g.lines, line)
	})
	g.sweep.Begin(r)
	if r.Applies != "" {
		s.applies(g.sweep, r)
	}
	return g
}

// applies prepares the sweep of a run that applies a plan: hosts to which another run has
// applied it are left alone, and those on which it runs nothing are known by it.
func (s *Service) applies(w *sweep.Sweep, r request.Request) {
	w.Planned(func(host string) *outcome.Host {
		h, err := s.store.LoadHost(r.Applies, host)
		if err != nil || slices.ContainsFunc(h.Plan, outcome.PlanStep.Runs) {
			return nil
		}
		return h
	})
	applied, _ := s.store.Applied(r.Applies) // where it is not known, the run was refused
	for host, by := range applied {
		if by != w.Run() {
			w.Leave(host, approval.Drifted+"the plan is not for the host as it is: run "+by+" has applied it already: make another plan")
		}
	}
}

func (s *Service) settings(run string, r request.Request, g *going) job.Settings {
	return job.Settings{State: s.folder.State(), Version: s.version, Quiet: true, Since: r.Since, Detailed: r.Detailed, Part: &job.Part{
		ID: run, Elsewhere: g.sweep, Opened: func() { close(g.opened) }, Pause: g.pause,
	}}
}

// carryOut runs a job in the background; the lock is held, or nobody else is there yet.
func (s *Service) carryOut(g *going, j *job.Job, earlier *job.Earlier) {
	run := g.sweep.Run()
	s.runs[run] = g
	who := ""
	if g.operator != "" {
		who = ", asked by operator " + g.operator
	}
	s.say("run %s: %s of %s at %d sites%s", run, j.Kind(), report.Hosts(len(j.Request.Hosts)), len(j.Request.Sites), who)
	order := orderOf(j)
	go func() {
		ctx, done := context.WithCancel(context.WithoutCancel(s.ctx)) // a hub that stops leaves its runs as they are
		defer done()
		go func() {
			select {
			case <-g.opened: // orders of a run that is lost would be nobody's
			case <-ctx.Done():
				return
			}
			if err := g.sweep.Gather(ctx, order, g.stop.Stop()); err != nil {
				g.sweep.Say("%s", err)
				g.sweep.Over("the hub failed: " + err.Error())
			}
		}()
		lines := console.New(console.Streams{Out: io.Discard, Err: sayer{g.sweep.Say}}, g.stop, func(string) string { return "" })
		ended, err := j.Run(ctx, lines, earlier)
		end := &result{}
		if ended != nil {
			end.Run = ended.Run
		}
		if err != nil {
			end.Broken = err.Error()
			s.say("run %s: %s", run, err)
		}
		if err := s.hub.Close(ctx, run, slices.Collect(maps.Keys(j.Request.Sites))); err != nil {
			s.say("run %s: %s", run, err)
		}
		_ = os.Remove(s.stopped(run)) // it has ended
		s.say("run %s: ended, exit code %d: %s", run, end.Run.ExitCode, end.Run.ExitReason)
		g.mu.Lock()
		g.end = end
		g.mu.Unlock()
		close(g.over)
		time.AfterFunc(handOver, g.take)
		g.sweep.Forget()
		s.forget()
	}()
}

// orderOf is the order of a job, as far as it is the same for all sites.
func orderOf(j *job.Job) fleet.Order {
	r := j.Request
	order := fleet.Order{
		Verb: string(r.Verb), Playbook: outcome.Playbook{Name: j.Playbook.Name, SHA256: j.Playbook.SHA256}, Set: r.Set, By: r.By,
		Limit: strings.Join(r.Limit, ","), Ticket: r.Ticket, Label: r.Label, Approvals: r.Approvals,
		Changing: fleet.Changing{Allow: r.Allow, MendWarnings: r.MendWarnings, Attempts: r.Attempts, Plan: r.Applies, Undoes: r.Undoes},
	}
	order.Request, _ = adoption.Words(r, j.Playbook.Name, j.Playbook.SHA256) // without them a hub that loses the run can't adopt it
	if d := r.Deadline; d > 0 {
		order.Until = time.Now().Add(d).UTC()
	}
	return order
}

// words are the words of the hub to a site about a run.
func (s *Service) words(site string, a fleet.Asks) fleet.Words {
	s.mu.Lock()
	g := s.runs[a.Run]
	s.mu.Unlock()
	if g == nil || g.sweep == nil || g.ended() != nil {
		return fleet.Words{Over: true}
	}
	return g.sweep.Words(site, a)
}

// forget leaves all but the newest ended runs to the disk: a hub runs for years.
func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ended []string
	for id, g := range s.runs {
		if g.ended() != nil {
			ended = append(ended, id)
		}
	}
	slices.Sort(ended) // by time
	for _, id := range ended[:max(len(ended)-maxRuns, 0)] {
		delete(s.runs, id)
	}
}

// sayer prints the lines that are written to it.
type sayer struct {
	say func(format string, args ...any)
}

// Write implements io.Writer.
func (w sayer) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "interrupted: ") { // the operator has said it
			continue
		}
		w.say("%s", strings.TrimRight(line, "\n"))
	}
	return len(text), nil
}

// continueRuns continues the runs that an earlier process of the hub has begun and not ended,
// and returns them.
func (s *Service) continueRuns() (open []string, err error) {
	ids, err := s.store.RunIDs()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if _, err := s.store.LoadHead(id); err == nil || s.store.State(id) != journal.StateOpen {
			continue // it has ended, or an operator stopped it
		}
		if _, err := s.continueRun(id, "", 0); err != nil {
			s.say("run %s is not continued: %s", id, err)
			continue
		}
		open = append(open, id)
	}
	return open, nil
}

// continueRun continues a run, for the operator who began it where operator is "", and with
// its own deadline where deadline is 0. The lock is held.
func (s *Service) continueRun(id, operator string, deadline time.Duration) (*going, error) {
	r, err := request.Load(s.store, id)
	if err != nil {
		return nil, err
	}
	r.Deadline = cmp.Or(deadline, r.Deadline)
	g := s.going(r, id, cmp.Or(operator, r.By.Operator))
	j, err := job.Restore(r, s.settings(id, r, g))
	if err != nil {
		return nil, err
	}
	earlier, err := job.LoadEarlier(s.store, id, j.Playbook)
	if err != nil {
		return nil, err
	}
	g.sweep.Done(slices.DeleteFunc(request.Names(r.Hosts), func(host string) bool { return !earlier.Done(host) }))
	if _, err := os.Stat(s.stopped(id)); err == nil {
		g.stop.Interrupt()
	}
	s.carryOut(g, j, earlier)
	return g, nil
}

func (g *going) begun() *begun {
	return &begun{Hosts: g.sweep.Hosts(), Sites: g.sweep.Sites()}
}

func (g *going) ended() *result {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.end
}

// follow answers with news of a run.
func (s *Service) follow(_ string, f following) (any, error) {
	g, err := s.of(f.Run)
	if err != nil {
		return nil, err
	}
	return g.follow(f), nil
}

// stopRun stops a run.
func (s *Service) stopRun(operator string, n named) (any, error) {
	g, err := s.of(n.Run)
	if err != nil {
		return nil, err
	}
	s.say("run %s: stopped by operator %s", n.Run, operator)
	g.stop.Interrupt()
	if g.ended() != nil {
		return n, nil
	}
	return n, durable.Write(s.stopped(n.Run), nil) // a hub that begins again stops it, too
}

// follow waits for news of the run.
func (g *going) follow(f following) progress {
	late := time.NewTimer(answerWithin)
	defer late.Stop()
	for waits := true; ; {
		var news <-chan struct{}
		p := progress{}
		if g.sweep != nil {
			p.Ended, p.Of, news = g.sweep.Progress()
		}
		wave, asks := g.waits()
		if wave != nil && wave.Number > f.Wave {
			p.Wave = wave
		}
		if p.Over = g.ended() != nil; p.Over || p.Ended > f.Known || p.Wave != nil || !waits {
			g.mu.Lock()
			p.Lines = slices.Clone(g.lines)
			g.mu.Unlock()
			return p
		}
		select {
		case <-news:
		case <-asks:
		case <-g.over:
		case <-late.C:
			waits = false
		}
	}
}
