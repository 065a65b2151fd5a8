package main

import (
	"os"
	"runtime/debug"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/reach"
	"aixmend/cmd/aixmend/request"
	"aixmend/controller/journal"
	"aixmend/controller/report"
	"aixmend/inventory"
)

// cli is one call of the command: its terminal, and whether it acts as a monitoring plugin.
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
		return nil, exit.Usagef("aixmend audit creates the first run; --state names another folder", "%w", err)
	}
	return store, nil
}

// reach is the way to hosts for a verb that makes no run.
func (c *cli) reach(asked request.Asked, bastions []inventory.Bastion) *reach.Way {
	return reach.New(reach.Options{Asked: asked, Bastions: bastions, Home: home(), Ask: c.Password(), Say: c.Say})
}

// clean escapes text from a host or a file, on one line.
func clean(text string) string { return report.Clean(text, false) }

// version is set by the linker; "": the version of the module.
var version string

func currentVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "development"
	}
	return info.Main.Version
}
