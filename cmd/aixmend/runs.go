package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
	"aixmend/controller/report/formats"
)

func (a *app) runs() *cobra.Command {
	c := &cobra.Command{
		Use: "runs", Short: "List the runs that are kept, the newest first", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.listRuns() },
	}
	a.flags.stateDir(c)
	a.flags.formats(c)
	c.AddCommand(a.pruneRuns())
	return c
}

// store opens the state folder for reading. formats are those that the verb has
// beside text and json.
func (a *app) store(formats ...string) (*journal.Store, error) {
	if err := a.flags.checkFormat(formats...); err != nil {
		return nil, err
	}
	store, err := journal.OpenExisting(a.flags.state)
	if err != nil {
		return nil, usagef("aixmend audit makes a first run; --state names another folder", "%w", err)
	}
	return store, nil
}

func (a *app) listRuns() error {
	store, err := a.store()
	if err != nil {
		return err
	}
	ids, err := store.RunIDs()
	if err != nil {
		return err
	}
	runs := []listedRun{}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.AppendHeader(table.Row{"RUN", "VERB", "STARTED", "EXIT", "HOSTS"})
	for _, id := range ids {
		run, err := store.LoadRun(id)
		state := store.State(id)
		var exit any = ""
		switch {
		case errors.Is(err, fs.ErrNotExist):
			run = &outcome.Run{ID: id, ExitCode: -1}
			if entries, err := store.ReadJournal(id); err == nil && len(entries) > 0 {
				run.Command, run.Started = entries[0].Detail, entries[0].Time
			}
		case err != nil:
			a.say("warning: %s", err)
			continue
		default:
			exit = run.ExitCode
		}
		runs = append(runs, listedRun{run, state})
		t.AppendRow(table.Row{report.Clean(run.ID, false), report.Clean(run.Command, false), run.Started.Format(time.RFC3339), exit, told(run, state, a.standing(store, id, state))})
	}
	if a.flags.format == "json" {
		return a.printJSON(runs)
	}
	if len(ids) == 0 {
		fmt.Fprintln(a.out, "no runs yet")
		return nil
	}
	_, err = fmt.Fprintln(a.out, t.Render())
	return err
}

// listedRun is a run in a list.
type listedRun struct {
	*outcome.Run
	// State is running, open (resume goes on with it), cut off (it had not begun yet),
	// other version (it can't be resumed) or ended.
	State journal.State `json:"state"`
}

// told is what a list says of a run's hosts.
func told(run *outcome.Run, state journal.State, standing string) string {
	counts := ""
	switch {
	case len(run.Hosts) > 0:
		counts = report.Counts(*run) + "; "
	case standing != "":
		counts = standing + "; "
	}
	id := report.Clean(run.ID, false)
	switch state {
	case journal.StateRunning:
		return strings.TrimSuffix("running; "+standing, "; ")
	case journal.StateOpen:
		return counts + "not finished: aixmend resume " + id + " goes on with it"
	case journal.StateOtherVersion:
		return counts + "not finished, of another version: aixmend report " + id + " says what was sent; begin a new run"
	case journal.StateCutOff:
		return "not finished: aixmend report " + id + " says what was sent"
	}
	return report.Counts(*run)
}

// standing says where the hosts of a run stand that has not ended, and what holds them
// back by name; "" where that is not known.
func (a *app) standing(store *journal.Store, id string, state journal.State) string {
	if state != journal.StateRunning && state != journal.StateOpen {
		return ""
	}
	s, err := standings(store, id)
	if err != nil || len(s.Hosts) == 0 {
		return ""
	}
	return report.Clean(s.Run(), false)
}

// standings reads where the hosts of a run stand.
func standings(store *journal.Store, id string) (outcome.Standings, error) {
	entries, err := store.ReadJournal(id)
	if err != nil {
		return outcome.Standings{}, err
	}
	var asked request
	if err := store.LoadRequest(id, &asked); err != nil {
		return outcome.Standings{}, err
	}
	return outcome.Stand(names(asked.Hosts), entries), nil
}

func (a *app) report() *cobra.Command {
	c := &cobra.Command{
		Use: "report RUN", Short: "Print a run's summary, or one host's report; write its files again", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.showRun(args[0]) },
	}
	a.flags.stateDir(c)
	a.flags.formatsOfRun(c)
	a.flags.files(c)
	c.Flags().StringVar(&a.flags.host, "host", "", "the report of one `HOST`")
	return c
}

func (a *app) showRun(ref string) error {
	store, err := a.store(outcome.ConventionNagios)
	if err != nil {
		return err
	}
	if err := a.flags.checkFiles(); err != nil {
		return err
	}
	id, err := store.Resolve(ref)
	if err != nil {
		return usage(err)
	}
	if a.flags.host != "" {
		return a.showHost(store, id)
	}
	run, err := store.LoadRun(id)
	if errors.Is(err, fs.ErrNotExist) {
		return a.showUnfinished(store, id)
	}
	if err != nil {
		return err
	}
	if err := a.saveAgain(store, *run); err != nil {
		return err
	}
	switch a.flags.format {
	case "json":
		return a.printJSON(run)
	case outcome.ConventionNagios:
		if _, err := fmt.Fprint(a.out, formats.Nagios(*run)); err != nil {
			return err
		}
		return verdict{run.Plugin()}
	}
	fmt.Fprintf(a.out, "run %s: %s, playbook %s, %s, exit code %d (%s)\n\n", run.ID, report.Clean(run.Command, false),
		report.Clean(run.Playbook.Name, false), run.Started.Format(time.RFC3339), run.ExitCode, report.Clean(run.ExitReason, false))
	_, err = fmt.Fprint(a.out, a.summary(*run, a.guideOf(store, *run)))
	return err
}

// showHost prints the report of one host of a run.
func (a *app) showHost(store *journal.Store, run string) error {
	if a.flags.format == outcome.ConventionNagios || a.flags.wantsFiles() {
		return usagef("leave --host away", "--host prints the report of one host, and this is of a whole run")
	}
	h, err := store.LoadHost(run, a.flags.host)
	if errors.Is(err, fs.ErrNotExist) {
		return a.noSuchHost(store, run, a.flags.host)
	}
	if err != nil {
		return usage(err)
	}
	if a.flags.format == "json" {
		return a.printJSON(h)
	}
	_, err = a.out.Write(formats.HostMarkdown(*h))
	return err
}

// showUnfinished says of a run that runs still, or was killed, what it has sent
// to hosts: its journal knows.
func (a *app) showUnfinished(store *journal.Store, id string) error {
	entries, err := store.ReadJournal(id)
	if err != nil {
		return usage(err)
	}
	if a.flags.format == outcome.ConventionNagios || a.flags.wantsFiles() {
		return usagef("aixmend runs says how to go on", "run %s has not finished: there is no report of it yet", id)
	}
	if a.flags.format == "json" {
		return a.printJSON(entries)
	}
	fmt.Fprintf(a.out, "run %s has not finished; its journal is %s\n", id, filepath.Join(store.RunDir(id), "journal.jsonl"))
	trails := outcome.Trails(entries)
	sent := 0
	for _, host := range slices.Sorted(maps.Keys(trails)) {
		for _, c := range trails[host].Changes {
			sent++
			status := c.Status
			if c.Open {
				status = "sent, and it is not known what came of it: look at the host"
			}
			fmt.Fprintf(a.out, "%s: %s: %s\n  ran   %s\n  undo  %s\n", report.Clean(host, false), report.Clean(c.Step, false), report.Clean(status, false),
				report.Clean(c.Command, false), report.Clean(c.Undo, false))
		}
	}
	if sent == 0 {
		fmt.Fprintln(a.out, "nothing that changes a host was sent")
	}
	return nil
}
