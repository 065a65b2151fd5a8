package usage

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/outcome"
	"aixmend/inventory/strictyaml"
)

// Arguments makes wrong arguments of a command and of all below it usage errors: an
// unknown verb with the nearest one, anything else with the arguments that are expected. Where
// a verb is missing, brief shows the verbs, or reports that it may not; then it is an error
// like the others.
func Arguments(cmd *cobra.Command, brief func(*cobra.Command) bool) {
	if cmd.HasSubCommands() && !cmd.Runnable() {
		cmd.RunE = func(cmd *cobra.Command, _ []string) error {
			if brief(cmd) {
				return exit.Verdict{Code: outcome.ExitUsage}
			}
			return needsVerb(cmd)
		}
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if check(cmd, args) == nil {
				return nil
			}
			return misused(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		if sub.Name() == "help" {
			sub.Args = helpTopic
			continue
		}
		Arguments(sub, brief)
	}
}

// needsVerb is the error for a command that only holds others.
func needsVerb(cmd *cobra.Command) error {
	if !cmd.HasParent() {
		return exit.Usagef(cmd.CommandPath()+" --help lists the verbs", "no verb given")
	}
	one, all := parts(cmd)
	return exit.Usagef(cmd.CommandPath()+" --help lists "+all, "%s needs a %s", cmd.CommandPath(), one)
}

// parts are the words for one of the commands below a command, and for all of them.
func parts(cmd *cobra.Command) (one, all string) {
	if cmd.Name() == "completion" {
		return "shell", "the shells"
	}
	return "verb", "its verbs"
}

// misused is the error for arguments that a command does not take.
func misused(cmd *cobra.Command, args []string) error {
	if cmd.HasSubCommands() {
		return noVerb(cmd, args[0])
	}
	hint := cmd.CommandPath() + " --help shows the usage"
	_, wanted, _ := strings.Cut(strings.TrimSuffix(cmd.Use, " [flags]"), " ")
	switch {
	case wanted == "":
		return exit.Usagef(hint, "%s takes no arguments, found %q", cmd.CommandPath(), args[0])
	case len(args) == 0:
		return exit.Usagef(hint, "%s needs %s", cmd.CommandPath(), wanted)
	}
	return exit.Usagef(hint, "%s takes %s, found %s", cmd.CommandPath(), wanted, quoted(args))
}

// elsewhere are hints for verbs of other programs. A run that is open is resumed before it is
// rolled back.
var elsewhere = map[string]string{
	"apply":    "aixmend recover shows the plan and asks before it applies it; aixmend plan only prints it",
	"rollback": rollback,
	"revert":   rollback,
	"undo":     rollback,
}

const rollback = "a run that has not finished is resumed first: aixmend resume; aixmend recover --undo latest --dry-run prints the commands of a rollback"

// noVerb is the error for a verb that a command does not have.
func noVerb(cmd *cobra.Command, word string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	one, all := parts(cmd)
	hint := cmd.CommandPath() + " --help lists " + all
	if other := elsewhere[word]; other != "" && !cmd.HasParent() {
		hint = other
	} else if near := strictyaml.Nearest(word, names); near != "" {
		hint = "did you mean " + cmd.CommandPath() + " " + near + "?"
	}
	return exit.Usagef(hint, "%s has no %s %q", cmd.CommandPath(), one, word)
}

// helpTopic checks that the arguments of help name a verb.
func helpTopic(help *cobra.Command, args []string) error {
	cmd := help.Root()
	for _, word := range args {
		next := verbOf(cmd, word)
		if next == nil {
			return noVerb(cmd, word)
		}
		cmd = next
	}
	return nil
}

func verbOf(cmd *cobra.Command, word string) *cobra.Command {
	for _, sub := range cmd.Commands() {
		if sub.Name() == word || sub.HasAlias(word) {
			return sub
		}
	}
	return nil
}

// quoted lists arguments.
func quoted(args []string) string {
	var list []string
	for _, a := range args {
		list = append(list, fmt.Sprintf("%q", a))
	}
	return strings.Join(list, " ")
}
