package retention

import (
	"errors"
	"io/fs"
	"strings"
	"time"

	"aixmend/controller/journal"
)

// prunedSchema is the schema of Pruned.
const prunedSchema = "aixmend.prune/v1"

// Pruned lists the runs and captures that Prune removed, or would remove.
type Pruned struct {
	Schema string `json:"schema"`
	// DryRun is set when nothing was removed.
	DryRun  bool        `json:"dry_run"`
	Removed []PrunedRun `json:"removed"`
	// Captures are the captures removed with the runs, as HOST/ID.
	Captures []string `json:"captures"`
	// Leftovers are runs whose removal an earlier process began.
	Leftovers []string `json:"leftovers"`
	// Kept are the runs that are past the bounds and stay.
	Kept []RetainedRun `json:"kept"`
	// LeftAlone are the names below runs/ that are not runs.
	LeftAlone []string `json:"left_alone"`
	// Bytes is the space freed.
	Bytes int64 `json:"bytes"`
}

// PrunedRun is a run that was removed.
type PrunedRun struct {
	ID       string    `json:"run_id"`
	Command  string    `json:"command"`
	Kind     string    `json:"-"` // its name for people
	Playbook string    `json:"playbook"`
	Last     time.Time `json:"last"`
	Bytes    int64     `json:"bytes"`
	// Undoable is how many of its changes can no longer be rolled back.
	Undoable int `json:"undoable"`
}

// errNeeded: the run became needed after Prune had decided to remove it.
var errNeeded = errors.New("it is needed again")

// Prune removes the runs of a store that are past the bounds, and the captures that only
// they need; with dryRun it removes nothing. If one run can't be removed, the others still
// are: the result is valid beside an error, and nil if Prune could not begin.
func Prune(store *journal.Store, r Rules, dryRun bool) (*Pruned, error) {
	done := &Pruned{
		Schema: prunedSchema, DryRun: dryRun,
		Removed: []PrunedRun{}, Captures: []string{}, Leftovers: []string{}, Kept: []RetainedRun{}, LeftAlone: []string{},
	}
	remover, err := NewRemover(store, r.Values)
	if err != nil {
		return nil, err
	}
	defer remover.Close()
	runs, others, err := r.keptRuns(store, remover)
	if err != nil {
		return nil, err
	}
	latest, _ := store.Resolve("latest") // "": there is none
	gone, stay := r.judge(runs, latest)
	done.Kept, done.LeftAlone = append(done.Kept, stay...), append(done.LeftAlone, others...)
	var wanted []string
	for _, run := range runs {
		wanted = append(wanted, run.refs...)
	}
	left, err := remover.Buried()
	if err != nil {
		return nil, err
	}
	done.Leftovers = append(done.Leftovers, left...)
	if dryRun {
		return done, done.foresee(remover, gone, wanted)
	}
	return done, done.remove(remover, gone, wanted)
}

// foresee fills in a dry run.
func (p *Pruned) foresee(remover *Remover, gone []keptRun, wanted []string) error {
	ids := map[string]bool{}
	for _, id := range p.Leftovers {
		ids[id] = true
		p.Bytes += remover.BuriedSize(id)
	}
	for _, run := range gone {
		ids[run.id] = true
		p.add(remover, run)
		p.Bytes += p.Removed[len(p.Removed)-1].Bytes
	}
	spare, err := remover.Spare(ids, wanted)
	for _, c := range spare {
		p.Captures = append(p.Captures, c)
		p.Bytes += remover.CaptureSize(c)
	}
	return err
}

// remove removes runs, and the captures that only they need.
func (p *Pruned) remove(remover *Remover, gone []keptRun, wanted []string) error {
	var problems []error
	for _, run := range gone {
		p.add(remover, run)
		err := remover.removeRun(run)
		if err == nil {
			continue
		}
		p.Removed = p.Removed[:len(p.Removed)-1]
		switch {
		case errors.Is(err, fs.ErrNotExist): // another prune removed it
		case errors.Is(err, journal.ErrRunning), errors.Is(err, errNeeded), errors.Is(err, journal.ErrLocked):
			p.Kept = append(p.Kept, RetainedRun{run.id, strings.TrimPrefix(err.Error(), "run "+run.id+": ")})
		default:
			problems = append(problems, err)
		}
	}
	swept, err := remover.Sweep(wanted)
	p.Captures, p.Bytes = append(p.Captures, swept.Captures...), swept.Bytes
	return errors.Join(append(problems, err)...)
}

func (p *Pruned) add(remover *Remover, run keptRun) {
	p.Removed = append(p.Removed, PrunedRun{
		ID: run.id, Command: run.command(), Kind: run.kind(), Playbook: run.playbook(), Last: run.last, Bytes: remover.RunSize(run.id), Undoable: run.changes,
	})
}

// removeRun buries a run if it is still not needed. A run that could be rolled back is
// buried only under the lock of the state folder, because a changing run may be rolling it
// back.
func (r *Remover) removeRun(run keptRun) error {
	if run.changes > 0 {
		unlock, err := r.store.Lock()
		if err != nil {
			return err
		}
		defer unlock()
	}
	return r.Bury(run.id, func() error {
		if latest, err := r.store.Resolve("latest"); err == nil && latest == run.id || r.store.StateAtRest(run.id) != run.state {
			return errNeeded
		}
		return nil
	})
}
