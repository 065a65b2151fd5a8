package job

import (
	"context"
	"path/filepath"
	"slices"
	"sync"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/evidence"
	"aixmend/cmd/aixmend/openrun"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/cmd/aixmend/reach"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/inventory"
	"aixmend/transport"
	"aixmend/transport/wrap"
)

// Open gives a job the way to its hosts, and bounds how many it works on at the same time
// by the open-file limit; memory is spent for time. done closes the way.
func (j *Job) Open(ctx context.Context, c *console.Console) (done func(), err error) {
	if err := j.Free(); err != nil {
		return nil, err
	}
	hosts := j.Request.Hosts
	j.way = reach.New(reach.Options{
		Asked: j.Request.Asked, Bastions: j.Request.Bastions, Folder: j.Request.Folder, Home: j.Settings.Home, Ask: c.Password(), Say: c.Say,
	})
	proxied := func() bool { return j.way.Proxied(ctx, hosts) }
	fits, warning, err := Window(min(j.Request.Concurrency, len(hosts)), OpenFiles(), proxied)
	if err != nil {
		j.way.Close()
		return nil, err
	}
	if j.window = j.Request.Concurrency; warning != "" {
		j.window = fits
		if !j.Settings.Quiet {
			c.Say("warning: %s", warning)
		}
	}
	undo := leaveGarbage(min(j.window, len(hosts)))
	return func() {
		undo()
		j.way.Close()
	}, nil
}

// slots returns the windows in which a host's connection takes a slot: those of its
// groups that set a bound, by name, then that of the run.
func (j *Job) slots() func(host string) []*wrap.Window {
	all := wrap.NewWindow(j.window)
	of := map[string][]*wrap.Window{}
	for _, g := range j.Request.Groups { // sorted by name
		if g.Concurrency == 0 {
			continue
		}
		w := wrap.NewWindow(g.Concurrency)
		for _, host := range g.Hosts {
			of[host] = append(of[host], w)
		}
	}
	return func(host string) []*wrap.Window {
		return append(of[host][:len(of[host]):len(of[host])], all)
	}
}

// ReadOnly returns a dialer for the hosts of an opened job that lets no change pass.
func (j *Job) ReadOnly() transport.Dialer {
	return wrap.Gated(wrap.Limited(j.way.Dialer(), wrap.NewSlots(j.slots())), wrap.Shut)
}

// engine wires a job to its hosts and to the folder of its run.
func (j *Job) engine(c *console.Console, dir runFolder) *controller.Engine {
	r, by, id, store := j.Request, c.By(), dir.run, dir.store
	slots := wrap.NewSlots(j.slots())
	e := &controller.Engine{
		Options: controller.Options{
			RunID: id, Verb: r.Verb, Playbook: j.Playbook, Params: j.params,
			Allowed: r.Allow, MendWarnings: r.MendWarnings, Label: r.Label,
			Baseline: j.baseline(store), Upload: j.upload,
			Waves: j.waves, Brake: j.brake, MadeBy: j.question.of, Owner: filepath.Base(by.Login()) + "@" + by.Machine,
		},
		Slots:    slots,
		Journal:  dir.Run,
		Captures: store,
		Folders:  folders{dir.Run, r.Folder},
		Sink:     dir.sink,
		Stop:     c.Interrupts.Stop(),
		Observer: j.observer(c),
	}
	gate := wrap.Gate(wrap.Shut)
	if r.Verb == controller.Recover {
		gate = untilStop(c.Interrupts.Stop())
	}
	if r.Plan != nil {
		gate = r.Plan.Gate(gate, id)
		e.MadeBy, e.Journal = r.Plan.RunID, planfile.NewJournal(r.Plan, store, dir.Run, id)
	}
	if r.Applies != "" { // a plan over a hub is applied to a host once, as one in a file is
		e.Journal = planfile.NewJournal(&planfile.Plan{ID: r.Applies}, store, dir.Run, id)
	}
	if r.Verb == controller.Recover {
		e.Resumes = openrun.Resumes(store)
	}
	if process, err := dir.Process(); err == nil { // else a lease names the run only
		e.Process = process
	}
	if j.recordings == nil && j.Settings.Cloud != nil {
		e.Cloud = j.Settings.Cloud(r.Cloud)
	}
	switch p := j.Settings.Part; {
	case p != nil && p.Elsewhere != nil:
		e.Elsewhere = p.Elsewhere
		return e
	case j.recordings != nil:
		e.Dialer, e.Captures = wrap.Gated(wrap.Limited(j.recordings.Dialer, slots), wrap.Shut), j.recordings
	default:
		e.Dialer = wrap.Gated(wrap.Limited(j.way.Dialer(), slots), gate)
	}
	if p := j.Settings.Part; p != nil && p.Wide != nil {
		e.Wide = p.Wide(e.Process)
	}
	return e
}

// sink stores the reports of a run that begins.
func (j *Job) sink(store *journal.Store, dir *journal.Run, run *outcome.Run) sink {
	s := sink{dir: dir, dialled: j.dialled, typed: j.Settings.paste, rooms: &sync.Pool{New: func() any { return new([]byte) }}}
	hosts := request.Names(j.Request.Hosts)
	if j.recordings == nil { // whose hosts are others of the same names
		s.open, _ = store.LeftOpen(hosts) // where runs can't be listed, there is nothing to say
		s.open = slices.DeleteFunc(s.open, func(o outcome.LeftOpen) bool { return o.ID == j.Request.Undoes })
	}
	if p := j.Settings.Part; p != nil {
		s.reported = p.Reported
	}
	s.pages = evidence.Pages(store, *run, hosts, s.open)
	return s
}

// untilStop is the gate of recover: changes pass until the run is stopped. A command that
// finishes a step already sent passes even then.
func untilStop(stop <-chan struct{}) wrap.Gate {
	return func(_ transport.Target, c transport.Command) error {
		if c.Finishes {
			return nil
		}
		select {
		case <-stop:
			return transport.ErrGateShut
		default:
			return nil
		}
	}
}

// dialled returns how a host was dialled last, nil where it was not.
func (j *Job) dialled(host string) *outcome.Dialled {
	if j.way == nil || j.recordings != nil {
		return nil
	}
	return j.way.Dialled(host)
}

// defined adds the groups of each host, and the place in the inventory where it is defined.
func defined(hosts []outcome.HostSummary, in []inventory.Host) {
	at := make(map[string]int, len(in))
	for i, h := range in {
		at[h.Name] = i
	}
	for i := range hosts {
		if n, known := at[hosts[i].Name]; known {
			h := in[n]
			hosts[i].Groups, hosts[i].Defined = h.Groups, outcome.Place{File: h.Pos.File, Line: h.Pos.Line}
		}
	}
}
