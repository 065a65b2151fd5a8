package controller

import (
	"testing"

	"aixmend/controller/course"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// nowhere takes reports and the journal, and keeps nothing.
type nowhere struct{ Sink }

func (nowhere) HostDone(outcome.Host) error            { return nil }
func (nowhere) Load(host string) (outcome.Host, error) { return outcome.Host{Host: host}, nil }
func (nowhere) Append(outcome.Entry) error             { return nil }

func walkOf(t *testing.T) *walk {
	t.Helper()
	p, err := playbooks.Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	e := &Engine{Options: Options{Verb: Recover, Playbook: p}, Sink: nowhere{}, Journal: nowhere{}, reloads: make(chan struct{}, maxReloads)}
	return newWalk(e, e.newPeers([]string{"a"}), nil, inventory.Host{Name: "a"})
}

// A host that is parked a second time, for its wave after it has been judged among the
// others, holds no reload meanwhile: with more such hosts than reloads nobody else would
// be judged, and no wave would begin.
func TestParkedHostHoldsNoReload(t *testing.T) {
	t.Parallel()
	w := walkOf(t)
	for range 2 {
		if err := w.park(course.End{}); err != nil {
			t.Fatal(err)
		}
		if n := len(w.reloads); n > 0 {
			t.Fatalf("%d reloads are held while it waits", n)
		}
		if ok, err := w.unpark(t.Context()); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	if w.endReload(); len(w.reloads) > 0 {
		t.Errorf("%d reloads are never given back", len(w.reloads))
	}
}
