package main

import (
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/journal"
)

// The verbs for captures that are kept.

func newCaptureList(c *cli) *cobra.Command {
	var o stateFolder
	cmd := &cobra.Command{
		Use: "list [HOST...]", Short: "List captures, newest first", Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, hosts []string) error { return listCaptures(c, o.state, hosts) },
	}
	o.flags(cmd.Flags())
	return cmd
}

func newCaptureShow(c *cli) *cobra.Command {
	var o stateFolder
	cmd := &cobra.Command{
		Use: "show HOST [ID|LABEL|latest]", Short: "Show the contents of a capture", Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			args = append(args, "latest")
			return showCapture(c, o.state, args[0], args[1])
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
			return compareCaptures(c, o.state, args[0], args[1], args[2])
		},
	}
	o.flags(cmd.Flags())
	return cmd
}

func newCapturePrune(c *cli) *cobra.Command {
	var o stateFolder
	keep := 0
	cmd := &cobra.Command{
		Use: "prune [HOST...]", Short: "Remove all but the newest captures; keep labelled ones", Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, hosts []string) error { return pruneCaptures(c, o.state, hosts, keep) },
	}
	cmd.Flags().IntVar(&keep, "keep", 10, "keep the newest `N` good captures of each host, 1 or more")
	o.flags(cmd.Flags())
	return cmd
}

// openCaptures opens a state folder; without hosts, those with captures are meant.
func openCaptures(state string, hosts []string) (*journal.Store, []string, error) {
	store, err := openState(state)
	if err != nil || len(hosts) > 0 {
		return store, hosts, err
	}
	hosts, err = store.CapturedHosts()
	return store, hosts, err
}

func listCaptures(c *cli, state string, hosts []string) error {
	store, hosts, err := openCaptures(state, hosts)
	if err != nil {
		return err
	}
	t := c.Table("HOST", "ID", "PURPOSE", "LABEL", "TAKEN", "RUN")
	for _, host := range hosts {
		kept, err := store.Kept(host)
		if err != nil {
			return exit.Usage(err)
		}
		for _, k := range kept {
			if k.Err != nil {
				t.AppendRow(table.Row{k.Host, clean(k.ID), "damaged: " + clean(k.Err.Error())})
				continue
			}
			t.AppendRow(table.Row{k.Host, k.ID, k.Capture.Purpose, clean(k.Capture.Label), k.Capture.Created.Format(time.RFC3339), clean(k.Capture.RunID)})
		}
	}
	_, err = fmt.Fprintln(c.Out, t.Render())
	return err
}

func showCapture(c *cli, state, host, ref string) error {
	store, err := openState(state)
	if err != nil {
		return err
	}
	kept, err := store.Find(host, ref)
	if err != nil {
		return exit.Usagef("aixmend capture list "+host, "%w", err)
	}
	fmt.Fprintf(c.Out, "%s %s: %s, taken %s by run %s\n", kept.Host, kept.ID, kept.Purpose, kept.Created.Format(time.RFC3339), clean(kept.RunID))
	for _, item := range kept.Items {
		where := item.Stored
		switch {
		case item.Absent:
			where = "the host has no such file"
		case item.Error != "":
			where += " (" + item.Error + ")"
		}
		fmt.Fprintf(c.Out, "  %-40s %s\n", clean(item.ID), clean(where))
	}
	for _, f := range kept.Findings {
		fmt.Fprintf(c.Out, "  finding: %s: %s\n", clean(f.ID), clean(f.Title))
	}
	return nil
}

func compareCaptures(c *cli, state, host, first, second string) error {
	store, err := openState(state)
	if err != nil {
		return err
	}
	one, err := store.Find(host, first)
	if err != nil {
		return exit.Usagef("aixmend capture list "+host, "%w", err)
	}
	two, err := store.Find(host, second)
	if err != nil {
		return exit.Usagef("aixmend capture list "+host, "%w", err)
	}
	differences, err := store.Compare(host, one.ID, two.ID)
	if err != nil {
		return err
	}
	if len(differences) == 0 {
		fmt.Fprintf(c.Out, "%s: %s and %s are equal\n", host, one.ID, two.ID)
	}
	for _, d := range differences {
		fmt.Fprintf(c.Out, "%-50s %s\n", clean(d.Name), d.How)
	}
	return nil
}

func pruneCaptures(c *cli, state string, hosts []string, keep int) error {
	if keep < 1 {
		return exit.Usagef("", "--keep must be 1 or more, found %d", keep)
	}
	store, hosts, err := openCaptures(state, hosts)
	if err != nil {
		return err
	}
	unlock, err := store.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	for _, host := range hosts {
		removed, err := store.Prune(host, keep)
		if err != nil {
			return err
		}
		for _, id := range removed {
			fmt.Fprintf(c.Out, "removed %s %s\n", host, clean(id))
		}
	}
	return nil
}
