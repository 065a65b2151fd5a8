package controller_test

import (
	"testing"

	"aixmend/controller"
	"aixmend/controller/outcome"
	"aixmend/playbooks/onhost"
)

// A process is killed while it holds a host's lease. The one that goes on with the
// run gives it back at the end, also where it has nothing more to change.
func TestResumeGivesTheLeaseBack(t *testing.T) {
	t.Parallel()
	c := mortalCase{illness: "address-removed-smitty"}
	engine := func(b *bench) *controller.Engine {
		e := c.engine(b)
		e.Owner = "root@here"
		return e
	}
	whole := c.bench(t)
	whole.runEngine(engine(whole))
	for k := entryOf(t, whole.journal(), outcome.EventIntent, "set-address") + 1; ; k++ {
		b := c.bench(t)
		died := b.dieAt(engine(b), k)
		if died.Event == outcome.EventLease || died.Event == "" {
			return // it is given back
		}
		got := b.resume(engine(b))[c.illness]
		if _, held := b.fleet.Host(c.illness).Snapshot().Files[onhost.LeasePath]; held || got.Outcome != outcome.Recovered {
			t.Errorf("killed at entry %d (%s %s %s): %s: %s; its lease is still held: %v", k, died.Event, died.Step, died.State, got.Outcome, got.Reason, held)
		}
		b.fleet.Close()
	}
}
