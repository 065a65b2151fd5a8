package help

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// finished is the run that latest names wherever a verb reads finished runs.
const finished = "the newest run that wrote its\nreports; a newer one that was killed is named"

// runs say, by verb, which run is meant by latest and where none is named. This is the one home
// of these words.
var runs = map[string]string{
	"report": "Without RUN it is the newest run, finished or not, with --host the newest that\nsaw the host, and with report files or another format the latest. latest is\n" + finished + ".",
	"explain": "Without RUN it is the newest run that saw the host, finished or not. latest is\n" +
		finished + ".",
	"diff":            "latest is " + finished + ".",
	"resume":          "Without RUN, or with latest, it is the newest run that has not finished.",
	"recover":         "--undo latest is the run that sent the newest change and is no rollback itself,\nfinished or not.",
	"capture show":    "latest, or nothing, is the newest capture of the host.",
	"capture compare": "latest is the newest capture of the host.",
}

// reading are the flags that read a finished run by its name, with latest as their value.
var reading = [][2]string{{"limit", "-l @latest:OUTCOME"}, {"since", "--since latest"}, {"set", "--set baseline=latest"}}

// latest says which run is meant by latest in a command, "" where none can be named.
func latest(cmd *cobra.Command) string {
	_, path, _ := strings.Cut(cmd.CommandPath(), " ")
	list := []string{}
	if words := runs[path]; words != "" {
		list = append(list, words)
	}
	var flags []string
	for _, f := range reading {
		if has(cmd.Flags(), f[0]) {
			flags = append(flags, f[1])
		}
	}
	if n := len(flags); n > 0 {
		names := strings.Join(flags[:n-1], ", ")
		if n > 1 {
			names += " and "
		}
		list = append(list, "In "+names+flags[n-1]+",\nlatest is "+finished+".")
	}
	return strings.Join(list, "\n")
}

func has(fs *pflag.FlagSet, name string) bool { return fs.Lookup(name) != nil }

// sayLatest adds to a command and all below it which run is meant by latest.
func sayLatest(cmd *cobra.Command) {
	if words := latest(cmd); words != "" {
		about := cmd.Long
		if about == "" {
			about = cmd.Short + "."
		}
		cmd.Long = strings.TrimRight(about, "\n") + "\n\n" + words
	}
	for _, sub := range cmd.Commands() {
		sayLatest(sub)
	}
}
