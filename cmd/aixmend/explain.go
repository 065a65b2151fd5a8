package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/guide"
	"aixmend/cmd/aixmend/listing"
	"aixmend/cmd/aixmend/pager"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report/explain"
)

// explainOptions are the flags of explain.
type explainOptions struct {
	stateFolder
	format
	paging pager.Flag
}

func newExplain(c *cli) *cobra.Command {
	var o explainOptions
	cmd := &cobra.Command{
		Use: "explain [RUN] HOST", Short: "Show which observation led to which verdict, what was done, and what to do next",
		Long: "Explains the report of a host in a run.",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			return explainHost(c, &o, slices.Concat([]string{""}, args)[len(args)-1], args[len(args)-1])
		},
	}
	o.stateFolder.flags(cmd.Flags())
	o.format.flags(cmd.Flags())
	o.paging.Add(cmd.Flags())
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
	id, err := c.meant(store, ref, host)
	if _, run := store.Named(host); err != nil && ref == "" && run == nil {
		return exit.Usagef("aixmend report "+clean(host)+" lists its hosts", "%s is a run: name a host of it, too", host)
	}
	if err != nil {
		return err
	}
	open, err := listing.ReadUnfinished(store, id)
	if err != nil {
		return exit.Usage(err)
	}
	held := open.Host(host)
	h, err := store.LoadHost(id, host)
	if errors.Is(err, fs.ErrNotExist) {
		return c.withoutReport(store, open, id, host, o.format.format)
	}
	if err != nil {
		return exit.Usage(err)
	}
	open.Fill(h)
	if held != "" {
		h.Interrupted = open.State == journal.StateOpen
	}
	e := explain.Host(*h)
	e.StartedBy = listing.StartedBy(store, id)
	explain.LeftOpen(&e, store.LeftOpenOn(host))
	if held == "" && h.Interrupted && store.State(id) != journal.StateOpen {
		e.Closed()
	}
	g := guide.Of(store, outcome.Run{ID: id}, o.state).From(c.usual())
	if !g.Fixes() || g.MendsWarnings() || h.Outcome == outcome.Degraded && !g.Heals(outcome.OpenIDs(h.Findings)) {
		explain.ReadOnly(&e)
	}
	if h.Site != "" { // which knows how to go on
		explain.AtSite(&e)
	}
	if o.format.format == "json" {
		e.Type(g.Complete)
		return c.JSON(e)
	}
	explain.In(&e, store.Root())
	text := e.TypedText(c.Width(), g.Complete)
	switch {
	case outcome.ToCompare(h.Outcome, h.Interrupted) && len(h.Changes) == 0:
		text = c.fit(fmt.Sprintf("%s has its verdict; the run, which has not finished, only compares it with other hosts\n\n", host)) + text
	case held != "":
		text = c.fit(fmt.Sprintf("%s: not finished: %s; so far:\n\n", host, held)) + text
	}
	return o.paging.Print(c.Console, text)
}

// withoutReport prints how far a host is of which a run that has not finished has no report,
// its changes, and the command to type next.
func (c *cli) withoutReport(store *journal.Store, open *listing.Unfinished, id, host, format string) error {
	switch {
	case !open.Has(host):
		return listing.NoSuchHost(store, id, host)
	case format != "text":
		return exit.Usagef(open.Next(), "run %s has not finished and has no report of %s yet", id, host)
	}
	_, err := fmt.Fprint(c.Out, open.HostText(host, c.Width())+c.fit(c.nextOf(store, open)))
	return err
}

// nextOf is the line that says how to go on with a run that has not finished.
func (c *cli) nextOf(store *journal.Store, open *listing.Unfinished) string {
	next := open.Next()
	switch {
	case open.State == journal.StateRunning:
		return "a process works on the run: aixmend runs shows how far it is\n"
	case next == "":
		return ""
	}
	return "next: " + guide.Of(store, outcome.Run{ID: open.ID}, store.Root()).From(c.usual()).Complete(next) + "\n"
}
