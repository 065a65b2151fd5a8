package course_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// The world of a history: one host with what a small playbook can do to it, the link to
// it, the clocks, a second controller, an operator, and the controller itself, which
// does what the course of the host decides. It is a model: tests over SSH prove that
// the executor does the same.

// step names of the playbook of the world.
const (
	setStep     = "set"     // sets the address; its undo is timed
	aliasStep   = "alias"   // sets it beside an address of the customer
	stopStep    = "stop"    // stops the daemon; start finishes it
	startStep   = "start"   // starts it
	enableStep  = "enable"  // lets clients in: nothing shows whether it ran
	saveStep    = "save"    // saves the id
	rebuildStep = "rebuild" // rebuilds the id, and must be proved
	folderStep  = "folder"  // makes a folder that is taken away in the end
	previewStep = "preview" // changes nothing
	applyStep   = "apply"   // updates, must be proved, and is undone where its rung fails
	verifyStep  = "verify"  // changes nothing
)

// state is what a host is.
type state struct {
	address  bool // the right address is set
	customer bool // the customer has an address of his own there
	daemon   bool
	clients  bool
	saved    bool
	id       bool // the id is right
	room     bool
	cluster  bool
	old      bool // it is to be updated
	folder   bool
}

func (s state) connected() bool { return s.address && s.daemon && s.clients && s.id }

// program is a command that runs on the host, and lands when its time has come.
type program struct {
	step    string
	attempt int
	lands   int64 // by the host's clock
	wedged  bool
}

// marker is a timed undo on the host.
type marker struct {
	due   int64 // by the host's clock
	fired bool
}

// lease is who may change the host.
type hold struct {
	by    string
	until int64
}

// deed is what really happened.
type deed struct {
	step    string
	attempt int // the change of the controller, -1 for others
	looked  state
	epoch   int // of the lease
	finish  bool
}

const (
	us   = "us"
	them = "them"

	slowStep  = 60 // seconds that a hung command takes to land
	undoAfter = 240
	leaseLast = 3600
)

// world is the model.
type world struct {
	host     state
	programs []program
	marker   *marker
	lease    hold
	epoch    int   // how often the lease changed hands
	clock    int64 // of the host
	now      int64 // of the controller
	up       bool  // the host can be reached
	process  int   // of the controller

	record  *course.Record
	journal []course.Event // as it was written
	link    bool
	stop    bool
	cut     bool
	mine    bool // this process thinks that it has the lease
	looked  state
	lookAt  int  // the epoch of the newest look under the lease
	edits   int  // by others, since the newest look
	slept   bool // the controller has slept since
	unasked bool // it has not asked for the lease since it slept

	deeds      []deed
	rejected   int  // commands that the fence kept back
	othersOpen bool // it is not known yet what became of a change of another host
	shutFence  bool // the fence lets nothing pass
	touched    bool
	wrong      []string
	story      []string
	told       bool // whether the story is written
	actions    int
	began      state
	foreign    bool // others have changed the host
}

func newWorld(began state) *world {
	w := &world{host: began, began: began, up: true, record: course.New(), process: 1, clock: 1_000_000, now: 1_000_000}
	return w
}

func (w *world) say(format string, args ...any) {
	if w.told {
		w.story = append(w.story, fmt.Sprintf(format, args...))
	}
}

func (w *world) fault(format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
	w.say("WRONG: "+format, args...)
}

// pass lets time pass on the host and on the controller.
func (w *world) pass(seconds int64) {
	w.now += seconds
	w.hostPasses(seconds)
}

func (w *world) hostPasses(seconds int64) {
	end := w.clock + seconds
	for {
		at, what := end+1, -1
		for i, p := range w.programs {
			if !p.wedged && p.lands < at {
				at, what = p.lands, i
			}
		}
		if w.marker != nil && !w.marker.fired && w.marker.due <= end && w.marker.due < at {
			w.clock = max(w.clock, w.marker.due)
			w.marker.fired = true
			w.say("  the timed undo runs on the host")
			w.host.address = false
			continue
		}
		if what < 0 || at > end {
			break
		}
		w.clock = max(w.clock, at)
		p := w.programs[what]
		w.programs = slices.Delete(w.programs, what, what+1)
		w.say("  %s lands on the host", p.step)
		w.land(p.step)
	}
	w.clock = max(w.clock, end)
}

// land brings about what a step does.
func (w *world) land(step string) {
	switch step {
	case setStep, aliasStep:
		w.host.address = true
		if step == setStep && w.host.customer {
			w.host.customer = false
		}
	case stopStep:
		w.host.daemon = false
	case startStep:
		w.host.daemon = true
	case enableStep:
		w.host.clients = true
	case saveStep:
		w.host.saved = true
	case rebuildStep:
		w.host.id = true
	case folderStep:
		w.host.folder = true
	case applyStep:
		w.host.old = false
	}
}

// timeOf is a time of the model as the course has it.
func timeOf(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

// rungs is the plan of the playbook of the world.
func (s state) rungs(all bool) []course.Rung {
	var list []course.Rung
	add := func(number int, id string, fixes []string, blocked string, steps ...course.Step) {
		list = append(list, course.Rung{
			RungBegun: outcome.RungBegun{Number: number, Title: id, Steps: steps}, ID: id, Fixes: fixes, Blocked: blocked,
		})
	}
	guard := func(held bool, why string) string {
		if held {
			return why
		}
		return ""
	}
	full := guard(!s.room, "no room")
	if s.old || all {
		add(0, "update", []string{"level"}, guard(s.cluster, "a cluster"),
			course.Step{ID: folderStep, Command: "folder", Undo: "rm folder", Timeout: 120 * time.Second, Temporary: true},
			course.Step{ID: previewStep, Command: "preview", Undo: "none: nothing", Timeout: 120 * time.Second, Check: true},
			course.Step{ID: applyStep, Command: "apply", Undo: "reject", Timeout: 1800 * time.Second, Prove: true, Revert: true},
			course.Step{ID: verifyStep, Command: "verify", Undo: "none: nothing", Timeout: 120 * time.Second, Check: true})
	}
	if !s.address || all {
		set := course.Step{ID: setStep, Command: "set", Undo: "unset", Timeout: 120 * time.Second, Timer: &outcome.UndoTimer{Arm: "arm", Disarm: "disarm", After: undoAfter * time.Second}}
		switch {
		case s.address && all:
			add(1, "address", []string{"address"}, full)
		case s.customer:
			add(1, "address", []string{"address"}, full, course.Step{ID: aliasStep, Command: "alias", Undo: "unalias", Timeout: 120 * time.Second})
		default:
			add(1, "address", []string{"address"}, full, set)
		}
	}
	start := course.Step{ID: startStep, Command: "start", Undo: "stop", Timeout: 120 * time.Second}
	enable := course.Step{ID: enableStep, Command: "enable", Undo: "none: it can't be seen", Timeout: 120 * time.Second}
	if !s.connected() || all {
		steps := []course.Step{start, enable}
		blocked := full
		if s.daemon {
			steps = append([]course.Step{{ID: stopStep, Command: "stop", Undo: "start", Timeout: 300 * time.Second, Finishes: []string{startStep, enableStep}}}, steps...)
			blocked = guard(s.cluster, "a cluster")
		}
		rung := course.Rung{RungBegun: outcome.RungBegun{Number: 3, Title: "recycle", Steps: steps}, ID: "recycle", Fixes: []string{"daemon", "connection"}, Blocked: blocked}
		if blocked == "" && !s.id {
			rung.Blocked, rung.Waits = "it would interrupt for nothing", true
		}
		list = append(list, rung)
	}
	if !s.id || all {
		steps := []course.Step{{ID: saveStep, Command: "save", Undo: "none: a copy is left", Timeout: 120 * time.Second}}
		if !s.id {
			steps = append(steps, course.Step{ID: rebuildStep, Command: "rebuild", Undo: "restore", Timeout: 300 * time.Second, Prove: true})
		}
		enableAnew := enable
		steps = append(steps, enableAnew)
		blocked := full
		if s.cluster {
			blocked = "a cluster"
		}
		add(4, "id", []string{"id"}, blocked, steps...)
	}
	return list
}

// look is what a look says of the host.
func (w *world) look(part bool) *course.Look {
	s := w.host
	l := &course.Look{Part: part, Proved: s.connected(), Complete: true, OthersOpen: w.othersOpen, Fates: map[int]course.Fate{}, Verdict: outcome.Healthy}
	if part {
		return l
	}
	w.looked, w.edits = s, 0
	w.lookAt, w.slept = w.epoch, false
	target := func(there bool, id string) {
		if there {
			l.Targets, l.Open = append(l.Targets, id), append(l.Open, id)
		}
	}
	target(!s.address, "address")
	target(!s.connected(), "connection")
	target(!s.daemon, "daemon")
	target(!s.id, "id")
	target(s.old, "level")
	slices.Sort(l.Targets)
	if len(l.Targets) > 0 {
		l.Verdict, l.Why = outcome.NeedsAction, l.Targets[0]
	}
	l.Plan = s.rungs(false)
	for _, i := range w.record.Asked() {
		l.Fates[i] = s.fate(w.record.Changes[i].Step.ID)
	}
	if d := w.record.Doubt(); d >= 0 {
		l.Process.Ended = true
		for i, p := range w.programs {
			if p.step == w.record.Changes[d].Step.ID {
				l.Process.PID, l.Process.Ended = 100+i, false
			}
		}
	}
	if rung := w.record.InProgress(); rung != nil {
		for _, r := range s.rungs(true) {
			if r.ID == rung.ID {
				l.Rest = course.Rest{Steps: r.Steps, Blocked: r.Blocked}
			}
		}
	}
	return l
}

func (s state) fate(step string) course.Fate {
	known := func(in bool) course.Fate { return course.Fate{Known: true, InEffect: in, Seen: "seen"} }
	switch step {
	case setStep, aliasStep:
		return known(s.address)
	case stopStep:
		return known(!s.daemon)
	case startStep:
		return known(s.daemon)
	case saveStep:
		return known(s.saved)
	case rebuildStep:
		return known(s.id)
	case folderStep:
		return known(s.folder)
	case applyStep:
		if s.old {
			return course.Fate{Why: "nothing shows that it does not run"}
		}
		return known(true)
	}
	if s.connected() {
		return known(true)
	}
	return course.Fate{Why: "nothing shows it"}
}

// wishes are those of the run.
func (w *world) wishes() course.Wishes {
	wishes := course.Wishes{Verb: course.VerbRecover, Stop: w.stop, Leases: true, OthersOpen: w.othersOpen, Settle: 60 * time.Second, Wait: 15 * time.Minute, Every: 30 * time.Second}
	if w.cut {
		wishes.Cut = "interrupted: twice"
	}
	return wishes
}

func (w *world) write(e course.Event) {
	e.Time = timeOf(w.now)
	kept := e
	kept.Look = nil
	w.journal = append(w.journal, kept)
	w.record.Apply(e)
}

func (w *world) happened(event string, change func(*course.Event)) {
	e := course.Event{}
	e.Event, e.Time = event, timeOf(w.now)
	if change != nil {
		change(&e)
	}
	w.record.Apply(e)
}

// kill ends the process of the controller; another one goes on with its journal.
func (w *world) kill() {
	w.process++
	w.link, w.mine, w.stop, w.unasked = false, false, false, true
	w.record = course.New()
	for _, e := range w.journal {
		w.record.Apply(e)
	}
	e := course.Event{}
	e.Event, e.Time = outcome.EventRun, timeOf(w.now)
	w.journal = append(w.journal, e)
	w.record.Apply(e)
}

// describe is an action in words.
func describe(a course.Action) string {
	text := string(a.Do)
	if a.Step.ID != "" {
		text += " " + a.Step.ID
	}
	if a.Do == course.Note {
		text += fmt.Sprintf(" %d: %s (%s)", a.Change, a.Status, a.Detail)
	}
	if a.Do == course.Finish {
		text += fmt.Sprintf(": %s: %s", a.End.Outcome, a.End.Reason)
	}
	if a.Do == course.Leave {
		text += " " + a.Rung.ID + ": " + a.Status
	}
	if a.Do == course.Settle {
		text += " " + a.For.String()
	}
	return strings.TrimSpace(text)
}
