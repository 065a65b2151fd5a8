package main

import (
	"context"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/hub"
	"aixmend/cmd/aixmend/request"
	"aixmend/cmd/aixmend/worker"
	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/outcome"
	"aixmend/inventory"
)

// atHub connects to the hub of --hub, which carries out the verb in place of this process.
func (o *walking) atHub(ctx context.Context, c *cli, detailed bool) (*hub.Desk, hub.Call, error) {
	a := o.asked()
	for _, path := range a.Files {
		if path != "" {
			return nil, hub.Call{}, exit.Usagef("leave the flag out; the hub keeps the reports of its runs", "report files are not written with --hub")
		}
	}
	if len(o.NotifyTo) > 0 {
		return nil, hub.Call{}, exit.Usagef("leave --notify out", "a run over a hub notifies nobody")
	}
	desk, err := hub.At(ctx, c.Console, o.hub, hub.View{Format: o.format.format, Plugin: c.plugin, Quiet: o.quiet, Full: o.verbose > 0, Detailed: detailed})
	return desk, hub.Call{Limit: a.Limit, Playbook: a.Playbook, Set: a.Set, FailOn: a.FailOn, Deadline: a.Deadline, Ticket: a.Ticket}, err
}

// overHub has the hub of --hub carry out a verb that reads.
func (o *walking) overHub(ctx context.Context, c *cli, detailed bool, verb controller.Verb, more func(*hub.Call)) error {
	desk, call, err := o.atHub(ctx, c, detailed)
	if err != nil {
		return err
	}
	defer desk.Close()
	call.Verb = verb
	more(&call)
	return desk.Run(ctx, call)
}

// overHub is recover over a hub.
func (o *recoverOptions) overHub(ctx context.Context, c *cli) error {
	if err := o.check(); err != nil {
		return err
	}
	switch {
	case o.plan != "":
		return exit.Usagef("recover --hub shows the plan, and asks", "--plan and --hub exclude each other: the commands of a plan stay at the sites")
	case o.undo != "" && o.dryRun:
		return exit.Usagef("at each site, recover --undo --dry-run prints the commands", "--undo --dry-run and --hub exclude each other")
	case o.pause && !c.CanAsk():
		return exit.Usagef("leave --pause out", "--pause asks before waves, and there is no terminal to ask on")
	}
	desk, call, err := o.atHub(ctx, c, o.detailed)
	if err != nil {
		return err
	}
	defer desk.Close()
	call.Changing = o.changing.ordered()
	if o.dryRun {
		call.Verb = controller.Plan
		return desk.Run(ctx, call)
	}
	call.Undoes, call.Pause = o.undo, o.pause
	call.Verb, call.Waves, call.MaxFail, call.BrakeUnreachable = controller.Recover, o.waves, o.maxFail, o.brakeUnreachable
	return desk.Recover(ctx, call, o.yes)
}

// ordered are the flags as a hub orders them.
func (o *changing) ordered() fleet.Changing {
	return fleet.Changing{Allow: o.allow, MendWarnings: o.mendWarnings, Attempts: int(o.attempts)}
}

// workerOptions are the flags of worker.
type workerOptions struct {
	selection
	stateFolder
	reaching
	join         string
	allow, trust []string
}

func newWorker(c *cli) *cobra.Command {
	var o workerOptions
	cmd := &cobra.Command{
		Use: "worker", Short: "Carry out the runs of a hub at this site", Args: cobra.NoArgs,
		Long: `Joins a hub and carries out its runs on the hosts of this site's inventory, until it is
stopped. It changes no host unless --allow recover is given. It dials out only;
addresses, keys, commands and their output stay here, in the state folder; the
verdicts go to the hub.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return work(cmd.Context(), c, &o) },
	}
	fs := cmd.Flags()
	fs.StringVar(&o.join, "join", "", "join `FILE` of the site, from aixmend hub site add")
	hub.TrustFlag(fs, &o.trust)
	fs.StringSliceVar(&o.allow, "allow", nil, "`WORDS` that let the hub order changes: recover, and those of recover --allow that it may use")
	o.selection.flags(fs)
	o.stateFolder.flags(fs)
	o.reaching.flags(fs)
	return cmd
}

func work(ctx context.Context, c *cli, o *workerOptions) error {
	if err := o.reaching.check(); err != nil {
		return err
	}
	asked := o.reaching.asked()
	asked.Inventories, asked.FailOn = o.inventories, outcome.Words(outcome.DefaultFailOn())
	said := false // warnings about the inventory, once
	w := worker.Worker{
		Console: c.Console, Join: o.join, Allow: o.allow, Trust: o.trust, Asked: asked, Settings: c.settings(o.state, loudness{quiet: true}),
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
