package main

import (
	"time"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/listing"
	"aixmend/cmd/aixmend/pager"
	"aixmend/cmd/aixmend/pruning"
)

// runsOptions are the flags of runs.
type runsOptions struct {
	stateFolder
	format
	paging pager.Flag
}

func newRuns(c *cli) *cobra.Command {
	var o runsOptions
	cmd := &cobra.Command{
		Use: "runs", Short: "List runs, newest first", Args: cobra.NoArgs,
		Long: `Lists the runs of a state folder, newest first, and how to continue those that have
not finished. On a terminal columns give way to its width; in a pipe each is whole.
A rollback is recover --undo, with the run that it rolls back below LIMIT; a plan may
be the one that recover or resume showed before it asked (for_question in JSON). With
--format json each run is one element; its run.json has the hosts.`,
		RunE: func(*cobra.Command, []string) error {
			if err := o.format.check(); err != nil {
				return err
			}
			store, err := c.openToPrint(o.state)
			if err != nil {
				return err
			}
			list := c.listed(o.state, o.paging)
			list.JSON = o.format.format == "json"
			return listing.Runs(c.Console, store, list)
		},
	}
	o.stateFolder.flags(cmd.Flags())
	o.format.flags(cmd.Flags())
	o.paging.Add(cmd.Flags())
	cmd.AddCommand(newRunsPrune(c))
	return cmd
}

// listed says how what a state folder holds is listed.
func (c *cli) listed(state string, o pager.Flag) listing.Options {
	return listing.Options{
		State: state, Usual: c.usual(), Playbook: defaultPlaybook, Now: time.Now(),
		Print: func(text string) error { return o.Print(c.Console, text) },
	}
}

func newRunsPrune(c *cli) *cobra.Command {
	var o runsOptions
	var old pruning.Bounds
	cmd := &cobra.Command{
		Use: "prune", Short: "Remove old runs, and the captures that only they need", Args: cobra.NoArgs,
		Long: `Removes the runs that are past the bounds (past both, where both are given) and
the captures they took before a change, unless the host still needs them.

Always kept: a running or open run, the latest run, for each verb and playbook the
newest finished run and the newest with exit code 0, runs younger than 24 hours
(--attempts counts them), and the runs that an open run reads. A run that
recover --undo could roll back is removed only with --older-than.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.format.check(); err != nil {
				return err
			}
			if err := old.Check(cmd.Flags().Changed("keep")); err != nil {
				return err
			}
			store, err := openState(o.state)
			if err != nil {
				return err
			}
			return old.Runs(c.Console, store, o.format.format == "json")
		},
	}
	o.stateFolder.flags(cmd.Flags())
	o.format.flags(cmd.Flags())
	cmd.Flags().IntVar(&old.Newest, "keep", 0, "keep the newest `N` runs; 0: no bound")
	cmd.Flags().Var(&old.OlderThan, "older-than", "remove only runs older than `AGE`: 30d, 4w, 12h")
	cmd.Flags().BoolVar(&old.DryRun, "dry-run", false, "print the runs and captures to remove, and remove nothing")
	return cmd
}
