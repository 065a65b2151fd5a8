package controller_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"aixmend/controller"
)

// turns lets daemon-down have its turn when healthy has ended.
type turns struct {
	*bench
	ended chan struct{}
	left  atomic.Int32
}

// Each implements controller.Slots.
func (t *turns) Each(_ context.Context, _ []string, begin func(string)) {
	begin("healthy")
	<-t.ended
	begin("daemon-down")
}

// Leave implements controller.Slots.
func (t *turns) Leave(string) { t.left.Add(1) }

// Moved implements controller.Observer.
func (t *turns) Moved(host string, to controller.State, note string, _ time.Time) {
	t.bench.Moved(host, to, note, time.Time{})
	if host == "healthy" && to == controller.Done {
		close(t.ended)
	}
}

// A host that waits for its turn has not begun, and the place that it was given is
// taken back when it ends.
func TestSlots(t *testing.T) {
	t.Parallel()
	b := newBench(t, "daemon-down", "healthy")
	turns := &turns{bench: b, ended: make(chan struct{})}
	e := b.engine(controller.Audit)
	e.Slots, e.Observer = turns, turns
	b.runEngine(e)
	want := []string{
		"healthy connecting", "healthy diagnosing", "healthy done",
		"daemon-down connecting", "daemon-down diagnosing", "daemon-down done",
	}
	if diff := cmp.Diff(want, b.moves); diff != "" || turns.left.Load() != 2 {
		t.Errorf("%d were left\n%s", turns.left.Load(), diff)
	}
}
