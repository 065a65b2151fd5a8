// Package retention removes old runs from a state folder, and the captures that only they
// need.
package retention

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"aixmend/controller/journal"
	"aixmend/controller/journal/captures"
	"aixmend/controller/outcome"
	"aixmend/transport/retry"
)

// recoverVerb is the verb of the only runs that recover --undo can roll back.
const recoverVerb = "recover"

// Rules are the bounds of Prune. Only a run past every given bound can be removed.
type Rules struct {
	// Newest is how many of the newest runs stay; 0: no such bound.
	Newest int
	// OlderThan is the age from which a run may go; 0: no such bound.
	OlderThan time.Duration
	// Now is the current time.
	Now time.Time
	// Undoable counts the changes of a host that recover --undo could roll back.
	Undoable func(outcome.Trail) int
	// Values finds the unique values in captures that do not list them themselves.
	Values captures.Values
}

// past reports whether a run is past the bounds; n is its index, newest first, from 0.
func (r Rules) past(n int, run keptRun) bool {
	return n >= r.Newest && (r.OlderThan == 0 || r.Now.Sub(run.last) >= r.OlderThan)
}

// keptRun is a run with everything that its removal depends on.
type keptRun struct {
	id      string
	state   journal.State
	run     *outcome.Run // its head; nil: there is no run.json
	problem error        // why its files can't be read
	last    time.Time    // when it ended, else when it began
	refs    []string     // runs and captures that it will read again, while it is open
	changes int          // changes that recover --undo could roll back; counted past the bounds only
	needed  string       // why later runs need it; "": they don't
}

func (r keptRun) command() string {
	if r.run == nil {
		return ""
	}
	return r.run.Command
}

// kind is the name of the run for people, "" where it can't be read.
func (r keptRun) kind() string {
	if r.run == nil {
		return ""
	}
	return r.run.Kind()
}

func (r keptRun) playbook() string {
	if r.run == nil {
		return ""
	}
	return r.run.Playbook.Name
}

// RetainedRun is a run that is past the bounds and stays.
type RetainedRun struct {
	ID     string `json:"run_id"`
	Reason string `json:"reason"`
}

// judge splits the runs that are past the bounds, newest first, into those to remove
// and those that stay.
func (r Rules) judge(runs []keptRun, latest string) (gone []keptRun, stay []RetainedRun) {
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
			reason = "run " + by + " needs it and has not finished"
		}
		if run.id == latest {
			reason = "it is the latest"
		}
		switch {
		case run.state == journal.StateRunning:
			reason = "it is still running"
		case run.state == journal.StateOpen:
			reason = "it is open: aixmend resume " + run.id + " continues it"
		case run.problem != nil:
			reason = "it can't be read: " + run.problem.Error()
		case reason != "":
		case r.Now.Sub(run.last) < retry.Rung.Within:
			reason = fmt.Sprintf("it is younger than %.0f hours", retry.Rung.Within.Hours())
			if run.command() == recoverVerb {
				reason += ": --attempts counts it"
			}
		case run.changes > 0 && r.OlderThan == 0:
			reason = fmt.Sprintf("aixmend recover --undo %s could roll back %s; --older-than removes it", run.id, changesOf(run.changes))
		}
		if reason == "" {
			gone = append(gone, run)
		} else {
			stay = append(stay, RetainedRun{run.id, reason})
		}
	}
	return gone, stay
}

// changesOf is "1 change", "2 changes".
func changesOf(n int) string {
	if n == 1 {
		return "1 change"
	}
	return fmt.Sprintf("%d changes", n)
}

// memory tracks, over runs fed to it newest first, which of them later runs need.
type memory struct {
	well   map[string]bool            // jobs (a verb with a playbook) whose newest success was seen
	unseen map[string]map[string]bool // by job: inventory hosts that no run so far has reported
}

// needs returns why later runs need a run that has ended, by its head; "": they don't. hosts
// and inventory read its hosts, and the names of all hosts of its inventory, where they matter.
func (m memory) needs(run *outcome.Run, hosts func() []outcome.HostSummary, inventory func() []string) string {
	job, reason := run.Command+" with "+run.Playbook.Name, ""
	if !m.well[job] && run.Succeeded() {
		m.well[job], reason = true, "it is the newest "+job+" that succeeded"
	}
	switch code := outcome.Code(run.ExitCode); {
	case code == outcome.ExitInterrupted, code == outcome.ExitTerminated, run.Broke():
		return reason // never a baseline
	}
	if m.unseen[job] == nil {
		m.unseen[job], reason = map[string]bool{}, "it is the newest finished "+job
		for _, name := range inventory() {
			m.unseen[job][name] = true
		}
	}
	if len(m.unseen[job]) == 0 {
		return reason
	}
	for _, h := range hosts() {
		if m.unseen[job][h.Name] && (h.Outcome != outcome.Skipped || !h.Interrupted) {
			delete(m.unseen[job], h.Name)
			if reason == "" {
				reason = "it is the newest " + job + " that covered " + h.Name
			}
		}
	}
	return reason
}

// keptRuns returns the runs of a state folder, newest first, and the names below
// runs that are not runs.
func (r Rules) keptRuns(store *journal.Store, remover *Remover) (runs []keptRun, others []string, err error) {
	ids, err := store.RunIDs()
	if err != nil {
		return nil, nil, err
	}
	undone, err := store.Undone(func(string) bool { return true })
	if err != nil {
		return nil, nil, err
	}
	m := memory{map[string]bool{}, map[string]map[string]bool{}}
	for _, id := range ids {
		if !remover.IsRun(id) {
			others = append(others, id)
			continue
		}
		run, asked := inspect(store, id)
		if run.state == journal.StateEnded && run.run != nil {
			var unread error
			run.needed = m.needs(run.run, func() (hosts []outcome.HostSummary) {
				whole, err := store.LoadRun(id)
				if unread = err; err == nil {
					hosts = whole.Hosts
				}
				return hosts
			}, func() []string { return allNames(store, id) })
			run.problem = errors.Join(run.problem, unread)
		}
		atRest := run.state == journal.StateEnded || run.state == journal.StateOtherVersion
		if atRest && r.past(len(runs), run) && asked.Verb == recoverVerb && asked.Undoes == "" {
			changes, err := r.undoable(store, id, undone)
			run.changes, run.problem = changes, errors.Join(run.problem, err)
		}
		runs = append(runs, run)
	}
	return runs, others, nil
}

// undoable counts the changes of a run that recover --undo could roll back: not those of hosts
// for which it did.
func (r Rules) undoable(store *journal.Store, id string, undone []journal.Undone) (int, error) {
	entries, err := store.ReadJournal(id)
	n := 0
	for host, trail := range outcome.Trails(entries) {
		if !rolledBack(undone, id, host, trail) {
			n += r.Undoable(*trail)
		}
	}
	return n, err
}

// requested is the part of request.json that retention reads.
type requested struct {
	Verb   string   `json:"verb"`
	Undoes string   `json:"undoes"`
	Set    []string `json:"set"`
}

// allNames are the names of all hosts of the inventory of a run; none where that is not known.
func allNames(s *journal.Store, id string) []string {
	var asked struct {
		Names []string `json:"names"`
	}
	if s.LoadRequest(id, &asked) != nil {
		return nil
	}
	return asked.Names
}

// inspect reads everything about a run that its removal depends on.
func inspect(s *journal.Store, id string) (keptRun, requested) {
	r := keptRun{id: id, state: s.StateByHead(id)}
	r.last, _ = journal.RunTime(id)
	run, err := s.LoadHead(id)
	switch {
	case err == nil:
		r.run = run
		if run.Finished.After(r.last) {
			r.last = run.Finished
		}
	case !errors.Is(err, fs.ErrNotExist):
		r.problem = err
	}
	var asked requested
	if !s.HasRequest(id) {
		return r, asked // it can be neither resumed nor rolled back
	}
	if err := s.LoadRequestHead(id, &asked); err != nil {
		r.problem = errors.Join(r.problem, err)
	}
	if r.state != journal.StateEnded && r.state != journal.StateOtherVersion {
		r.refs = asked.refs(s)
	}
	return r, asked
}

// refs returns the runs and captures that a run reads when it is resumed.
func (asked requested) refs(store *journal.Store) []string {
	var refs []string
	if asked.Undoes != "" {
		refs = append(refs, asked.Undoes)
	}
	for _, set := range asked.Set {
		if ref, ok := strings.CutPrefix(set, "baseline="); ok {
			if id, err := store.Resolve(ref); err == nil {
				ref = id // "latest" may name another run by then
			} else if id, err := store.Named(ref); err == nil {
				refs = append(refs, id) // unless it is the label of a capture
			} else if _, id, both := strings.Cut(ref, "/"); both {
				ref = id // HOST/ID
			}
			refs = append(refs, ref)
		}
		if ref, ok := strings.CutPrefix(set, "capture="); ok {
			refs = append(refs, ref[strings.Index(ref, "/")+1:]) // HOST/ID
		}
	}
	return refs
}
