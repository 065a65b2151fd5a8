package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/exit"
)

const (
	// envPrefix begins the name of a flag's environment variable.
	envPrefix = "AIXMEND_"
	// ofEnvironment marks a flag that was set in the environment.
	ofEnvironment = "environment"
)

// variableOf is the environment variable of a flag.
func variableOf(f *pflag.Flag) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// changedFlag returns the first of some flags that is on the command line, "" for none.
// The environment holds for every call, so a flag set there contradicts nothing.
func changedFlag(cmd *cobra.Command, names []string) string {
	for _, name := range names {
		flag := cmd.Flags().Lookup(name)
		if flag == nil || !flag.Changed {
			continue
		}
		if _, given := flag.Annotations[ofEnvironment]; !given {
			return name
		}
	}
	return ""
}

// group is a verb that only holds others.
func group(use, short string, subs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return exit.Usagef(cmd.CommandPath()+" --help lists its verbs", "%s needs a verb", cmd.CommandPath())
		},
	}
	cmd.AddCommand(subs...)
	return cmd
}
