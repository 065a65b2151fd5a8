package worker

import (
	"context"
	"sync"
	"time"

	"aixmend/controller/fleet"
	"aixmend/controller/gather"
	"aixmend/controller/outcome"
	"aixmend/controller/peers"
	"aixmend/playbooks/onhost"
)

// silence is after which silence of the hub nothing new may begin.
const silence = 30 * time.Second

// turns connects the engine of a run that may wait to the hub: it implements controller.Wide.
type turns struct {
	box     *outbox
	process string
	ask     func(ctx context.Context, a fleet.Asks) (fleet.Words, error)
	// stop stops the run.
	stop func(why string)
	// changes says that the run may change hosts: it stops when the hub is silent.
	changes bool
	now     func() time.Time

	mu      sync.Mutex
	heard   time.Time
	waiting map[string]chan string
	refused map[string]string // hosts that may not begin
	others  chan struct{}     // closed when they are known
	known   peers.Others
}

func newTurns(box *outbox, process string, changes bool, stop func(why string)) *turns {
	t := &turns{
		box: box, process: process, changes: changes, stop: stop, now: time.Now,
		waiting: map[string]chan string{}, refused: map[string]string{}, others: make(chan struct{}),
	}
	t.heard = t.now()
	t.ask = func(ctx context.Context, a fleet.Asks) (fleet.Words, error) { return box.w.hub.Words(ctx, a) }
	return t
}

// follow takes the words of the hub until ctx ends.
func (t *turns) follow(ctx context.Context) {
	go t.watch(ctx)
	for a := (fleet.Asks{Run: t.box.run}); ctx.Err() == nil; {
		words, err := t.ask(ctx, a)
		switch {
		case err != nil:
			select {
			case <-ctx.Done():
			case <-time.After(retryAfter):
			}
			continue
		case words.Over:
			t.stop("the hub does not wait for it any more")
			return
		}
		if a.Session != words.Session { // another process of the hub may have heard what was told
			t.box.again()
		}
		a.Session, a.Known = words.Session, words.First+len(words.List)
		t.take(words.List)
	}
}

// watch stops a run that may change hosts when the hub is silent.
func (t *turns) watch(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for !t.Cut() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
	t.stop("the hub was not heard for " + silence.String() + ": nothing new begins, and what has begun ends")
}

// take takes words of the hub. Those of a hub that began again may come twice.
func (t *turns) take(list []fleet.Word) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heard = t.now()
	for _, word := range list {
		if turn := word.Turn; turn != nil {
			t.turn(*turn)
		}
		if word.Others != nil && !t.learnt() {
			t.known = *word.Others
			close(t.others)
		}
	}
}

func (t *turns) learnt() bool {
	select {
	case <-t.others:
		return true
	default:
		return false
	}
}

// turn takes the answer to a host. The lock is held.
func (t *turns) turn(turn gather.Turn) {
	refused := turn.Refused
	if !onhost.SameFolder(turn.Process, t.process) {
		if refused != "" {
			return // another worker of this site was told so
		}
		refused = "another worker of this site was let begin"
	}
	if refused != "" {
		t.refused[turn.Host] = refused
	}
	if permit := t.waiting[turn.Host]; permit != nil {
		if refused == "" {
			t.box.begun(turn.Host, t.process)
		}
		permit <- refused
		delete(t.waiting, turn.Host)
	}
}

// Want implements rollout.Turns.
func (t *turns) Want(host string) <-chan string {
	t.mu.Lock()
	defer t.mu.Unlock()
	permit := make(chan string, 1)
	t.waiting[host] = permit
	t.tell(host, gather.Wants, false)
	return permit
}

// Resume implements rollout.Turns.
func (t *turns) Resume(host string) { t.tell(host, gather.GoesOn, false) }

// Leave implements rollout.Turns.
func (t *turns) Leave(host string) { t.tell(host, gather.Leaves, false) }

// Read implements controller.Wide.
func (t *turns) Read(host string) { t.tell(host, gather.Read, false) }

// End implements rollout.Turns.
func (t *turns) End(h outcome.Host, refused bool) { t.tell(h.Host, gather.Ended, refused) }

func (t *turns) tell(host string, step gather.Kind, refused bool) {
	t.box.tell(told{host: host, step: step, refused: refused, process: t.process})
}

// Refused implements rollout.Turns.
func (t *turns) Refused(host string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.refused[host]
}

// Reason implements rollout.Turns: the brake is the hub's.
func (t *turns) Reason() string { return "" }

// Wait implements rollout.Turns.
func (t *turns) Wait() {}

// Others implements controller.Wide.
func (t *turns) Others(ctx context.Context) (peers.Others, error) {
	select {
	case <-t.others:
		return t.known, nil
	case <-ctx.Done():
		return peers.Others{}, context.Cause(ctx)
	}
}

// Cut implements controller.Wide.
func (t *turns) Cut() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changes && t.now().Sub(t.heard) > silence
}
