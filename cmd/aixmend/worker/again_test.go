package worker

import (
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// An order that comes again continues its run, until the hub's deadline. One that names another
// run of the state folder, such as a recover of somebody at the site, or that may do less than
// its run, continues nothing: it would change hosts although the worker must not.
func TestOrderOfARunThatIsThere(t *testing.T) {
	t.Parallel()
	p, err := playbooks.Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	hosts := []inventory.Host{{Name: "a"}}
	kept := request.Request{
		Verb: controller.Recover, By: outcome.By{Operator: "ops"}, Scope: request.Scope{Hosts: hosts, Names: []string{"a"}},
		Asked: request.Asked{Playbook: p.Name, FailOn: []string{"failed"}, Concurrency: 1, Deadline: time.Hour},
	}
	order := fleet.Order{
		Run: "20261201T070000.000Z-3f9ac2", Verb: "recover", Playbook: outcome.Playbook{Name: p.Name, SHA256: p.SHA256}, Hosts: []string{"a"},
		Until: time.Now().Add(time.Minute),
	}
	for name, c := range map[string]struct {
		change func(*request.Request, *fleet.Order)
		other  bool
	}{
		"its own":               {func(*request.Request, *fleet.Order) {}, false},
		"of a person here":      {func(r *request.Request, _ *fleet.Order) { r.By.Operator = "" }, true},
		"an audit":              {func(_ *request.Request, o *fleet.Order) { o.Verb = "audit" }, true},
		"a rollback of it":      {func(_ *request.Request, o *fleet.Order) { o.Undoes = "20261201T060000.000Z-3f9ac2" }, true},
		"a rollback":            {func(r *request.Request, _ *fleet.Order) { r.Undoes = "20261201T060000.000Z-3f9ac2" }, true},
		"with other allowances": {func(r *request.Request, _ *fleet.Order) { r.Allow = []string{"node-id"} }, true},
	} {
		store, err := journal.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		r, o := kept, order
		r.Allow = slices.Clone(kept.Allow)
		c.change(&r, &o)
		document, err := r.Document()
		if err != nil {
			t.Fatal(err)
		}
		document.SHA256 = p.SHA256
		dir, err := store.NewRun(o.Run)
		if err == nil {
			err = errors.Join(dir.WriteRequest(document), dir.Append(outcome.Entry{Event: outcome.EventRun, State: outcome.RunStarted}), dir.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		w := Worker{Settings: job.Settings{Version: "v1"}}
		j, _, err := w.job(walking{Taken: &fleet.Taken{Order: o}, box: newOutbox(&w, o.Run), store: store, inv: &inventory.Inventory{Hosts: hosts}})
		switch {
		case c.other != errors.Is(err, errOther):
			t.Errorf("%s: %v", name, err)
		case err == nil && j.Request.Deadline > time.Minute:
			t.Errorf("%s: it may go on for %s", name, j.Request.Deadline)
		}
	}
}

// A hub can have the runs rolled back that a hub has ordered, and no others.
func TestRollbackOfARunOfTheSite(t *testing.T) {
	t.Parallel()
	p, err := playbooks.Load("rmc-restore")
	if err != nil {
		t.Fatal(err)
	}
	for operator, other := range map[string]bool{"": true, "ops": false} {
		store, err := journal.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		const then = "20261201T060000.000Z-3f9ac2"
		dir, err := store.NewRun(then)
		if err == nil {
			err = errors.Join(dir.WriteRequest(request.Request{Verb: controller.Recover, By: outcome.By{Operator: operator}, Asked: request.Asked{Playbook: p.Name}}), dir.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		w := Worker{Console: console.New(console.Streams{Out: io.Discard, Err: io.Discard}, console.NewInterrupts(), func(string) string { return "" })}
		if err := w.undoing(walking{Taken: &fleet.Taken{Order: fleet.Order{Changing: fleet.Changing{Undoes: then}}}, store: store}, &request.Request{}); errors.Is(err, errOther) != other {
			t.Errorf("%q: %v", operator, err)
		}
	}
}
