package environment

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"aixmend/inventory/strictyaml"
	"aixmend/transport/ownership"
)

// others are the variables with our prefix that are no flag: those that programs of
// notifications are given, and those that other parts and the tests read.
var others = []string{
	Token, ServeToken,
	"AIXMEND_RUN_ID", "AIXMEND_VERB", "AIXMEND_EXIT_CODE", "AIXMEND_NEWS",
	"AIXMEND_HUB", "AIXMEND_PAGER",
	"AIXMEND_REQUIRE_OPENSSH", "AIXMEND_FIGURES", "AIXMEND_BENCH_STATS", "AIXMEND_BENCH_PROFILE", "AIXMEND_SSHCONFIG_SEEDS",
}

// maxSearched is how much of the files of an inventory is searched for a name, in bytes.
const maxSearched = 64 << 20

// unread returns a warning for each variable with our prefix that nobody reads: those whose
// name is near that of another, which are slips, and the others. Those that an inventory or a
// flag refers to by name are read; a verb without an inventory warns of slips only.
func (l *Layers) unread(cmd *cobra.Command, environ []string) (slips, others []string) {
	known := l.known()
	for _, name := range strangers(environ, known) {
		near := strictyaml.Nearest(strings.ToLower(strings.TrimPrefix(name, Prefix)), underscored(known))
		inventories := cmd.Flags().Lookup("inventory")
		switch {
		case inventories == nil && near == "", inventories != nil && referred(cmd, name):
			continue
		case near == "":
			others = append(others, "the variable "+name+" is not read: there is no such flag")
		default:
			slips = append(slips, "the variable "+name+" is not read: did you mean "+Prefix+strings.ToUpper(near)+"?")
		}
	}
	return slips, others
}

// strangers returns the variables with our prefix that belong to no flag and are not
// among others.
func strangers(environ, flags []string) []string {
	known := slices.Clone(others)
	for _, flag := range underscored(flags) {
		known = append(known, Prefix+strings.ToUpper(flag))
	}
	var names []string
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, Prefix) && !slices.Contains(known, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// underscored returns names of flags as variables have them, in lower case.
func underscored(flags []string) []string {
	list := make([]string, len(flags))
	for i, flag := range flags {
		list[i] = strings.ReplaceAll(flag, "-", "_")
	}
	return list
}

// referred reports whether a variable is named in a value of a flag, or in a file of the
// inventory.
func referred(cmd *cobra.Command, name string) bool {
	found := false
	cmd.Flags().VisitAll(func(f *pflag.Flag) { found = found || strings.Contains(f.Value.String(), name) })
	if found {
		return true
	}
	list, ok := cmd.Flags().Lookup("inventory").Value.(pflag.SliceValue)
	if !ok {
		return false
	}
	left := int64(maxSearched)
	for _, inventory := range list.GetSlice() {
		places := []string{inventory}
		if info, err := os.Stat(inventory); err == nil && !info.IsDir() {
			places = append(places, filepath.Join(filepath.Dir(inventory), "group_vars"), filepath.Join(filepath.Dir(inventory), "host_vars"))
		}
		for _, place := range places {
			_ = filepath.WalkDir(place, func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() || left <= 0 {
					return nil
				}
				text, err := ownership.ReadFile(path, left)
				left -= int64(len(text))
				if found = found || err == nil && strings.Contains(string(text), name); found {
					return fs.SkipAll
				}
				return nil
			})
		}
	}
	return found
}
