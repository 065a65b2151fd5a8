package main

import (
	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/listing"
	"aixmend/cmd/aixmend/pager"
	"aixmend/cmd/aixmend/pruning"
)

// The verbs for captures that are kept.

func newCaptureList(c *cli) *cobra.Command {
	var o stateFolder
	var paged pager.Flag
	cmd := &cobra.Command{
		Use: "list [HOST...]", Short: "List captures, newest first", Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, hosts []string) error {
			store, err := c.openToPrint(o.state)
			if err != nil {
				return err
			}
			return listing.Captures(c.Console, store, hosts, c.listed(o.state, paged))
		},
	}
	o.flags(cmd.Flags())
	paged.Add(cmd.Flags())
	return cmd
}

func newCaptureShow(c *cli) *cobra.Command {
	var o stateFolder
	cmd := &cobra.Command{
		Use: "show HOST [ID|LABEL|latest]", Short: "Show the contents of a capture", Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			store, err := c.openToPrint(o.state)
			if err != nil {
				return err
			}
			args = append(args, "latest")
			return listing.Capture(c.Console, store, args[0], args[1])
		},
	}
	o.flags(cmd.Flags())
	return cmd
}

func newCaptureCompare(c *cli) *cobra.Command {
	var o stateFolder
	cmd := &cobra.Command{
		Use: "compare HOST A B", Short: "List the files that differ between two captures (ids, labels or latest)", Args: cobra.ExactArgs(3),
		RunE: func(_ *cobra.Command, args []string) error {
			store, err := c.openToPrint(o.state)
			if err != nil {
				return err
			}
			return listing.Compare(c.Console, store, args[0], [2]string(args[1:]))
		},
	}
	o.flags(cmd.Flags())
	return cmd
}

func newCapturePrune(c *cli) *cobra.Command {
	var o stateFolder
	var surplus pruning.Surplus
	cmd := &cobra.Command{
		Use: "prune [HOST...]", Short: "Remove all but the newest captures; keep labelled and needed ones", Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, hosts []string) error {
			if err := surplus.Check(); err != nil {
				return err
			}
			store, err := openState(o.state)
			if err != nil {
				return err
			}
			return surplus.Captures(c.Console, store, hosts)
		},
	}
	cmd.Flags().IntVar(&surplus.Keep, "keep", 10, "keep the newest `N` good captures of each host, 1 or more")
	cmd.Flags().BoolVar(&surplus.DryRun, "dry-run", false, "print the captures to remove and their size, and remove nothing")
	o.flags(cmd.Flags())
	return cmd
}
