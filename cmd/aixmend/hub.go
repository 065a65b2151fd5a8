package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/hub"
	"aixmend/cmd/aixmend/request"
	"aixmend/cmd/aixmend/worker"
	"aixmend/controller/fleet"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/formats"
	"aixmend/inventory"
	"aixmend/transport/shell"
)

// overHub has a hub carry out the audit, and prints its run.
func (o *auditOptions) overHub(ctx context.Context, c *cli) error {
	asked := o.asked()
	for _, path := range asked.Files {
		if path != "" {
			return exit.Usagef("leave the flag out; the hub keeps the reports of its runs", "report files are not written with --hub")
		}
	}
	if o.since != "" || len(o.NotifyTo) > 0 {
		return exit.Usagef("leave --since and --notify out", "an audit over a hub is compared with no other, and notifies nobody")
	}
	op, err := hub.Dial(ctx, c.Console, o.hub)
	if err != nil {
		return err
	}
	defer op.Close()
	run, err := hub.Over(ctx, c.Console, op, hub.Audit{
		Run: journal.NewRunID(time.Now()), By: c.By(), Limit: asked.Limit, Playbook: asked.Playbook, Set: asked.Set,
		FailOn: asked.FailOn, Deadline: asked.Deadline, Ticket: asked.Ticket,
	}, o.quiet)
	if err != nil {
		return err
	}
	if err := o.printOver(c, *run); err != nil {
		return err
	}
	return exit.Verdict{Code: outcome.Code(run.ExitCode)}
}

// printOver prints the run of a hub.
func (o *auditOptions) printOver(c *cli, run outcome.Run) error {
	switch {
	case o.format.format == "json":
		return c.JSON(run)
	case c.plugin:
		run.Convention, run.ExitCode = outcome.ConventionNagios, int(outcome.PluginFor(run.Counts))
		_, err := fmt.Fprint(c.Out, formats.Nagios(run))
		return err
	case o.quiet && run.ExitCode == int(outcome.ExitOK):
		return nil
	}
	_, err := fmt.Fprint(c.Out, report.Text(run, c.TextOptions())+c.fit("the reports are at the hub, the commands and their output at each site\n"+nextOver(run)))
	return err
}

// nextOver names the command that explains one of the worst hosts of a run, at its site.
func nextOver(run outcome.Run) string {
	for _, o := range outcome.Outcomes() {
		for _, h := range run.Hosts {
			if h.Outcome == o && o != outcome.Healthy && o != outcome.Skipped && o != outcome.Unreachable {
				return fmt.Sprintf("next: at site %s, %s\n", h.Site, shell.Line("aixmend", "explain", run.ID, h.Name))
			}
		}
	}
	return ""
}

// workerOptions are the flags of worker.
type workerOptions struct {
	selection
	stateFolder
	reaching
	join string
}

func newWorker(c *cli) *cobra.Command {
	var o workerOptions
	cmd := &cobra.Command{
		Use: "worker", Short: "Carry out the audits of a hub at this site", Args: cobra.NoArgs,
		Long: `Joins a hub and carries out its audits on the hosts of this site's inventory, until it is
stopped. It changes no host. It dials out only; addresses, keys, commands and their
output stay here, in the state folder; the verdicts go to the hub.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return work(cmd.Context(), c, &o) },
	}
	fs := cmd.Flags()
	fs.StringVar(&o.join, "join", "", "join `FILE` of the site, from aixmend hub site add")
	o.selection.flags(fs)
	o.stateFolder.flags(fs)
	o.reaching.flags(fs)
	return cmd
}

func work(ctx context.Context, c *cli, o *workerOptions) error {
	if err := o.reaching.check(); err != nil {
		return err
	}
	if o.join == "" {
		return exit.Usagef("aixmend help hub says how the hub writes one", "--join is missing")
	}
	pass, err := fleet.ReadPass(o.join, fleet.RoleSite)
	if err != nil {
		return exit.Usagef("aixmend help hub says how the hub writes one", "--join: %w", err)
	}
	if err := journal.Trusted(o.state); err != nil {
		return err
	}
	asked := o.reaching.asked()
	asked.Inventories, asked.FailOn = o.inventories, outcome.Words(outcome.DefaultFailOn())
	said := false // warnings about the inventory, once
	w := worker.Worker{
		Console: c.Console, Pass: pass, Asked: asked, Settings: c.settings(o.state, loudness{quiet: true}),
		Load: func(ctx context.Context) (*inventory.Inventory, error) { return c.site(ctx, asked, o, &said) },
	}
	return w.Run(ctx)
}

// site loads the inventory of a worker, as far as its --limit selects it.
func (c *cli) site(ctx context.Context, asked request.Asked, o *workerOptions, said *bool) (*inventory.Inventory, error) {
	asked.Limit = o.limit
	inv, hosts, err := c.selected(ctx, asked, o.state, *said)
	if err != nil {
		return nil, err
	}
	*said = true
	own := *inv
	own.Hosts = hosts
	return &own, nil
}
