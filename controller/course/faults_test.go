package course_test

import (
	"slices"
	"strings"
	"testing"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
)

// event is a trouble at the first action with a name, once those before it have come.
type event struct {
	at string // as describe begins it
	t  trouble
}

// inOrder chooses the troubles of a fault one after the other.
func inOrder(events []event) chooser {
	next := 0
	return func(_ int, a course.Action) trouble {
		if next < len(events) && strings.HasPrefix(describe(a), events[next].at) {
			next++
			return events[next-1].t
		}
		return goOn
	}
}

// did reports whether the controller has run a step on the host.
func (w *world) did(step string) bool {
	return slices.ContainsFunc(w.deeds, func(d deed) bool { return d.step == step })
}

var (
	noAddress = state{daemon: true, clients: true, id: true, room: true}
	noID      = state{address: true, daemon: true, clients: true, room: true}
	shutOut   = state{address: true, daemon: true, id: true, room: true}
)

// Faults that were found in the engine before this one, as histories: each stands for
// its kind.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name   string
		began  state
		events []event
		ends   outcome.Outcome
		check  func(w *world) string // what is wrong, "" for nothing
	}{
		{
			"killed in a rung, and the customer sets an address of his own", noAddress,
			[]event{{"arm set", killBefore}, {"look", operator}}, outcome.Recovered,
			func(w *world) string { return unless(w.host.customer && !w.did(setStep), "it was overwritten") },
		},
		{
			"killed before the id is rebuilt, and the disk fills", noID,
			[]event{{"send rebuild", killBefore}, {"look", diskFull}}, outcome.Failed,
			func(w *world) string { return unless(!w.did(rebuildStep), "it was rebuilt") },
		},
		{
			"killed before the id is rebuilt, and a cluster is joined", noID,
			[]event{{"send rebuild", killBefore}, {"look", joins}}, outcome.Failed,
			func(w *world) string { return unless(!w.did(rebuildStep), "it was rebuilt") },
		},
		{
			"the answer to an arming is lost", noAddress, []event{{"arm set", answerLost}}, outcome.Recovered,
			func(w *world) string { return unless(w.marker == nil, "an undo is armed") },
		},
		{
			"killed in an arming", noAddress, []event{{"arm set", killAfter}}, outcome.Recovered,
			func(w *world) string { return unless(w.marker == nil, "an undo is armed") },
		},
		{
			"frozen before a stop, and another controller has the host", shutOut,
			[]event{{"send stop", leaseGone}}, outcome.Skipped,
			func(w *world) string { return unless(!w.did(stopStep) && w.rejected == 1, "it was stopped") },
		},
		{
			"the host's clock goes two hours ahead before a stop", shutOut, []event{{"send stop", jumpHost}}, outcome.Recovered,
			func(w *world) string { return unless(w.rejected == 1, "it was sent under a lease that was over") },
		},
		{
			"frozen for two hours before a stop", shutOut, []event{{"send stop", frozen}}, outcome.Recovered,
			func(w *world) string {
				return unless(w.rejected == 1 || w.process == 1, "it was sent under a lease that was over")
			},
		},
		{
			"a signal while the service is stopped", shutOut, []event{{"send start", signal}}, outcome.Recovered,
			func(w *world) string { return unless(w.host.daemon, "the daemon is stopped") },
		},
		{
			"a signal and a lost answer while the service is stopped", shutOut, []event{{"send start", signal}, {"send start", answerLost}}, "",
			func(w *world) string { return unless(w.host.daemon, "the daemon is stopped") },
		},
		{
			"a signal while the service is stopped, then asleep, and the lease is taken", shutOut, []event{{"send start", signal}, {"send start", robbed}}, outcome.Failed,
			func(w *world) string { return unless(!w.did(startStep), "it was sent to a host of another run") },
		},
		{
			"killed while the service is stopped", shutOut, []event{{"send start", killBefore}}, outcome.Recovered,
			func(w *world) string { return unless(w.host.daemon && w.host.clients, "it was left in the middle") },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(c.began)
			w.told = true
			w.play(inOrder(c.events))
			if why := c.check(w); why != "" || len(w.wrong) > 0 || c.ends != "" && w.record.End.Outcome != c.ends {
				t.Errorf("%s; %v; ended %s\n%s", why, w.wrong, w.record.End.Outcome, w)
			}
		})
	}
}

func unless(holds bool, wrong string) string {
	if holds {
		return ""
	}
	return wrong
}

// E4: looks that were taken while the step may still have run say nothing of what it
// has done: two are asked for since it has ended.
func TestLooksCountFromTheEndOn(t *testing.T) {
	w := newWorld(noID)
	w.told = true
	w.play(inOrder([]event{{"send rebuild", linkIn}}))
	sends := 0
	for _, d := range w.deeds {
		if d.step == rebuildStep {
			sends++
		}
	}
	if sends != 1 || w.record.End.Outcome != outcome.Recovered {
		t.Errorf("sent %d times\n%s", sends, w)
	}
}

// A host whose fence lets nothing pass, whatever its lease says, is given up.
func TestFenceThatIsAlwaysShut(t *testing.T) {
	w := newWorld(noAddress)
	w.told, w.shutFence = true, true
	w.play(inOrder(nil))
	if w.record.End.Outcome != outcome.Failed || !strings.Contains(w.record.End.Reason, "was refused by the host 3 times") || len(w.wrong) > 0 {
		t.Errorf("%v\n%s", w.wrong, w)
	}
}

// A service that was stopped when the run was killed is started at once, also while it
// is not known yet what became of the open change of another host.
func TestStoppedServiceWaitsForNobody(t *testing.T) {
	w := newWorld(shutOut)
	w.told, w.othersOpen = true, false
	w.play(func(_ int, a course.Action) trouble {
		switch text := describe(a); {
		case text == "send start" && w.process == 1:
			w.othersOpen = true
			return killBefore
		case a.Do == course.Leave:
			w.othersOpen = false
		}
		return goOn
	})
	if len(w.wrong) > 0 || !w.host.daemon || w.record.End.Outcome != outcome.Recovered {
		t.Errorf("%v\n%s", w.wrong, w)
	}
}
