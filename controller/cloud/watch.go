package cloud

import (
	"context"
	"fmt"
	"sync"
	"time"

	"aixmend/inventory"
	"aixmend/playbooks/facts"
)

const (
	// Patience is how long after a question began hosts wait for the cloud: it must not hold
	// them.
	Patience = 20 * time.Second
	// Fresh is how long an answer is used again: a list is not asked for more often.
	Fresh = time.Minute
)

// Sights are the VMs of a run as the cloud shows them at one time.
type Sights struct {
	// Of returns the VM of a host, found by the inventory or by the MACs in the guest, in
	// lower case with colons.
	Of func(host inventory.Host, macs []string) Sight
	// Storage asks for the volumes and snapshots of a VM; nil: nobody can be asked.
	Storage func(context.Context, Sight) facts.Storage
	// At is the time of the oldest list.
	At time.Time
}

// Watch asks the cloud while hosts are read. It is safe for concurrent use.
type Watch struct {
	ask func() Sights

	mu       sync.Mutex
	newest   *question
	answered *question // nil: none
}

// question is a question to the cloud, and its answer.
type question struct {
	there  chan struct{} // closed when the answer is there
	late   chan struct{} // closed when no host waits for it any more
	answer Sights
}

// Begin asks the cloud, and returns at once; nil where ask is nil. Questions last no longer
// than the context.
func Begin(ctx context.Context, ask func(context.Context) Sights) *Watch {
	if ask == nil {
		return nil
	}
	w := &Watch{ask: func() Sights { return ask(ctx) }}
	w.newest = w.begin()
	return w
}

// begin begins a question.
func (w *Watch) begin() *question {
	q := &question{there: make(chan struct{}), late: make(chan struct{})}
	timer := time.AfterFunc(Patience, func() { close(q.late) })
	go func() {
		q.answer = w.ask()
		timer.Stop()
		w.mu.Lock()
		w.answered = q
		w.mu.Unlock()
		close(q.there)
	}()
	return q
}

// Wait waits for the answer to the newest question, however late.
func (w *Watch) Wait() Sights {
	w.mu.Lock()
	q := w.newest
	w.mu.Unlock()
	<-q.there
	return q.answer
}

// Sights returns the VMs, or silence where the cloud is late. renew: an answer that is not
// Fresh does not do, for a decision that rests on it as it is now.
func (w *Watch) Sights(ctx context.Context, renew bool) Sights {
	q := w.wanted(renew)
	select {
	case <-q.there:
		return q.answer
	case <-q.late:
	case <-ctx.Done():
	}
	select {
	case <-q.there:
		return q.answer
	default:
	}
	silent := Sight{Silence: fmt.Sprintf("it has not answered within %s", Patience)}
	return Sights{Of: func(inventory.Host, []string) Sight { return silent }, At: time.Now()}
}

// wanted is the question whose answer is wanted.
func (w *Watch) wanted(renew bool) *question {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !renew && w.answered != nil:
		return w.answered
	case renew && w.newest == w.answered && time.Since(w.answered.answer.At) >= Fresh:
		w.newest = w.begin()
	}
	return w.newest
}
