package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/evidence"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/guide"
	"aixmend/cmd/aixmend/listing"
	"aixmend/cmd/aixmend/pager"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/formats"
)

// asMarkdown is a format of report, beside those of other verbs.
const asMarkdown = "markdown"

// reportOptions are the flags of report.
type reportOptions struct {
	stateFolder
	format
	reports
	paging pager.Flag
	host   string
	whole  bool
}

func newReport(c *cli) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use: "report [RUN]", Short: "Print the summary of a run or the report of a host; write report files again",
		Long: `Prints the summary of a run, or with --host the report of a host. It is plain
text, in a pipe too; --format markdown prints Markdown, which hosts/HOST.md in the
folder of the run holds, too.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return showRun(c, &o, strings.Join(args, "")) },
	}
	fs := cmd.Flags()
	o.stateFolder.flags(fs)
	o.runFlags(fs)
	fs.Lookup("format").Usage = "`FORMAT` of the output on stdout: text, json, markdown, or nagios, which also sets the exit code of a plugin"
	o.reports.flags(fs)
	o.paging.Add(fs)
	fs.StringVar(&o.host, "host", "", "print the report of one `HOST`")
	fs.BoolVarP(&o.whole, "verbose", "v", false, "with --host: print the commands of timed undos, too")
	return cmd
}

func showRun(c *cli, o *reportOptions, ref string) error {
	if err := o.format.check(asMarkdown, outcome.ConventionNagios); err != nil {
		return err
	}
	if err := evidence.Check(o.files, nil); err != nil {
		return err
	}
	store, err := c.openToPrint(o.state)
	if err != nil {
		return err
	}
	if ref == "" && o.host == "" && (o.format.format != "text" || evidence.Wanted(o.files)) {
		ref = "latest" // programs read finished runs
	}
	id, err := c.meant(store, ref, o.host)
	if err != nil {
		return err
	}
	if o.host != "" {
		return showHost(c, o, store, id)
	}
	run, err := store.LoadRun(id)
	if errors.Is(err, fs.ErrNotExist) {
		return showUnfinished(c, o, store, id)
	}
	if err != nil {
		return err
	}
	if err := saveAgain(c, store, *run, o.files); err != nil {
		return err
	}
	switch o.format.format {
	case "json":
		return c.JSON(run)
	case asMarkdown:
		e, err := evidence.Of(store, *run)
		if err != nil {
			return err
		}
		return formats.Markdown(c.Out, e)
	case outcome.ConventionNagios:
		if _, err := fmt.Fprint(c.Out, formats.Nagios(*run)); err != nil {
			return err
		}
		return exit.Verdict{Code: run.Plugin()}
	}
	g := guide.Of(store, *run, o.state).From(c.usual())
	return o.paging.Print(c.Console, c.fit(report.Head(*run)+"\n")+c.summary(*run, g)+c.fit(g.Unasked()+done(store, run.ID, g)))
}

// meant returns the id of the run that a person means. Where that is the latest that wrote its
// reports, a newer run that was cut off is named, with the command that continues it.
func (c *cli) meant(store *journal.Store, ref, host string) (string, error) {
	id, err := listing.Meant(store, ref, host)
	if err == nil && ref == "latest" {
		c.noteOpen(store, "latest")
	}
	return id, err
}

// noteOpen names, where ref is latest, a newer run that was cut off: latest passes over it.
func (c *cli) noteOpen(store *journal.Store, ref string) {
	latest, _ := store.Resolve("latest")
	if open, next := listing.NewerOpen(store, latest); ref == "latest" && next != "" {
		c.Say("%s: %s continues it", open, guide.Bare(outcome.Run{}, store.Root()).From(c.usual()).Complete(next))
	}
}

// showHost prints the report of one host of a run.
func showHost(c *cli, o *reportOptions, store *journal.Store, run string) error {
	if o.format.format == outcome.ConventionNagios || evidence.Wanted(o.files) {
		return exit.Usagef("leave --host out", "--host prints the report of one host; the other flags are for a whole run")
	}
	open, err := listing.ReadUnfinished(store, run)
	if err != nil {
		return exit.Usage(err)
	}
	h, err := store.LoadHost(run, o.host)
	if errors.Is(err, fs.ErrNotExist) {
		return c.withoutReport(store, open, run, o.host, o.format.format)
	}
	if err != nil {
		return exit.Usage(err)
	}
	left := slices.DeleteFunc(store.LeftOpenOn(o.host), func(r outcome.OpenRun) bool { return r.ID == run })
	for _, r := range left {
		c.Say("%s; to continue it: %s", r.Changed(), guide.Bare(outcome.Run{}, store.Root()).From(c.usual()).Complete("aixmend resume "+r.ID))
	}
	open.Fill(h)
	if held := open.Host(o.host); held != "" {
		c.Say("%s: not finished: %s; the report is of the part before; %s", o.host, held, strings.TrimSuffix(c.nextOf(store, open), "\n"))
	}
	switch o.format.format {
	case "json":
		return c.JSON(h)
	case asMarkdown:
		_, err := c.Out.Write(formats.HostMarkdown(*h, formats.Open{Others: left}))
		return err
	}
	g := guide.Of(store, outcome.Run{ID: run}, o.state).From(c.usual())
	for _, f := range h.Findings {
		for i, next := range f.Next {
			f.Next[i] = g.Complete(next)
		}
	}
	return o.paging.Print(c.Console, formats.HostText(*h, formats.HostView{TextOptions: c.TextOptions(), Whole: o.whole, LeftOpen: left}))
}

// showUnfinished lists the changes that a running or killed run has sent.
func showUnfinished(c *cli, o *reportOptions, store *journal.Store, id string) error {
	open, err := listing.ReadUnfinished(store, id)
	if err != nil {
		return exit.Usage(err)
	}
	if o.format.format == outcome.ConventionNagios || o.format.format == asMarkdown || evidence.Wanted(o.files) {
		return exit.Usagef("aixmend runs shows how to continue it", "run %s has not finished: it has no reports yet", id)
	}
	if o.format.format == "json" {
		return c.JSON(open.Entries)
	}
	return o.paging.Print(c.Console, open.Text(c.Width())+c.fit(c.nextOf(store, open)))
}

// saveAgain writes the report files that are asked for of a finished run.
func saveAgain(c *cli, store *journal.Store, run outcome.Run, files map[string]string) error {
	if !evidence.Wanted(files) {
		return nil
	}
	e, err := evidence.Of(store, run)
	if err != nil {
		return err
	}
	return evidence.Save(c.Console, e, files)
}
