package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

func (a *app) diff() *cobra.Command {
	c := &cobra.Command{
		Use: "diff RUN [RUN]", Short: "Say what is otherwise in the later of two runs: hosts, findings, facts, and since when",
		Long: `Compares two runs that are kept, by their ids or as latest; with one alone, it is
compared with the latest. What is otherwise at every reading (the time, free space)
is left out. A host that can't be reached is news the second time in a row.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error { return a.diffRuns(args) },
	}
	a.flags.stateDir(c)
	a.flags.formats(c)
	a.flags.detailedCode(c)
	return c
}

func (a *app) diffRuns(refs []string) error {
	store, err := a.store()
	if err != nil {
		return err
	}
	var runs []outcome.Run
	for _, ref := range append(refs, "latest")[:2] {
		run, err := endedRun(store, ref)
		if err != nil {
			return usagef("aixmend runs lists them", "%w", err)
		}
		runs = append(runs, *run)
	}
	from, to := runs[0], runs[1]
	if from.Started.After(to.Started) {
		a.say("warning: run %s is the later one: it is compared with %s", from.ID, to.ID)
		from, to = to, from
	}
	if from.Playbook.Name != to.Playbook.Name {
		a.say("warning: the runs have other playbooks, %s and %s, which find other things", from.Playbook.Name, to.Playbook.Name)
	}
	d, err := comparer(store).Between(from, to)
	if err != nil {
		return err
	}
	if a.flags.format == "json" {
		err = a.printJSON(d)
	} else {
		_, err = fmt.Fprint(a.out, report.DriftText(*d, report.TextOptions{Width: a.width(), Color: a.outColor()}))
	}
	if err == nil && a.flags.detailed && d.News() {
		return verdict{outcome.ExitChanges}
	}
	return err
}
