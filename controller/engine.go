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
	"time"

	"aixmend/controller/approval"
	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/controller/rollout"
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
	// Checkpoint writes the report as it is when a rung begins: resume continues from
	// it.
	Checkpoint(outcome.Host) error
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
	Waves []rollout.Wave
	Brake rollout.Brake
	// Attempts returns how often a rung was begun on a host lately, by earlier
	// runs; nil: it is not counted. Past MaxAttempts it is not begun again.
	Attempts    func(host, rung string) int
	MaxAttempts int
	// Approved returns what was approved for a host, and that nothing else may
	// run; nil: no plan was approved.
	Approved func(host string) *approval.Host
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

// Settled says what became of a step that was open when its run was cut off.
type Settled struct {
	Host, Step string
	// Status is that of a change.
	Status string
	Detail string
}

// A run outlives its process. Whoever goes on with it folds the events of its journal,
// as the process did that wrote them; then the host is looked at, as ever after a gap.

// Begun is what earlier processes of a run left of a host.
type Begun struct {
	// Done is the report of a host that has ended; else nil.
	Done *outcome.Host
	// Events are the host's lines of the journal, and those that say that another
	// process went on with the run (Events).
	Events []outcome.Entry
	// Checkpoint is the report as it was when the last rung began; nil when none did, or
	// it can't be read: then no look can tell whether an open change happened.
	Checkpoint *outcome.Host
	// Report is the last report of a host that was interrupted, nil when there is
	// none.
	Report *outcome.Host
}

// A run that takes another one back goes the same way: look, capture, one rung,
// verify. Only the rung is not the playbook's: it is the undo of what the other run
// applied, the newest first.

// Earlier is what an earlier run has done to a host.
type Earlier struct {
	// Run is its id.
	Run string
	// Changes are those that may be in effect, in the order in which they were made.
	Changes []playbooks.Undoable
	// Facts are those of the host before the first of them, nil where they are
	// not known any more.
	Facts map[string]any
}
