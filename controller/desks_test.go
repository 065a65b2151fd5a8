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
	e := &Engine{Options: Options{Verb: Recover, Playbook: p}, Sink: nowhere{}, Journal: nowhere{}, desks: make(chan struct{}, desks)}
	return newWalk(e, e.peers([]string{"a"}), nil, inventory.Host{Name: "a"})
}

// A host that waits a second time, for its wave when it has been judged among the
// others, holds no desk meanwhile: with more such hosts than desks nobody else would
// be judged, and no wave would begin.
func TestWhoWaitsHoldsNoDesk(t *testing.T) {
	w := walkOf(t)
	for range 2 {
		if err := w.park(course.End{}); err != nil {
			t.Fatal(err)
		}
		if n := len(w.desks); n > 0 {
			t.Fatalf("%d desks are held while it waits", n)
		}
		if ok, err := w.unpark(t.Context()); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	if w.leaveDesk(); len(w.desks) > 0 {
		t.Errorf("%d desks are never given back", len(w.desks))
	}
}
