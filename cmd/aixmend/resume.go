package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

func (a *app) resume() *cobra.Command {
	c := &cobra.Command{
		Use: "resume [RUN]", Short: "Go on with a run that was cut off, from its journal; without a name the newest open one",
		Long: `Goes on with a run that was killed, interrupted or cut by its deadline: in its
own folder, with its own inventory, flags and allowances. Hosts that have ended
stay as they are. A host on which something was sent is read first, and what
became of an open step is said, before anything more is sent anywhere.

aixmend runs shows which runs are open.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.goOn(c.Context(), args) },
	}
	a.flags.stateDir(c)
	a.flags.formatsOfRun(c)
	a.flags.annotated(c)
	c.Flags().BoolVar(&a.flags.yes, "yes", false, "do not ask")
	a.flags.notices(c)
	a.flags.loudness(c)
	return c
}

// goOn resumes a run, from its name to the exit code.
func (a *app) goOn(ctx context.Context, args []string) error {
	if err := a.flags.checkNotices(); err != nil {
		return err
	}
	store, err := a.store(outcome.ConventionNagios)
	if err != nil {
		return err
	}
	id, err := a.openRun(store, args)
	if err != nil {
		return err
	}
	var asked request
	if err := store.LoadRequest(id, &asked); err != nil {
		return err
	}
	j, err := asked.restore(a.flags)
	if err != nil {
		return err
	}
	a.flags = j.flags
	if store, err = journal.OpenExisting(j.flags.state); err != nil {
		return err
	}
	past, err := loadPast(store, id)
	if err != nil {
		return err
	}
	if !j.flags.quiet {
		a.say("%s", past.tell(j))
	}
	if j.verb == controller.Recover {
		if err := a.consent(j, "resume", past.left(j)); err != nil {
			return err
		}
	}
	return a.finish(ctx, j, past)
}

// openRun is the run that is to be resumed.
func (a *app) openRun(store *journal.Store, args []string) (string, error) {
	if len(args) == 1 {
		id, err := store.Resolve(args[0])
		if err != nil {
			return "", usage(err)
		}
		switch store.State(id) {
		case journal.StateRunning:
			return "", fmt.Errorf("run %s: %w", id, journal.ErrRunning)
		case journal.StateCutOff:
			return "", usagef("begin a new run", "run %s can't be resumed: it was cut off before it had written down what it was to do", id)
		case journal.StateOtherVersion:
			return "", usagef("aixmend report "+id+" says what was sent; aixmend recover begins a new run, which reads the hosts again; aixmend recover --undo "+id+" rolls it back",
				"run %s can't be resumed: it was begun by another version, which kept its journal in another format", id)
		case journal.StateEnded:
			return "", usagef("aixmend runs shows which are open", "run %s has come to its end: nothing of it is open", id)
		}
		return id, nil
	}
	ids, err := store.RunIDs()
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		if store.State(id) == journal.StateOpen {
			return id, nil
		}
	}
	return "", usagef("aixmend runs lists them", "no run in %s is open", store.Root())
}

// past is what earlier processes of a run have left.
type past struct {
	store   *journal.Store
	id      string
	trails  map[string]*outcome.Trail
	events  map[string][]outcome.Entry // of each host
	started time.Time
	resumed []time.Time
}

func loadPast(store *journal.Store, id string) (*past, error) {
	entries, err := store.ReadJournal(id)
	if err != nil {
		return nil, err
	}
	p := &past{store: store, id: id, trails: outcome.Trails(entries), events: controller.Events(entries), started: time.Now().UTC()} // unless the journal says it
	for _, e := range entries {
		switch {
		case e.Event != outcome.EventRun:
		case e.State == outcome.RunStarted:
			p.started = e.Time
		case e.State == outcome.RunResumed:
			p.resumed = append(p.resumed, e.Time)
		}
	}
	return p, nil
}

// begun is what was left of one host.
func (p *past) begun(host string) (controller.Begun, error) {
	trail := p.trails[host]
	if trail == nil {
		return controller.Begun{}, nil
	}
	// A report that can't be read was not on the disk when the power went: the
	// host is read again.
	h, err := p.store.LoadHost(p.id, host)
	if err == nil && trail.Ended != "" && !h.Interrupted && len(h.Changes) == len(trail.Changes) {
		return controller.Begun{Done: h}, nil
	}
	b := controller.Begun{Events: p.events[host]}
	if err == nil {
		b.Report = h
	}
	// One that was put aside and can't be read is as good as none: the others are
	// not held up by it.
	b.Checkpoint, _ = p.store.LoadCheckpoint(p.id, host)
	return b, nil
}

// left are the hosts that have not ended.
func (p *past) left(j *job) []string {
	return slices.DeleteFunc(names(j.Hosts), func(host string) bool { t := p.trails[host]; return t != nil && t.Ended != "" })
}

// tell says how far the run had come.
func (p *past) tell(j *job) string {
	ended, fresh := 0, 0
	var changed, open []string
	for _, h := range j.Hosts {
		t := p.trails[h.Name]
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
	text := fmt.Sprintf("run %s: %s of %s, playbook %s: %d ended, %d begin anew", p.id, j.verb, report.Hosts(len(j.Hosts)), j.playbook.Name, ended, fresh)
	if len(changed) > 0 {
		text += fmt.Sprintf(", %d go on after a change: %s", len(changed), report.Compact(changed))
	}
	if len(open) > 0 {
		text += "\nit is not known what became of these steps; the hosts are read before anything more is sent:\n" + strings.Join(open, "\n")
	}
	return text
}
