package hub

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/fleet/server"
	"aixmend/controller/journal"
	"aixmend/controller/journal/durable"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/playbooks"
)

const (
	// membersEvery is how often the members are read again.
	membersEvery = time.Second
	// gcPercent: a hub waits for disks and sites, and is to be small beside others.
	gcPercent = 30
	// answerWithin is the longest wait of a following question.
	answerWithin = 5 * time.Second
	// maxRuns is how many runs go on at the same time, and how many that ended are at hand.
	maxRuns = 8
)

// verbs are those that a hub carries out.
var verbs = []controller.Verb{controller.Audit, controller.Capture, controller.Plan, controller.Recover}

// Service is a hub that runs. A hub that is stopped is like one that was killed: its runs go
// on when it begins again.
type Service struct {
	folder  Folder
	version string
	shelf   playbooks.Shelf
	say     func(format string, args ...any)
	store   *journal.Store
	hub     *fleet.Hub
	server  *server.Server
	began   time.Time
	ctx     context.Context // ends with the service; its runs outlive it, as after a kill
	stop    context.CancelCauseFunc
	showing chan struct{} // has room for so many at the same time

	mu       sync.Mutex
	runs     map[string]*going
	draining bool // no new run begins
}

// going is a run that this process carries out, or has.
type going struct {
	sweep    *sweep // nil: of an earlier process
	operator string
	stop     *console.Interrupts
	opened   chan struct{} // closed when the run is on the disk, and would be continued
	over     chan struct{} // closed at its end
	fetched  chan struct{} // closed when an operator has asked for the end

	mu    sync.Mutex
	lines []string
	end   *result // nil: not yet
	// wave waits for answer; nil: none does. asks is closed when one begins to wait.
	wave   *wave
	answer chan bool
	asks   chan struct{}
}

func newGoing(operator string) *going {
	return &going{operator: operator, stop: console.NewInterrupts(), opened: make(chan struct{}), over: make(chan struct{}), fetched: make(chan struct{}), asks: make(chan struct{})}
}

// Options are those of a hub.
type Options struct {
	// Version is the version of this program.
	Version string
	// Trust are files of playbooks that operators may name beside the embedded ones.
	Trust []string
	// Say prints a line.
	Say func(format string, args ...any)
}

// Run runs the hub until ctx ends. ready is told where it listens.
func Run(ctx context.Context, f Folder, o Options, ready func(address string)) error {
	shelf, err := playbooks.NewShelf(o.Trust)
	if err != nil {
		return exit.Usagef("", "--trust-playbook: %w", err)
	}
	lock := durable.NewLock(f.file("running"))
	held, err := lock.TryLock()
	if err != nil {
		return err
	}
	if !held {
		return exit.Usagef("aixmend hub status shows it", "a hub runs in %s already", f.path)
	}
	defer func() { _ = lock.Unlock() }()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	s := &Service{folder: f, version: o.Version, shelf: shelf, say: o.Say, began: time.Now().UTC(), ctx: ctx, stop: end, showing: make(chan struct{}, showAtOnce), runs: map[string]*going{}}
	if s.store, err = journal.Open(f.State()); err != nil {
		return err
	}
	srv, set, err := s.begin()
	if err != nil {
		return err
	}
	defer func() { _ = srv.Stop() }()
	s.server = srv
	conn, err := srv.Connect(set.Seed)
	if err != nil {
		return err
	}
	defer conn.Close()
	if s.hub, err = fleet.NewHub(ctx, conn); err != nil {
		return err
	}
	if err := s.members(ctx, srv); err != nil {
		return err
	}
	open, err := s.continueRuns()
	if err != nil {
		return err
	}
	if err := s.hub.Tidy(ctx, open); err != nil {
		return err
	}
	ready(srv.Address())
	go func() { end(s.followMembers(ctx, srv)) }()
	if err := s.hub.ServeWords(ctx, s.words); err != nil {
		return err
	}
	if err := s.hub.Serve(ctx, s.answer); err != nil {
		return err
	}
	if err := context.Cause(ctx); !errors.Is(err, exit.ErrInterrupted) && !errors.Is(err, errDrained) && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// begin starts the server.
func (s *Service) begin() (*server.Server, *settings, error) {
	set, err := s.folder.settings()
	if err != nil {
		return nil, nil, err
	}
	authority, err := s.folder.authority()
	if err != nil {
		return nil, nil, err
	}
	tls, err := authority.Server(time.Now(), append([]string{here(set.Listen)}, set.Names...)...)
	if err != nil {
		return nil, nil, err
	}
	host, port, err := net.SplitHostPort(set.Listen)
	if err != nil {
		return nil, nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, nil, err
	}
	if host == "" {
		host = "0.0.0.0"
	}
	list, err := s.folder.Members()
	if err != nil {
		return nil, nil, err
	}
	srv, err := server.Start(server.Config{ // with its members: a worker that is refused takes that for a revocation
		Folder: s.folder.file("streams"), Host: host, Port: number, TLS: tls, Hub: server.Member{Key: set.Public, Role: fleet.RoleHub, Name: "hub"},
		Members: admitted(list),
	})
	return srv, &set, err
}

// members lets those in who are members, and only those.
func (s *Service) members(ctx context.Context, srv *server.Server) error {
	list, err := s.folder.Members()
	if err != nil {
		return err
	}
	in := admitted(list)
	if err := srv.SetMembers(in); err != nil {
		return err
	}
	for _, m := range list {
		switch still := slices.ContainsFunc(in, func(o server.Member) bool { return o.Role == m.Role && o.Name == m.Name }); {
		case m.Role != fleet.RoleSite:
		case m.Revoked.IsZero():
			err = errors.Join(err, s.hub.Admit(ctx, m.Name))
		case !still:
			err = errors.Join(err, s.hub.Dismiss(ctx, m.Name))
		}
	}
	return err
}

// admitted are the members that may connect.
func admitted(list []Member) []server.Member {
	var in []server.Member
	for _, m := range list {
		if m.Revoked.IsZero() {
			in = append(in, server.Member{Key: m.Key, Role: m.Role, Name: m.Name})
		}
	}
	return in
}

// followMembers acts on changes of the members until ctx ends.
func (s *Service) followMembers(ctx context.Context, srv *server.Server) error {
	var last []byte // taken over again at once: they may have changed since the hub began
	tick := time.NewTicker(membersEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now, err := os.ReadFile(s.folder.file("members.json"))
		if err != nil || bytes.Equal(now, last) {
			continue // it is replaced whole
		}
		if err := s.members(ctx, srv); err != nil {
			s.say("warning: the members were not taken over: %s", err)
			continue
		}
		if last != nil {
			s.say("the members have changed")
		}
		last = now
	}
}

// answer answers a question of an operator.
func (s *Service) answer(q fleet.Question) (any, error) {
	switch q.Verb {
	case askRun:
		var a Call
		if err := q.Read(&a); err != nil {
			return nil, err
		}
		return s.call(q.Operator, a)
	case askDrain:
		if q.Operator != fleet.Owner {
			return nil, &fleet.Refusal{Text: "only the owner of the hub can drain it", Hint: "run aixmend hub drain on its machine"}
		}
		st, err := s.status()
		s.drain() // which may stop it at once
		return st, err
	case askResume:
		var a resuming
		if err := q.Read(&a); err != nil {
			return nil, err
		}
		return s.resume(q.Operator, a)
	case askWave:
		var a answering
		if err := q.Read(&a); err != nil {
			return nil, err
		}
		return s.answerWave(q.Operator, a)
	case askShow:
		var a show
		if err := q.Read(&a); err != nil {
			return nil, err
		}
		return s.show(a)
	case askStatus:
		return s.status()
	case askFollow:
		var f following
		if err := q.Read(&f); err != nil {
			return nil, err
		}
		g, err := s.of(f.Run)
		if err != nil {
			return nil, err
		}
		return g.follow(f), nil
	}
	var n named
	if err := q.Read(&n); err != nil {
		return nil, err
	}
	g, err := s.of(n.Run)
	if err != nil {
		return nil, err
	}
	switch q.Verb {
	case askStop:
		s.say("run %s: stopped by operator %s", n.Run, q.Operator)
		g.stop.Interrupt()
		if g.ended() == nil { // a hub that begins again stops it, too
			return n, durable.Write(s.stopped(n.Run), nil)
		}
		return n, nil
	case askResult:
		if end := g.ended(); end != nil {
			g.fetch()
			return end, nil
		}
		return nil, &fleet.Refusal{Text: "run " + n.Run + " has not ended"}
	}
	return nil, &fleet.Refusal{Text: "this hub does not know the question " + strconv.Quote(q.Verb), Hint: "hub and operator must be of one version"}
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

// call begins a run, unless it has begun.
func (s *Service) call(operator string, a Call) (*begun, error) {
	if !journal.IsRunID(a.Run) {
		return nil, &fleet.Refusal{Text: fmt.Sprintf("%q can't be the id of a run", a.Run)}
	}
	if !slices.Contains(verbs, a.Verb) {
		return nil, &fleet.Refusal{Text: fmt.Sprintf("a hub does not carry out %q", a.Verb)}
	}
	book, known := s.shelf.Find(a.Playbook)
	if !known {
		return nil, &fleet.Refusal{Text: fmt.Sprintf("playbook %s: over a hub run embedded playbooks, and those that it was started with", a.Playbook), Hint: "aixmend playbook list names the embedded ones; hub run --trust-playbook takes others"}
	}
	a.Playbook = book
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.runs[a.Run]; g != nil {
		if g.operator != operator {
			return nil, &fleet.Refusal{Text: "run " + a.Run + " is another operator's"}
		}
		return g.begun(), nil
	}
	if s.draining {
		return nil, &fleet.Refusal{Text: "the hub drains, and takes no new run", Hint: "try again when it was started again"}
	}
	if _, err := os.Lstat(s.store.RunDir(a.Run)); err == nil {
		return nil, &fleet.Refusal{Text: "run " + a.Run + " is there already"}
	}
	if n := s.active(); n >= maxRuns {
		return nil, &fleet.Refusal{Text: fmt.Sprintf("the hub carries out %d runs already", n), Hint: "try again when one has ended"}
	}
	r, err := s.request(a)
	if err != nil {
		return nil, refusal(err)
	}
	r.By.Operator = operator
	g := s.going(r, a.Run, operator)
	j, err := job.Prepare(r, s.settings(a.Run, g))
	if err != nil {
		return nil, refusal(err)
	}
	s.carryOut(g, j, nil)
	select {
	case <-g.opened: // no run is promised that a crash could lose
	case <-g.over:
		return nil, &fleet.Refusal{Text: "the run could not begin: " + g.ended().Broken}
	}
	return g.begun(), nil
}

// resume continues a run that was cut off, unless it goes on already.
func (s *Service) resume(operator string, a resuming) (*begun, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.runs[a.Run]; g != nil && g.ended() == nil {
		if g.operator != operator {
			return nil, &fleet.Refusal{Text: "operator " + g.operator + " has it continued already"}
		}
		return g.begun(), nil
	}
	switch {
	case s.draining:
		return nil, &fleet.Refusal{Text: "the hub drains, and takes no new run", Hint: "try again when it was started again"}
	case !journal.IsRunID(a.Run) || s.store.State(a.Run) != journal.StateOpen:
		return nil, &fleet.Refusal{Text: fmt.Sprintf("run %q is not open at the hub", a.Run), Hint: "on the hub, aixmend runs --state " + s.folder.State() + " shows which are"}
	}
	if err := s.fresh(a.Run); err != nil {
		return nil, refusal(err)
	}
	g, err := s.continueRun(a.Run, operator, a.Deadline)
	if err != nil {
		return nil, refusal(err)
	}
	return g.begun(), nil
}

// fresh prepares a run for its rest: reports that came after its end must not end that.
func (s *Service) fresh(run string) error {
	r, err := request.Load(s.store, run)
	if err != nil {
		return err
	}
	if err := os.Remove(s.stopped(run)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.hub.Close(s.ctx, run, slices.Collect(maps.Keys(r.Sites)))
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

// refusal is an error as the operator is told it.
func refusal(err error) error {
	code, messages := exit.Decide(err, 0)
	if code != outcome.ExitUsage || len(messages) == 0 {
		return err
	}
	no := &fleet.Refusal{Text: strings.TrimPrefix(messages[0], "error: ")}
	for _, m := range messages[1:] {
		no.Hint = strings.TrimPrefix(m, "hint: ")
	}
	return no
}

// request is the request of an audit, over the hosts that the sites have announced.
func (s *Service) request(a Call) (request.Request, error) {
	announced, err := s.hub.Hosts(s.ctx)
	if err != nil {
		return request.Request{}, err
	}
	inv, of, err := together(announced)
	if err != nil {
		return request.Request{}, err
	}
	if err := s.everySite(announced, a.Limit); err != nil {
		return request.Request{}, err
	}
	past := func(run, ended string) ([]string, error) {
		return request.HostsOf(func() (*journal.Store, error) { return s.store, nil }, run, ended)
	}
	chosen, _, err := inv.SelectOf(past, a.Limit...)
	if err != nil {
		return request.Request{}, exit.Usage(err)
	}
	if a.Undoes != "" {
		if chosen, err = s.undoing(&a, chosen); err != nil {
			return request.Request{}, err
		}
	}
	scope := request.ScopeOf(inv, chosen)
	scope.Sites = map[string][]string{}
	for _, h := range chosen {
		scope.Sites[of[h.Name]] = append(scope.Sites[of[h.Name]], h.Name)
	}
	if len(chosen) == 0 {
		return request.Request{}, exit.Usagef("aixmend hub status lists the sites; the worker of a site announces its hosts", "no site has announced a host")
	}
	scope.Applies = a.Plan
	return request.Request{Verb: a.Verb, By: a.By, Undoes: a.Undoes, Scope: scope, Asked: request.Asked{
		Limit: a.Limit, Playbook: a.Playbook, Set: a.Set, FailOn: a.FailOn, Deadline: a.Deadline, Ticket: a.Ticket, Concurrency: 1, Label: a.Label,
		Allow: a.Allow, MendWarnings: a.MendWarnings, Attempts: a.Attempts, Waves: a.Waves, MaxFail: a.MaxFail, BrakeUnreachable: a.BrakeUnreachable, Pause: a.Pause,
	}}, nil
}

// undoing makes a call one that rolls back a run, and returns those of the chosen hosts that it
// let begin.
func (s *Service) undoing(a *Call, chosen []inventory.Host) ([]inventory.Host, error) {
	id, err := s.store.Named(a.Undoes)
	if err != nil || a.Undoes == "latest" {
		return nil, exit.Usagef("aixmend runs lists all runs", "--undo %s names no run of the hub", a.Undoes)
	}
	then, err := request.Load(s.store, id)
	switch {
	case err != nil:
		return nil, err
	case then.Verb != controller.Recover || then.Undoes != "":
		return nil, exit.Usagef("aixmend runs lists all runs", "run %s is no recover that could be rolled back", id)
	case s.store.State(id) != journal.StateEnded:
		return nil, exit.Usagef("aixmend resume "+id, "run %s has not ended: it must be resumed before it can be rolled back", id)
	}
	entries, err := s.store.ReadJournal(id)
	if err != nil {
		return nil, err
	}
	begun := map[string]bool{}
	for _, e := range entries {
		if e.Event == outcome.EventTurn {
			begun[e.Host] = true
		}
	}
	a.Undoes, a.Playbook, a.Set, a.Allow, a.MendWarnings = id, then.Playbook, then.Set, nil, false
	chosen = slices.DeleteFunc(slices.Clone(chosen), func(h inventory.Host) bool { return !begun[h.Name] })
	if len(chosen) == 0 {
		return nil, exit.Usagef("aixmend report "+id+" shows its hosts", "run %s changed none of the selected hosts", id)
	}
	return chosen, nil
}

// everySite returns an error where all hosts are asked for and a site has announced none: the
// run would look well without it.
func (s *Service) everySite(announced []fleet.Hosts, limit []string) error {
	members, err := s.folder.Members()
	if err != nil || len(limit) > 0 {
		return err
	}
	var missing []string
	for _, m := range members {
		has := func(h fleet.Hosts) bool { return h.Site == m.Name && len(h.Names) > 0 }
		if m.Role == fleet.RoleSite && m.Revoked.IsZero() && !slices.ContainsFunc(announced, has) {
			missing = append(missing, m.Name)
		}
	}
	if len(missing) > 0 && len(announced) > 0 {
		return exit.Usagef("start the worker there, revoke the site, or name the sites with --limit", "these sites have announced no host: %s", report.Compact(missing))
	}
	return nil
}

// together is the inventory of all sites, with the site of each host. A site is a group, too,
// where no group or host has its name.
func together(announced []fleet.Hosts) (*inventory.Inventory, map[string]string, error) {
	of, groups := map[string]string{}, map[string][]string{}
	inv := &inventory.Inventory{}
	for _, h := range announced {
		for _, name := range h.Names {
			if other, there := of[name]; there {
				return nil, nil, exit.Usagef("give one of them another name in its inventory", "sites %s and %s both have a host %s", other, h.Site, name)
			}
			of[name] = h.Site
			inv.Hosts = append(inv.Hosts, inventory.Host{Name: name})
		}
		for group, members := range h.Groups {
			groups[group] = append(groups[group], members...)
		}
	}
	for _, h := range announced {
		if _, taken := groups[h.Site]; !taken && of[h.Site] == "" && len(h.Names) > 0 {
			groups[h.Site] = h.Names
		}
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		if of[name] == "" { // a host's name counts
			inv.Groups = append(inv.Groups, inventory.Group{Name: name, Hosts: slices.Sorted(slices.Values(groups[name]))})
		}
	}
	slices.SortFunc(inv.Hosts, func(a, b inventory.Host) int { return strings.Compare(a.Name, b.Name) })
	return inv, of, nil
}

// going notes a run that begins.
func (s *Service) going(r request.Request, run, operator string) *going {
	g := newGoing(operator)
	g.sweep = newSweep(s.hub, run, r.Sites, func(format string, args ...any) {
		line := fmt.Sprintf(format, args...)
		s.say("run %s: %s", run, line)
		g.mu.Lock()
		defer g.mu.Unlock()
		g.lines = append(g.lines, line)
	})
	if p, err := playbooks.Load(r.Playbook); err == nil { // else the run does not begin
		g.sweep.compared.Facts = p.SharedParts()
	}
	return g
}

func (s *Service) settings(run string, g *going) job.Settings {
	return job.Settings{State: s.folder.State(), Version: s.version, Quiet: true, Part: &job.Part{
		ID: run, Elsewhere: g.sweep, Opened: func() { close(g.opened) }, Pause: g.pause,
	}}
}

// carryOut runs a job in the background; the lock is held, or nobody else is there yet.
func (s *Service) carryOut(g *going, j *job.Job, earlier *job.Earlier) {
	run := g.sweep.run
	s.runs[run] = g
	who := ""
	if g.operator != "" {
		who = ", asked by operator " + g.operator
	}
	s.say("run %s: %s of %s at %d sites%s", run, j.Command(), report.Hosts(len(j.Request.Hosts)), len(j.Request.Sites), who)
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
			if err := g.sweep.gather(ctx, order, g.stop.Stop()); err != nil {
				g.sweep.say("%s", err)
				g.sweep.over("the hub failed: " + err.Error())
			}
		}()
		lines := console.New(console.Streams{Out: io.Discard, Err: sayer{g.sweep.say}}, g.stop, func(string) string { return "" })
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
		g.sweep.forget()
		s.forget()
	}()
}

// orderOf is the order of a job, as far as it is the same for all sites.
func orderOf(j *job.Job) fleet.Order {
	r := j.Request
	order := fleet.Order{
		Verb: string(r.Verb), Playbook: outcome.Playbook{Name: j.Playbook.Name, SHA256: j.Playbook.SHA256}, Set: r.Set, By: r.By,
		Limit: strings.Join(r.Limit, ","), Ticket: r.Ticket, Label: r.Label,
		Changing: fleet.Changing{Allow: r.Allow, MendWarnings: r.MendWarnings, Attempts: r.Attempts, Plan: r.Applies, Undoes: r.Undoes},
	}
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
	return g.sweep.words(site, a)
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
		if _, err := s.store.LoadRun(id); err == nil || s.store.State(id) != journal.StateOpen {
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
	j, err := job.Restore(r, s.settings(id, g))
	if err != nil {
		return nil, err
	}
	earlier, err := job.LoadEarlier(s.store, id, j.Playbook)
	if err != nil {
		return nil, err
	}
	g.sweep.done(slices.DeleteFunc(request.Names(r.Hosts), func(host string) bool { return !earlier.Done(host) }))
	if _, err := os.Stat(s.stopped(id)); err == nil {
		g.stop.Interrupt()
	}
	s.carryOut(g, j, earlier)
	return g, nil
}

func (g *going) begun() *begun {
	return &begun{Hosts: len(g.sweep.of), Sites: slices.Sorted(maps.Keys(g.sweep.sites))}
}

func (g *going) ended() *result {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.end
}

// follow waits for news of the run.
func (g *going) follow(f following) progress {
	late := time.NewTimer(answerWithin)
	defer late.Stop()
	for waits := true; ; {
		var news <-chan struct{}
		p := progress{}
		if g.sweep != nil {
			p.Ended, p.Of, news = g.sweep.progress()
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
