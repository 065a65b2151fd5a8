package worker

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/playbooks"
)

// maxAdopted bounds the runs that one order of fleet.VerbAdopt gets.
const maxAdopted = 200

// past is a run of a hub that this worker has carried out.
type past struct {
	fleet.Kept
	request request.Request
	plays   *playbooks.Playbook
	hosts   []string // those whose reports are told
}

// adopt tells a hub the newest runs of the state folder that a hub has ordered: first all of
// them, then the reports of each, as they left the site before. Runs of somebody at the site
// are the site's own.
func (w *Worker) adopt(ctx context.Context, t *fleet.Taken) error {
	store, err := journal.Open(w.Settings.State)
	if err != nil {
		return err
	}
	list, end, err := w.pasts(store, t.Have)
	if err != nil {
		return err
	}
	w.Console.Say("a hub that has lost its runs adopts %d of this site", len(list))
	for _, p := range append(slices.Clone(list), past{Kept: fleet.Kept{End: &end}}) {
		if err := w.tell(ctx, t.Run, fleet.Event{Kept: &p.Kept}); err != nil {
			return err
		}
	}
	for _, p := range list {
		if p.Why != "" {
			continue
		}
		if err := w.tellReports(ctx, store, p); err != nil {
			return err
		}
		if err := w.tell(ctx, p.ID, fleet.Event{Ended: &fleet.Ended{Adoption: t.Run, Open: p.Open, Streams: t.Streams}}); err != nil {
			return err
		}
	}
	return nil
}

// tell sends an event of a run until the hub has it.
func (w *Worker) tell(ctx context.Context, run string, e fleet.Event) error {
	return w.insist(ctx, func() error { return w.hub.Send(ctx, run, e) })
}

// tellReports tells the reports of a run.
func (w *Worker) tellReports(ctx context.Context, store *journal.Store, p past) error {
	box := newOutbox(w, p.ID)
	box.open(store, &inventory.Inventory{Hosts: p.request.Hosts}, p.plays)
	box.process = p.Process
	return box.rest(ctx, p.hosts)
}

// pasts are the newest runs that a hub has ordered, but for those that it has.
func (w *Worker) pasts(store *journal.Store, have []string) ([]past, fleet.KeptEnd, error) {
	ids, err := store.RunIDs()
	if err != nil {
		return nil, fleet.KeptEnd{}, err
	}
	there := map[string]bool{}
	for _, id := range have {
		there[id] = true
	}
	var list []past
	var end fleet.KeptEnd
	for _, id := range ids {
		if !journal.IsRunID(id) {
			continue
		}
		r, err := request.Load(store, id)
		switch {
		case err != nil, r.By.Operator == "": // nothing is known of it, or it is the site's own
		case there[id]:
			end.There++
		case len(list) == maxAdopted:
			end.Older++
		default:
			list = append(list, past{Kept: fleet.Kept{ID: id}, request: r})
		}
	}
	for i := range list {
		if err := w.look(store, &list[i]); err != nil { // it may name a file of the site
			list[i].Kept = fleet.Kept{ID: list[i].ID, Why: "the output of the worker says why it can't be told"}
			w.Console.Say("run %s can't be told: %s", list[i].ID, err)
		}
	}
	return list, end, nil
}

// look completes a run.
func (w *Worker) look(store *journal.Store, p *past) error {
	switch state := store.State(p.ID); {
	case len(p.request.Whole) == 0:
		p.Why = "an earlier version has ordered it, which did not say enough of it"
		return nil
	case state == journal.StateRunning:
		p.Why = "somebody at the site works on it"
		return nil
	case state == journal.StateOtherVersion:
		p.Why = "it is open, and of another version"
		return nil
	default:
		p.Open = state != journal.StateEnded
	}
	var err error
	if p.plays, err = playbooks.Load(p.request.Playbook); err != nil {
		return err
	}
	if p.plays.SHA256 != p.request.SHA256 {
		return fmt.Errorf("its playbook %s has changed", p.plays.Name)
	}
	if p.Process, err = store.Process(p.ID); err != nil {
		return err
	}
	p.Request = p.request.Whole
	earlier, err := job.LoadEarlier(store, p.ID, p.plays)
	if err != nil {
		return err
	}
	for _, h := range p.request.Hosts {
		report, err := store.LoadHost(p.ID, h.Name)
		if err == nil && (!p.Open || report.Interrupted || earlier.Done(h.Name)) {
			p.hosts = append(p.hosts, h.Name)
		}
	}
	p.Ended = endedAt(store, p.ID)
	p.Begun, err = begun(store, p.ID, p.request.Verb)
	return err
}

// endedAt is when a run ended, or was last worked on.
func endedAt(store *journal.Store, id string) time.Time {
	if run, err := store.LoadRun(id); err == nil {
		return run.Finished
	}
	at := time.Time{}
	entries, _ := store.ReadJournal(id) // up to a line that can't be read
	for _, e := range entries {
		if e.Time.After(at) {
			at = e.Time
		}
	}
	return at
}

// begun are the hosts of a run on which it has begun to change something, by its journal: each
// was let begin by the hub.
func begun(store *journal.Store, id string, verb controller.Verb) ([]string, error) {
	if verb != controller.Recover {
		return nil, nil
	}
	entries, err := store.ReadJournal(id)
	var list []string
	for _, e := range entries {
		switch e.Event {
		case outcome.EventLease, outcome.EventCaptured, outcome.EventRung, outcome.EventIntent, outcome.EventResult, outcome.EventLeft:
			list = append(list, e.Host)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), err
}
