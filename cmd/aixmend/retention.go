package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"time"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
)

// retention says how long runs are kept. A run must be past each bound that is
// given before it is removed.
type retention struct {
	newest int           // the newest that stay; 0: no such bound
	older  time.Duration // what is younger stays; 0: no such bound
	now    time.Time
}

// keptRun is a run that is kept, as far as its removal depends on it.
type keptRun struct {
	id      string
	state   string
	run     *outcome.Run // nil: it has left none
	problem error        // why what it has left can't be read
	last    time.Time    // the last that is known of it
	// inventory are the names of all hosts that its inventory had.
	inventory []string
	undoes    string   // the run that it takes back
	refs      []string // what it would look at again: runs and captures, of one that is open
	changes   int      // that recover --undo could take back
}

// command and playbook name what a run did.
func (r keptRun) command() string {
	if r.run == nil {
		return ""
	}
	return r.run.Command
}

func (r keptRun) playbook() string {
	if r.run == nil {
		return ""
	}
	return r.run.Playbook.Name
}

// ended tells whether it has come to its end and says so.
func (r keptRun) ended() bool { return r.state == stateEnded && r.run != nil }

// cutOff tells whether it ended too soon to be compared with.
func (r keptRun) cutOff() bool {
	switch outcome.Code(r.run.ExitCode) {
	case outcome.ExitInterrupted, outcome.ExitTerminated, outcome.ExitInternal:
		return true
	}
	return false
}

// stays is a run that is past the bounds and stays all the same.
type stays struct {
	ID     string `json:"run_id"`
	Reason string `json:"reason"`
}

// judge parts runs, the newest first, into those that go and those that are past
// the bounds and stay.
func (r retention) judge(runs []keptRun, latest string) (gone []keptRun, stay []stays) {
	needed := neededRuns(runs, latest)
	for i, run := range runs {
		age := r.now.Sub(run.last)
		if i < r.newest || r.older > 0 && age < r.older {
			continue
		}
		reason := needed[run.id]
		switch {
		case run.state == stateRunning:
			reason = "it is still running"
		case run.state == stateOpen:
			reason = "it is open: aixmend resume " + run.id + " goes on with it"
		case run.problem != nil:
			reason = "it can't be read: " + run.problem.Error()
		case reason != "":
		case age < attemptsWindow:
			reason = fmt.Sprintf("it is younger than %s: its attempts still count", attemptsWindow)
		case run.changes > 0 && r.older == 0:
			reason = fmt.Sprintf("aixmend recover --undo %s could take %s of it back; --older-than lets it go", run.id, changesOf(run.changes))
		}
		if reason == "" {
			gone = append(gone, run)
		} else {
			stay = append(stay, stays{run.id, reason})
		}
	}
	return gone, stay
}

// neededRuns says of each run that something rests on what that is.
func neededRuns(runs []keptRun, latest string) map[string]string {
	needed := map[string]string{}
	well := map[string]bool{}
	unseen := map[string]map[string]bool{} // by job: hosts of the inventory that no run has seen yet
	for _, run := range runs {
		if !run.ended() {
			continue
		}
		job := run.command() + " with " + run.playbook()
		if !well[job] && run.run.ExitCode == int(outcome.ExitOK) {
			well[job], needed[run.id] = true, "it is the newest "+job+" that ended with exit code 0"
		}
		if run.cutOff() {
			continue
		}
		if unseen[job] == nil {
			unseen[job], needed[run.id] = setOf(run.inventory), "it is the newest "+job+" that has ended"
		}
		for _, h := range run.run.Hosts {
			if unseen[job][h.Name] && (h.Outcome != outcome.Skipped || !h.Interrupted) {
				delete(unseen[job], h.Name)
				if needed[run.id] == "" {
					needed[run.id] = "it is the newest " + job + " that has seen " + h.Name
				}
			}
		}
	}
	for _, run := range runs {
		for _, ref := range run.refs {
			needed[ref] = "run " + run.id + ", which has not ended, looks at it"
		}
	}
	if latest != "" {
		needed[latest] = "it is the latest"
	}
	return needed
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// keptRuns are the runs of a state folder, the newest first, and the names of what
// lies among them and is none.
func keptRuns(store *journal.Store, remover *journal.Remover) (runs []keptRun, others []string, err error) {
	ids, err := store.RunIDs()
	if err != nil {
		return nil, nil, err
	}
	for _, id := range ids {
		if remover.IsRun(id) {
			runs = append(runs, lookAt(store, id))
		} else {
			others = append(others, id)
		}
	}
	return runs, others, nil
}

// lookAt reads what the removal of a run depends on.
func lookAt(store *journal.Store, id string) keptRun {
	r := keptRun{id: id, state: runState(store, id)}
	r.last, _ = journal.RunTime(id)
	run, err := store.LoadRun(id)
	switch {
	case err == nil:
		r.run = run
		if run.Finished.After(r.last) {
			r.last = run.Finished
		}
	case !errors.Is(err, fs.ErrNotExist):
		r.problem = err
	}
	var asked request
	if !store.HasRequest(id) {
		return r // nobody can go on with it, or take it back
	}
	if err := store.LoadRequest(id, &asked); err != nil {
		r.problem = errors.Join(r.problem, err)
		return r
	}
	r.inventory = asked.Names
	if r.undoes = asked.Undoes; r.state != stateEnded {
		r.refs = lookedAt(store, asked)
		return r
	}
	if asked.Verb == controller.Recover && r.undoes == "" {
		r.changes, err = undoableChanges(store, id)
		r.problem = errors.Join(r.problem, err)
	}
	return r
}

// lookedAt are the runs and captures that a run would look at, when it goes on.
func lookedAt(store *journal.Store, asked request) []string {
	var refs []string
	if asked.Undoes != "" {
		refs = append(refs, asked.Undoes)
	}
	for _, set := range asked.Set {
		if ref, ok := strings.CutPrefix(set, "baseline="); ok {
			if id, err := store.Resolve(ref); err == nil {
				ref = id // "latest" may be another one by then
			}
			refs = append(refs, ref)
		}
	}
	return refs
}

// undoableChanges counts what recover --undo could take back of a run.
func undoableChanges(store *journal.Store, id string) (int, error) {
	entries, err := store.ReadJournal(id)
	n := 0
	for _, trail := range outcome.Trails(entries) {
		for _, u := range controller.Undoables(*trail) {
			if u.NoUndo() == "" {
				n++
			}
		}
	}
	return n, err
}

// olderThan is the value of a flag: 30d, 4w, or a duration as Go has them. 0: not given.
type olderThan time.Duration

func (a *olderThan) String() string {
	if *a == 0 {
		return ""
	}
	return time.Duration(*a).String()
}

// Type implements pflag.Value.
func (a *olderThan) Type() string { return "age" }

// Set implements pflag.Value.
func (a *olderThan) Set(text string) error {
	d, err := parseAge(text)
	if err == nil && d <= 0 {
		err = fmt.Errorf("%q must be more than 0", text)
	}
	if err == nil {
		*a = olderThan(d)
	}
	return err
}

func parseAge(text string) (time.Duration, error) {
	units := map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if len(text) > 1 {
		if unit, known := units[text[len(text)-1]]; known {
			n, err := strconv.ParseUint(text[:len(text)-1], 10, 63)
			switch {
			case errors.Is(err, strconv.ErrRange) || err == nil && n > uint64(math.MaxInt64/unit):
				return 0, fmt.Errorf("%q is too long", text)
			case err == nil:
				return time.Duration(n) * unit, nil
			}
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is no age: write 30d, 4w, 12h or 90m", text)
	}
	return d, nil
}
