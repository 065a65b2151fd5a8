// Package environment sets flags from the environment: each flag has a variable.
package environment

import (
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/usage"
)

const (
	// Prefix begins the name of a flag's variable.
	Prefix = "AIXMEND_"
	// Token is the variable with the bearer token for web hooks. It has no flag.
	Token = Prefix + "NOTIFY_TOKEN"
	// ServeToken is the variable with the token of serve. It has no flag.
	ServeToken = Prefix + "SERVE_TOKEN"
	// annotation marks a flag that was set from the environment.
	annotation = "environment"
)

// VariableOf returns the name of a flag's variable: AIXMEND_MAX_FAIL for --max-fail.
func VariableOf(f *pflag.Flag) string {
	return Prefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// Apply gives each flag that is not on the command line the value of its variable. An empty
// one counts as not set. A bad value is a usage error.
func Apply(set *pflag.FlagSet) error {
	var failed error
	set.VisitAll(func(f *pflag.Flag) {
		name := VariableOf(f)
		value := os.Getenv(name)
		if f.Changed || value == "" || f.Name == "help" || failed != nil {
			return
		}
		if err := set.Set(f.Name, value); err != nil {
			failed = exit.Usagef("", "%s: %w", name, usage.Plain(err))
			return
		}
		failed = set.SetAnnotation(f.Name, annotation, []string{name})
	})
	return failed
}

// OnCommandLine returns the first of some flags that is on the command line, "" for none.
// Variables apply to every call, so a flag set from the environment contradicts nothing.
func OnCommandLine(cmd *cobra.Command, names []string) string {
	for _, name := range names {
		flag := cmd.Flags().Lookup(name)
		if flag == nil || !flag.Changed {
			continue
		}
		if _, given := flag.Annotations[annotation]; !given {
			return name
		}
	}
	return ""
}

// Command returns the words of a command line: the verb and its flags, without those that
// the environment gives and without the targets of notifications, which may hold secrets.
func Command(cmd *cobra.Command) []string {
	words := strings.Fields(cmd.CommandPath())
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if _, given := f.Annotations[annotation]; given || f.Name == "notify" {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, value := range values {
			switch {
			case f.NoOptDefVal == "":
				words = append(words, "--"+f.Name, value)
			case value == f.NoOptDefVal:
				words = append(words, "--"+f.Name)
			default:
				words = append(words, "--"+f.Name+"="+value)
			}
		}
	})
	return words
}
