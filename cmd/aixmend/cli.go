package main

import (
	"cmp"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/cloud"
	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/environment"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/guide"
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
	layers *environment.Layers
	cloud  *cloud.Clouds // see clouds
}

// clouds are the clients of Power Virtual Server of this call.
func (c *cli) clouds() *cloud.Clouds {
	if c.cloud == nil {
		c.cloud = cloud.New(cloud.Options{Lookup: os.LookupEnv, Ask: c.Password(), Version: currentVersion()})
	}
	return c.cloud
}

// home is the user's home folder, "" when there is none (cron).
func home() string {
	dir, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return dir
}

// userFolder is the folder for config files of the user, "" when there is none (cron).
func userFolder() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return dir
}

// openState opens a state folder for a verb that acts on its content.
func openState(folder string) (*journal.Store, error) {
	store, err := journal.OpenExisting(folder)
	if err != nil {
		return nil, exit.Usagef(noState, "%w", err)
	}
	return store, nil
}

// openToPrint opens a state folder for a verb that only prints, with a warning where
// others can change it.
func (c *cli) openToPrint(folder string) (*journal.Store, error) {
	store, doubt, err := journal.OpenToPrint(folder)
	if doubt != nil {
		c.Say("warning: %s, so its runs may be forged", doubt)
	}
	if err != nil {
		return nil, exit.Usagef(noState, "%w", err)
	}
	return store, nil
}

// noState is the hint for a folder without runs.
const noState = "aixmend audit creates the first run; --state names another folder"

// reach is the way to hosts for a verb that makes no run.
func (c *cli) reach(asked request.Asked, bastions []inventory.Bastion) *reach.Way {
	return reach.New(reach.Options{Asked: asked, Bastions: bastions, Home: home(), Ask: c.Password(), Say: c.Say})
}

// usual returns the values that the flags of a command have where they are not typed, for
// commands that are suggested. A --config of this call does not count, and neither does
// the environment: they may be gone when the command is pasted.
func (c *cli) usual() guide.Usual {
	known := map[string]guide.Values{} // a summary asks for each line
	return func(inventories []string) guide.Values {
		key := strings.Join(inventories, "\x00")
		v, found := known[key]
		if !found {
			v = c.untyped(inventories, (*environment.Layers).Set).And(c.untyped(inventories, (*environment.Layers).SetFromFile))
			known[key] = v
		}
		return v
	}
}

// untyped returns the values of a command on which only some inventories are typed.
func (c *cli) untyped(inventories []string, set func(*environment.Layers, *cobra.Command) error) guide.Values {
	fresh := &cli{Console: c.Console}
	var words []string
	for _, file := range inventories {
		words = append(words, "-i", file)
	}
	verb, _, err := newRoot(fresh).Find([]string{"audit"})
	if err == nil {
		err = cmp.Or(verb.ParseFlags(words), set(fresh.layers, verb))
	}
	if err != nil { // the command could not be run at all
		return guide.Values{}
	}
	value := func(flag string) string { return verb.Flag(flag).Value.String() }
	v := guide.Values{
		Program: c.Program, State: value("state"), Playbook: value("playbook"),
		Identity: value("identity"), KnownHosts: value("known-hosts"), SSHConfig: value("ssh-config"),
	}
	v.Inventories, _ = verb.Flags().GetStringArray("inventory")
	v.Set, _ = verb.Flags().GetStringArray("set")
	return v
}

// clean escapes text from a host or a file, on one line.
func clean(text string) string { return report.Clean(text, false) }

// fit breaks the lines of a text that are too long for the terminal.
func (c *cli) fit(text string) string { return report.FitAs(text, c.Width(), c.Program) }

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
