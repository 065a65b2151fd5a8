package retention

import (
	"errors"
	"io/fs"
	"slices"

	"aixmend/controller/journal"
	"aixmend/controller/journal/captures"
	"aixmend/controller/outcome"
)

// Holds finds the captures that runs still need. It reads each run once, at the first
// question about it.
type Holds struct {
	store    *journal.Store
	undoable func(outcome.Trail) int
	named    map[string]string // by the id of a capture: the open run that names it
	runs     map[string]*heldRun
	undone   []journal.Undone
}

// heldRun is how a run holds the captures that it took.
type heldRun struct {
	all   string                    // why it holds all of them; "": it does not
	trail map[string]*outcome.Trail // of a finished recover, by host
}

// NewHolds reads which captures open runs name. undoable counts the changes of a host that
// recover --undo could roll back.
func NewHolds(store *journal.Store, undoable func(outcome.Trail) int) (*Holds, error) {
	ids, err := store.RunIDs()
	if err != nil {
		return nil, err
	}
	h := &Holds{store: store, undoable: undoable, named: map[string]string{}, runs: map[string]*heldRun{}}
	for _, id := range ids {
		if !atWork(store.StateByHead(id)) {
			continue
		}
		var asked requested
		if err := store.LoadRequest(id, &asked); err != nil {
			continue // its own captures are held
		}
		for _, ref := range asked.refs(store) {
			h.named[ref] = id
		}
	}
	h.undone, err = store.Undone(func(string) bool { return true })
	return h, err
}

// atWork reports whether a run in a state has not finished and can go on.
func atWork(s journal.State) bool { return s == journal.StateRunning || s == journal.StateOpen }

// Why returns why a capture has to stay, "" where no run needs it: a run that has not
// finished took or names it, or recover --undo would judge the changes of the run by it. A
// run that can't be read holds its captures.
func (h *Holds) Why(c *outcome.Capture) string {
	if id := h.named[c.ID]; id != "" {
		return unfinished(id, h.store.State(id))
	}
	if c.RunID == "" {
		return ""
	}
	run := h.runs[c.RunID]
	if run == nil {
		run = h.read(c.RunID)
		h.runs[c.RunID] = run
	}
	trail := run.trail[c.Host]
	switch {
	case run.all != "":
		return run.all
	case c.Purpose != outcome.PurposePreImage, trail == nil, h.undoable(*trail) == 0, rolledBack(h.undone, c.RunID, c.Host, trail):
		return ""
	}
	return "needed by aixmend recover --undo " + c.RunID + "; aixmend runs prune --older-than removes the run and its captures"
}

// WhyDamaged returns why a damaged capture has to stay, "" where it is of no use: one without a
// manifest may be written by a run that is at work.
func (h *Holds) WhyDamaged(k captures.Kept) (string, error) {
	if !errors.Is(k.Err, captures.ErrNoManifest) {
		return "", nil
	}
	ids, err := h.store.RunIDs()
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		if h.store.Running(id) {
			return unfinished(id, journal.StateRunning) + ", and may be writing it", nil
		}
	}
	// Its run may have ended in between. No other one writes into a folder that is there.
	if _, err := h.store.LoadCapture(k.Host, k.ID); err == nil {
		return "it was being written", nil
	}
	return "", nil
}

func unfinished(id string, s journal.State) string {
	if s == journal.StateRunning {
		return "run " + id + " is still running"
	}
	return "run " + id + " is open: aixmend resume " + id + " continues it"
}

// rolledBack reports whether a rollback of a run ended undone for a host, after its last change.
func rolledBack(undone []journal.Undone, run, host string, trail *outcome.Trail) bool {
	return slices.ContainsFunc(undone, func(u journal.Undone) bool {
		return u.Run == run && u.Host == host && u.At.After(trail.Last)
	})
}

// read reads a run that took captures.
func (h *Holds) read(id string) *heldRun {
	if !journal.IsRunID(id) {
		return &heldRun{}
	}
	state := h.store.State(id)
	if atWork(state) {
		return &heldRun{all: unfinished(id, state)}
	}
	err := h.store.Readable(id)
	if err == nil && !h.store.HasRequest(id) {
		return &heldRun{} // it is gone, or can be neither resumed nor rolled back
	}
	var asked requested
	if err == nil {
		err = h.store.LoadRequest(id, &asked)
	}
	var run heldRun
	if err == nil && asked.Verb == recoverVerb && asked.Undoes == "" {
		var entries []outcome.Entry
		if entries, err = h.store.ReadJournal(id); err == nil {
			run.trail = outcome.Trails(entries)
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &heldRun{all: "run " + id + " can't be read: " + err.Error()}
	}
	return &run
}
