package controller

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
	"aixmend/transport"
)

// walk is one host's way through the machine. One goroutine owns it.
type walk struct {
	*Engine
	fleet   *fleet
	waves   *waves // nil: nobody is held back
	host    inventory.Host
	target  transport.Target
	out     outcome.Host
	conn    transport.Conn
	begun   time.Time
	breaks  int // broken links while reading, before any change
	failure error

	past      *facts.Captured      // of the newest capture before this run
	given     *playbooks.Given     // what the controller knows of the host
	before    *playbooks.Diagnosis // the host before its first change
	diagnosis *playbooks.Diagnosis
	plan      []playbooks.PlannedRung

	rung    *playbooks.PlannedRung // the rung that is being run
	step    int                    // its next step
	noted   bool                   // that it begins is written down
	entered map[string]int         // how often each rung was begun
	led     map[string]bool        // findings that led to a change
	last    time.Time              // when the last change ended
	looks   int                    // looks since the last rung
	at      int                    // the change of the step that was sent last
	doubt   *playbooks.PlannedStep // the step of which it is not known whether it happened
	hung    bool                   // the step in doubt did not end within its time
	doubts  int                    // looks that did not see it
	// endedLooks are those since the process table says that it has ended.
	endedLooks int
	arrived    bool                     // the host has said that the step in doubt had begun
	fate       fate                     // by the process table, before the last look
	prove      []*playbooks.PlannedStep // steps that ended well and must be seen to have happened
	expired    string                   // the status of a step whose undo has had its time, where a look does not see it
	unsent     bool                     // the step in doubt certainly never reached the host
	failed     *playbooks.PlannedStep   // the step that failed, until a new look
	trouble    string                   // the step that failed, and how
	shut       bool                     // the gate was found shut
	refused    map[string]string        // why a check did not let a rung run

	applied   []appliedStep   // of the rung that was begun last
	temporary []appliedStep   // what is taken back when the walk ends
	noSupport string          // why the support data could not be had
	atOnce    bool            // the last rung needs no time to take effect
	partial   []string        // what of the support data could not be collected
	repeated  map[string]int  // how often a step was begun again after the link broke
	behind    []string        // what could not be taken back, and is left on the host
	notProved string          // the step of which it can't be told whether it did what it should
	undoLost  string          // the undo of which it is not known whether it ran
	moved     map[string]bool // files that a transfer has brought over

	lease      *playbooks.Lease // nil: not held
	leaseTries int              // broken links while it was asked for

	takes string   // the run that is taken back
	alone []string // what of it is left alone, and why

	parked   bool // what is known stands in the report alone
	unbefore bool // so does what was known before the first change
	atDesk   bool // it holds a desk

	approved *Approved // nil: no plan was approved
	pickup   *pickup   // nil: no other process was here before in this run
	released bool      // its wave has begun
	gathered bool      // the host has been judged among the others
	kept     bool      // it keeps a node id that another host had too
}

func newWalk(e *Engine, f *fleet, waves *waves, host inventory.Host) *walk {
	var approved *Approved
	if e.Approved != nil {
		approved = e.Approved(host.Name)
	}
	return &walk{
		approved: approved,
		Engine:   e, fleet: f, waves: waves, host: host,
		target: TargetOf(host),
		out: outcome.Host{
			Schema: outcome.HostSchema, RunID: e.RunID, Host: host.Name, Address: host.Address,
			Stages: []outcome.Stage{}, Facts: map[string]any{}, Findings: []outcome.Finding{}, Changes: []outcome.Change{},
			Plan: emptyPlan(e.Verb),
		},
		entered: map[string]int{}, led: map[string]bool{}, refused: map[string]string{}, moved: map[string]bool{}, repeated: map[string]int{},
	}
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

// guarded is run; a panic in it is an error of the product, and the other hosts
// come to their end.
func (w *walk) guarded(ctx context.Context) (h outcome.Host, err error) {
	defer func() {
		if p := recover(); p != nil {
			w.hangUp()
			err = fmt.Errorf("%s: this is a bug: panic: %v\n%s", w.host.Name, p, debug.Stack())
		}
	}()
	return w.run(ctx)
}

// run takes the host from Queued to Done. Its error is a failure of the
// product, not of the host.
func (w *walk) run(ctx context.Context) (outcome.Host, error) {
	defer w.hangUp()
	for state := Queued; state != Done; {
		event, err := w.act(ctx, state)
		if err != nil {
			return w.out, fmt.Errorf("%s: %w", w.host.Name, err)
		}
		to, err := next(state, event)
		if err != nil {
			return w.out, fmt.Errorf("%s: %w", w.host.Name, err)
		}
		if err := w.Journal.Append(outcome.Entry{Time: time.Now().UTC(), Event: outcome.EventState, Host: w.host.Name, State: string(to), Detail: string(event)}); err != nil {
			return w.out, err
		}
		if w.Observer != nil {
			w.Observer.Moved(w.host.Name, to, string(event))
		}
		if (to == Done || to == Gathering) && w.out.Outcome != outcome.Unknown { // nothing more is sent there
			if err := w.release(ctx); err != nil {
				return w.out, fmt.Errorf("%s: %w", w.host.Name, err)
			}
		}
		state = to
	}
	if w.interrupted(ctx) && w.mightGoOn() {
		w.out.Interrupted = true
	}
	return w.timed(), nil
}

// act does what is to be done in a state.
func (w *walk) act(ctx context.Context, state State) (Event, error) {
	switch state {
	case Queued:
		return w.queued(ctx)
	case Connecting:
		return w.connect(ctx)
	case Diagnosing:
		return w.diagnose(ctx)
	case Capturing:
		return w.capture(ctx)
	case Recovering:
		return w.recover(ctx)
	case Settling:
		return w.settle(ctx)
	case Verifying:
		return w.verify(ctx)
	case Gathering:
		return w.gather(ctx)
	case Waiting:
		return w.wait(ctx)
	}
	return "", fmt.Errorf("nothing is to be done in the state %s", state)
}

// timed is the report with the time that the walk has taken so far.
func (w *walk) timed() outcome.Host {
	if !w.begun.IsZero() {
		w.out.Started = w.begun.UTC()
		w.out.Duration = time.Since(w.begun).Milliseconds()
	}
	return w.out
}

func (w *walk) end(o outcome.Outcome, format string, args ...any) {
	w.out.Outcome, w.out.Reason, w.out.Interrupted = o, fmt.Sprintf(format, args...), false
}

// mightGoOn tells whether a walk that ended while the run was being stopped could
// have come to another end.
func (w *walk) mightGoOn() bool {
	switch w.out.Outcome {
	case outcome.Unknown, outcome.Failed:
		return w.trouble == "" && w.undoLost == "" && w.notProved == ""
	case outcome.Skipped, outcome.Unreachable:
		return w.out.Interrupted
	}
	return w.fleetMatters() && !w.fleet.complete()
}

// fleetMatters tells whether the host is judged among the others before it ends.
func (w *walk) fleetMatters() bool { return w.Verb == Plan || w.Verb == Recover }

// cutBefore ends a walk that has not begun in this process. What an earlier one
// did stays as it is known.
func (w *walk) cutBefore(reason string) {
	switch p := w.pickup; {
	case p == nil:
		w.cut(outcome.Skipped, "%s", reason)
	case p.open >= 0:
		w.cut(outcome.Unknown, "%s; what became of step %s is not known", reason, w.out.Changes[p.open].Step)
	default:
		w.cut(outcome.Failed, "%s; what was changed before has not been verified", reason)
	}
}

// cut is end for a walk that was interrupted: resume goes on with it.
func (w *walk) cut(o outcome.Outcome, format string, args ...any) {
	w.end(o, format, args...)
	w.out.Interrupted = true
}

// interrupted tells whether the run is being ended before its time.
func (w *walk) interrupted(ctx context.Context) bool { return w.stopping() || ctx.Err() != nil }

func (w *walk) queued(ctx context.Context) (Event, error) {
	switch {
	case ctx.Err() != nil:
		w.cutBefore("interrupted: " + context.Cause(ctx).Error())
		return stopped, nil
	case w.stopping():
		w.cutBefore("interrupted before its turn")
		return stopped, nil
	case w.waves.stopped() && w.pickup == nil: // what was begun comes to its end
		w.end(outcome.Skipped, "%s", w.waves.why())
		return stopped, nil
	}
	if w.pickup != nil {
		return takenUp, nil
	}
	return itsTurn, nil
}

func (w *walk) connect(ctx context.Context) (Event, error) {
	if w.stopping() && w.begun.IsZero() {
		w.cut(outcome.Skipped, "interrupted before its turn")
		return unreachable, nil
	}
	if w.waves.stopped() && w.begun.IsZero() {
		w.end(outcome.Skipped, "%s", w.waves.why())
		return unreachable, nil
	}
	if w.begun.IsZero() { // many may wait for a place in the window: when the run is stopped none begins any more
		ctx = w.starting
	}
	if err := w.dial(ctx); err != nil {
		w.unreachable(err)
		return unreachable, nil
	}
	return connected, nil
}

var errBeforeItsTurn = errors.New("before its turn")

// dial opens the connection; the time of the walk begins with the first try.
func (w *walk) dial(ctx context.Context) error {
	conn, err := w.Dialer.Dial(ctx, w.target)
	if w.begun.IsZero() {
		w.begun = time.Now()
	}
	w.conn = conn
	w.leaveDesk()
	if conn != nil {
		w.linked(transport.LinkOf(conn))
	}
	return err
}

// linked notes how the connection came about.
func (w *walk) linked(l transport.Link) {
	w.out.HostKey, w.out.SSH = l.HostKey, nil
	if l.Kex == "" && l.Login == "" {
		return // not every transport has one
	}
	w.out.SSH = &outcome.SSH{
		Server: l.ServerVersion, Kex: l.Kex, HostKey: l.HostKeyAlgorithm, Cipher: l.Cipher, MAC: l.MAC,
		Login: l.Login, Legacy: l.Legacy, Via: l.Via,
	}
}

// hangUp closes the connection, which gives the place in the window back.
func (w *walk) hangUp() {
	if w.conn != nil {
		_ = w.conn.Close()
		w.conn = nil
	}
}

// unreachable ends the walk without a verdict; the reason begins with the kind.
func (w *walk) unreachable(err error) {
	w.hangUp()
	var typed *transport.Error
	switch {
	case w.changed():
		w.end(outcome.Failed, "after the last change the host can't be read again: %v", err)
	case !errors.As(err, &typed):
		w.end(outcome.Unreachable, "%s: %v", transport.KindProtocol, err)
	case typed.Kind == transport.KindCanceled:
		w.cut(outcome.Skipped, "interrupted: %v", typed.Err)
	default:
		w.end(outcome.Unreachable, "%s", typed.Reason())
	}
}

// stage opens a stage and returns how to close it.
func (w *walk) stage(name string) func(status, note string) {
	began := time.Now()
	w.out.Stages = append(w.out.Stages, outcome.Stage{Name: name, Started: began.UTC(), Steps: []outcome.Step{}})
	at := len(w.out.Stages) - 1
	return func(status, note string) {
		s := &w.out.Stages[at]
		s.Status, s.Note = status, note
		s.DurationMS = time.Since(began).Milliseconds()
	}
}

// record adds the steps of a transcript to the open stage.
func (w *walk) record(commands []transport.Command, t transport.Transcript) {
	s := &w.out.Stages[len(w.out.Stages)-1]
	s.Steps = append(s.Steps, steps(commands, t)...)
	if w.out.Noise == "" {
		w.out.Noise = text(t.Noise)
	}
}

// steps are the commands of a transcript that were run.
func steps(commands []transport.Command, t transport.Transcript) []outcome.Step {
	list := []outcome.Step{}
	for i, r := range t.Results {
		if errors.Is(r.Err, transport.ErrNotRun) {
			continue
		}
		step := outcome.Step{
			ID: r.ID, Command: commands[i].Line, Mutating: commands[i].Mutating, ExitStatus: r.Exit,
			Stdout: text(r.Stdout), Stderr: text(r.Stderr),
			Truncated: r.StdoutDropped + r.StderrDropped, DurationMS: r.Duration.Milliseconds(),
		}
		if r.Err != nil {
			step.ExitStatus, step.Error = -1, r.Err.Error()
		}
		list = append(list, step)
	}
	return list
}

// pause waits, without a connection, until d has passed or the run is being
// stopped.
func (w *walk) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.Stop:
	case <-w.broken:
	case <-ctx.Done():
	}
}
