package main

import (
	"context"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/hub"
	"aixmend/cmd/aixmend/remote"
	"aixmend/cmd/aixmend/request"
	"aixmend/cmd/aixmend/worker"
	"aixmend/controller"
	"aixmend/controller/fleet"
	"aixmend/controller/outcome"
	"aixmend/inventory"
)

// atHub connects to the hub of --hub, which carries out the verb in place of this process.
// view has the fields that only some verbs set.
func (o *walking) atHub(cmd *cobra.Command, c *cli, view remote.View) (*hub.Desk, hub.Call, error) {
	if err := remote.CheckFlags(cmd); err != nil {
		return nil, hub.Call{}, err
	}
	a := o.asked()
	view.Format, view.Plugin, view.Quiet, view.Full = o.format.format, c.plugin, o.quiet, o.verbose > 0
	view.Files, view.Annotations, view.Notices, view.Version = a.Files, o.annotations, o.Notices, currentVersion()
	desk, err := hub.At(cmd.Context(), c.Console, o.hub, view)
	return desk, hub.Call{Limit: a.Limit, Playbook: a.Playbook, Set: a.Set, FailOn: a.FailOn, Deadline: a.Deadline, Ticket: a.Ticket}, err
}

// overHub has the hub of --hub carry out a verb that reads.
func (o *walking) overHub(cmd *cobra.Command, c *cli, view remote.View, verb controller.Verb, more func(*hub.Call)) error {
	desk, call, err := o.atHub(cmd, c, view)
	if err != nil {
		return err
	}
	defer desk.Close()
	call.Verb = verb
	more(&call)
	return desk.Run(cmd.Context(), call)
}

// overHub is recover over a hub.
func (o *recoverOptions) overHub(cmd *cobra.Command, c *cli) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.pause && !c.CanAsk() {
		return exit.Usagef("leave --pause out", "--pause asks before waves, and there is no terminal to ask on")
	}
	if err := o.exclusive(cmd); err != nil {
		return err
	}
	approved := hub.Approved{File: o.plan}
	var approvals []outcome.Approval
	if o.plan != "" {
		p, err := o.accept(cmd, c)
		if err != nil {
			return err
		}
		approved.Plan, approved.Confirm, approvals = p.Plan, p.confirm, p.approvals
		approved.Again = func() ([]outcome.Approval, error) { return o.approval.Approvals(p.Plan, o.plan, nil) }
	}
	desk, call, err := o.atHub(cmd, c, remote.View{})
	if err != nil {
		return err
	}
	defer desk.Close()
	call.Changing, call.Undoes, call.Pause, call.Detailed = o.changing.ordered(), o.undo, o.pause, o.detailed
	call.Approvals = approvals
	call.Verb, call.Waves, call.MaxFail, call.BrakeUnreachable = controller.Recover, o.waves, o.maxFail, o.brakeUnreachable
	switch {
	case o.undo != "" && o.dryRun:
		return desk.ShowBack(cmd.Context(), call)
	case o.dryRun:
		call.Verb, call.Waves, call.Pause = controller.Plan, "", false
		return desk.Run(cmd.Context(), call)
	case o.plan != "":
		return desk.Apply(cmd.Context(), call, approved, o.yes)
	}
	return desk.Recover(cmd.Context(), call, o.yes)
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
