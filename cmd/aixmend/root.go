package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/complete"
	"aixmend/cmd/aixmend/environment"
	"aixmend/cmd/aixmend/exit"
	"aixmend/controller/outcome"
)

func newRoot(c *cli) *cobra.Command {
	root := &cobra.Command{
		Use:   "aixmend",
		Short: "Audit and repair a fleet of AIX VMs over SSH",
		Long: `aixmend connects to AIX VMs over SSH, finds out why their RMC connection is
lost, captures everything it is about to change, makes the least invasive repair
first, and verifies it. Only recover changes hosts (and resume continues it).

  aixmend demo                 try it on a simulated fleet
  aixmend audit                diagnose the hosts of ./inventory.yaml
  aixmend plan                 print the exact commands that recover would run
  aixmend recover              capture, repair, verify

Each flag can also be set in the environment: --max-fail is AIXMEND_MAX_FAIL.
`,
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
		Args:                       cobra.NoArgs,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := environment.Apply(cmd.Flags()); err != nil {
				return err
			}
			if f := cmd.Flags().Lookup("annotations"); f != nil && !f.Changed && c.InWorkflow() {
				return f.Value.Set("true")
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			return exit.Usagef("aixmend --help lists the verbs", "no verb given")
		},
	}
	root.SetIn(c.In)
	root.SetOut(c.Out)
	root.SetErr(c.Err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return exit.Usagef(cmd.CommandPath()+" --help lists the flags", "%w", err)
	})
	root.SetUsageTemplate(root.UsageTemplate() + "\n" + exit.Table())
	root.AddCommand(
		newAudit(c), newCapture(c), newPlan(c), newRecover(c), newResume(c),
		newRecord(c), newReplay(c), newRuns(c), newReport(c), newDiff(c), newExplain(c),
		newInventory(c), newHostkeys(c), newPlaybook(c), newDemo(c), newVersion(c), newMan(),
	)
	root.InitDefaultCompletionCmd()
	misuse(root)
	complete.Register(root, environment.Apply)
	return root
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

// misuse makes wrong arguments of every verb a usage error; for an unknown verb, the
// hint is the nearest one.
func misuse(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				hint := cmd.CommandPath() + " --help shows the usage"
				if near := cmd.SuggestionsFor(strings.Join(args, " ")); len(near) > 0 {
					hint = "did you mean " + cmd.CommandPath() + " " + near[0] + "?"
				}
				return exit.Usagef(hint, "%w", err)
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		misuse(sub)
	}
}

// asksNagios reports whether --format nagios is given. It must be known before the flags
// are parsed, because errors in them have that format, too.
func asksNagios(root *cobra.Command, args []string) bool {
	if c, _, err := root.Find(args); err == nil && !c.HasSubCommands() && c.Flags().Lookup("format") == nil {
		return false // a verb without formats; a group with no verb named may have them
	}
	format := os.Getenv(environment.Prefix + "FORMAT")
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if arg == "--format" && i+1 < len(args) {
			format = args[i+1]
		}
		if value, ok := strings.CutPrefix(arg, "--format="); ok {
			format = value
		}
	}
	return format == outcome.ConventionNagios
}
