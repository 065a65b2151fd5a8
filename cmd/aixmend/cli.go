package main

import (
	"os"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/job"
	"aixmend/cmd/aixmend/reach"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller/journal"
	"aixmend/controller/report"
	"aixmend/inventory"

	"github.com/jedib0t/go-pretty/v6/table"
)

// cli is one call of the command: its terminal, and whether it is a monitoring plugin.
type cli struct {
	*console.Console
	// plugin: --format nagios is asked for, so the exit code follows the convention of
	// monitoring plugins.
	plugin bool
}

// home is the user's home folder, "" when there is none (cron).
func home() string {
	dir, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return dir
}

// openState opens a state folder for reading.
func openState(folder string) (*journal.Store, error) {
	store, err := journal.OpenExisting(folder)
	if err != nil {
		return nil, exit.Usagef("aixmend audit makes the first run; --state names another folder", "%w", err)
	}
	return store, nil
}

// settings are the settings of a job of this call.
func (c *cli) settings(state string, l loudness) job.Settings {
	return job.Settings{State: state, Version: currentVersion(), Home: home(), Plugin: c.plugin, Quiet: l.quiet, Verbose: l.verbose > 0}
}

// reach is the way to hosts for a verb that makes no run.
func (c *cli) reach(asked request.Asked, bastions []inventory.Bastion) *reach.Way {
	return reach.New(reach.Options{Asked: asked, Bastions: bastions, Home: home(), Ask: c.Password(), Say: c.Say})
}

// newTable returns a table without borders.
func newTable(header ...any) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.AppendHeader(header)
	return t
}

// clean escapes text from a host or a file, on one line.
func clean(text string) string { return report.Clean(text, false) }
