// Package controller is the engine: for each host it performs the actions that package
// course decides. It knows nothing of SSH, files or formats. The small interfaces in
// this file declare its needs; the command implements them.
//
// Terms. A walk is one host's way from its first connection to its end. A look is one
// reading of the probes. A change is a step that was sent; one whose link died is in
// doubt until a look says whether it happened.
package controller

import (
	"context"
	"time"

	"aixmend/controller/approval"
	"aixmend/controller/cloud"
	"aixmend/controller/course"
	"aixmend/controller/gather"
	"aixmend/controller/outcome"
	"aixmend/controller/peers"
	"aixmend/controller/rollout"
	"aixmend/playbooks"
	"aixmend/playbooks/facts"
	"aixmend/transport"
)

// Verb is the task of a run.
type Verb = course.Verb

// The verbs that walk hosts.
const (
	Audit   = course.VerbAudit
	Capture = course.VerbCapture
	Plan    = course.VerbPlan
	Recover = course.VerbRecover
)

// Journal is the run's journal. Append returns when the entry is as safe as its event
// needs: intents and results are on disk.
type Journal interface {
	Append(outcome.Entry) error
}

// Captures stores captures.
type Captures interface {
	// Keep writes a capture, reads it back and returns its path.
	Keep(c outcome.Capture, files []outcome.CaptureFile) (string, error)
	// Check verifies a stored capture again.
	Check(path string) error
	// Load returns a capture by its path.
	Load(path string) (*outcome.Capture, error)
	// Newest returns a host's newest good capture, besides those of one run; nil when
	// there is none.
	Newest(host, besides string) (*outcome.Capture, error)
	peers.History
	// Taken returns the good captures that the capture verb took of a host, the newest
	// first; with an id or label, that capture alone.
	Taken(host, asked string) ([]outcome.Capture, error)
}

// Folders are the folders of this machine that files are transferred from and to.
type Folders interface {
	// Uploads returns the paths of the files in a folder to upload.
	Uploads(folder string) ([]string, error)
	// Support makes the folder for the support data of a host, and returns its path and
	// its name in reports.
	Support(host string) (path, name string, err error)
}

// Slots are the places in the window of concurrency.
type Slots interface {
	// Each reserves a slot for the first connection to each of some hosts, whose next dial does not
	// wait then, and begins the host. When ctx ends, it begins the others without one.
	Each(ctx context.Context, hosts []string, begin func(host string))
	// Leave frees a reserved slot that no dial has used.
	Leave(host string)
}

// Sink stores the report of each host. A host that is parked is given more than once; the
// last report counts.
type Sink interface {
	HostDone(outcome.Host) error
	// Checkpoint writes the report as it is when a rung begins: resume continues from
	// it.
	Checkpoint(outcome.Host) error
	// Load returns the last report that HostDone was given.
	Load(host string) (outcome.Host, error)
	// Amend changes the stored report of a host.
	Amend(host string, change func(*outcome.Host)) error
}

// Observer receives events; it may be nil. It must not block.
type Observer interface {
	// Moved reports a host's new state, and when a wait ends at the latest; zero: not known.
	Moved(host string, to State, note string, until time.Time)
	// Transferred reports the progress of a file transfer, in bytes.
	Transferred(host, file string, done, total int64)
	// Settled reports the result of a change that was open when the run was cut off,
	// before anything more is sent to any host.
	Settled(Settled)
	// Following reports that all hosts have ended, and that the cloud is asked until it shows
	// the recovery of so many of them, or until a time.
	Following(hosts int, until time.Time)
	rollout.Observer
	// Ended reports the end of a host, once each; on resume also of hosts that had ended
	// before. It comes before the hosts of an audit are judged among each other.
	Ended(outcome.HostSummary)
}

// A run may have hosts at many sites. At each site an engine walks the hosts there, and the
// engine of the hub gathers their reports; only the hub knows all of them, so it decides when
// a host may begin.

// Wide is the connection of a site's engine to the hub of its run.
type Wide interface {
	rollout.Turns
	// Read tells that a host has been read, and waits for the others; its report is written.
	Read(host string)
	// Others waits until the hosts of all sites have been read.
	Others(ctx context.Context) (peers.Others, error)
	// Cut reports whether the hub has been silent for so long that nothing new may begin.
	Cut() bool
}

// Options define a run and its limits.
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
	// They count for hosts that the run does not read.
	Past []outcome.CapturedID
	// Baseline returns the earlier state that a host is compared with; nil: none.
	Baseline func(host string) facts.Past
	// Upload is the folder of this machine that a step may upload.
	Upload facts.Upload
	// Waves are the running totals in which the hosts that need a change begin; none:
	// all at once, and no brake.
	Waves []rollout.Wave
	Brake rollout.Brake
	// Attempts returns how often earlier runs began a rung on a host within the window of
	// retry.Rung; nil: it is not counted. From MaxAttempts on it is not begun again.
	Attempts    func(host, rung string) int
	MaxAttempts int
	// Cloud shows the VMs of the run's hosts; nil: their health is not compared.
	Cloud func(context.Context) cloud.Sights
	// History holds the changes by earlier runs, within cloud.Lag, or cloud.Memory where the
	// playbook reads the storage.
	History cloud.History
	// Approved returns the approved plan of a host: nothing else may run. nil: no plan was
	// approved.
	Approved func(host string) *approval.Host
	// MadeBy is the run that made the approved plan: its id stands in the commands. "":
	// this run.
	MadeBy string
	// Earlier returns the changes of an earlier run to a host: this run rolls them back
	// and does nothing else. nil: it follows the playbook.
	Earlier func(host string) (Earlier, error)
	// Owner takes the leases of hosts, such as user@machine; "": no leases are taken.
	Owner string
	// Resumes has, by run that can be resumed from here, how: the advice on a host that it holds.
	Resumes map[string]string
	// Process names this process in the leases, as (*journal.Run).Process does.
	Process string
	// Pause asks before each wave but the first; nil: no question.
	Pause func(wave int, hosts []string) bool
	// Wide is the hub of a run over many sites that this engine is a part of; nil: the run is
	// this engine's alone.
	Wide Wide
	// Began is when the run began, where an earlier process began it.
	Began time.Time
	// Begun returns the state in which earlier processes of the run left a host; nil: the
	// run begins now.
	Begun func(host string) (Begun, error)
}

// Engine runs one verb over hosts.
type Engine struct {
	Options
	// Dialer opens connections. It is limited to the window of concurrency and gated: the
	// engine can't pass a gate that is shut.
	Dialer transport.Dialer
	// Slots lets hosts wait for their first connection before their walk takes any memory;
	// nil: they wait in Dial.
	Slots    Slots
	Journal  Journal
	Captures Captures
	Folders  Folders
	Sink     Sink
	Observer Observer
	// Elsewhere gives the reports of the hosts, in place of walks; nil: they are walked here.
	Elsewhere gather.Elsewhere
	// Stop, when closed, lets no further host and no further change begin; work in progress
	// is finished. nil: never.
	Stop <-chan struct{}

	broken chan struct{} // closed after an internal error
	// starting ends when nothing new may begin; hosts that have not begun wait in it.
	starting context.Context
	reloads  chan struct{} // one for each reloaded report, see park.go
	probes   []playbooks.Probe
	health   *cloud.Watch // of the cloud; nil: it is not asked
}

// Result is the result of a run.
type Result struct {
	// Hosts are sorted by name.
	Hosts []outcome.HostSummary
	// Fleet are the findings over several hosts, as they stand at the end.
	Fleet []outcome.FleetFinding
	// Braked is why the brake tripped, "" when it did not.
	Braked string
}

// commandsOf is the run id in commands.
func (e *Engine) commandsOf() string {
	if e.MadeBy != "" {
		return e.MadeBy
	}
	return e.RunID
}

// stopping reports whether nothing new may begin.
func (e *Engine) stopping() bool {
	if e.Wide != nil && e.Wide.Cut() {
		return true
	}
	select {
	case <-e.Stop:
		return true
	case <-e.broken:
		return true
	default:
		return false
	}
}

// Settled is the result of a change that was open when its run was cut off.
type Settled struct {
	Host, Step string
	// Status is that of a change.
	Status string
	Detail string
}

// A run outlives its process: resume folds the events of its journal, as the process that
// wrote them did; then the host is looked at, as after every gap.

// Begun is the state in which earlier processes of a run left a host.
type Begun struct {
	// Done is the report of a host that has ended; else nil.
	Done *outcome.Host
	// Events are the host's lines of the journal and the resume lines of the run: see
	// func Events.
	Events []outcome.Entry
	// Checkpoint is the report as it was when the last rung began; nil when none did, or
	// it can't be read: then no look can tell whether an open change happened.
	Checkpoint *outcome.Host
	// Report is the last report of an interrupted host; nil when there is none.
	Report *outcome.Host
}

// A rollback takes the same course: look, capture, one rung, verify. Only the rung is not
// the playbook's: it holds the undo of each change of the earlier run, the newest first.

// Earlier are the changes of an earlier run to a host.
type Earlier struct {
	// Run is its id.
	Run string
	// Changes are those that may be in effect, in the order in which they were made.
	Changes []playbooks.Change
	// Facts are those before the first change; nil where they are lost.
	Facts map[string]any
}
