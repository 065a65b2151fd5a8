package hub

import (
	"context"
	"fmt"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/remote"
	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// Desk is where an operator works: a terminal and the connection to a hub.
type Desk struct {
	*console.Console
	hub  *fleet.Operator
	view remote.View
	join string
}

// At connects to the hub of a join file.
func At(ctx context.Context, c *console.Console, file string, v remote.View) (*Desk, error) {
	o, err := Dial(ctx, c, file)
	if err != nil {
		return nil, err
	}
	return &Desk{Console: c, hub: o, view: v, join: file}, nil
}

// reader reads the runs that the hub keeps.
func (d *Desk) reader(ctx context.Context) remote.Reader {
	return remote.Reader{Console: d.Console, Join: d.join,
		Ask: func(verb string, question, into any) error {
			return persist(ctx, d.Console, func() error { return d.hub.Ask(ctx, verb, question, into) })
		},
		Fetch: func(run string) (*outcome.Run, error) {
			end, err := d.fetch(ctx, run)
			if err != nil {
				return nil, err
			}
			return &end.Run, nil
		},
	}
}

// Close ends the connection.
func (d *Desk) Close() { d.hub.Close() }

// Run has the hub carry out a run, and prints it. Its error is the verdict.
func (d *Desk) Run(ctx context.Context, a Call) error {
	run, err := d.over(ctx, a)
	return d.reader(ctx).Show(ctx, d.view, run, err)
}

// Rest says which run is continued, and how.
type Rest struct {
	// Run is the id of the run, alone.
	Run []string
	// Deadline bounds the rest; 0: by that of the run.
	Deadline time.Duration
	// Yes asks nothing.
	Yes bool
}

// Resume has the hub of a join file continue a run that was cut off.
func Resume(ctx context.Context, c *console.Console, file string, v remote.View, r Rest) error {
	if len(r.Run) != 1 {
		return exit.Usagef("aixmend hub status lists the runs of the hub", "resume --hub needs the id of the run")
	}
	d, err := At(ctx, c, file, v)
	if err != nil {
		return err
	}
	defer d.Close()
	run := r.Run[0]
	if !r.Yes {
		if !d.CanAsk() {
			return exit.Usagef("--yes asks nothing", "resume may change hosts, and there is no terminal to ask on")
		}
		if err := d.confirmed("resume has the sites continue run %s on the hosts that have not ended. Each is read first, and planned anew.\n", run); err != nil {
			return err
		}
	}
	ended, err := begin(ctx, d, run, "rest", func(b *begun) error { return d.hub.Ask(ctx, askResume, resuming{run, d.By(), r.Deadline}, b) })
	return d.reader(ctx).Show(ctx, d.view, ended, err)
}

func (d *Desk) over(ctx context.Context, a Call) (*outcome.Run, error) {
	a.Run, a.By = journal.NewRunID(time.Now()), d.By()
	return begin(ctx, d, a.Run, outcome.Run{Command: string(a.Verb), Undoes: a.Undoes}.Kind(), func(b *begun) error { return d.hub.Ask(ctx, askRun, a, b) })
}

// Recover has the hub plan, asks about the plan, and has it carried out; with yes it asks
// nothing, and every host is planned when it begins.
func (d *Desk) Recover(ctx context.Context, a Call, yes bool) error {
	if yes {
		return d.Run(ctx, a)
	}
	reads := "aixmend plan only reads"
	if a.Undoes != "" {
		reads = "--dry-run lists the steps"
	}
	switch {
	case !d.CanAsk():
		return exit.Usagef(reads+"; --yes asks nothing", "recover changes hosts, and there is no terminal to ask on")
	case a.Undoes != "":
		return d.rollBack(ctx, a)
	}
	look := a
	look.Verb, look.Waves, look.Detailed = controller.Plan, "", false
	plan, err := d.over(ctx, look)
	if err != nil {
		return err
	}
	hosts := remote.Changing(plan.Hosts)
	if plan.Unfinished > 0 || len(hosts) == 0 {
		return d.reader(ctx).Show(ctx, d.view, plan, nil)
	}
	fmt.Fprint(d.Err, "\n"+job.PlanText(plan.Hosts, d.ErrTextOptions(), false, d.view.Full)+"\n")
	if err := d.confirmed("recover may change %s: %s; playbook %s.\nOnly the steps above, their undos and aixmend's own link may change a host; at each site,\naixmend report %s prints the commands. A host that differs by then is skipped.\n",
		report.Hosts(len(hosts)), report.Compact(hosts), plan.Playbook.Name, plan.ID); err != nil {
		return err
	}
	return d.Run(ctx, a.of(plan))
}

// confirmed asks a question. Its error is an answer other than yes.
func (d *Desk) confirmed(question string, args ...any) error {
	ok, err := d.Confirm(question, args...)
	if err == nil && !ok {
		err = exit.ErrNotConfirmed
	}
	return err
}

// back asks the hub for the steps that a rollback would undo.
func (d *Desk) back(ctx context.Context, a Call) (b remote.Back, err error) {
	return b, d.reader(ctx).Ask(askBack, a, &b)
}

// rollBack shows the steps that a rollback would undo, asks, and has it carried out.
func (d *Desk) rollBack(ctx context.Context, a Call) error {
	b, err := d.back(ctx, a)
	if err != nil {
		return err
	}
	fmt.Fprint(d.Err, d.reader(ctx).BackText(b, d.ErrTextOptions(), false))
	if len(b.Document.Hosts) == 0 {
		return nil
	}
	a.Limit = nil
	for _, h := range b.Document.Hosts {
		a.Limit = append(a.Limit, h.Name)
	}
	if err := d.confirmed("recover --undo has the sites roll back what run %s has changed on %s: %s.\nEach host is read first; the commands are those of the undos at its site.\n",
		b.Document.ID, report.Hosts(len(a.Limit)), report.Compact(a.Limit)); err != nil {
		return err
	}
	return d.Run(ctx, a)
}

// of is the call that has a plan carried out, over all hosts of it.
func (a Call) of(plan *outcome.Run) Call {
	a.Plan, a.Limit = plan.ID, nil
	for _, h := range plan.Hosts {
		a.Limit = append(a.Limit, h.Name)
	}
	return a
}
