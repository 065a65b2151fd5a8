// Package worker is the worker of a site: it takes orders of a hub for the hosts of its own
// inventory, carries them out as a run of its own state folder, and sends the verdicts back.
// Addresses, keys, commands and their output stay at the site.
package worker

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/request"
	"aixmend/cmd/aixmend/usage"
	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/journal/durable"
	"aixmend/controller/report"
	"aixmend/inventory"
	"aixmend/playbooks"
)

const (
	// announceEvery is how often the inventory is read again.
	announceEvery = 5 * time.Minute
	// retryAfter is the pause before something is sent to the hub again.
	retryAfter = 2 * time.Second
)

// AllowRecover is the word that lets a hub order changes.
const AllowRecover = string(controller.Recover)

// Words are all words that Worker.Allow may have.
func Words() []string {
	words := []string{AllowRecover}
	for _, w := range playbooks.EmbeddedAllowWords() {
		words = append(words, w.Word)
	}
	return words
}

// reading are the verbs that change no host.
var reading = []string{string(controller.Audit), string(controller.Capture), string(controller.Plan)}

// Worker is the worker of a site.
type Worker struct {
	// Console is the terminal of the worker.
	Console *console.Console
	// Join is the path of its join file.
	Join string
	// Load reads the inventory of the site.
	Load func(ctx context.Context) (*inventory.Inventory, error)
	// Asked says how hosts are reached.
	Asked request.Asked
	// Settings are those of each run.
	Settings job.Settings
	// Trust are files of playbooks that a hub may order beside the embedded ones.
	Trust []string
	// Allow lets a hub order more than reading: AllowRecover, and words of --allow.
	Allow []string

	pass  *fleet.Pass
	shelf playbooks.Shelf
	hub   *fleet.Worker
	duty  duty
	again chan struct{} // one when the hosts are to be announced again

	mu   sync.Mutex
	at   string              // the run that it works on, "" for none
	stop *console.Interrupts // of that run
}

// Run works until a signal comes, or the hub throws the worker out.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.check(); err != nil {
		return err
	}
	until, release := w.Console.Interrupts.UntilStop(ctx)
	defer release()
	inv, err := w.Load(until)
	if err != nil {
		return err
	}
	unlock, err := w.alone()
	if err != nil {
		return err
	}
	defer unlock()
	w.again = make(chan struct{}, 1)
	w.Console.Say("site %s: %s; connecting to the hub %s", w.pass.Name, report.Hosts(len(inv.Hosts)), w.pass.Hub)
	if w.hub, err = fleet.Join(until, w.pass, w.link()); err != nil {
		if errors.Is(err, fleet.ErrRevoked) {
			return exit.Usagef("aixmend help hub says how the hub writes a new one", "%w", err)
		}
		return w.unlessStopped(err)
	}
	defer w.hub.Close()
	var aside sync.WaitGroup
	defer w.leave()
	defer aside.Wait()
	defer release()
	if err := w.hub.Stopped(w.stopRun); err != nil {
		return err
	}
	w.Console.Say("connected; Ctrl-C stops the worker, and what it has begun goes on when it is started again")
	aside.Go(func() { w.beat(until) })
	aside.Go(func() { w.announce(until, inv) })
	return w.serve(until, ctx)
}

// check checks everything that can be before the inventory is read, and reads the join file.
func (w *Worker) check() (err error) {
	if w.shelf, err = request.Shelf(w.Trust); err != nil {
		return err
	}
	for _, word := range w.Allow {
		if known := Words(); !slices.Contains(known, word) {
			return usage.Word("allow", word, known)
		}
	}
	if w.Join == "" {
		return exit.Usagef("aixmend help hub says how the hub writes one", "--join is missing")
	}
	if w.pass, err = fleet.ReadPass(w.Join, fleet.RoleSite); err != nil {
		return exit.Usagef("aixmend help hub says how the hub writes one", "--join: %w", err)
	}
	return journal.Trusted(w.Settings.State)
}

// alone takes the state folder for this worker: two would write the same runs.
func (w *Worker) alone() (unlock func(), err error) {
	if _, err := journal.Open(w.Settings.State); err != nil {
		return nil, err
	}
	lock := durable.NewLock(filepath.Join(w.Settings.State, "worker.lock"))
	held, err := lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !held {
		return nil, exit.Usagef("name another folder with --state: each worker has its own", "a worker runs in %s already", w.Settings.State)
	}
	return func() { _ = lock.Unlock() }, nil
}

// serve takes orders while this worker is the active one of its site.
func (w *Worker) serve(until, ctx context.Context) error {
	for {
		mine, err := w.duty.wait(until, w.hub.Over())
		if err != nil {
			return w.unlessStopped(err)
		}
		taken, err := w.hub.Next(mine)
		if err == nil {
			err = w.do(mine, ctx, taken)
		}
		switch {
		case err == nil, errors.Is(context.Cause(mine), errStandby):
		default:
			return w.unlessStopped(err)
		}
	}
}

// unlessStopped is nil for the error of a worker that a signal has stopped.
func (w *Worker) unlessStopped(err error) error {
	if w.Console.Interrupts.Code() != 0 {
		return nil
	}
	return err
}

// announce tells the hub the hosts while this worker is the active one of its site, and again
// when the inventory may have changed.
func (w *Worker) announce(ctx context.Context, inv *inventory.Inventory) {
	for {
		if _, err := w.duty.wait(ctx, w.hub.Over()); err != nil {
			return
		}
		h := fleet.Hosts{Names: request.Names(inv.Hosts), Groups: map[string][]string{}}
		for _, g := range inv.Groups {
			h.Groups[g.Name] = g.Hosts
		}
		if err := w.insist(ctx, func() error { return w.hub.Announce(ctx, h) }); err != nil && ctx.Err() == nil {
			w.Console.Say("warning: the hosts were not announced: %s", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(announceEvery):
		case <-w.again:
		}
		if fresh, err := w.Load(ctx); err == nil {
			inv = fresh
		} else if ctx.Err() == nil {
			w.Console.Say("warning: the inventory can't be read any more, the hosts stay as they were: %s", err)
		}
	}
}

// announceAgain has the hosts announced again soon.
func (w *Worker) announceAgain() {
	select {
	case w.again <- struct{}{}:
	default:
	}
}

// insist does something until it succeeds, ctx ends or the hub throws the worker out.
func (w *Worker) insist(ctx context.Context, do func() error) error {
	for {
		err := do()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-w.hub.Over().Done():
			return context.Cause(w.hub.Over())
		case <-time.After(retryAfter):
		}
	}
}

// stopRun stops a run that the hub wants to end.
func (w *Worker) stopRun(run string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at == run && w.stop != nil {
		w.stop.Interrupt()
	}
}

// errLeft: the worker stops; the order comes again when it is started again.
var errLeft = errors.New("stopped")

// do carries out an order and confirms it once everything about it is with the hub. until
// ends with the first signal, ctx with the second one.
func (w *Worker) do(until, ctx context.Context, t *fleet.Taken) error {
	stop := console.NewInterrupts()
	w.mu.Lock()
	w.at, w.stop = t.Run, stop
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.at, w.stop = "", nil
	}()
	ended := make(chan struct{})
	defer close(ended)
	go w.keep(t, ended)
	end := fleet.Ended{Streams: t.Streams}
	box := newOutbox(w, t.Run)
	if why := w.refuse(t); why != "" {
		end.Refused = why
		w.Console.Say("order of run %q refused: %s", t.Run, why)
	} else {
		err := w.carryOut(until, ctx, t, box, stop)
		switch {
		case until.Err() != nil:
			return errLeft
		case w.hub.Over().Err() != nil:
			return context.Cause(w.hub.Over())
		case errors.Is(err, errNoHost), errors.Is(err, errOther):
			end.Refused = err.Error()
		case err != nil: // it may name an address, or a file of the site
			end.Broken = "the output of the worker says why"
			w.Console.Say("run %s: %s", t.Run, err)
		}
		end.Stopped = stop.Code() != 0
	}
	if err := w.insist(until, func() error { return w.hub.Send(until, t.Run, fleet.Event{Ended: &end}) }); err != nil {
		return err
	}
	_ = t.Done(until) // an order that comes again finds its run, and sends the same
	return nil
}

// keep keeps an order from coming again while it is carried out.
func (w *Worker) keep(t *fleet.Taken, ended <-chan struct{}) {
	tick := time.NewTicker(fleet.AliveEvery)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
			_ = t.Alive() // where it comes again, its run is there
		}
	}
}

// errNoHost: an order has no host of the site.
var errNoHost = errors.New("the inventory of the site has none of the hosts")

// errOther: an order names a run of the state folder that is somebody else's.
var errOther = errors.New("the run that it names is here, and no hub has ordered it so")

// refuse returns why an order is not carried out, "" where it is. The hub may be in wrong
// hands: nothing counts that the worker can't check itself.
func (w *Worker) refuse(t *fleet.Taken) string {
	switch {
	case t.Wrong != nil:
		return "the order can't be read: " + t.Wrong.Error()
	case t.Verb != fleet.VerbAdopt && !slices.Contains(reading, t.Verb) && t.Verb != string(controller.Recover):
		return fmt.Sprintf("%q is none of the verbs of a worker", t.Verb)
	case !journal.IsRunID(t.Run):
		return "its run has no id"
	case t.Verb == fleet.VerbAdopt: // the hub gets verdicts that have left the site before
		return ""
	case t.Plan != "" && !journal.IsRunID(t.Plan):
		return "its plan has no id"
	case t.Undoes != "" && (!journal.IsRunID(t.Undoes) || t.Verb != string(controller.Recover)):
		return "it can't be a rollback"
	case slices.ContainsFunc(t.Set, func(set string) bool { return strings.HasPrefix(set, "upload=") }):
		return "--set upload names a folder of this machine, which a hub must not"
	case t.Verb == string(controller.Recover) && !slices.Contains(w.Allow, AllowRecover):
		return "this worker changes no host: it was started without --allow " + AllowRecover
	}
	book, known := w.shelf.Find(t.Playbook.Name)
	if !known {
		return fmt.Sprintf("playbook %q is not embedded in this version, and not named by --trust-playbook", t.Playbook.Name)
	}
	for _, word := range t.Allow {
		if !slices.Contains(w.Allow, word) && t.Verb == string(controller.Recover) {
			return fmt.Sprintf("this worker was started without --allow %s", word)
		}
	}
	p, err := playbooks.Load(book)
	switch {
	case err != nil:
		return err.Error()
	case p.SHA256 != t.Playbook.SHA256:
		return fmt.Sprintf("playbook %s differs from the hub's: hub and worker must be of one version, this one is %s", p.Name, w.Settings.Version)
	}
	return ""
}

// carryOut carries out an order that is not refused.
func (w *Worker) carryOut(until, ctx context.Context, t *fleet.Taken, box *outbox, stop *console.Interrupts) error {
	if t.Verb == fleet.VerbAdopt {
		return w.adopt(until, t)
	}
	return w.part(until, ctx, t, box, stop)
}

// part does this site's part of a run, or the rest of it, and sends every report.
func (w *Worker) part(until, ctx context.Context, t *fleet.Taken, box *outbox, stop *console.Interrupts) error {
	store, err := journal.Open(w.Settings.State)
	if err != nil {
		return err
	}
	inv, err := w.Load(until)
	if err != nil {
		return err
	}
	book, _ := w.shelf.Find(t.Playbook.Name)
	p, err := playbooks.Load(book)
	if err != nil {
		return err
	}
	box.open(store, inv, p)
	o := walking{t, box, stop, store, inv}
	if run, err := store.LoadRun(t.Run); err != nil || run.Unfinished > 0 {
		if err := w.walk(until, ctx, o); err != nil {
			return err
		}
	}
	if o.waits() {
		if box.process, err = store.Process(t.Run); err != nil {
			return err
		}
	}
	return box.rest(until, t.Hosts)
}
