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

// walk takes one host from its first connection to its end: it asks the host's course for
// the next action, does it, journals the result, and asks again. One goroutine owns it.
type walk struct {
	*Engine
	subject

	course   *course.Record // decides
	out      outcome.Host   // the report
	state    State          // the state that is shown
	conn     transport.Conn // nil: none
	begun    time.Time      // when it was first connected to
	last     time.Time      // when the course was last told of an event, by the wall clock
	stage    *openStage     // the stage of the report that is open; nil: none
	lease    *onhost.Lease
	evidence evidence // from the newest look, and the controller's own
	steps    map[string]playbooks.PlannedStep
	moved    map[string]bool // files that a transfer has brought over
	parking
	pickup *pickup // nil: no earlier process of the run sent anything
}

// subject is the host of a walk, among the hosts of the run.
type subject struct {
	peers  *peers.Peers
	waves  rollout.Turns
	host   inventory.Host
	target transport.Target
}

// parking says where the report of a host is while it waits for others: see park.go.
type parking struct {
	parked    bool // the report is on disk alone
	reloading bool // it holds a reload
}

func newWalk(e *Engine, p *peers.Peers, waves rollout.Turns, host inventory.Host) *walk {
	w := &walk{
		Engine: e, subject: subject{peers: p, waves: waves, host: host, target: TargetOf(host)}, course: course.New(), state: Queued,
		out: outcome.Host{
			Schema: outcome.HostSchema, RunID: e.RunID, Host: host.Name, Address: host.Address,
			Stages: []outcome.Stage{}, Facts: map[string]any{}, Findings: []outcome.Finding{}, Changes: []outcome.Change{},
			Plan: emptyPlan(e.Verb),
		},
		steps: map[string]playbooks.PlannedStep{}, moved: map[string]bool{},
	}
	if e.Approved != nil {
		w.evidence.approved = e.Approved(host.Name)
	}
	return w
}

// TargetOf returns how to reach a host of the inventory.
func TargetOf(host inventory.Host) transport.Target {
	s := host.SSH
	return transport.Target{
		Name: host.Name, Address: host.Address, Port: s.Port, User: s.User,
		Identity: s.Identity, Certificate: s.Certificate, Passphrase: s.Passphrase, Password: s.Password,
		LegacyAlgorithms: s.LegacyAlgorithms, KnownHosts: s.KnownHosts, Agent: s.Agent, HostKeyAlias: s.HostKeyAlias, SSHConfig: s.Config, Jump: s.Jump,
		Become: s.Become, BecomeCommand: s.BecomeCommand, BecomeMode: s.BecomeMode, BecomePassword: s.BecomePassword,
	}
}

// emptyPlan is empty for the verbs that plan, else nil.
func emptyPlan(verb Verb) []outcome.PlanStep {
	if verb == Plan || verb == Recover {
		return []outcome.PlanStep{}
	}
	return nil
}

// happened tells the course an event that is not for the journal.
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

// fold tells the course an event and updates the changes of the report. The course is
// told the time by the monotonic clock of this process, which never jumps (procedure E9).
func (w *walk) fold(e course.Event) {
	w.course.Apply(e)
	w.last = time.Now().Round(0)
	e.Time = e.Time.UTC()
	outcome.FoldChange(&w.out.Changes, e.Entry, w.course.Fixes(e.Rung))
}

// timed is the report with the time taken so far.
func (w *walk) timed() outcome.Host {
	if !w.begun.IsZero() {
		w.out.Started = w.begun.UTC()
		w.out.Duration = time.Since(w.begun).Milliseconds()
	}
	return w.out
}

// close closes the connection, which frees its slot.
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

// reasonOf returns why a host can't be reached; it begins with the kind.
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

// evidence is the base of decisions about a host: the newest look, and the controller's
// own knowledge.
type evidence struct {
	captured  *facts.Captured      // from the newest capture before this run
	given     *playbooks.Given     // the controller's own facts
	approved  *approval.Host       // nil: no plan was approved
	applied   []string             // why the approved plan may have been applied already
	before    *playbooks.Diagnosis // the host before its first change
	diagnosis *playbooks.Diagnosis // the newest
	plan      []playbooks.PlannedRung
	// othersOpen says that other hosts were still open when the diagnosis was made.
	othersOpen bool
	earlier    string          // the run that is rolled back
	rollback   course.Rollback // the rest of it
}

// forget drops everything that the report holds too.
func (s *evidence) forget() { s.given, s.before, s.diagnosis, s.plan = nil, nil, nil, nil }

// pickup is the report that a resumed walk owes the observer.
type pickup struct {
	open int // the change whose result was never journaled; -1: none
	told bool
}

// spoiled tells the course that no rung may begin any more, and why.
func (w *walk) spoiled(why string) {
	w.happened(course.Event{Entry: outcome.Entry{Event: course.Spoiled, Detail: why}})
}
