package main

import (
	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/evidence"
	"aixmend/controller"
)

// planOptions are the flags of plan.
type planOptions struct {
	walking
	changing
	detail
	out string
}

func newPlan(c *cli) *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use: "plan", Short: "Diagnose, then print the exact commands recover would run, each with its undo; never changes a host",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(evidence.Named{Flag: "out", Path: o.out}); err != nil {
				return err
			}
			asked := o.asked()
			o.changing.ask(&asked)
			asked.Out = o.out
			return newWalk(&o.walking, controller.Plan, asked, o.detailed).run(cmd.Context(), c)
		},
	}
	fs := cmd.Flags()
	o.walking.flags(fs)
	o.detail.flags(fs)
	o.changing.flags(fs)
	fs.StringVar(&o.out, "out", "", "write the plan to `FILE`, for recover --plan FILE")
	return cmd
}
