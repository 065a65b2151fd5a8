package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/guide"
	"aixmend/cmd/aixmend/listing"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report/explain"
	"aixmend/inventory/strictyaml"
)

// explainOptions are the flags of explain.
type explainOptions struct {
	stateFolder
	format
	paging
}

func newExplain(c *cli) *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use: "explain [RUN] HOST", Short: "Show which observation led to which verdict, what was done, and what to do next",
		Long: "Explains the report of a host in a run; where no run is named, in the newest that saw the host.",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			return explainHost(c, &o, slices.Concat([]string{""}, args)[len(args)-1], args[len(args)-1])
		},
	}
	o.stateFolder.flags(cmd.Flags())
	o.format.flags(cmd.Flags())
	o.paging.flags(cmd.Flags())
	return cmd
}

func explainHost(c *cli, o *explainOptions, ref, host string) error {
	if err := o.format.check(); err != nil {
		return err
	}
	store, err := c.openToPrint(o.state)
	if err != nil {
		return err
	}
	id, err := store.Meant(ref, host)
	if err != nil {
		return exit.Usage(err)
	}
	held := ""
	if state := store.State(id); state == journal.StateRunning || state == journal.StateOpen {
		if s, err := listing.Standings(store, id); err == nil && slices.Contains(s.Hosts, host) {
			held = clean(s.Host(host))
		}
	}
	h, err := store.LoadHost(id, host)
	if errors.Is(err, fs.ErrNotExist) {
		if held != "" && o.format.format != "json" {
			_, err := fmt.Fprintf(c.Out, "%s: not finished: %s\n", host, held)
			return err
		}
		return noSuchHost(store, id, host)
	}
	if err != nil {
		return exit.Usage(err)
	}
	e := explain.Host(*h)
	if run, err := store.LoadRun(id); err == nil {
		e.StartedBy = run.StartedBy()
	}
	if held == "" && h.Interrupted && store.State(id) != journal.StateOpen {
		e.Closed()
	}
	e.Type(guide.Of(store, outcome.Run{ID: id}, o.state).From(c.usual()).Complete)
	if o.format.format == "json" {
		return c.JSON(e)
	}
	text := e.Text()
	if held != "" {
		text = fmt.Sprintf("%s: not finished: %s; so far:\n\n", host, held) + text
	}
	return o.page(c, text)
}

// noSuchHost is the error for a host of which a run has no report, with the nearest names.
func noSuchHost(store *journal.Store, id, host string) error {
	hint := "aixmend report " + id + " lists its hosts"
	if run, err := store.LoadRun(id); err == nil {
		var all, near []string
		for _, h := range run.Hosts {
			if h.Name == host {
				return exit.Usagef("", "run %s has no report of %s: %s: %s", id, host, h.Outcome, h.Reason)
			}
			all = append(all, h.Name)
			if len(near) < 3 && strings.HasPrefix(h.Name, host) {
				near = append(near, h.Name)
			}
		}
		if one := strictyaml.Nearest(host, all); len(near) == 0 && one != "" {
			near = []string{one}
		}
		if len(near) > 0 {
			hint = "did you mean " + strings.Join(near, ", ") + "? " + hint
		}
	}
	return exit.Usagef(hint, "run %s has no host %q", id, host)
}
