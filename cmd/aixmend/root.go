package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// app is one call of the command.
type app struct {
	streams
	interrupts *interrupts
	flags      flags
	// plugin tells that --format nagios is asked for: the exit code follows the
	// convention of monitoring plugins.
	plugin bool
}

const (
	// envPrefix begins the name of a flag's environment variable.
	envPrefix = "AIXMEND_"
	// ofEnvironment marks a flag that was given there, not on the command line.
	ofEnvironment = "environment"
)

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "aixmend",
		Short: "Audit and repair a fleet of AIX VMs over SSH",
		Long: `aixmend connects to AIX VMs over SSH, finds out why their RMC connection is
lost, keeps what it is about to touch, repairs the least invasive thing first,
and proves that it helped. It reads only, unless you say recover.

  aixmend demo                 the whole of it on a simulated fleet
  aixmend audit                diagnose the hosts of ./inventory.yaml
  aixmend plan                 the exact commands that recover would run
  aixmend recover              capture, repair, verify

Each flag can be given in the environment too: --max-fail is AIXMEND_MAX_FAIL.
`,
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
		Args:                       cobra.NoArgs,
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			a.flags.run, a.flags.warn = a.programs(c.Context()), a.warnOf
			if err := fromEnvironment(c.Flags()); err != nil {
				return err
			}
			if f := c.Flags().Lookup("annotations"); f != nil && !f.Changed {
				a.flags.annotations = inWorkflow()
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			return usagef("aixmend --help lists them", "no verb is given")
		},
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef(c.CommandPath()+" --help lists the flags", "%w", err)
	})
	root.SetUsageTemplate(root.UsageTemplate() + "\n" + exitCodes())
	root.AddCommand(
		a.audit(), a.capture(), a.plan(), a.recover(), a.resume(),
		a.record(), a.replay(), a.runs(), a.report(), a.diff(), a.explain(),
		a.inventory(), a.hostkeys(), a.playbook(), a.demo(), a.version(), a.man(),
	)
	root.InitDefaultCompletionCmd()
	misuse(root)
	a.complete(root)
	return root
}

// misuse makes wrong arguments of every verb a usage error, and an unknown
// verb one with what was meant.
func misuse(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				hint := c.CommandPath() + " --help shows how it is used"
				if near := c.SuggestionsFor(strings.Join(args, " ")); len(near) > 0 {
					hint = "did you mean " + c.CommandPath() + " " + near[0] + "?"
				}
				return usagef(hint, "%w", err)
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		misuse(sub)
	}
}

// fromEnvironment gives each flag that was not set the value of its variable.
func fromEnvironment(set *pflag.FlagSet) error {
	var failed error
	set.VisitAll(func(f *pflag.Flag) {
		name := variableOf(f)
		value, ok := os.LookupEnv(name)
		if f.Changed || !ok || f.Name == "help" || failed != nil {
			return
		}
		if err := set.Set(f.Name, value); err != nil {
			failed = usagef("", "%s: %w", name, err)
			return
		}
		failed = set.SetAnnotation(f.Name, ofEnvironment, nil)
	})
	return failed
}

// group is a verb that only holds others.
func group(use, short string, subs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return usagef(c.CommandPath()+" --help lists what it can do", "%s wants a verb", c.CommandPath())
		},
	}
	c.AddCommand(subs...)
	return c
}
