package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/approve"
	"aixmend/cmd/aixmend/assistant"
	"aixmend/cmd/aixmend/books"
	"aixmend/cmd/aixmend/complete"
	"aixmend/cmd/aixmend/environment"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/guide"
	"aixmend/cmd/aixmend/help"
	"aixmend/cmd/aixmend/hub"
	"aixmend/cmd/aixmend/manual"
	"aixmend/cmd/aixmend/serve"
	"aixmend/cmd/aixmend/usage"
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
Flags that you would type every day can stand in ./aixmend.yaml.
RUN is the id of a run, four or more characters of it that no other has (20261121T02,
5f1c02), or latest: the help of a verb says which run that is.
`,
		Version:       currentVersion(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.layers.Apply(cmd); err != nil {
				return err
			}
			if f := cmd.Flags().Lookup("format"); f != nil && f.Value.String() == outcome.ConventionNagios {
				c.plugin = true // also where the config file asks for it
			}
			if f := cmd.Flags().Lookup("annotations"); f != nil && !f.Changed && c.InWorkflow() {
				_ = f.Value.Set("true") // a flag without a value takes it
			}
			return usage.Files(cmd)
		},
	}
	c.layers = &environment.Layers{Root: root, Home: home(), User: userFolder(), Say: c.Say}
	c.layers.Flags()
	root.SetIn(c.In)
	root.SetOut(c.Out)
	root.SetErr(c.Err)
	root.SetFlagErrorFunc(usage.FlagError)
	root.AddCommand(
		newAudit(c), newCapture(c), newPlan(c), approve.Command(c.Console, home()), newRecover(c), newResume(c),
		newRecord(c), newReplay(c), serve.Command(c.Console),
		books.Runbook(c.Console), newInit(c), newInventory(c), newHostkeys(c), books.Playbook(c.Console, defaultPlaybook), newDemo(c), newVersion(c), hub.Command(c.Console, currentVersion()), newWorker(c), manual.Command(currentVersion()), assistant.Command(c.Console, currentVersion(), guide.DefaultState),
	)
	root.AddCommand(hub.Reading(c.Console, newRuns(c), newReport(c), newDiff(c), newExplain(c))...)
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	help.Install(root, c.Out, c.Width, help.Topic{Name: "exit-codes", Short: "Exit codes", Text: exit.Table()})
	usage.Arguments(root, func(cmd *cobra.Command) bool { return !c.plugin && help.Brief(c.Err, cmd, c.ErrWidth()) })
	complete.Register(root, c.layers)
	return root
}

// group is a verb that only holds others.
func group(use, short string, subs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs}
	cmd.AddCommand(subs...)
	return cmd
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
