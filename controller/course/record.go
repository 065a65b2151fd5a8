// Package course decides what is done with a host. It is pure: it knows no clock,
// connection, file or goroutine.
//
// A Record is what is known of a host on its way: the fold of its events, which are
// the lines of the run's journal. Apply is the only writer of a Record, and Next the
// only one who decides from it. Whoever goes on with a run folds the same events, so
// there is nothing to restore.
//
// Terms. A step is declared by a playbook; a change is a step that was sent, or was
// about to be. A look is one reading of the host, judged. A gap is anything after
// which a look may be true no more: a link that died in a change, another process,
// a lease that was not held for a while.
package course

import (
	"fmt"
	"slices"
	"time"

	"aixmend/controller/outcome"
)

// Step is a step of a rung, with its commands complete.
type Step = outcome.Step

// Rung is a rung of a plan, as a look has it.
type Rung struct {
	outcome.RungBegun
	ID    string
	Fixes []string
	// Blocked says why it may not run, "" where it may; NotAllowed is the word of
	// --allow that is wanting.
	Blocked, NotAllowed string
	// Waits says that it is blocked only until everything else has been tried.
	Waits bool
}

// Fate is what a look says of a change.
type Fate struct {
	// Known is false where the evidence can't tell whether the change is in effect:
	// Why then says why.
	Known, InEffect bool
	Why             string
	// Seen says, of a change that is in effect, what the evidence shows.
	Seen string
}

// Rest is the rung in progress, planned from a look whatever calls for it.
type Rest struct {
	Steps []Step
	// Blocked says why nothing more of the rung may be sent.
	Blocked string
}

// Process is what the process table says of the programs of an open change.
type Process struct {
	PID   int  // of one that runs; 0: none is seen to
	Ended bool // certainly none runs, nor a shell that could begin one
}

// Look is one reading of the host, with all that decisions rest on.
type Look struct {
	// Part says that only what the proof rests on was read: Proved alone counts.
	Part bool
	// Skip is why the host is none of ours, "" where it is one.
	Skip string
	// Incomplete says that too little was read to judge it.
	Incomplete bool
	// Drift is how it differs from what was approved, "" for not at all.
	Drift string
	// Proved says that what is waited for holds.
	Proved bool
	// Targets are the findings that call for a change, Open all that count.
	Targets, Open []string
	// SideEffects says what changed that was not meant to (V4).
	SideEffects string
	// Verdict is the outcome that the findings make, with its reason.
	Verdict outcome.Outcome
	Why     string
	// Plan holds the rungs, the least invasive first.
	Plan []Rung
	Rest Rest
	// Rollback is what is left of the run that is taken back.
	Rollback Rollback
	// Fates are those of the changes that were asked about (Record.Asked), by index.
	Fates   map[int]Fate
	Process Process
	// Complete says that it was judged when every host had been read.
	Complete bool
	// Others are the hosts that get anew a value which this one keeps.
	Others []string
	// OnlyCollects says that the playbook changes nothing and only collects data.
	OnlyCollects bool
}

// Rollback is what a look says of a run that is taken back.
type Rollback struct {
	// Left is what is left alone, with the reasons.
	Left []string
	// Stands are the steps that are still to be taken back.
	Stands []string
	// Person says why a person must take back what is left, "" where none must.
	Person string
}

// Part says what a change is of its step.
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
	// Of is the index of the change that this one undoes, or of the arming that it
	// ends; -1 for none.
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

	judged bool // a look has said what became of it
	unseen int  // looks that did not see it
	gone   int  // those of them after its programs had certainly ended
	after  int  // the event with which it ended, or was sent
}

// open reports whether it is not known what became of a change.
func (c *Change) open() bool { return c.Status == outcome.UnknownIf && !c.judged }

// failed reports whether it ended with a status that ends the recovery.
func (c *Change) failed() bool { return c.Exit != nil && *c.Exit != 0 && !c.Step.MayFail }

// clears reports whether it takes away what was only there for a while.
func (c *Change) clears() bool { return c.Part == Undo && c.Step.Temporary }

// Record is what is known of a host.
type Record struct {
	// Changes are those of the run, in order. An index is the name of one.
	Changes []Change
	// Look is the newest whole look; nil where there is none.
	Look *Look
	// Capture is the path of the capture that was taken before the first change.
	Capture string
	// End is how it ended; nil as long as it has not.
	End *End

	link   link
	looks  looks
	parked *End // how it ends where nothing more comes of what it waits for
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

// looks says which looks still count.
type looks struct {
	events int // folded so far
	gap    int // the newest event after which a look counts no more
	made   int // the event of the newest whole look
	// recalled says that the newest look is one from before a wait for others.
	recalled bool
	since    int // looks since the last rung ended
	part     int // the event of the newest partial look
	proved   bool
}

// running is the rung in progress.
type running struct {
	Rung
	at      int  // its next step
	right   int  // the event at which what is left of it was known to be right
	differs bool // the rest of it would differ now
	again   bool // its next step is known not to have happened
	lost    int  // links that died in steps that change nothing
	over    bool // it is in progress no more
}

// tried is what was tried in the run.
type tried struct {
	entered map[string]int
	anew    map[string]bool     // rungs that may be entered once more
	refused map[string]string   // why a rung was not let run by its own checks
	led     []string            // findings that led to a change
	fixes   map[string][]string // the findings for which a rung was begun last
}

// lease is what is known of the host's lease.
type lease struct {
	held   bool
	asked  string // the rung for which it was asked for last
	known  bool   // this process has had it
	stale  bool   // the controller was asleep since: it is asked for before anything is sent
	broken int    // links that broke while it was asked for
	fenced int    // changes that the host did not let run because of it
}

// waiting is what was waited for.
type waiting struct {
	last     time.Time // when the last change ended
	released bool      // its wave has begun
	gathered bool      // it has been judged among the others
	kept     bool      // it waited for those that get its value anew
	settle   int       // the event of the last wait
	quick    bool      // the last rung takes no time to take effect
	process  int       // the event with which this process began; 0: the run's first
	began    time.Time // when
}

// story is what went wrong, in words.
type story struct {
	trouble    string // what ended the recovery
	shut       bool   // the gate was found shut
	partial    []string
	noSupport  string // why the support data could not be had
	unproved   string // the step of which it can't be told whether it did what it should
	undoLost   string // the undo of which it is not known whether it ran
	behind     []behind
	elsewhere  string // who else holds the host
	twice      bool   // it is this run, under another name
	uncaptured string // why there is no good capture
	noLease    bool   // the trouble is that the lease can't be had
}

// behind is a thing of the run that stays on the host: the undo that failed, and why.
type behind struct {
	change int
	why    string
}

// New returns the record of a host of which nothing is known.
func New() *Record {
	return &Record{tried: tried{entered: map[string]int{}, anew: map[string]bool{}, refused: map[string]string{}, fixes: map[string][]string{}}}
}

// Entered is how often a rung was begun in the run.
func (r *Record) Entered(rung string) int { return r.tried.entered[rung] }

// Refused says why a rung was not let run, "" where it was.
func (r *Record) Refused(rung string) string { return r.tried.refused[rung] }

// Stuck reports whether a rung was not let run by its own checks.
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

// Left are the things of this run that stay on the host, with the reasons.
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

// Open reports whether it is not known what became of a change.
func (r *Record) Open() bool {
	return slices.ContainsFunc(r.Changes, func(c Change) bool { return c.open() })
}

// Doubt is the index of the newest change of which only a look can say whether it
// happened; -1 for none.
func (r *Record) Doubt() int {
	for i := len(r.Changes) - 1; i >= 0; i-- {
		if c := &r.Changes[i]; c.open() && (c.Part == Main || c.Part == Undo) && c.Step.Transfer == "" {
			return i
		}
	}
	return -1
}

// Asked returns the indexes of the changes about which the next look has to say
// whether they are in effect.
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
		if c := &r.Changes[i]; c.Part == Arming && c.Status != outcome.NotApplied && !r.disarmed(i) {
			return i
		}
	}
	return -1
}

// disarmed reports whether it is known that an armed undo will not run any more: it
// was disarmed, or it has run.
func (r *Record) disarmed(arming int) bool {
	return slices.ContainsFunc(r.Changes[arming+1:], func(c Change) bool {
		return c.Part == Ending && c.Of == arming && c.Exit != nil
	})
}

// timed returns the index of the step that an armed undo is for, -1 where it was not
// sent.
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

// fired reports whether the undo of a step has run by itself, or may have, and no look
// since has said whether the step is in effect. Where nothing is armed any more, a
// disarming whose answer was lost may have found that it had run.
func (r *Record) fired(i int) bool {
	c := &r.Changes[i]
	if c.Part != Main || c.judged || c.Step.Timer == nil {
		return false
	}
	return slices.ContainsFunc(r.Changes[i+1:], func(e Change) bool {
		return e.Part == Ending && e.Exit != nil && (e.Answer == outcome.UndoFired || *e.Exit != 0) && r.timed(e.Of) == i
	})
}

// ranAlone reports whether the host has said that the undo of a step has run by itself.
func (r *Record) ranAlone(i int) bool {
	return slices.ContainsFunc(r.Changes[i+1:], func(e Change) bool {
		return e.Part == Ending && e.Answer == outcome.UndoFired && r.timed(e.Of) == i
	})
}

// End is how a host has ended.
type End struct {
	Outcome outcome.Outcome
	Reason  string
	// Interrupted says that resume goes on with the host.
	Interrupted bool
	// Left are the things of this run that nobody could try to take away, with the
	// reasons.
	Left []string
	// KeepLease says that the lease is not given back: something may still happen.
	KeepLease bool
}

func end(o outcome.Outcome, format string, args ...any) End {
	return End{Outcome: o, Reason: fmt.Sprintf(format, args...)}
}

// cut is end for a host that was interrupted.
func cut(o outcome.Outcome, format string, args ...any) End {
	e := end(o, format, args...)
	e.Interrupted = true
	return e
}
