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

// past tells whether a run is past the bounds: the nth one, counted from the newest.
func (r retention) past(n int, run keptRun) bool {
	return n >= r.newest && (r.older == 0 || r.now.Sub(run.last) >= r.older)
}

// keptRun is a run that is kept, as far as its removal depends on it.
type keptRun struct {
	id      string
	state   string
	run     *outcome.Run // nil: it has left none. Its hosts are not kept
	problem error        // why what it has left can't be read
	last    time.Time    // the last that is known of it
	refs    []string     // what it would look at again: runs and captures, of one that is open
	changes int          // that recover --undo could take back, of one that is past the bounds
	needed  string       // what rests on it, "" for nothing
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

// stays is a run that is past the bounds and stays all the same.
type stays struct {
	ID     string `json:"run_id"`
	Reason string `json:"reason"`
}

// judge parts runs, the newest first, into those that go and those that are past
// the bounds and stay.
func (r retention) judge(runs []keptRun, latest string) (gone []keptRun, stay []stays) {
	referred := map[string]string{}
	for _, run := range runs {
		for _, ref := range run.refs {
			referred[ref] = run.id
		}
	}
	for i, run := range runs {
		if !r.past(i, run) {
			continue
		}
		reason := run.needed
		if by := referred[run.id]; by != "" {
			reason = "run " + by + ", which has not ended, looks at it"
		}
		if run.id == latest {
			reason = "it is the latest"
		}
		switch {
		case run.state == stateRunning:
			reason = "it is still running"
		case run.state == stateOpen:
			reason = "it is open: aixmend resume " + run.id + " goes on with it"
		case run.problem != nil:
			reason = "it can't be read: " + run.problem.Error()
		case reason != "":
		case r.now.Sub(run.last) < attemptsWindow:
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

// memory is what rests on runs, which are seen from the newest on: when a verb and
// playbook last succeeded, and what the next run of them is compared with.
type memory struct {
	well   map[string]bool
	unseen map[string]map[string]bool // by verb and playbook: hosts of the inventory that no run has seen yet
}

// rests says what rests on a run that has ended; inventory are the names of all
// hosts that its inventory had.
func (m memory) rests(run *outcome.Run, inventory []string) string {
	job, reason := run.Command+" with "+run.Playbook.Name, ""
	if !m.well[job] && run.Succeeded() {
		m.well[job], reason = true, "it is the newest "+job+" that ended without trouble"
	}
	switch code := outcome.Code(run.ExitCode); {
	case code == outcome.ExitInterrupted, code == outcome.ExitTerminated, run.Broke():
		return reason // nothing is compared with it
	}
	if m.unseen[job] == nil {
		m.unseen[job], reason = map[string]bool{}, "it is the newest "+job+" that has ended"
		for _, name := range inventory {
			m.unseen[job][name] = true
		}
	}
	for _, h := range run.Hosts {
		if m.unseen[job][h.Name] && (h.Outcome != outcome.Skipped || !h.Interrupted) {
			delete(m.unseen[job], h.Name)
			if reason == "" {
				reason = "it is the newest " + job + " that has seen " + h.Name
			}
		}
	}
	return reason
}

// keptRuns are the runs of a state folder, the newest first, and the names of what
// lies among them and is none.
func (r retention) keptRuns(store *journal.Store, remover *journal.Remover) (runs []keptRun, others []string, err error) {
	ids, err := store.RunIDs()
	if err != nil {
		return nil, nil, err
	}
	m := memory{map[string]bool{}, map[string]map[string]bool{}}
	for _, id := range ids {
		if !remover.IsRun(id) {
			others = append(others, id)
			continue
		}
		run, asked := lookAt(store, id)
		if run.state == stateEnded && run.run != nil {
			run.needed = m.rests(run.run, asked.Names)
			run.run.Hosts = nil // of thousands of hosts in hundreds of runs
		}
		if (run.state == stateEnded || run.state == stateOlder) && r.past(len(runs), run) && asked.Verb == controller.Recover && asked.Undoes == "" {
			changes, err := undoableChanges(store, id)
			run.changes, run.problem = changes, errors.Join(run.problem, err)
		}
		runs = append(runs, run)
	}
	return runs, others, nil
}

// askedThen is the part of a request that is looked at here.
type askedThen struct {
	Verb   controller.Verb `json:"verb"`
	Undoes string          `json:"undoes"`
	Set    []string        `json:"set"`
	Names  []string        `json:"names"`
}

// lookAt reads what the removal of a run depends on.
func lookAt(store *journal.Store, id string) (keptRun, askedThen) {
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
	var asked askedThen
	if !store.HasRequest(id) {
		return r, asked // nobody can go on with it, or take it back
	}
	if err := store.LoadRequest(id, &asked); err != nil {
		r.problem = errors.Join(r.problem, err)
	}
	if r.state != stateEnded && r.state != stateOlder {
		r.refs = asked.lookedAt(store)
	}
	return r, asked
}

// lookedAt are the runs and captures that a run would look at, when it goes on.
func (asked askedThen) lookedAt(store *journal.Store) []string {
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
