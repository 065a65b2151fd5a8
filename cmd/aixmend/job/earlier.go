package job

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/playbooks"
)

// Earlier is an earlier run, or this run as earlier processes left it, read from its journal.
type Earlier struct {
	// ID is the run's.
	ID string

	store   *journal.Store
	plays   *playbooks.Playbook
	trails  map[string]*outcome.Trail
	events  map[string][]outcome.Entry // by host
	started time.Time
	resumed []time.Time
	by      []outcome.By // who resumed it, where the journal says so
}

// LoadEarlier reads the journal of a run of a playbook.
func LoadEarlier(store *journal.Store, id string, p *playbooks.Playbook) (*Earlier, error) {
	entries, err := store.ReadJournal(id)
	if err != nil {
		return nil, err
	}
	e := &Earlier{ID: id, store: store, plays: p, trails: outcome.Trails(entries), events: controller.Events(entries), started: time.Now().UTC()} // unless the journal says otherwise
	for _, entry := range entries {
		switch {
		case entry.Event != outcome.EventRun:
		case entry.State == outcome.RunStarted:
			e.started = entry.Time
		case entry.State == outcome.RunResumed:
			e.resumed = append(e.resumed, entry.Time)
			if entry.By != nil {
				e.by = append(e.by, *entry.By)
			}
		}
	}
	return e, nil
}

// begun returns the state in which one host was left.
func (e *Earlier) begun(host string) (controller.Begun, error) {
	trail := e.trails[host]
	if trail == nil {
		return controller.Begun{}, nil
	}
	// A report that can't be read was not on disk when the power failed: the host is
	// read again.
	h, err := e.store.LoadHost(e.ID, host)
	whole := err == nil && (h.Site != "" || len(h.Changes) == len(trail.Changes)) // a hub journals no changes
	if whole && trail.Ended != "" && !h.Interrupted {
		return controller.Begun{Done: h}, nil
	}
	b := controller.Begun{Events: e.events[host]}
	if err == nil {
		b.Report = h
	}
	// An unreadable checkpoint counts as none: it holds up no other host.
	b.Checkpoint, _ = e.store.LoadCheckpoint(e.ID, host)
	return b, nil
}

// Done reports whether a host has ended, and its report is there.
func (e *Earlier) Done(host string) bool {
	b, err := e.begun(host)
	return err == nil && b.Done != nil
}

// sent reports whether the run has sent a step to a host.
func (e *Earlier) sent(host string) bool { t := e.trails[host]; return t != nil && len(t.Changes) > 0 }

// Left returns the hosts of a job that have not ended.
func (e *Earlier) Left(j *Job) []string {
	return slices.DeleteFunc(request.Names(j.Request.Hosts), func(host string) bool { t := e.trails[host]; return t != nil && t.Ended != "" })
}

// Describe summarises how far the run got.
func (e *Earlier) Describe(j *Job) string {
	ended, fresh := 0, 0
	var changed, open []string
	for _, h := range j.Request.Hosts {
		t := e.trails[h.Name]
		switch {
		case t != nil && t.Ended != "":
			ended++
		case t == nil || len(t.Changes) == 0:
			fresh++
		default:
			changed = append(changed, h.Name)
			if t.InDoubt() {
				open = append(open, fmt.Sprintf("%s: %s", h.Name, t.Changes[len(t.Changes)-1].Step))
			}
		}
	}
	text := fmt.Sprintf("run %s: %s of %s, playbook %s: %d ended, %d start over", e.ID, j.Kind(), report.Hosts(len(j.Request.Hosts)), j.Playbook.Name, ended, fresh)
	if len(changed) > 0 {
		text += fmt.Sprintf(", %d continue after a change: %s", len(changed), report.Compact(changed))
	}
	if len(open) > 0 {
		text += "\nthe result of these steps is not known; the hosts are read before anything more is sent:\n" + strings.Join(open, "\n")
	}
	return text
}

// Changes returns the changes of a host that may be in effect and that a rollback is about,
// oldest first.
func (e *Earlier) Changes(host string) []playbooks.Change {
	trail := e.trails[host]
	if trail == nil {
		return nil
	}
	return slices.DeleteFunc(controller.Changes(*trail), func(c playbooks.Change) bool { return !e.plays.Leaves(c) })
}

// rollback returns the changes of the run to a host, and the facts of its capture.
func (e *Earlier) rollback(host string) (controller.Earlier, error) {
	then := controller.Earlier{Run: e.ID, Changes: e.Changes(host)}
	h, err := e.store.LoadHost(e.ID, host)
	if err != nil || h.Capture == "" { // killed: only the checkpoint is there
		if h, err = e.store.LoadCheckpoint(e.ID, host); err != nil || h == nil {
			return then, err
		}
	}
	if c, err := e.store.Load(h.Capture); err == nil {
		then.Facts = c.Facts
	}
	return then, nil
}
