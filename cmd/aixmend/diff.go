package main

import (
	"slices"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/news"
	"aixmend/cmd/aixmend/pager"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// diffOptions are the flags of diff.
type diffOptions struct {
	stateFolder
	format
	detail
	paging pager.Flag
}

func newDiff(c *cli) *cobra.Command {
	var o diffOptions
	cmd := &cobra.Command{
		Use: "diff [RUN [RUN]]", Short: "Show what changed between two runs: hosts, findings, facts, and since when",
		Long: `Compares two kept runs, named by id or as latest; a single run is compared with
the latest, and the latest with the run before it: the newest of any verb with the
same playbook that saw all its hosts, or else some of them. A plan that was made
for a question of recover or resume is passed over. Without RUN, the newest that
has such a run before it is compared with that. The first line says which and why.
Values that differ at every reading (the time, free space) are ignored. An unreachable host counts as a change the second time in a row.`,
		Args: cobra.MaximumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error { return diff(c, &o, args) },
	}
	o.stateFolder.flags(cmd.Flags())
	o.format.flags(cmd.Flags())
	o.detail.flags(cmd.Flags())
	o.paging.Add(cmd.Flags())
	return cmd
}

func diff(c *cli, o *diffOptions, refs []string) error {
	if err := o.format.check(); err != nil {
		return err
	}
	store, err := c.openToPrint(o.state)
	if err != nil {
		return err
	}
	two, err := news.Pair(store, refs)
	if err != nil {
		return exit.Usagef("aixmend runs lists all runs, and how to continue those that have not finished", "%w", err)
	}
	if len(refs) < 2 || slices.Contains(refs, "latest") {
		c.noteOpen(store, "latest")
	}
	from, to := two.From, two.To
	if from.Started.After(to.Started) {
		c.Say("warning: run %s is the later one: comparing it with %s", from.ID, to.ID)
		from, to = to, from
	}
	if from.Playbook.Name != to.Playbook.Name {
		c.Say("warning: the runs have different playbooks, %s and %s, with different findings", from.Playbook.Name, to.Playbook.Name)
	}
	d, err := news.Comparer(store).Between(from, to)
	if err != nil {
		return err
	}
	if o.format.format == "json" {
		err = c.JSON(d)
	} else {
		err = o.paging.Print(c.Console, report.DriftText(*d, two.Why, c.TextOptions()))
	}
	if err == nil && o.detailed && d.News() {
		return exit.Verdict{Code: outcome.ExitChanges}
	}
	return err
}
