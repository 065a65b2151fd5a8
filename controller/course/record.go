// Package course decides the next action for a host. It is pure: it knows no clock,
// connection, file or goroutine.
//
// A Record is the state of one host: the fold of its events, which are the lines of the
// run's journal. Only Apply writes a Record, and only Next decides from it. Resume folds
// the same events, so there is nothing to restore.
//
// Terms. A step is declared by a playbook; a change is a step that was sent, or was
// about to be. A look is one reading of the host, judged. A gap is an event after which a
// look may be outdated: a link that died during a change, another process, a lease that
// was not held for a while.
package course

import (
	"fmt"
	"slices"
	"time"

	"aixmend/controller/outcome"
)

// Step is a step of a rung, with its commands complete.
type Step = outcome.Step

// Rung is a rung of the plan that a look made.
type Rung struct {
	outcome.RungBegun
	ID    string
	Fixes []string
	// Blocked says why it may not run, "" where it may; NotAllowed is the missing word of
	// --allow.
	Blocked, NotAllowed string
	// Waits says that it is blocked only until all other rungs were tried.
	Waits bool
}

// Fate is the verdict of a look on a change.
type Fate struct {
	// Known is false where the evidence can't tell whether the change is in effect; Why
	// says why.
	Known, InEffect bool
	Why             string
	// Seen words the evidence for a change that is in effect.
	Seen string
}

// Rest is the rung in progress, planned from a look whether or not a finding calls for it.
type Rest struct {
	Steps []Step
	// Blocked says why nothing more of the rung may be sent.
	Blocked string
}

// Process says whether the programs of an open change still run, by the process table.
type Process struct {
	PID   int  // of a running one; 0: none was seen
	Ended bool // certainly none runs, nor a shell that could still start one
}

// Look is one reading of the host, with everything that decisions rest on.
type Look struct {
	// Part says that only the probes of the proof were read: only Proved counts.
	Part bool
	// Skip is why the host is not for this run (not AIX), "" where it is.
	Skip string
	// Incomplete says that too little was read to judge it.
	Incomplete bool
	// Drift is how it differs from its approved plan, "" for not at all.
	Drift string
	// Proved says that the playbook's `verify.until` holds.
	Proved bool
	// Targets are the findings that call for a change, Open all that count.
	Targets, Open []string
	// SideEffects are the unintended changes, "" for none (procedure V4).
	SideEffects string
	// Verdict is the outcome that the findings make, with its reason.
	Verdict outcome.Outcome
	Why     string
	// Plan holds the rungs, the least invasive first.
	Plan []Rung
	Rest Rest
	// Rollback is the rest of the run that is rolled back.
	Rollback Rollback
	// Fates are those of the changes that were asked about (Record.Asked), by index.
	Fates   map[int]Fate
	Process Process
	// Complete says that it was judged when every host had been read.
	Complete bool
	// Others are the hosts that give up a value which this one keeps.
	Others []string
	// OthersOpen is Wishes.OthersOpen when the host was judged among the others: the look
	// may miss that another name is this machine.
	OthersOpen bool
	// OnlyCollects says that the playbook changes nothing and only collects data.
	OnlyCollects bool
}

// Rollback is the verdict of a look on a run that is rolled back.
type Rollback struct {
	// Left are the changes that are left alone, with the reasons.
	Left []string
	// Lost says that a step can't be undone because the facts from before the run are lost;
	// Left names it.
	Lost bool
	// NoUndo are the steps of the run that have no undo: they remain.
	NoUndo []string
	// Stands are the steps that are still to be undone.
	Stands []string
	// Person says why a person must undo the rest, "" where none must.
	Person string
}

// Part is the role of a change in its step.
type Part string

// The parts.
const (
	Main   Part = ""       // the step itself
	Arming Part = "arm"    // its timed undo is armed
	Ending Part = "disarm" // its timed undo is disarmed
	Undo   Part = "undo"   // it is undone
)

// Change is a command that was sent, or was about to be.
type Change struct {
	Step Step
	Part Part
	// Of is the index of the change that this one undoes, or of the arming that it disarms;
	// -1 for none.
	Of     int
	Rung   string
	Status string // of outcome
	How    string // of outcome: why there is no exit status, "" where there is one
	Exit   *int
	At     time.Time
	// Started says that the host has answered that it had begun.
	Started bool
	// Answer is the first line that it printed.
	Answer string

	judged bool // a look has said whether it happened
	unseen int  // looks that did not see it
	gone   int  // those of them after its programs had certainly ended
	after  int  // the event with which it ended, or was sent
}

// open reports whether it is unknown whether a change happened.
func (c *Change) open() bool { return c.Status == outcome.UnknownIf && !c.judged }

// failed reports whether it ended with a status that ends the recovery.
func (c *Change) failed() bool { return c.Exit != nil && *c.Exit != 0 && !c.Step.MayFail }

// clears reports whether it undoes a temporary step.
func (c *Change) clears() bool { return c.Part == Undo && c.Step.Temporary }

// Record is the state of one host.
type Record struct {
	// Changes are those of the run, in order. An index is the name of one.
	Changes []Change
	// Look is the newest whole look; nil where there is none.
	Look *Look
	// Capture is the path of the capture that was taken before the first change.
	Capture string
	// End is nil until the host has ended.
	End *End

	link   link
	looks  looks
	parked *End // its end if the hosts that it waits for change nothing
	rung   *running
	tried  tried
	lease  lease
	wait   waiting
	story  story
}

// link is the connection.
type link struct {
	up    bool
	begun bool // a first connection was tried
	fresh bool // no change was sent over it yet
	// breaks counts links that broke while the host was read, before any change.
	breaks int
	fails  int    // tries that failed since one succeeded, or since the last wait
	kind   string // of the failure
	brief  bool   // the failure may pass soon
	why    string
}

// looks tells which looks still count.
type looks struct {
	events int // folded so far
	gap    int // the newest event after which earlier looks don't count
	made   int // the event of the newest whole look
	// recalled says that the newest look is older than a wait for other hosts.
	recalled bool
	since    int // looks since the last rung ended
	part     int // the event of the newest partial look
	proved   bool
}

// running is the rung in progress.
type running struct {
	Rung
	at      int  // its next step
	right   int  // the event at which its rest was last known to be right
	differs bool // the rest of it would differ now
	again   bool // its next step is known not to have happened
	lost    int  // links that died in steps that change nothing
	over    bool // it is no longer in progress
}

// tried tells which rungs were tried in the run.
type tried struct {
	entered map[string]int
	anew    map[string]bool     // rungs that may be entered once more
	refused map[string]string   // why the checks of a rung refused it
	led     []string            // findings that led to a change
	fixes   map[string][]string // the findings for which a rung was begun last
}

// lease is the state of the host's lease.
type lease struct {
	held   bool
	asked  string // the rung for which it was last asked
	known  bool   // this process has had it
	stale  bool   // the controller was asleep since: it must be asked before anything is sent
	broken int    // links that broke while it was asked for
	fenced int    // changes that the fence refused
}

// waiting is the reason for which the host has waited.
type waiting struct {
	last     time.Time // when the last change ended
	released bool      // its wave has begun
	gathered bool      // it has been judged among the others
	kept     bool      // it waited for the hosts that give up its value
	settle   int       // the event of the last wait
	quick    bool      // the last rung takes effect at once
	process  int       // the event with which this process began; 0: the run's first
	began    time.Time // when
}

// story words the trouble of the host.
type story struct {
	trouble    string // the failure that ended the recovery
	shut       bool   // the gate was found shut
	partial    []string
	noSupport  string // why support data is missing or incomplete
	unproved   string // the step that ended with status 0 and may not have worked
	undoLost   string // the step whose undo may have run or not
	behind     []behind
	elsewhere  string // who else holds the host
	twice      bool   // this run does, under another name of the host
	uncaptured string // why there is no good capture
	noLease    bool   // the trouble is that the lease can't be taken
}

// behind is a leftover of the run on the host: the undo that failed, and why.
type behind struct {
	change int
	why    string
}

// New returns the record of a host about which nothing is known.
func New() *Record {
	return &Record{tried: tried{entered: map[string]int{}, anew: map[string]bool{}, refused: map[string]string{}, fixes: map[string][]string{}}}
}

// Entered is how often a rung was begun in the run.
func (r *Record) Entered(rung string) int { return r.tried.entered[rung] }

// Refused returns why the checks of a rung refused it, "" where they did not.
func (r *Record) Refused(rung string) string { return r.tried.refused[rung] }

// Stuck reports whether a rung was refused by its own checks.
func (r *Record) Stuck() bool { return len(r.tried.refused) > 0 }

// Fixes are the findings for which a rung was begun last.
func (r *Record) Fixes(rung string) []string { return r.tried.fixes[rung] }

// Led are the findings that led to a change, sorted.
func (r *Record) Led() []string { return r.tried.led }

// Begun reports whether a rung was begun.
func (r *Record) Begun() bool { return len(r.tried.entered) > 0 }

// InProgress is the rung in progress; nil for none.
func (r *Record) InProgress() *Rung {
	if r.rung == nil || r.rung.over {
		return nil
	}
	return &r.rung.Rung
}

// Left are the leftovers of this run on the host, with the reasons.
func (r *Record) Left() []string {
	var list []string
	for _, b := range r.story.behind {
		list = append(list, b.why)
	}
	return list
}

// HoldsLease reports whether the host's lease is held.
func (r *Record) HoldsLease() bool { return r.lease.held }

// Changed reports whether a command may have changed the host.
func (r *Record) Changed() bool {
	return slices.ContainsFunc(r.Changes, func(c Change) bool { return c.Status != outcome.NotApplied })
}

// Open reports whether it is unknown whether a change happened.
func (r *Record) Open() bool {
	return slices.ContainsFunc(r.Changes, func(c Change) bool { return c.open() })
}

// Doubt is the index of the newest change that only a look can resolve; -1 for none.
func (r *Record) Doubt() int {
	for i := len(r.Changes) - 1; i >= 0; i-- {
		if c := &r.Changes[i]; c.open() && (c.Part == Main || c.Part == Undo) && c.Step.Transfer == "" {
			return i
		}
	}
	return -1
}

// Asked returns the indexes of the changes whose effect the next look must check.
func (r *Record) Asked() []int {
	var list []int
	for i := range r.Changes {
		c := &r.Changes[i]
		switch {
		case c.Part == Undo && c.open():
			list = append(list, c.Of)
		case c.Part != Main || c.Step.Transfer != "":
		case c.open(), !c.judged && c.Status == outcome.Applied && (c.failed() || c.Step.Prove), r.fired(i):
			list = append(list, i)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// arming returns the index of the newest arming before a change of a step, -1 for
// none.
func (r *Record) arming(step string) int {
	for i := len(r.Changes) - 1; i >= 0; i-- {
		if c := &r.Changes[i]; c.Part == Arming && c.Step.ID == step {
			return i
		}
	}
	return -1
}

// armed returns the index of an arming whose undo may still run by itself, -1 for
// none.
func (r *Record) armed() int {
	for i := range r.Changes {
		if c := &r.Changes[i]; c.Part == Arming && c.Status != outcome.NotApplied && c.Status != outcome.Undone && !r.disarmed(i) {
			return i
		}
	}
	return -1
}

// disarmed reports whether an armed undo certainly won't run any more: it was disarmed,
// or it has run.
func (r *Record) disarmed(arming int) bool {
	return slices.ContainsFunc(r.Changes[arming+1:], func(c Change) bool {
		return c.Part == Ending && c.Of == arming && c.Exit != nil
	})
}

// timed returns the index of the step of an armed undo, -1 where it was not sent.
func (r *Record) timed(arming int) int {
	for i := arming + 1; i < len(r.Changes); i++ {
		switch c := &r.Changes[i]; {
		case c.Part == Arming && c.Step.ID == r.Changes[arming].Step.ID:
			return -1
		case c.Part == Main && c.Step.ID == r.Changes[arming].Step.ID:
			return i
		}
	}
	return -1
}

// fired reports whether the timed undo of a step has run, or may have, and no look since
// has said whether the step is in effect. Where nothing is armed any more, a disarming
// whose answer was lost may have found that the undo had run.
func (r *Record) fired(i int) bool {
	c := &r.Changes[i]
	if c.Part != Main || c.judged || c.Step.Timer == nil {
		return false
	}
	if a := r.arming(c.Step.ID); a >= 0 && r.timed(a) == i && r.Changes[a].Status == outcome.Undone {
		return true
	}
	return slices.ContainsFunc(r.Changes[i+1:], func(e Change) bool {
		return e.Part == Ending && e.Exit != nil && e.Answer != outcome.UndoDisarmed && r.timed(e.Of) == i
	})
}

// reverted says how a step came to be undone by its timed undo.
func (r *Record) reverted(i int) string {
	c := &r.Changes[i]
	if c.Exit != nil && *c.Exit != 0 {
		return fmt.Sprintf("ended with status %d; its timed undo reverted it", *c.Exit)
	}
	if a := r.arming(c.Step.ID); a >= 0 && r.Changes[a].Status == outcome.Undone {
		return "worked, and its timed undo, which could not be disarmed, reverted it"
	}
	return "cut the connection; its timed undo reverted it"
}

// ranAlone reports whether the host has said that the timed undo of a step ran.
func (r *Record) ranAlone(i int) bool {
	return slices.ContainsFunc(r.Changes[i+1:], func(e Change) bool {
		return e.Part == Ending && e.Answer == outcome.UndoFired && r.timed(e.Of) == i
	})
}

// End is the end of a host.
type End struct {
	Outcome outcome.Outcome
	Reason  string
	// Interrupted says that resume goes on with the host.
	Interrupted bool
	// Left are leftovers for which no undo was sent, with the reasons.
	Left []string
	// KeepLease says that the lease is not given back: something may still happen.
	KeepLease bool
}

func end(o outcome.Outcome, format string, args ...any) End {
	return End{Outcome: o, Reason: fmt.Sprintf(format, args...)}
}

// cut is end for an interrupted host.
func cut(o outcome.Outcome, format string, args ...any) End {
	e := end(o, format, args...)
	e.Interrupted = true
	return e
}
