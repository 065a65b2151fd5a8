package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/request"
	"aixmend/controller/journal"
	"aixmend/controller/outcome"
	"aixmend/controller/report"
)

// runsOptions are the flags of runs.
type runsOptions struct {
	stateFolder
	format
}

func newRuns(c *cli) *cobra.Command {
	var o runsOptions
	cmd := &cobra.Command{
		Use: "runs", Short: "List runs, newest first", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return listRuns(c, &o) },
	}
	o.stateFolder.flags(cmd.Flags())
	o.format.flags(cmd.Flags())
	cmd.AddCommand(newRunsPrune(c))
	return cmd
}

func listRuns(c *cli, o *runsOptions) error {
	if err := o.format.check(); err != nil {
		return err
	}
	store, err := openState(o.state)
	if err != nil {
		return err
	}
	ids, err := store.RunIDs()
	if err != nil {
		return err
	}
	runs := []listedRun{}
	t := c.Table("RUN", "VERB", "STARTED", "EXIT", "HOSTS")
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
			c.Say("warning: %s", err)
			continue
		default:
			exit = run.ExitCode
		}
		runs = append(runs, listedRun{run, state})
		t.AppendRow(table.Row{clean(run.ID), clean(run.Command), run.Started.Format(time.RFC3339), exit, describe(run, state, standing(store, id, state))})
	}
	if o.format.format == "json" {
		return c.JSON(runs)
	}
	if len(ids) == 0 {
		fmt.Fprintln(c.Out, "no runs yet")
		return nil
	}
	_, err = fmt.Fprintln(c.Out, t.Render())
	return err
}

// listedRun is a run in a list.
type listedRun struct {
	*outcome.Run
	State journal.State `json:"state"`
}

// describe is the HOSTS column of a run.
func describe(run *outcome.Run, state journal.State, standing string) string {
	counts := ""
	switch {
	case len(run.Hosts) > 0:
		counts = report.Counts(*run) + "; "
	case standing != "":
		counts = standing + "; "
	}
	id := clean(run.ID)
	switch state {
	case journal.StateRunning:
		return strings.TrimSuffix("running; "+standing, "; ")
	case journal.StateOpen:
		return counts + "not finished: aixmend resume " + id + " continues it"
	case journal.StateOtherVersion:
		return counts + "not finished, begun by another version: aixmend report " + id + " lists its changes; start a new run"
	case journal.StateCutOff:
		return "not finished: aixmend report " + id + " lists its changes"
	}
	return report.Counts(*run)
}

// standing says how far the hosts of an unfinished run are, and which hold it up; "":
// not known.
func standing(store *journal.Store, id string, state journal.State) string {
	if state != journal.StateRunning && state != journal.StateOpen {
		return ""
	}
	s, err := standings(store, id)
	if err != nil || len(s.Hosts) == 0 {
		return ""
	}
	return clean(s.Run())
}

// standings reads how far the hosts of a run are.
func standings(store *journal.Store, id string) (outcome.Standings, error) {
	entries, err := store.ReadJournal(id)
	if err != nil {
		return outcome.Standings{}, err
	}
	r, err := request.Load(store, id)
	if err != nil {
		return outcome.Standings{}, err
	}
	return outcome.Stand(request.Names(r.Hosts), entries), nil
}
