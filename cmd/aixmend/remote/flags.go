package remote

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/environment"
	"aixmend/cmd/aixmend/exit"
)

// without says why a flag means nothing over a hub, and how to do without it.
type without struct{ why, hint string }

// local are the flags of verbs that mean something on one machine alone.
var local = map[string]without{
	"inventory":       {"the inventories are at the sites", "leave it out: --limit selects hosts, groups and sites"},
	"state":           {"the runs are at the hub and its sites", "leave it out"},
	"concurrency":     {"each site has its own bound", "start the worker there with -c"},
	"connect-timeout": {"the sites connect", "start the worker there with --connect-timeout"},
	"known-hosts":     {"the sites connect", "start the worker there with --known-hosts"},
	"identity":        {"the keys are at the sites", "start the worker there with --identity"},
	"ssh-config":      {"the sites connect", "start the worker there with --ssh-config"},
	"cloud":           {"the sites ask the cloud", "start the worker there with IBMCLOUD_API_KEY set, or without"},
}

// CheckFlags returns an error about a flag on the command line that means nothing over a hub.
// One that the environment or the config file sets is for every call, and is passed over.
func CheckFlags(cmd *cobra.Command) error {
	if name := environment.OnCommandLine(cmd, slices.Sorted(maps.Keys(local))); name != "" {
		w := local[name]
		return exit.Usagef(w.hint, "--%s and --hub exclude each other: %s", name, w.why)
	}
	var uploads bool
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if list, is := f.Value.(pflag.SliceValue); is && f.Name == "set" {
			uploads = slices.ContainsFunc(list.GetSlice(), func(set string) bool { return strings.HasPrefix(set, "upload=") })
		}
	})
	if uploads {
		return exit.Usagef("name a folder on the hosts with --set images", "--set upload and --hub exclude each other: it names a folder of this machine, which the sites don't have")
	}
	return nil
}
