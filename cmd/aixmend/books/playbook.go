// Package books holds the verbs that print the texts of the program, playbooks and
// the runbook, and that check playbooks.
package books

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"aixmend/cmd/aixmend/console"
	"aixmend/cmd/aixmend/exit"
	"aixmend/cmd/aixmend/pager"
	"aixmend/controller/report"
	"aixmend/playbooks"
	"aixmend/transport/plain"
)

// Playbook is the verb playbook. usual is the playbook that is meant where none is named.
func Playbook(c *console.Console, usual string) *cobra.Command {
	list := &cobra.Command{
		Use: "list", Short: "List the embedded playbooks", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var rows [][]string
			for _, name := range playbooks.Names() {
				p, err := playbooks.Load(name)
				if err != nil {
					return err
				}
				rows = append(rows, []string{name, p.Title})
			}
			_, err := fmt.Fprint(c.Out, c.Table([]string{"PLAYBOOK", "WHAT IT DOES"}, rows))
			return err
		},
	}
	var paged pager.Flag
	show := &cobra.Command{
		Use: "show NAME|FILE", Short: "Print a playbook: every command, read-only or changing", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := playbooks.LoadToPrint(args[0])
			if err != nil {
				return exit.Usage(err)
			}
			return paged.Print(c, p.Show())
		},
	}
	paged.Add(show.Flags())
	check := &cobra.Command{
		Use: "check [NAME|FILE ...]", Short: "Check playbooks and report every problem", Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return checkPlaybooks(c, args) },
	}
	schema := &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of a playbook file", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := c.Out.Write(playbooks.Schema())
			return err
		},
	}
	cmd := &cobra.Command{Use: "playbook", Short: "Inspect playbooks", Args: cobra.NoArgs}
	cmd.AddCommand(list, show, check, schema, sudoersCommand(c, usual))
	return cmd
}

func checkPlaybooks(c *console.Console, names []string) error {
	if len(names) == 0 {
		names = playbooks.Names()
	}
	bad := 0
	for _, name := range names {
		p, err := playbooks.LoadToPrint(name)
		if err != nil {
			c.Say("error: %s", plain.Text(err))
			bad++
			continue
		}
		problems := "no problems"
		if warnings := p.Warnings(); len(warnings) > 0 && !slices.Contains(playbooks.Names(), name) {
			for _, w := range warnings {
				c.Say("warning: %s", w)
			}
			problems = "no errors, " + report.Number(len(warnings), "warning")
		}
		_ = c.Print("%s: %s, %s, %s, %s\n", p.Name, report.Number(len(p.Probes), "probe"), report.Number(len(p.Findings), "finding"), report.Number(len(p.Rungs), "rung"), problems)
	}
	if bad > 0 {
		return exit.Usagef("", "%d of %d playbooks have problems", bad, len(names))
	}
	return nil
}
