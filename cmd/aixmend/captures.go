package main

import (
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"aixmend/controller/journal"
	"aixmend/controller/report"
)

// keptCaptures are the verbs that look after captures that are there.
func (a *app) keptCaptures() []*cobra.Command {
	list := &cobra.Command{
		Use: "list [HOST...]", Short: "List the captures that are kept, the newest first", Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, hosts []string) error { return a.listCaptures(hosts) },
	}
	show := &cobra.Command{
		Use: "show HOST [ID|LABEL|latest]", Short: "Show what a capture holds", Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error { return a.showCapture(append(args, "latest")) },
	}
	compare := &cobra.Command{
		Use: "compare HOST A B", Short: "Say which files of two captures differ (ids, labels or latest)", Args: cobra.ExactArgs(3),
		RunE: func(_ *cobra.Command, args []string) error { return a.compareCaptures(args[0], args[1], args[2]) },
	}
	prune := &cobra.Command{
		Use: "prune [HOST...]", Short: "Remove all but the newest captures; those with a label stay", Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, hosts []string) error { return a.pruneCaptures(hosts) },
	}
	prune.Flags().IntVar(&a.flags.keep, "keep", 10, "how many good captures of each host stay, 1 or more")
	for _, c := range []*cobra.Command{list, show, compare, prune} {
		a.flags.stateDir(c)
	}
	return []*cobra.Command{list, show, compare, prune}
}

// captureStore opens the state folder, and names the hosts that are meant.
func (a *app) captureStore(hosts []string) (*journal.Store, []string, error) {
	a.flags.format = "text"
	store, err := a.store()
	if err != nil {
		return nil, nil, err
	}
	if len(hosts) > 0 {
		return store, hosts, nil
	}
	hosts, err = store.CapturedHosts()
	return store, hosts, err
}

func (a *app) listCaptures(hosts []string) error {
	store, hosts, err := a.captureStore(hosts)
	if err != nil {
		return err
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.AppendHeader(table.Row{"HOST", "ID", "PURPOSE", "LABEL", "TAKEN", "RUN"})
	for _, host := range hosts {
		kept, err := store.Kept(host)
		if err != nil {
			return usage(err)
		}
		for _, k := range kept {
			if k.Err != nil {
				t.AppendRow(table.Row{k.Host, report.Clean(k.ID, false), "damaged: " + report.Clean(k.Err.Error(), false)})
				continue
			}
			c := k.Capture
			t.AppendRow(table.Row{k.Host, k.ID, c.Purpose, report.Clean(c.Label, false), c.Created.Format(time.RFC3339), report.Clean(c.RunID, false)})
		}
	}
	_, err = fmt.Fprintln(a.out, t.Render())
	return err
}

func (a *app) showCapture(args []string) error {
	store, _, err := a.captureStore(args[:1])
	if err != nil {
		return err
	}
	c, err := store.Find(args[0], args[1])
	if err != nil {
		return usagef("aixmend capture list "+args[0], "%w", err)
	}
	fmt.Fprintf(a.out, "%s %s: %s, taken %s by run %s\n", c.Host, c.ID, c.Purpose, c.Created.Format(time.RFC3339), report.Clean(c.RunID, false))
	for _, item := range c.Items {
		where := item.Stored
		switch {
		case item.Absent:
			where = "the host has no such file"
		case item.Error != "":
			where += " (" + item.Error + ")"
		}
		fmt.Fprintf(a.out, "  %-40s %s\n", report.Clean(item.ID, false), report.Clean(where, false))
	}
	for _, f := range c.Findings {
		fmt.Fprintf(a.out, "  found then: %s: %s\n", report.Clean(f.ID, false), report.Clean(f.Title, false))
	}
	return nil
}

func (a *app) compareCaptures(host, first, second string) error {
	store, _, err := a.captureStore([]string{host})
	if err != nil {
		return err
	}
	one, err := store.Find(host, first)
	if err != nil {
		return usagef("aixmend capture list "+host, "%w", err)
	}
	two, err := store.Find(host, second)
	if err != nil {
		return usagef("aixmend capture list "+host, "%w", err)
	}
	differences, err := store.Compare(host, one.ID, two.ID)
	if err != nil {
		return err
	}
	if len(differences) == 0 {
		fmt.Fprintf(a.out, "%s: %s and %s hold the same\n", host, one.ID, two.ID)
	}
	for _, d := range differences {
		fmt.Fprintf(a.out, "%-50s %s\n", report.Clean(d.Name, false), d.How)
	}
	return nil
}

func (a *app) pruneCaptures(hosts []string) error {
	if a.flags.keep < 1 {
		return usagef("", "--keep must be 1 or more, found %d", a.flags.keep)
	}
	store, hosts, err := a.captureStore(hosts)
	if err != nil {
		return err
	}
	unlock, err := store.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	for _, host := range hosts {
		removed, err := store.Prune(host, a.flags.keep)
		if err != nil {
			return err
		}
		for _, id := range removed {
			fmt.Fprintf(a.out, "removed %s %s\n", host, report.Clean(id, false))
		}
	}
	return nil
}
