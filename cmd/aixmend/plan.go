package main

import (
	"time"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/approve"
	"aixmend/cmd/aixmend/evidence"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/hub"
	"aixmend/cmd/aixmend/pager"
	"aixmend/cmd/aixmend/planfile"
	"aixmend/cmd/aixmend/remote"
	"aixmend/controller"
)

// planOptions are the flags of plan.
type planOptions struct {
	walking
	changing
	detail
	paging pager.Flag
	out    string
}

func newPlan(c *cli) *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use: "plan", Short: "Diagnose, then print the exact commands recover would run, each with its undo; never changes a host",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(evidence.Named{Flag: "out", Path: o.out, Written: true}); err != nil {
				return err
			}
			replaced, err := planfile.CheckOut(o.out)
			if err != nil {
				return err
			}
			if replaced != "" && !o.quiet {
				c.Say("warning: --out %s replaces %s", clean(o.out), replaced)
			}
			if o.hub != "" {
				return o.overHub(cmd, c, remote.View{Out: o.out, Made: planfile.Settings{Playbook: o.playbook, Set: o.set, Allow: o.allow, MendWarnings: o.mendWarnings}}, controller.Plan, func(call *hub.Call) { call.Changing, call.Detailed = o.changing.ordered(), o.detailed })
			}
			asked := o.asked()
			o.changing.ask(&asked)
			asked.Out = o.out
			w := newWalk(&o.walking, controller.Plan, asked, o.detailed)
			w.paging = o.paging
			return w.run(cmd.Context(), c)
		},
	}
	fs := cmd.Flags()
	o.walking.flags(fs)
	o.detail.flags(fs)
	o.changing.flags(fs)
	o.paging.Add(fs)
	cmd.AddCommand(newPlanShow(c))
	fs.StringVar(&o.out, "out", "", "write the plan to `FILE`, for recover --plan FILE; of files that exist it replaces plans only")
	return cmd
}

// planShowOptions are the flags of plan show.
type planShowOptions struct {
	format
	paging  pager.Flag
	limit   []string
	verbose int
	signers approve.Signers
}

func newPlanShow(c *cli) *cobra.Command {
	var o planShowOptions
	cmd := &cobra.Command{
		Use: "show FILE", Short: "Print a saved plan as plan prints it, with who made it, its playbook and its flags", Args: cobra.ExactArgs(1),
		Long: `Prints a saved plan: on a terminal hosts with the same steps share one block, as
plan prints them. With -l, for one host and without a terminal it prints the
commands of each host with their undos; -v prints every command, also those that
arm and disarm a timed undo. The approvals beside the file are checked, with
--allowed-signers also who approved.`,
		RunE: func(_ *cobra.Command, args []string) error { return showPlan(c, &o, args[0]) },
	}
	fs := cmd.Flags()
	o.format.flags(fs)
	o.paging.Add(fs)
	fs.StringArrayVarP(&o.limit, "limit", "l", nil, "print only hosts that match `PATTERN`, each by itself; comma-separated, may repeat")
	fs.CountVarP(&o.verbose, "verbose", "v", "print every command with its undo, and those of timed undos")
	o.signers.Flags(fs)
	return cmd
}

func showPlan(c *cli, o *planShowOptions, file string) error {
	if err := o.check(); err != nil {
		return err
	}
	p, err := planfile.LoadToPrint(file)
	if err != nil {
		return err
	}
	names, err := p.Names(o.limit)
	if err != nil {
		return err
	}
	if o.format.format == "json" {
		if len(o.limit) > 0 {
			return exit.Usagef("leave -l out", "--format json prints the whole plan")
		}
		return c.JSON(p)
	}
	notes, err := o.signers.Notes(p, file, time.Now())
	if err != nil {
		return err
	}
	each := len(o.limit) > 0 || len(names) == 1 || !c.OutTerminal
	return o.paging.Print(c.Console, p.Text(file, time.Now(), planfile.View{TextOptions: c.TextOptions(), Hosts: names, Each: each, Whole: o.verbose > 0, Notes: notes}))
}
