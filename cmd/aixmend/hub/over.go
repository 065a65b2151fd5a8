package hub

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/formats"
	"aixmend/transport/shell"
)

// View says how the run of a verb is printed.
type View struct {
	// Format is text, json or that of a plugin.
	Format string
	// Plugin: the exit code follows the convention of monitoring plugins.
	Plugin bool
	// Quiet prints nothing where there is no trouble; Full prints every step of a plan.
	Quiet, Full bool
	// Detailed: exit code 5 for planned changes.
	Detailed bool
}

// Desk is where an operator works: a terminal and the connection to a hub.
type Desk struct {
	*console.Console
	hub  *fleet.Operator
	view View
}

// At connects to the hub of a join file.
func At(ctx context.Context, c *console.Console, file string, v View) (*Desk, error) {
	o, err := Dial(ctx, c, file)
	if err != nil {
		return nil, err
	}
	return &Desk{Console: c, hub: o, view: v}, nil
}

// Close ends the connection.
func (d *Desk) Close() { d.hub.Close() }

// Run has the hub carry out a run, and prints it. Its error is the verdict.
func (d *Desk) Run(ctx context.Context, a Call) error {
	run, err := d.over(ctx, a)
	if err != nil {
		return err
	}
	return d.show(*run)
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
func Resume(ctx context.Context, c *console.Console, file string, v View, r Rest) error {
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
		ok, err := d.Confirm("resume has the sites continue run %s on the hosts that have not ended. Each is read first, and planned anew.\n", run)
		switch {
		case err != nil:
			return err
		case !ok:
			return exit.ErrNotConfirmed
		}
	}
	ended, err := begin(ctx, d, run, "rest", func(b *begun) error { return d.hub.Ask(ctx, askResume, resuming{run, d.By(), r.Deadline}, b) })
	if err != nil {
		return err
	}
	return d.show(*ended)
}

func (d *Desk) over(ctx context.Context, a Call) (*outcome.Run, error) {
	a.Run, a.By = journal.NewRunID(time.Now()), d.By()
	return begin(ctx, d, a.Run, string(a.Verb), func(b *begun) error { return d.hub.Ask(ctx, askRun, a, b) })
}

// show prints a run; its error is the verdict.
func (d *Desk) show(run outcome.Run) error {
	if err := d.print(run); err != nil {
		return err
	}
	code := outcome.Code(run.ExitCode)
	if d.view.Detailed && code == outcome.ExitOK && len(changing(run.Hosts)) > 0 {
		code = outcome.ExitChanges
	}
	return exit.Verdict{Code: code}
}

func (d *Desk) print(run outcome.Run) error {
	switch {
	case d.view.Format == "json":
		return d.JSON(run)
	case d.view.Plugin:
		run.Convention, run.ExitCode = outcome.ConventionNagios, int(outcome.PluginFor(run.Counts))
		return d.Print("%s", formats.Nagios(run))
	case d.view.Quiet && run.ExitCode == int(outcome.ExitOK):
		return nil
	}
	text := ""
	if run.Command == string(controller.Plan) {
		text = job.PlanText(run.Hosts, d.TextOptions(), !d.OutTerminal, d.view.Full) + "\n"
	}
	text += report.Text(run, d.TextOptions())
	text += report.Fit("the reports are at the hub, the commands and their output at each site\n"+next(run), d.Width())
	_, err := fmt.Fprint(d.Out, text) // it has colours
	return err
}

// next names the command that explains one of the worst hosts of a run, at its site.
func next(run outcome.Run) string {
	for _, o := range outcome.Outcomes() {
		for _, h := range run.Hosts {
			if h.Outcome == o && o != outcome.Healthy && o != outcome.Skipped && o != outcome.Unreachable {
				return fmt.Sprintf("next: at site %s, %s\n", h.Site, shell.Line("aixmend", "explain", run.ID, h.Name))
			}
		}
	}
	return ""
}

// changing are the hosts on which a plan would run a step.
func changing(hosts []outcome.HostSummary) []string {
	var list []string
	for _, h := range hosts {
		if slices.ContainsFunc(h.Plan, outcome.PlanStep.Runs) {
			list = append(list, h.Name)
		}
	}
	return list
}

// Recover has the hub plan, asks about the plan, and has it carried out; with yes it asks
// nothing, and every host is planned when it begins.
func (d *Desk) Recover(ctx context.Context, a Call, yes bool) error {
	if yes {
		return d.Run(ctx, a)
	}
	if !d.CanAsk() {
		return exit.Usagef("aixmend plan only reads; --yes asks nothing", "recover changes hosts, and there is no terminal to ask on")
	}
	if a.Undoes != "" {
		ok, err := d.Confirm("recover --undo has the sites roll back what run %s has changed on their hosts.\nEach host is read first; the commands are those of the undos at its site.\n", a.Undoes)
		switch {
		case err != nil:
			return err
		case !ok:
			return exit.ErrNotConfirmed
		}
		return d.Run(ctx, a)
	}
	look := a
	look.Verb, look.Waves = controller.Plan, ""
	plan, err := d.over(ctx, look)
	if err != nil {
		return err
	}
	hosts := changing(plan.Hosts)
	if plan.Unfinished > 0 || len(hosts) == 0 {
		return d.show(*plan)
	}
	fmt.Fprint(d.Err, "\n"+job.PlanText(plan.Hosts, d.ErrTextOptions(), false, d.view.Full)+"\n")
	ok, err := d.Confirm("recover may change %s: %s; playbook %s.\nOnly the steps above, their undos and aixmend's own link may change a host; at each site,\naixmend report %s prints the commands. A host that differs by then is skipped.\n",
		report.Hosts(len(hosts)), report.Compact(hosts), plan.Playbook.Name, plan.ID)
	switch {
	case err != nil:
		return err
	case !ok:
		return exit.ErrNotConfirmed
	}
	return d.Run(ctx, a.of(plan))
}

// of is the call that has a plan carried out, over all hosts of it.
func (a Call) of(plan *outcome.Run) Call {
	a.Plan, a.Limit = plan.ID, nil
	for _, h := range plan.Hosts {
		a.Limit = append(a.Limit, h.Name)
	}
	return a
}
