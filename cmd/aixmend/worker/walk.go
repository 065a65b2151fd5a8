package worker

import (
	"context"
	"slices"
	"strings"
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
	"aixmend/playbooks"
)

// walking is one order with everything to carry it out.
type walking struct {
	*fleet.Taken
	box   *outbox
	stop  *console.Interrupts
	store *journal.Store
	inv   *inventory.Inventory
}

// waits reports whether hosts of the order wait for others.
func (o walking) waits() bool { return o.changes() || o.Verb == string(controller.Plan) }

// changes reports whether the order may change hosts.
func (o walking) changes() bool { return o.Verb == string(controller.Recover) }

// walk walks the hosts of an order, or those that are left of them.
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
	w.Console.Say("run %s: %s of %s%s", o.Run, j.Kind(), report.Hosts(len(j.Request.Hosts)), by(o.By))
	sending, enough := context.WithCancel(until)
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		o.box.send(sending)
	}()
	following, over := context.WithCancel(ctx)
	defer over()
	if o.waits() {
		j.Settings.Part.Wide = func(process string) controller.Wide {
			t := newTurns(o.box, process, o.changes(), func(why string) {
				if following.Err() == nil {
					w.Console.Say("run %s: stopped: %s", o.Run, why)
					o.stop.Interrupt()
				}
			})
			go t.follow(following)
			return t
		}
	}
	run, err := j.Run(ctx, &terminal, earlier)
	over()
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
	s.Quiet, s.Part = true, &job.Part{ID: o.Run}
	if !o.waits() { // else the engine tells
		s.Part.Reported = o.box.ended
	}
	if o.store.HasRequest(o.Run) {
		r, err := request.Load(o.store, o.Run)
		switch {
		case err != nil:
			return nil, nil, err
		case !o.began(r):
			return nil, nil, errOther
		}
		r.Deadline = o.deadline(r.Deadline)
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
	r := request.Request{Verb: controller.Verb(o.Verb), By: o.By, Approvals: o.Approvals, Asked: w.Asked, Scope: request.ScopeOf(o.inv, w.Asked.Reached(hosts))}
	book, _ := w.shelf.Find(o.Playbook.Name)
	r.Limit, r.Playbook, r.Set, r.Ticket, r.Label = o.Hosts, book, own(book, o.Set, r.Scope), o.Ticket, o.Label
	r.Allow, r.MendWarnings, r.Attempts = o.Allow, o.MendWarnings, o.Attempts
	r.Deadline, r.Whole = o.deadline(0), o.Request
	if o.Undoes != "" {
		if err := w.undoing(o, &r); err != nil {
			return nil, nil, err
		}
	}
	j, err := job.Prepare(r, s)
	if err == nil && o.Plan != "" {
		err = j.ApplyRun(o.store, o.Plan)
	}
	return j, nil, err
}

// undoing makes a request one that rolls back this site's part of an earlier run.
func (w *Worker) undoing(o walking, r *request.Request) error {
	then, err := request.Load(o.store, o.Undoes)
	switch {
	case err != nil:
		return err
	case then.By.Operator == "": // that of somebody at the site
		return errOther
	}
	p, err := playbooks.Load(then.Playbook)
	if err != nil {
		return err
	}
	r.Undoes, r.Folder, r.Playbook, r.Set = o.Undoes, then.Folder, then.Playbook, job.StillValid(w.Console, then, p)
	r.Allow, r.MendWarnings = nil, false
	return nil
}

// began reports whether an earlier process began a run by the order. It may be one that somebody
// at the site has begun, or that may do more.
func (o walking) began(r request.Request) bool {
	allow := o.Allow
	if o.Undoes != "" {
		allow = nil
	}
	return r.By.Operator != "" && string(r.Verb) == o.Verb && r.Undoes == o.Undoes && slices.Equal(r.Allow, allow)
}

// deadline is the time until the hub cuts the run, or another one where it does not.
func (o walking) deadline(other time.Duration) time.Duration {
	if o.Until.IsZero() {
		return other
	}
	return max(time.Until(o.Until), time.Second)
}

// own leaves out, of parameters that name hosts, those of other sites.
func own(playbook string, set []string, s request.Scope) []string {
	p, err := playbooks.Load(playbook)
	if err != nil {
		return set
	}
	var list []string
	for _, one := range set {
		key, value, _ := strings.Cut(one, "=")
		if slices.Contains(p.CloneParams(), key) {
			var hosts []string
			for name := range strings.SplitSeq(value, ",") {
				if s.CheckHosts(key, name) == nil {
					hosts = append(hosts, name)
				}
			}
			one = key + "=" + strings.Join(hosts, ",")
		}
		list = append(list, one)
	}
	return list
}
