// Package outage records the changes of a disk, and makes the folders that a loss of power may
// leave at each moment of it.
//
// POSIX promises little: a change that was synced is there, and any other may be there or not, in
// any order. A name is there once its folder was synced, content once its file was, and nothing of
// one follows from the other. Two things are taken for granted, as every file system with a log
// has them: renaming is one change, and additions to a file arrive in their order.
package outage

import (
	"sync"

	"aixmend/controller/journal/durable"
)

// Recorder is a watcher that keeps all that it is told. Its zero value is empty.
type Recorder struct {
	mu     sync.Mutex
	events []event
	syncs  int
	shared int
}

// event is a change, the end of a sync, or a claim.
type event struct {
	change durable.Change
	synced *synced
	claim  func(state string) error
}

// synced is a sync that has ended.
type synced struct {
	path   string
	shared bool
	began  int // how many events were before it
}

// Changing implements durable.Watcher.
func (r *Recorder) Changing(do func() (durable.Change, bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, made := do(); made {
		r.events = append(r.events, event{change: c})
	}
}

// Syncing implements durable.Watcher.
func (r *Recorder) Syncing(path string, shared bool) (done func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.syncs++
	if shared {
		r.shared++
	}
	s := &synced{path, shared, len(r.events)}
	return func() { r.add(event{synced: s}) }
}

// Claim adds a check that holds from now on, whatever is lost: it is given the state folder that was
// left.
func (r *Recorder) Claim(check func(state string) error) { r.add(event{claim: check}) }

func (r *Recorder) add(e event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// Syncs returns how many syncs were begun, and how many of them were shared.
func (r *Recorder) Syncs() (all, shared int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.syncs, r.shared
}

// Moments returns at how many moments the power can fail: after each event, and before the first.
func (r *Recorder) Moments() int { return len(r.events) + 1 }
