// Package news loads the earlier run that --since, diff and --notify compare with, and has
// controller/drift compare them.
package news

import (
	"errors"
	"fmt"
	"io/fs"

	"aixmend/controller/drift"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/playbooks/facts"
)

// Last names the newest earlier run of the same verb and playbook that covered each host.
const Last = "last"

// Finished returns a run, by its id or as latest, that has written its reports.
func Finished(store *journal.Store, ref string) (*outcome.Run, error) {
	id, err := store.Named(ref)
	if err != nil {
		return nil, err
	}
	run, err := store.LoadRun(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("run %s has not finished", id)
	}
	return run, err
}

// Two are the runs that are compared.
type Two struct {
	From, To outcome.Run
	// Why says why these two, "" where both were named.
	Why string
}

// Pair returns the two runs that one or two references mean: a single run is compared with
// the latest, and the latest with the run before it that journal.Store.Before names. No
// reference means the newest run that has such a run before it.
func Pair(store *journal.Store, refs []string) (*Two, error) {
	if len(refs) == 0 {
		return newestPair(store)
	}
	var runs []*outcome.Run
	for _, ref := range append(refs, "latest")[:2] {
		run, err := Finished(store, ref)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	two := Two{From: *runs[0], To: *runs[1]}
	if len(refs) == 2 {
		return &two, nil
	}
	if two.From.ID != two.To.ID {
		two.Why = "the latest run, and the one that was named"
		return &two, nil
	}
	return before(store, runs[1])
}

// before returns a run and the one before it.
func before(store *journal.Store, run *outcome.Run) (*Two, error) {
	id, all, err := store.Before(run)
	if err != nil {
		return nil, err
	}
	earlier, err := Finished(store, id)
	if err != nil {
		return nil, err
	}
	why := "the newest run before it with that playbook and all its hosts"
	if !all {
		why = "the newest run before it with that playbook and some of its hosts"
	}
	return &Two{*earlier, *run, why}, nil
}

// newestPair returns the newest run that can be compared with one before it, and that one.
func newestPair(store *journal.Store) (*Two, error) {
	ids, err := store.RunIDs() // the newest first
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		head, err := store.LoadHead(id)
		if err != nil || head.ForQuestion {
			continue // not finished, or nobody asked for it
		}
		later, err := store.LoadRun(id)
		if err != nil {
			continue
		}
		two, err := before(store, later)
		if none := new(journal.NoRun); errors.As(err, &none) {
			continue
		}
		return two, err
	}
	return nil, fmt.Errorf("no two runs in %s can be compared: they have no host or playbook in common", store.Root())
}

// Comparer compares the runs of a state folder.
func Comparer(store *journal.Store) drift.Comparer {
	c := drift.Comparer{History: store}
	for _, v := range facts.Volatiles() {
		c.Left = append(c.Left, drift.Left{Path: v.Path, Why: v.Why})
	}
	return c
}

// Since returns what changed between an earlier run and a run whose hosts have all ended;
// nil where there is no earlier run. since is the id of the earlier run; Last, or empty,
// the newest one that covered each host.
func Since(store *journal.Store, run *outcome.Run, since string) (*drift.Drift, error) {
	var from *outcome.Run
	if since != "" && since != Last {
		var err error
		if from, err = Finished(store, since); err != nil {
			return nil, err
		}
	}
	return Comparer(store).Since(*run, from)
}

// Compared is the comparison that --since asks for.
type Compared struct {
	Drift *drift.Drift // nil: there is no earlier run
	Err   error
}
