// Package controller is the engine: it takes hosts through the machine of
// machine.go, each on its own, and knows nothing of SSH, files or formats. What
// it needs it declares here as small interfaces; the command hands them in.
//
// Terms. A walk is one host's way through the machine. A look is one reading
// of the probes. A rung's steps are changes. A change whose link died is in
// doubt until a new look says whether it happened.
package controller

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
	"aixmend/transport"
)

// Verb is what a run is to do with its hosts.
type Verb = course.Verb

// The verbs that walk hosts.
const (
	Audit   = course.VerbAudit
	Capture = course.VerbCapture
	Plan    = course.VerbPlan
	Recover = course.VerbRecover
)

// Journal takes the run's log. Append returns when the entry is as safe as its
// event asks for: intents and results are on disk.
type Journal interface {
	Append(outcome.Entry) error
}

// Captures keeps captures.
type Captures interface {
	// Keep writes a capture, reads it back and returns its path.
	Keep(c outcome.Capture, files []outcome.CaptureFile) (string, error)
	// Check verifies a kept capture again.
	Check(path string) error
	// Load returns a kept capture, by its path.
	Load(path string) (*outcome.Capture, error)
	// Newest returns a host's newest good capture that was not taken by a run,
	// nil when there is none.
	Newest(host, besides string) (*outcome.Capture, error)
	// Held returns the values that a host went by when its good captures were taken,
	// the oldest first. values finds them in the facts of a capture, by name.
	Held(host string, values func(facts map[string]any) map[string]string) ([]outcome.CapturedID, error)
	// Taken returns the good captures that the capture verb took of a host, the
	// newest first; where one is asked for by its id or label, that one alone.
	Taken(host, asked string) ([]outcome.Capture, error)
}

// Folders are the places of this machine from and to which files of hosts are
// moved.
type Folders interface {
	// Uploads returns the paths of the files in a folder that is to be uploaded.
	Uploads(folder string) ([]string, error)
	// Support makes the folder for the support data of a host, and returns its
	// path and how reports name it.
	Support(host string) (path, name string, err error)
}

// Turns says when it is a host's turn to be connected to for the first time.
type Turns interface {
	// Await waits until the host can be connected to at once: its place is kept
	// for its next dial. It fails when ctx ends.
	Await(ctx context.Context, target transport.Target) error
	// Leave gives a place back that no dial has used.
	Leave(target transport.Target)
}

// Sink takes each host when its walk has ended. A host that then waits to be
// judged among the others is given twice; the last report counts.
type Sink interface {
	HostDone(outcome.Host) error
	// Keep puts a report as it is when a rung begins aside, on the disk: what a
	// process begins with that has to go on in this one's place.
	Keep(outcome.Host) error
	// Load returns the report that HostDone was given last.
	Load(host string) (outcome.Host, error)
	// Amend changes the report of a host that HostDone was given before.
	Amend(host string, change func(*outcome.Host)) error
}

// Observer is told of every move; nil is allowed. It must not block.
type Observer interface {
	Moved(host string, to State, note string)
	// Transferred tells how far a file is on its way, in bytes.
	Transferred(host, file string, done, total int64)
	// Settled tells what became of a change that was open when the run was cut
	// off, before anything more is sent to any host.
	Settled(Settled)
	// WaveBegun tells that the hosts of a wave may be changed: the n-th of so many
	// as are known now, from 1 on.
	WaveBegun(n, of, hosts int)
	// Ended tells how a host has ended, skipped or not, once for each host: of a run
	// that goes on, those too that have ended before. What the others of the fleet
	// say of it at the end of an audit is not in it.
	Ended(outcome.HostSummary)
}

// Options say what a run does.
type Options struct {
	RunID    string
	Verb     Verb
	Playbook *playbooks.Playbook
	Params   playbooks.Params
	// Allowed holds the words of --allow.
	Allowed      []string
	MendWarnings bool
	// Label names the captures of the capture verb.
	Label string
	// Past holds the unique values of the newest captures of the inventory's hosts.
	// They count for hosts that the run does not, or can't, read.
	Past []outcome.CapturedID
	// Baseline returns what a host is compared with; nil: nothing.
	Baseline func(host string) facts.Past
	// Upload is the folder of this machine that a step may bring to hosts.
	Upload facts.Upload
	// Waves are the running totals in which the hosts that are to be changed
	// begin; none: all at once, and no brake.
	Waves []Wave
	Brake Brake
	// Attempts returns how often a rung was begun on a host lately, by earlier
	// runs; nil: it is not counted. Past MaxAttempts it is not begun again.
	Attempts    func(host, rung string) int
	MaxAttempts int
	// Approved returns what was approved for a host, and that nothing else may
	// run; nil: no plan was approved.
	Approved func(host string) *Approved
	// MadeBy is the run whose id stands in commands where an approved plan was
	// made by another; "": this one.
	MadeBy string
	// Earlier returns what an earlier run has done to a host: this run takes it
	// back, and does nothing else. nil: it goes by the playbook.
	Earlier func(host string) (Earlier, error)
	// Owner is who takes the leases of hosts, such as user@machine; "": nobody
	// does.
	Owner string
	// Process names this process in the leases, as (*journal.Run).Process does.
	Process string
	// Pause asks before each wave but the first; nil: nobody is asked.
	Pause func(wave int, hosts []string) bool
	// Began is when the run began, where an earlier process began it.
	Began time.Time
	// Begun returns what earlier processes of the run left of a host; nil: the
	// run begins now.
	Begun func(host string) (Begun, error)
}

// Engine runs one verb over hosts.
type Engine struct {
	Options
	// Dialer opens connections. It is limited to the window of concurrency
	// and gated: nothing here can pass a gate that is shut.
	Dialer transport.Dialer
	// Turns lets hosts wait for their first connection before their walk takes any
	// memory; nil: they wait in Dial.
	Turns    Turns
	Journal  Journal
	Captures Captures
	Folders  Folders
	Sink     Sink
	Observer Observer
	// Stop, when closed, lets no further host begin and no further change;
	// what runs comes to its end. nil: never.
	Stop <-chan struct{}

	broken chan struct{} // closed when the product itself has failed
	// starting ends when nothing new may begin: hosts that have not begun wait in it.
	starting context.Context
	desks    chan struct{} // places of hosts that are taken up from their reports
	probes   []playbooks.Probe
}

// Result is what a run made of its hosts.
type Result struct {
	// Hosts are sorted by name.
	Hosts []outcome.HostSummary
	// Fleet are the findings over several hosts, as they stand at the end.
	Fleet []outcome.FleetFinding
	// Braked is why no further host was begun, "" when the brake did not trip.
	Braked string
}

// Run walks every host. Its error is a failure of the product itself (the
// state folder can't be written): the result then holds the hosts that ended.
func (e *Engine) Run(ctx context.Context, hosts []inventory.Host) (Result, error) {
	e.broken, e.desks = make(chan struct{}), make(chan struct{}, desks)
	probes, err := e.Playbook.Asked(e.Params, string(e.Verb), e.commandsOf())
	if err != nil {
		return Result{}, err
	}
	e.probes = probes
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Name
	}
	f := newFleet(e, names)
	waves := newWaves(e, names)
	var (
		mu        sync.Mutex
		summaries []outcome.HostSummary
		internal  error // the first failure of the product
		further   int   // hosts that failed for the like after it
		walks     sync.WaitGroup
	)
	starting, over := e.untilStopped(ctx)
	defer over()
	e.starting = starting
	todo, err := e.begin(f, waves, hosts, func(h outcome.Host) {
		summary := summarise(h, e.Verb)
		summaries = append(summaries, summary)
		e.ended(summary)
	})
	if err != nil {
		return Result{}, err
	}
	f.begun()
	take := func(w *walk) {
		summary, err := e.walk(ctx, w)
		if err == nil {
			e.ended(summary)
		}
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err != nil && internal == nil:
			// Nothing new begins; what runs comes to its end.
			internal = err
			close(e.broken)
		case err != nil:
			further++
		default:
			summaries = append(summaries, summary)
		}
	}
	for _, next := range todo {
		walks.Go(func() { // its frame is small: thousands may wait here
			if next.walk == nil {
				e.awaitTurn(next.host)
				defer e.leaveTurn(next.host)
				next.walk = newWalk(e, f, waves, next.host)
			}
			take(next.walk)
		})
	}
	walks.Wait()
	if waves != nil {
		waves.asking.Wait()
	}
	if further > 0 {
		internal = fmt.Errorf("%w (and the like on %d more)", internal, further)
	}
	byName := func(a, b outcome.HostSummary) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(summaries, byName)
	if internal == nil && (e.Verb == Audit || e.Verb == Capture) {
		internal = e.amendAll(f, hosts, summaries)
	}
	return Result{Hosts: summaries, Fleet: f.findings(), Braked: waves.why()}, internal
}

// ended tells the observer how a host has ended.
func (e *Engine) ended(h outcome.HostSummary) {
	if e.Observer != nil {
		e.Observer.Ended(h)
	}
}

// untilStopped is a context that ends when the run is being stopped, and what ends
// it for good.
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
	w.fleet.end(w.host.Name, ended.Interrupted)
	ended.Host = w.host.Name // of a walk that broke, too
	w.waves.end(ended, w.course.Stuck())
	if err == nil {
		summary, err = e.close(w, ended)
	}
	w.leaveDesk()
	return summary, err
}

// awaitTurn waits until a host can be connected to. Where the run is stopped
// before, its walk finds out by itself.
func (e *Engine) awaitTurn(host inventory.Host) {
	if e.Turns != nil {
		_ = e.Turns.Await(e.starting, TargetOf(host))
	}
}

func (e *Engine) leaveTurn(host inventory.Host) {
	if e.Turns != nil {
		e.Turns.Leave(TargetOf(host))
	}
}

// toWalk is a host that has not ended. walk is nil where nothing is known of it
// yet: thousands may wait for their turn, and take no room.
type toWalk struct {
	host inventory.Host
	walk *walk
}

// begin finds the hosts that have not ended, with the walks of those that an
// earlier process has begun, and takes account of those that have ended.
func (e *Engine) begin(f *fleet, waves *waves, hosts []inventory.Host, ended func(outcome.Host)) ([]*toWalk, error) {
	todo := make([]*toWalk, 0, len(hosts))
	for _, host := range hosts {
		next := &toWalk{host: host}
		if e.Begun != nil {
			begun, err := e.Begun(host.Name)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", host.Name, err)
			}
			if begun.Done != nil {
				f.recall(host.Name, begun.Done.Facts)
				f.end(host.Name, false)
				waves.end(*begun.Done, false)
				ended(*begun.Done)
				continue
			}
			next.walk = newWalk(e, f, waves, host)
			next.walk.takeUp(begun)
			if p := next.walk.pickup; p != nil {
				f.identifyFrom(host.Name, begun.Kept, begun.Report)
				if p.open >= 0 && next.walk.course.Open() {
					f.open(host.Name)
				}
			}
		}
		todo = append(todo, next)
	}
	return todo, nil
}

// close writes the last report of a walk, and that it is over.
func (e *Engine) close(w *walk, h outcome.Host) (outcome.HostSummary, error) {
	summary, err := w.finalReport(h)
	if err != nil || h.Interrupted {
		return summary, err
	}
	return summary, e.Journal.Append(outcome.Entry{
		Time: time.Now().UTC(), Event: outcome.EventEnded, Host: h.Host, Status: string(h.Outcome), Detail: h.Reason,
	})
}

// amendAll judges the hosts of a run that only read among each other: nobody
// waited for the slowest.
func (e *Engine) amendAll(f *fleet, hosts []inventory.Host, summaries []outcome.HostSummary) error {
	at := map[string]int{}
	for i, s := range summaries {
		at[s.Name] = i
	}
	for _, host := range hosts {
		i, ended := at[host.Name]
		if !ended {
			continue
		}
		amended, err := e.amend(f, host, summaries[i])
		if err != nil {
			return err
		}
		summaries[i] = amended
	}
	return nil
}

func summarise(h outcome.Host, verb Verb) outcome.HostSummary {
	s := outcome.HostSummary{
		Name: h.Host, Address: h.Address, Outcome: h.Outcome, Reason: h.Reason,
		Findings: outcome.FindingIDs(h.Findings), Open: outcome.OpenIDs(h.Findings), Guides: outcome.GuideIDs(h.Findings), DurationMS: h.Duration,
		Report: "hosts/" + h.Host + ".json", Interrupted: h.Interrupted,
		Waived: outcome.WaivedIDs(h.Findings), Expired: outcome.ExpiredIDs(h.Findings),
	}
	if verb == Plan {
		s.Plan = h.Plan
	}
	return s
}

// commandsOf is the run whose id stands in commands.
func (e *Engine) commandsOf() string {
	if e.MadeBy != "" {
		return e.MadeBy
	}
	return e.RunID
}

// stopping tells whether nothing new may begin.
func (e *Engine) stopping() bool {
	select {
	case <-e.Stop:
		return true
	case <-e.broken:
		return true
	default:
		return false
	}
}

// wishes is what the operator allows on this host, at this point of its walk.
func (w *walk) wishes() playbooks.Wishes {
	now := time.Now()
	return playbooks.Wishes{
		Allowed: w.Allowed, MendWarnings: w.MendWarnings,
		Waived: func(id string) bool { by := waiver(w.host, id); return by != nil && by.ActiveAt(now) },
		Tried:  func(rung string) bool { return w.course.Entered(rung) > 0 },
		Refused: func(rung string) string {
			refused := w.course.Refused(rung)
			if n := w.attempts(rung); refused == "" && n > 0 {
				return fmt.Sprintf("it was begun %d times on this host lately and did not help for long: look for the cause, or open a case (--playbook support-data)", n)
			}
			return refused
		},
	}
}

// attempts is how often a rung was begun on the host lately, where that is too
// often; else 0. A rung of this run is not counted.
func (w *walk) attempts(rung string) int {
	if w.Attempts == nil || w.MaxAttempts <= 0 || w.course.Entered(rung) > 0 {
		return 0
	}
	if n := w.Attempts(w.host.Name, rung); n >= w.MaxAttempts {
		return n
	}
	return 0
}

// waiver returns the waiver of a finding, in force or not, or nil.
func waiver(host inventory.Host, id string) *inventory.Waiver {
	for i, w := range host.Waivers {
		if w.Finding == id {
			return &host.Waivers[i]
		}
	}
	return nil
}
