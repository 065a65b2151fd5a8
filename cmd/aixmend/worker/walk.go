package worker

import (
	"context"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/inventory"
)

// walking is one order with everything to carry it out.
type walking struct {
	*fleet.Taken
	box   *outbox
	stop  *console.Interrupts
	store *journal.Store
	inv   *inventory.Inventory
}

// walk audits the hosts of an order, or those that are left of them.
func (w *Worker) walk(until, ctx context.Context, o walking) error {
	j, earlier, err := w.job(o)
	if err != nil {
		return err
	}
	terminal := *w.Console
	terminal.Interrupts = o.stop
	defer context.AfterFunc(until, o.stop.Interrupt)()
	defer context.AfterFunc(w.hub.Over(), o.stop.Interrupt)()
	done, err := j.Open(ctx, &terminal)
	if err != nil {
		return err
	}
	defer done()
	w.Console.Say("run %s: %s of %s%s", o.Run, o.Verb, report.Hosts(len(j.Request.Hosts)), by(o.By))
	sending, enough := context.WithCancel(until)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		o.box.send(sending)
	}()
	run, err := j.Run(ctx, &terminal, earlier)
	enough()
	<-sent
	if err != nil {
		return err
	}
	w.Console.Say("run %s: ended: %s", o.Run, run.ExitReason)
	return nil
}

func by(b outcome.By) string {
	if text := b.String(); text != "" {
		return ", by " + text
	}
	return ""
}

// job prepares the run of an order, or the rest of it where an earlier process began it.
func (w *Worker) job(o walking) (*job.Job, *job.Earlier, error) {
	s := w.Settings
	s.Quiet, s.Part = true, &job.Part{ID: o.Run, Reported: o.box.add}
	if o.store.HasRequest(o.Run) {
		r, err := request.Load(o.store, o.Run)
		if err != nil {
			return nil, nil, err
		}
		j, err := job.Restore(r, s)
		if err != nil {
			return nil, nil, err
		}
		earlier, err := job.LoadEarlier(o.store, o.Run, j.Playbook)
		return j, earlier, err
	}
	wanted := map[string]bool{}
	for _, name := range o.Hosts {
		wanted[name] = true
	}
	var hosts []inventory.Host
	for _, h := range o.inv.Hosts {
		if wanted[h.Name] {
			hosts = append(hosts, h)
		}
	}
	if len(hosts) == 0 {
		return nil, nil, errNoHost
	}
	r := request.Request{Verb: controller.Audit, By: o.By, Asked: w.Asked, Scope: request.ScopeOf(o.inv, w.Asked.Reached(hosts))}
	r.Limit, r.Playbook, r.Set, r.Ticket = o.Hosts, o.Playbook.Name, o.Set, o.Ticket
	if !o.Until.IsZero() {
		r.Deadline = max(time.Until(o.Until), time.Second)
	}
	j, err := job.Prepare(r, s)
	return j, nil, err
}
