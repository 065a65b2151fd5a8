package help

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// everywhere are the flags that come last, because most verbs have them.
var everywhere = section{"Global flags", []string{"state", "config", "profile", "help", "version"}}

// sections group the flags that many verbs share. All others are a verb's own, and come first.
var sections = []section{
	{"Hosts and connections", []string{"inventory", "limit", "concurrency", "connect-timeout", "deadline", "identity", "known-hosts", "ssh-config"}},
	{"Verdicts", []string{"playbook", "set", "fail-on", "cloud"}},
	{"Output", []string{"format", "quiet", "verbose", "no-pager", "detailed-exitcode", "annotations"}},
	{"Reports and notifications", []string{"html", "markdown", "junit", "sarif", "prometheus", "notify", "notify-on", "ticket"}},
}

// section is a group of flags, in the order in which they are shown.
type section struct {
	title string
	flags []string
}

// maxFlags is the number of flags up to which a list needs no sections.
const maxFlags = 12

// Text is the help of a command for a terminal of a width, 0 for none.
func Text(cmd *cobra.Command, width int) string {
	cmd.InitDefaultHelpFlag()
	for name, usage := range map[string]string{"help": "print this help", "version": "print the version"} {
		if f := cmd.Flags().Lookup(name); f != nil {
			f.Usage = usage // the library's is "help for VERB"
		}
	}
	about := strings.TrimSpace(cmp.Or(cmd.Long, cmd.Short))
	if cmd.IsAdditionalHelpTopicCommand() {
		return layout(about, width)
	}
	parts := []string{about, usage(cmd)}
	parts = append(parts, verbs(cmd)...)
	parts = append(parts, flags(cmd)...)
	if cmd.HasExample() {
		parts = append(parts, "Examples:\n"+strings.TrimRight(cmd.Example, "\n"))
	}
	var pointers []string
	for _, topic := range cmd.Root().Commands() {
		switch {
		case !topic.IsAdditionalHelpTopicCommand():
		case cmd.HasParent():
			pointers = append(pointers, fmt.Sprintf("%s: %s help %s", topic.Short, cmd.Root().Name(), topic.Name()))
		default:
			parts = append(parts, strings.TrimSpace(topic.Long))
		}
	}
	if cmd.HasAvailableSubCommands() {
		pointers = append([]string{fmt.Sprintf("Help about a verb: %s --help", withVerb(cmd))}, pointers...)
	}
	return layout(strings.Join(append(parts, strings.Join(pointers, "\n\n")), "\n\n"), width)
}

// Brief writes the short help of a command that needs a verb, for a terminal of a width, and
// reports whether it could: the purpose of the command, and its verbs.
func Brief(out io.Writer, cmd *cobra.Command, width int) bool {
	about, _, _ := strings.Cut(strings.TrimSpace(cmp.Or(cmd.Long, cmd.Short)), "\n\n")
	parts := append([]string{about, usage(cmd)}, verbs(cmd)...)
	parts = append(parts, fmt.Sprintf("Help about a verb: %s --help", withVerb(cmd)), fmt.Sprintf("All of the help: %s --help", cmd.CommandPath()))
	_, err := fmt.Fprint(out, layout(strings.Join(parts, "\n\n"), width))
	return err == nil
}

// withVerb is a command line with a verb below the command.
func withVerb(cmd *cobra.Command) string {
	if cmd.Name() == "completion" {
		return cmd.CommandPath() + " SHELL"
	}
	return cmd.CommandPath() + " VERB"
}

// usage lists the forms of a command.
func usage(cmd *cobra.Command) string {
	text := "Usage:"
	if !cmd.HasSubCommands() || cmd.HasParent() && len(Options(cmd)) > 0 {
		text += "\n  " + cmd.UseLine()
	}
	if cmd.HasAvailableSubCommands() {
		text += "\n  " + withVerb(cmd) + " [flags]"
	}
	return text
}

// verbs lists the commands below a command, by group where there are groups.
func verbs(cmd *cobra.Command) []string {
	if !cmd.HasAvailableSubCommands() {
		return nil
	}
	groups := append(slices.Clone(cmd.Groups()), &cobra.Group{Title: "Verbs"})
	if len(groups) > 1 {
		groups[len(groups)-1].Title = "More verbs"
	}
	var parts []string
	for _, group := range groups {
		var rows [][2]string
		for _, sub := range cmd.Commands() {
			if (sub.IsAvailableCommand() || sub.Name() == "help") && sub.GroupID == group.ID {
				rows = append(rows, [2]string{sub.Name(), sub.Short})
			}
		}
		parts = append(parts, table(group.Title, rows)...)
	}
	return parts
}

// flags lists the flags of a command, its own first.
func flags(cmd *cobra.Command) []string {
	all := map[string]Option{}
	var own section
	keep := func(f *pflag.Flag) {
		if !f.Hidden {
			all[f.Name] = optionOf(f)
		}
	}
	cmd.LocalFlags().VisitAll(keep)
	few := len(all) <= maxFlags
	cmd.InheritedFlags().VisitAll(keep)
	shared := []section{everywhere}
	if !few {
		shared = append(slices.Clone(sections), everywhere)
	}
	own.title = "Flags"
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if !slices.ContainsFunc(shared, func(s section) bool { return slices.Contains(s.flags, f.Name) }) {
			own.flags = append(own.flags, f.Name)
		}
	})
	var parts []string
	for _, s := range append([]section{own}, shared...) {
		var rows [][2]string
		for _, name := range s.flags {
			if o, ok := all[name]; ok {
				rows = append(rows, [2]string{o.column(), o.Means()})
			}
		}
		parts = append(parts, table(s.title, rows)...)
	}
	return parts
}

// column is the name of a flag with the long forms below each other.
func (o Option) column() string {
	if o.Flag.Shorthand == "" {
		return "    " + o.Name()
	}
	return o.Name()
}

// table is a titled list of two columns, nothing for no rows.
func table(title string, rows [][2]string) []string {
	if len(rows) == 0 {
		return nil
	}
	first := 0
	for _, row := range rows {
		first = max(first, len(row[0]))
	}
	lines := []string{title + ":"}
	for _, row := range rows {
		lines = append(lines, fmt.Sprintf("  %-*s   %s", first, row[0], row[1]))
	}
	return []string{strings.Join(lines, "\n")}
}
