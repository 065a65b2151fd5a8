package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/evidence"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/guide"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report/formats"
)

// reportOptions are the flags of report.
type reportOptions struct {
	stateFolder
	format
	reports
	host string
}

func newReport(c *cli) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use: "report RUN", Short: "Print the summary of a run or the report of a host; write report files again", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return showRun(c, &o, args[0]) },
	}
	fs := cmd.Flags()
	o.stateFolder.flags(fs)
	o.runFlags(fs)
	o.reports.flags(fs)
	fs.StringVar(&o.host, "host", "", "print the report of one `HOST`")
	return cmd
}

func showRun(c *cli, o *reportOptions, ref string) error {
	if err := o.format.check(outcome.ConventionNagios); err != nil {
		return err
	}
	store, err := openState(o.state)
	if err != nil {
		return err
	}
	if err := evidence.Check(o.files, nil); err != nil {
		return err
	}
	id, err := store.Resolve(ref)
	if err != nil {
		return exit.Usage(err)
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
	case outcome.ConventionNagios:
		if _, err := fmt.Fprint(c.Out, formats.Nagios(*run)); err != nil {
			return err
		}
		return exit.Verdict{Code: run.Plugin()}
	}
	fmt.Fprintf(c.Out, "run %s: %s, playbook %s, %s, exit code %d (%s)\n\n", run.ID, clean(run.Command),
		clean(run.Playbook.Name), run.Started.Format(time.RFC3339), run.ExitCode, clean(run.ExitReason))
	_, err = fmt.Fprint(c.Out, c.summary(*run, guide.Of(store, *run, o.state)))
	return err
}

// showHost prints the report of one host of a run.
func showHost(c *cli, o *reportOptions, store *journal.Store, run string) error {
	if o.format.format == outcome.ConventionNagios || evidence.Wanted(o.files) {
		return exit.Usagef("leave --host out", "--host prints the report of one host; the other flags are for a whole run")
	}
	h, err := store.LoadHost(run, o.host)
	if errors.Is(err, fs.ErrNotExist) {
		return noSuchHost(store, run, o.host)
	}
	if err != nil {
		return exit.Usage(err)
	}
	if o.format.format == "json" {
		return c.JSON(h)
	}
	_, err = c.Out.Write(formats.HostMarkdown(*h))
	return err
}

// showUnfinished lists the changes that a running or killed run has sent, from its
// journal.
func showUnfinished(c *cli, o *reportOptions, store *journal.Store, id string) error {
	entries, err := store.ReadJournal(id)
	if err != nil {
		return exit.Usage(err)
	}
	if o.format.format == outcome.ConventionNagios || evidence.Wanted(o.files) {
		return exit.Usagef("aixmend runs shows how to continue it", "run %s has not finished: it has no reports yet", id)
	}
	if o.format.format == "json" {
		return c.JSON(entries)
	}
	fmt.Fprintf(c.Out, "run %s has not finished; its journal is %s\n", id, filepath.Join(store.RunDir(id), "journal.jsonl"))
	trails := outcome.Trails(entries)
	sent := 0
	for _, host := range slices.Sorted(maps.Keys(trails)) {
		for _, change := range trails[host].Changes {
			sent++
			status := change.Status
			if change.Open {
				status = "sent, result not known: check the host"
			}
			fmt.Fprintf(c.Out, "%s: %s: %s\n  ran   %s\n  undo  %s\n", clean(host), clean(change.Step), clean(status),
				clean(change.Command), clean(change.Undo))
		}
	}
	if sent == 0 {
		fmt.Fprintln(c.Out, "no change was sent to any host")
	}
	return nil
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
