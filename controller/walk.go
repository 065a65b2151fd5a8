package controller

import (
	"errors"
	"fmt"
	"time"

	"aixmend/controller/approval"
	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/controller/peers"
	"aixmend/controller/rollout"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
	"aixmend/playbooks/onhost"
	"aixmend/transport"
)

// walk takes one host from its first connection to its end: it asks the host's course
// for the next action, does it, writes down what came of it, and asks again. One
// goroutine owns it.
type walk struct {
	*Engine
	peers  *peers.Peers
	waves  *rollout.Waves // nil: nobody is held back
	host   inventory.Host
	target transport.Target

	course *course.Record // decides
	out    outcome.Host   // the report
	state  State          // what is shown of it
	conn   transport.Conn // nil: none
	begun  time.Time      // when it was first connected to
	last   time.Time      // when the course was last told of something, by the clock on the wall
	stage  *openStage     // the stage of the report that is open; nil: none
	lease  *onhost.Lease
	sight  sight // what was read of the host
	steps  map[string]playbooks.PlannedStep
	moved  map[string]bool // files that a transfer has brought over
	parked bool            // what is known stands in the report alone
	atDesk bool            // it holds a desk
	pickup *pickup         // nil: no other process was here before in this run
}

func newWalk(e *Engine, p *peers.Peers, waves *rollout.Waves, host inventory.Host) *walk {
	w := &walk{
		Engine: e, peers: p, waves: waves, host: host, target: TargetOf(host), course: course.New(), state: Queued,
		out: outcome.Host{
			Schema: outcome.HostSchema, RunID: e.RunID, Host: host.Name, Address: host.Address,
			Stages: []outcome.Stage{}, Facts: map[string]any{}, Findings: []outcome.Finding{}, Changes: []outcome.Change{},
			Plan: emptyPlan(e.Verb),
		},
		steps: map[string]playbooks.PlannedStep{}, moved: map[string]bool{},
	}
	if e.Approved != nil {
		w.sight.approved = e.Approved(host.Name)
	}
	return w
}

// TargetOf is where and as whom the inventory says that a host is reached.
func TargetOf(host inventory.Host) transport.Target {
	s := host.SSH
	return transport.Target{
		Name: host.Name, Address: host.Address, Port: s.Port, User: s.User,
		Identity: s.Identity, Certificate: s.Certificate, Passphrase: s.Passphrase, Password: s.Password,
		LegacyAlgorithms: s.LegacyAlgorithms, KnownHosts: s.KnownHosts, Jump: s.Jump,
		Become: s.Become, BecomeCommand: s.BecomeCommand, BecomeMode: s.BecomeMode, BecomePassword: s.BecomePassword,
	}
}

// emptyPlan is there, and empty, for the verbs that plan.
func emptyPlan(verb Verb) []outcome.PlanStep {
	if verb == Plan || verb == Recover {
		return []outcome.PlanStep{}
	}
	return nil
}

// happened tells the course what is not for the journal: it ends with the process.
func (w *walk) happened(e course.Event) {
	e.Host = w.host.Name
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	w.course.Apply(e)
	w.last = time.Now().Round(0)
}

// write writes an event into the journal, and tells the course.
func (w *walk) write(e course.Event) error {
	e.Host = w.host.Name
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	line := e.Entry
	line.Time = line.Time.UTC()
	if err := w.Journal.Append(line); err != nil {
		return err
	}
	w.fold(e)
	return nil
}

// fold tells the course of an event, and keeps the changes of the report in step. The
// course is told the time as the clock of this process has it, which never jumps
// (procedure E9).
func (w *walk) fold(e course.Event) {
	w.course.Apply(e)
	w.last = time.Now().Round(0)
	e.Time = e.Time.UTC()
	outcome.FoldChange(&w.out.Changes, e.Entry, w.course.Fixes(e.Rung))
}

// timed is the report with the time that the walk has taken so far.
func (w *walk) timed() outcome.Host {
	if !w.begun.IsZero() {
		w.out.Started = w.begun.UTC()
		w.out.Duration = time.Since(w.begun).Milliseconds()
	}
	return w.out
}

// close closes the connection, which gives the place in the window back.
func (w *walk) close() {
	if w.conn != nil {
		_ = w.conn.Close()
		w.conn = nil
	}
}

// hangUp closes the connection and tells the course.
func (w *walk) hangUp() {
	w.close()
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Closed}})
}

// broke tells the course that the connection broke while something was read.
func (w *walk) broke(err error) {
	w.close()
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Broke, Status: string(transport.KindOf(err)), Detail: reasonOf(err)}})
}

// reasonOf says why a host can't be reached; it begins with the kind.
func reasonOf(err error) string {
	var typed *transport.Error
	switch {
	case !errors.As(err, &typed):
		return fmt.Sprintf("%s: %v", transport.KindProtocol, err)
	case typed.Kind == transport.KindCanceled:
		return typed.Err.Error()
	}
	return typed.Reason()
}

// openStage is the stage of the report that is open.
type openStage struct {
	at    int
	began time.Time
}

// sight is what was read of a host, and what the controller knows beside it.
type sight struct {
	past      *facts.Captured      // of the newest capture before this run
	given     *playbooks.Given     // what the controller knows of the host
	approved  *approval.Host       // nil: no plan was approved
	applied   []string             // why the approved plan may have been applied already
	before    *playbooks.Diagnosis // the host before its first change
	diagnosis *playbooks.Diagnosis // the newest
	plan      []playbooks.PlannedRung
	earlier   string          // the run that is taken back
	rollback  course.Rollback // what of it is left
}

// forget drops what stands in the report.
func (s *sight) forget() { s.given, s.before, s.diagnosis, s.plan = nil, nil, nil, nil }

// pickup is what a walk has to tell that goes on where another process was.
type pickup struct {
	open int // the change whose result was never written; -1: none
	said bool
}

// spoiled tells the course why no rung may begin any more.
func (w *walk) spoiled(why string) {
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Spoiled, Detail: why}})
}
